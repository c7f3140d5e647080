//! What changed between two reports.

use std::collections::HashMap;

use protocol::LaneId;
use protocol::desk::{Change, Changed};
use protocol::report::{Measured, Params, Report, ReportRow, RowOutcome, Unit};
use stats::{Outlook, RESAMPLES, THRESHOLD, Verdict, unpaired_ratio_of, verdicts_of};
use texts::tr;

/// Rows in common whose ratios are drawn as often as those of any table: more than any run has. Where there are more,
/// fewer draws of each, so that a table of any length takes seconds.
const MANY: usize = 3_000;
/// Draws of a ratio at the least: its interval is a rough one.
const FEWEST: usize = 100;

/// Of every row that both reports have measured, in the first one's order: how many times as much the second has.
/// Verdicts hold for all of them together.
#[must_use]
pub fn changes(first: &Report, second: &Report) -> Vec<Change> {
    let mut random = fastrand::Rng::with_seed(first.run.seed);
    let pairs = pairs(first, second);
    let draws = (RESAMPLES * MANY / pairs.len().max(1)).clamp(FEWEST, RESAMPLES);
    let mut changes = Vec::new();
    let mut outlooks = Vec::new();
    for Pair { places: [row, other], measured: [one, two] } in pairs {
        let (one, two) = (one.by_block(), two.by_block());
        let Some(ratio) = unpaired_ratio_of(draws, &two, &one, &mut random) else { continue };
        outlooks.push(Outlook::of(&ratio, THRESHOLD));
        changes.push(Change {
            row,
            other,
            ratio: ratio.value,
            ci95: [ratio.interval.low, ratio.interval.high],
            verdict: Changed::TooCloseToCall,
        });
    }
    for (change, verdict) in changes.iter_mut().zip(verdicts_of(&outlooks)) {
        change.verdict = match verdict {
            Verdict::Faster => Changed::Less,
            Verdict::Slower => Changed::More,
            Verdict::Equivalent => Changed::Equivalent,
            Verdict::TooCloseToCall => Changed::TooCloseToCall,
        };
    }
    changes
}

/// A row that both have measured: where it is in each, and what.
struct Pair<'a> {
    places: [u32; 2],
    measured: [&'a Measured; 2],
}

/// In the first one's order. A report has no row twice.
fn pairs<'a>(first: &'a Report, second: &'a Report) -> Vec<Pair<'a>> {
    let places: HashMap<Key<'_>, usize> =
        second.results.iter().enumerate().map(|(place, row)| (key(row), place)).collect();
    let pair = |(place, row): (usize, &'a ReportRow)| {
        let other = *places.get(&key(row))?;
        match (&row.outcome, &second.results[other].outcome) {
            (RowOutcome::Measured(one), RowOutcome::Measured(two)) if one.unit == two.unit => {
                Some(Pair { places: [place as u32, other as u32], measured: [one, two] })
            }
            _ => None,
        }
    };
    first.results.iter().enumerate().filter_map(pair).collect()
}

/// What tells a row from others.
type Key<'a> = (&'a str, &'a LaneId, &'a Params);

fn key(row: &ReportRow) -> Key<'_> {
    (&row.experiment, &row.lane, &row.params)
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
    use crate::table::tests::a_report;

    #[test]
    fn rows_are_found_wherever_they_stand_and_a_long_table_takes_no_longer_for_each() {
        const ROWS: u64 = 50_000;
        let mut first = a_report();
        let row = first.results[0].clone();
        let numbered = |number: u64| {
            let mut row = row.clone();
            row.params.insert("number".into(), number.into());
            row
        };
        first.results = (0..ROWS).map(numbered).collect();
        let mut second = first.clone();
        second.results.reverse();
        // Each with each other one would take minutes here.
        let changes = changes(&first, &second);
        assert_eq!(changes.len(), ROWS as usize);
        assert!(
            changes.iter().all(|it| u64::from(it.row + it.other) == ROWS - 1 && it.ratio == 1.0)
        );
    }

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
