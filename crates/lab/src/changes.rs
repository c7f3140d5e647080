//! What changed between two reports.

use protocol::desk::{Change, Changed};
use protocol::report::{Report, ReportRow, RowOutcome, Unit};
use stats::{Estimate, THRESHOLD, Verdict, unpaired_ratio, verdicts};
use texts::tr;

/// Of every row that both reports have measured, in the first one's order: how many times as much the second has.
/// Verdicts hold for all of them together.
#[must_use]
pub fn changes(first: &Report, second: &Report) -> Vec<Change> {
    let mut random = fastrand::Rng::with_seed(first.run.seed);
    let mut pairs: Vec<([u32; 2], Estimate)> = Vec::new();
    for (row, one) in first.results.iter().enumerate() {
        let Some((other, two)) = second.results.iter().enumerate().find(|(_, two)| same(one, two))
        else {
            continue;
        };
        if let (RowOutcome::Measured(one), RowOutcome::Measured(two)) = (&one.outcome, &two.outcome)
            && one.unit == two.unit
            && let Some(ratio) = unpaired_ratio(&two.by_block(), &one.by_block(), &mut random)
        {
            pairs.push(([row as u32, other as u32], ratio));
        }
    }
    let ratios: Vec<Estimate> = pairs.iter().map(|(_, ratio)| ratio.clone()).collect();
    let change = |(([row, other], ratio), verdict): (([u32; 2], Estimate), Verdict)| Change {
        row,
        other,
        ratio: ratio.value,
        ci95: [ratio.interval.low, ratio.interval.high],
        verdict: match verdict {
            Verdict::Faster => Changed::Less,
            Verdict::Slower => Changed::More,
            Verdict::Equivalent => Changed::Equivalent,
            Verdict::TooCloseToCall => Changed::TooCloseToCall,
        },
    };
    pairs.into_iter().zip(verdicts(&ratios, THRESHOLD)).map(change).collect()
}

fn same(one: &ReportRow, other: &ReportRow) -> bool {
    (&one.experiment, &one.lane, &one.params) == (&other.experiment, &other.lane, &other.params)
}

/// What the second report is, in the words of the unit.
#[must_use]
pub fn word(changed: Changed, unit: Unit) -> &'static str {
    match (changed, unit) {
        (Changed::Equivalent, _) => tr!("equivalent"),
        (Changed::TooCloseToCall, _) => tr!("too close to call"),
        (Changed::Less, Unit::Nanoseconds) | (Changed::More, Unit::TasksPerSecond) => tr!("faster"),
        (Changed::More, Unit::Nanoseconds) | (Changed::Less, Unit::TasksPerSecond) => tr!("slower"),
        (Changed::Less, Unit::Bytes | Unit::Ratio) => tr!("less"),
        (Changed::More, Unit::Bytes | Unit::Ratio) => tr!("more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_tasks_are_faster_and_more_bytes_are_more() {
        for (unit, low, high) in [
            (Unit::Nanoseconds, "faster", "slower"),
            (Unit::TasksPerSecond, "slower", "faster"),
            (Unit::Bytes, "less", "more"),
            (Unit::Ratio, "less", "more"),
        ] {
            assert_eq!(word(Changed::Less, unit), low);
            assert_eq!(word(Changed::More, unit), high);
        }
    }
}
