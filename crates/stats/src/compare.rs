//! Which of two lanes is faster, if the data can tell.

use crate::bootstrap::{Estimate, Interval};

/// How much of a difference is worth the word, if nobody says otherwise: 1%.
pub const THRESHOLD: f64 = 0.01;

/// The chance that a whole table's verdicts *faster* and *slower* have one that is wrong.
const LEVEL: f64 = 0.05;

/// What a ratio of times amounts to, seen from its first side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took less time, by more than the threshold.
    Faster,
    /// It took more time, by more than the threshold.
    Slower,
    /// The difference is smaller than the threshold.
    Equivalent,
    /// The data do not tell.
    TooCloseToCall,
}

/// What a verdict needs to know of a ratio: a table of many has no room for the draws of each.
#[derive(Clone, Copy, Debug)]
pub struct Outlook {
    /// The ratio's.
    interval: Interval,
    /// What is equivalent.
    bounds: (f64, f64),
    /// The chance that it is not below them, and that it is not above them.
    sides: (f64, f64),
}

impl Outlook {
    /// Of a ratio. `threshold` is a part: 0.01 for 1%.
    #[must_use]
    pub fn of(ratio: &Estimate, threshold: f64) -> Self {
        let bounds = (1.0 / (1.0 + threshold), 1.0 + threshold);
        let sides = (1.0 - ratio.part_up_to(bounds.0), ratio.part_up_to(bounds.1));
        Self { interval: ratio.interval, bounds, sides }
    }
}

/// The verdicts over a table of ratios: *faster* and *slower* hold for all of them together, by Holm's
/// step-down procedure (Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979).
///
/// `threshold` is a part: 0.01 for 1%.
#[must_use]
pub fn verdicts(ratios: &[Estimate], threshold: f64) -> Vec<Verdict> {
    let table: Vec<Outlook> = ratios.iter().map(|ratio| Outlook::of(ratio, threshold)).collect();
    verdicts_of(&table)
}

/// The same over what is left of the ratios.
#[must_use]
pub fn verdicts_of(table: &[Outlook]) -> Vec<Verdict> {
    // Two-sided, because nobody said beforehand which side would be faster.
    let p = |Outlook { sides: (low, high), .. }: &Outlook| (2.0 * low.min(*high)).min(1.0);
    let significant = holm(&table.iter().map(p).collect::<Vec<f64>>(), LEVEL);
    let verdict = |(Outlook { interval, bounds, sides }, significant): (&Outlook, bool)| {
        let (not_faster, not_slower) = sides;
        if significant && not_faster < not_slower {
            Verdict::Faster
        } else if significant {
            Verdict::Slower
        } else if bounds.0 <= interval.low && interval.high <= bounds.1 {
            Verdict::Equivalent
        } else {
            Verdict::TooCloseToCall
        }
    };
    table.iter().zip(significant).map(verdict).collect()
}

/// Which of the hypotheses with these p-values are rejected, at a level for the whole family.
#[must_use]
pub fn holm(p: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|one, other| p[*one].total_cmp(&p[*other]));
    let mut rejected = vec![false; p.len()];
    for (rank, at) in order.into_iter().enumerate() {
        if p[at] > level / (p.len() - rank) as f64 {
            break;
        }
        rejected[at] = true;
    }
    rejected
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::bootstrap::ratio;

    #[test]
    fn holm_rejects_step_by_step() {
        // The example of Holm's paper in small: 0.01 and 0.013 fall, 0.04 does not.
        assert_eq!(holm(&[0.04, 0.01, 0.013], 0.05), [true, true, true]);
        assert_eq!(holm(&[0.06, 0.01, 0.013], 0.05), [false, true, true]);
        assert_eq!(holm(&[0.03, 0.03], 0.05), [false, false]);
        assert_eq!(holm(&[], 0.05), []);
    }

    fn blocks(centre: f64, spread: f64, seed: u64) -> Vec<Vec<f64>> {
        let mut random = Rng::with_seed(seed);
        (0..30).map(|_| vec![centre * (1.0 + spread * (random.f64() - 0.5)); 2]).collect()
    }

    #[test]
    fn what_is_plain_is_said_among_hundreds_of_rows_too() {
        let few = |centre, seed| blocks(centre, 0.2, seed)[..8].to_vec();
        let base = few(100.0, 1);
        let against =
            |centre, seed| ratio(&few(centre, seed), &base, &mut Rng::with_seed(3)).unwrap();
        let mut table: Vec<_> = (0..400).map(|seed| against(100.0, 10 + seed)).collect();
        table.push(against(10_000.0, 2));
        let verdicts = verdicts(&table, THRESHOLD);
        assert_eq!(verdicts.last(), Some(&Verdict::Slower));
        let wrong = [Verdict::Faster, Verdict::Slower];
        assert!(!verdicts[..400].iter().any(|verdict| wrong.contains(verdict)));
    }

    #[test]
    fn each_verdict_comes_when_it_should() {
        let base = blocks(100.0, 0.004, 1);
        let against = |centre, spread| {
            ratio(&blocks(centre, spread, 2), &base, &mut Rng::with_seed(3)).unwrap()
        };
        let table = [
            against(50.0, 0.01),
            against(103.0, 0.004),
            against(100.0, 0.004),
            against(100.5, 0.2),
        ];
        let wanted =
            [Verdict::Faster, Verdict::Slower, Verdict::Equivalent, Verdict::TooCloseToCall];
        assert_eq!(verdicts(&table, THRESHOLD), wanted);
    }
}
