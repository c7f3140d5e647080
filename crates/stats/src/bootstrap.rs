//! Intervals by a hierarchical bootstrap.
//!
//! Samples come in blocks: a block is one visit with fresh workers, and what happens inside it is not
//! independent (Kalibera and Jones, "Rigorous Benchmarking in Reasonable Time", 2013). So blocks are
//! drawn with replacement, each with its samples as they are: drawing those anew as well would count
//! their scatter twice (Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section
//! 3.8, strategy 1; tried: intervals held the truth in 97 of 100 cases). The statistic is the median
//! over blocks of the blocks' medians; two lanes are compared block by block, by the logarithm of the
//! ratio of their medians.

use fastrand::Rng;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::summary::quantile;

/// How often the data are drawn anew.
pub const RESAMPLES: usize = 2000;

/// Where the true value lies with 95% confidence, in the samples' unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether a value lies inside.
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// A statistic and its 95% interval.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Of the data as they are.
    pub value: f64,
    /// Percentiles of the resampled statistics: for many blocks 2.5 and 97.5, for few a little wider.
    pub interval: Interval,
    blocks: usize,
    /// The resampled statistics in order, for tests against bounds.
    resampled: Vec<f64>,
}

impl Estimate {
    /// The part of the resampled statistics that is at most `bound`, for a statistic that is positive.
    ///
    /// Where all of them lie on one side, more draws would be needed to say how far out the bound is, and a
    /// table of hundreds of rows needs to know: there Student's distribution says it, on the logarithms,
    /// with the interval's width for a scale. It never says more than the draws do.
    #[must_use]
    pub fn part_up_to(&self, bound: f64) -> f64 {
        let draws = self.resampled.len();
        let below = self.resampled.partition_point(|value| *value <= bound);
        // Never quite 0 or 1, because as many draws as were made say no more (Davison and Hinkley, 1997,
        // section 4.2).
        let part = |count: usize| (count as f64 + 1.0) / (draws as f64 + 2.0);
        if below == 0 {
            self.beyond(bound).min(part(0))
        } else if below == draws {
            1.0 - self.beyond(bound).min(part(0))
        } else {
            part(below)
        }
    }

    /// The chance of a value as far from this one as `bound` is, by Student's distribution.
    fn beyond(&self, bound: f64) -> f64 {
        let Ok(student) = StudentsT::new(0.0, 1.0, self.blocks as f64 - 1.0) else {
            return 1.0;
        };
        let width = self.interval.high.ln() - self.interval.low.ln();
        let scale = width / (2.0 * student.inverse_cdf(0.975));
        let distance = (self.value.ln() - bound.ln()).abs();
        if scale > 0.0 { student.cdf(-distance / scale) } else { 0.0 }
    }

    /// In another scale, that keeps the order.
    fn map(self, scale: impl Fn(f64) -> f64) -> Self {
        Self::of(scale(self.value), self.blocks, self.resampled.into_iter().map(&scale).collect())
    }

    fn of(value: f64, blocks: usize, mut resampled: Vec<f64>) -> Self {
        resampled.sort_by(f64::total_cmp);
        let tail = tail(blocks);
        let interval =
            Interval { low: quantile(&resampled, tail), high: quantile(&resampled, 1.0 - tail) };
        Self { value, interval, blocks, resampled }
    }
}

/// The median over blocks and its interval; none if there is no block, or an empty one.
#[must_use]
pub fn median(blocks: &[Vec<f64>], random: &mut Rng) -> Option<Estimate> {
    median_of(RESAMPLES, blocks, random)
}

fn median_of(draws: usize, blocks: &[Vec<f64>], random: &mut Rng) -> Option<Estimate> {
    if !usable(blocks) {
        return None;
    }
    let medians: Vec<f64> = blocks.iter().map(|block| middle(&mut block.clone())).collect();
    Some(bootstrap(draws, &medians, random))
}

/// How many times as long the first took as the second, paired by block, and the interval; none if the
/// two have not the same number of blocks, or one is empty, or a sample is not positive.
#[must_use]
pub fn ratio(first: &[Vec<f64>], second: &[Vec<f64>], random: &mut Rng) -> Option<Estimate> {
    let positive = |blocks: &[Vec<f64>]| blocks.iter().flatten().all(|sample| *sample > 0.0);
    let paired = first.len() == second.len() && usable(first) && usable(second);
    if !(paired && positive(first) && positive(second)) {
        return None;
    }
    let logarithm = |block: &Vec<f64>| middle(&mut block.clone()).ln();
    let differences: Vec<f64> = first
        .iter()
        .zip(second)
        .map(|(first, second)| logarithm(first) - logarithm(second))
        .collect();
    Some(bootstrap(RESAMPLES, &differences, random).map(f64::exp))
}

/// How many times as long the first took as the second, where the two were measured on different
/// occasions, so that their blocks are no pairs; none if one has no block, an empty one, or a sample that
/// is not positive.
#[must_use]
pub fn unpaired_ratio(
    first: &[Vec<f64>],
    second: &[Vec<f64>],
    random: &mut Rng,
) -> Option<Estimate> {
    unpaired_ratio_of(RESAMPLES, first, second, random)
}

/// The same with so many draws, at least one: where there are very many ratios, as many draws of each take too long.
#[must_use]
pub fn unpaired_ratio_of(
    draws: usize,
    first: &[Vec<f64>],
    second: &[Vec<f64>],
    random: &mut Rng,
) -> Option<Estimate> {
    let first = median_of(draws.max(1), first, random)?;
    let second = median_of(draws.max(1), second, random)?;
    let ends = [&first, &second].map(|it| it.resampled[0]);
    if ends.iter().any(|least| *least <= 0.0) {
        return None;
    }
    // Both are in order: one is taken at random, so that no order is left between them.
    let mut others = second.resampled;
    random.shuffle(&mut others);
    let ratios = first.resampled.iter().zip(others).map(|(one, other)| one / other).collect();
    let blocks = first.blocks.min(second.blocks);
    Some(Estimate::of(first.value / second.value, blocks, ratios))
}

/// The median of the blocks' values, and of as many drawn from them, so often.
fn bootstrap(draws: usize, values: &[f64], random: &mut Rng) -> Estimate {
    let mut drawn = vec![0.0; values.len()];
    let resampled = (0..draws).map(|_| {
        drawn.fill_with(|| values[random.usize(..values.len())]);
        middle(&mut drawn)
    });
    let resampled = resampled.collect();
    Estimate::of(middle(&mut values.to_vec()), values.len(), resampled)
}

/// The part below a 95% interval. A bootstrap over few blocks is too narrow, by the factor that
/// Student's distribution knows: Hesterberg's expanded percentiles ("What Teachers Should Know About
/// the Bootstrap", 2015, section 3.3).
fn tail(blocks: usize) -> f64 {
    let count = blocks as f64;
    let (Ok(student), Ok(normal)) = (StudentsT::new(0.0, 1.0, count - 1.0), Normal::new(0.0, 1.0))
    else {
        // One block: there is nothing to draw.
        return 0.025;
    };
    normal.cdf(student.inverse_cdf(0.025) * (count / (count - 1.0)).sqrt())
}

fn usable(blocks: &[Vec<f64>]) -> bool {
    let finite = |block: &Vec<f64>| !block.is_empty() && block.iter().all(|it| it.is_finite());
    !blocks.is_empty() && blocks.iter().all(finite)
}

/// The median, in whatever order the samples are; afterwards they are in another.
fn middle(samples: &mut [f64]) -> f64 {
    let odd = samples.len() % 2 == 1;
    let (below, upper, _) = samples.select_nth_unstable_by(samples.len() / 2, f64::total_cmp);
    match below.iter().copied().max_by(f64::total_cmp) {
        Some(lower) if !odd => lower + (*upper - lower) * 0.5,
        _ => *upper,
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use proptest::prelude::*;

    use super::*;

    fn some_blocks() -> impl Strategy<Value = Vec<Vec<f64>>> {
        prop::collection::vec(prop::collection::vec(1.0..1e6_f64, 1..6), 1..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_median_lies_in_its_interval_and_that_in_the_data(blocks in some_blocks(), seed: u64) {
            let estimate = median(&blocks, &mut Rng::with_seed(seed)).unwrap();
            let all: Vec<f64> = blocks.iter().flatten().copied().collect();
            let least = all.iter().copied().fold(f64::INFINITY, f64::min);
            let most = all.iter().copied().fold(0.0, f64::max);
            prop_assert!(least <= estimate.interval.low && estimate.interval.high <= most);
            prop_assert!(estimate.interval.low <= estimate.interval.high);
            prop_assert!((least..=most).contains(&estimate.value));
        }

        #[test]
        fn a_ratio_turns_over_with_its_sides(blocks in some_blocks(), factor in 0.2..5.0_f64, seed: u64) {
            let scaled: Vec<Vec<f64>> =
                blocks.iter().map(|block| block.iter().map(|it| it * factor).collect()).collect();
            let up = ratio(&scaled, &blocks, &mut Rng::with_seed(seed)).unwrap();
            let down = ratio(&blocks, &scaled, &mut Rng::with_seed(seed)).unwrap();
            prop_assert!((up.value / factor - 1.0).abs() < 1e-9);
            prop_assert!((up.value * down.value - 1.0).abs() < 1e-9);
        }

        #[test]
        fn unpaired_is_paired_for_one_constant_block(one in 1.0..1e6_f64, other in 1.0..1e6_f64) {
            let (first, second) = ([vec![one]], [vec![other]]);
            let estimate = unpaired_ratio(&first, &second, &mut Rng::with_seed(1)).unwrap();
            prop_assert_eq!(estimate.value, one / other);
            prop_assert_eq!(estimate.interval, Interval { low: one / other, high: one / other });
        }

        #[test]
        fn the_middle_is_the_median(mut samples in prop::collection::vec(-1e9..1e9_f64, 1..40)) {
            let found = middle(&mut samples);
            samples.sort_by(f64::total_cmp);
            prop_assert_eq!(found, quantile(&samples, 0.5));
        }
    }

    #[test]
    fn what_cannot_be_estimated_is_not() {
        let mut random = Rng::with_seed(1);
        assert!(median(&[], &mut random).is_none());
        assert!(median(&[vec![1.0], vec![]], &mut random).is_none());
        assert!(median(&[vec![f64::NAN]], &mut random).is_none());
        assert!(ratio(&[vec![1.0]], &[vec![1.0], vec![1.0]], &mut random).is_none());
        assert!(unpaired_ratio(&[vec![0.0]], &[vec![1.0]], &mut random).is_none());
        assert!(ratio(&[vec![0.0]], &[vec![1.0]], &mut random).is_none());
    }

    #[test]
    fn few_blocks_have_wider_intervals() {
        // Hesterberg's table: 1.88% for 30, and 2.5% for very many.
        assert!((tail(30) - 0.0188).abs() < 1e-4, "{}", tail(30));
        assert!((tail(1_000_000) - 0.025).abs() < 1e-5);
        assert!(tail(5) < tail(10) && tail(2) > 0.0);
    }

    #[test]
    fn one_constant_block_has_no_width() {
        let estimate = median(&[vec![7.0, 7.0]], &mut Rng::with_seed(1)).unwrap();
        assert_eq!(estimate.interval, Interval { low: 7.0, high: 7.0 });
    }
}
