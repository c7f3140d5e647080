//! How the rows of a report that answer the same question stand to each other.

use std::collections::BTreeMap;

use protocol::LaneId;
use protocol::report::{Measured, Params, Report, RowOutcome, Unit};
use protocol::study::{Placing, Standing};
use stats::{Estimate, THRESHOLD, Verdict};

/// Params that tell a lane's rows apart which answer the same question.
const VARIANTS: [&str; 2] = ["touch", "wait"];

/// Fewer samples have no interval: they stand beside nothing.
const FEWEST: u32 = 3;

/// What a row asks: its experiment and its params, without those that only some lanes have.
#[must_use]
pub fn question(params: &Params) -> Params {
    let mut question = params.clone();
    question.retain(|name, _| !VARIANTS.contains(&name.as_str()));
    question
}

/// What rows are held against.
#[derive(Clone, Copy, Debug)]
pub enum Against<'a> {
    /// The best one that answers the same question.
    Best,
    /// The best one of this lane that does.
    Lane(&'a LaneId),
}

/// Of every row that was measured beside another one, against the best, in the order of the rows. Verdicts hold for all
/// of them together.
#[must_use]
pub fn standings(report: &Report) -> Vec<Standing> {
    standings_against(report, Against::Best)
}

/// Of every row that was measured beside one that it can be held against, in the order of the rows. Verdicts hold for
/// all of them together.
#[must_use]
pub fn standings_against(report: &Report, against: Against<'_>) -> Vec<Standing> {
    let mut questions: BTreeMap<(&str, Params), Vec<(usize, &Measured)>> = BTreeMap::new();
    for (at, row) in report.results.iter().enumerate() {
        if let RowOutcome::Measured(measured) = &row.outcome
            && measured.n >= FEWEST
        {
            let asked = (row.experiment.as_str(), question(&row.params));
            questions.entry(asked).or_default().push((at, measured));
        }
    }
    let mut random = fastrand::Rng::with_seed(report.run.seed);
    let mut all: Vec<(usize, Option<Estimate>)> = Vec::new();
    for rows in questions.values().filter(|rows| rows.len() > 1) {
        let worth = |measured: &Measured| match measured.unit {
            Unit::TasksPerSecond => measured.median,
            _ => -measured.median,
        };
        let rivals = rows.iter().filter(|(at, _)| match against {
            Against::Best => true,
            Against::Lane(lane) => report.results[*at].lane == *lane,
        });
        let other = rivals.max_by(|(_, one), (_, other)| worth(one).total_cmp(&worth(other)));
        let Some((other, of_other)) = other else { continue };
        for (at, measured) in rows {
            if at == other {
                all.push((*at, None));
                continue;
            }
            let (mine, its) = (measured.by_block(), of_other.by_block());
            let (above, below) = match measured.unit {
                Unit::TasksPerSecond => (its, mine),
                _ => (mine, its),
            };
            // Blocks pair up where both have all of them.
            let estimate =
                if measured.blocks.last() == of_other.blocks.last() && above.len() == below.len() {
                    stats::ratio(&above, &below, &mut random)
                } else {
                    stats::unpaired_ratio(&above, &below, &mut random)
                };
            all.extend(estimate.map(|estimate| (*at, Some(estimate))));
        }
    }
    let ratios: Vec<Estimate> = all.iter().filter_map(|(_, ratio)| ratio.clone()).collect();
    let mut verdicts = stats::verdicts(&ratios, THRESHOLD).into_iter();
    let standing = |(row, ratio): (usize, Option<Estimate>)| {
        let row = row as u32;
        let Some(ratio) = ratio else {
            let verdict = match against {
                Against::Best => Placing::Best,
                Against::Lane(_) => Placing::Baseline,
            };
            return Standing { row, ratio: 1.0, ci95: [1.0; 2], verdict };
        };
        let verdict = match (verdicts.next(), against) {
            (Some(Verdict::Slower), _) | (Some(Verdict::Faster), Against::Best) => Placing::Behind,
            (Some(Verdict::Faster), Against::Lane(_)) => Placing::Ahead,
            (Some(Verdict::Equivalent), _) => Placing::Equivalent,
            (Some(Verdict::TooCloseToCall) | None, _) => Placing::TooCloseToCall,
        };
        let ci95 = [ratio.interval.low, ratio.interval.high];
        Standing { row, ratio: ratio.value, ci95, verdict }
    };
    let mut all: Vec<Standing> = all.into_iter().map(standing).collect();
    all.sort_by_key(|standing| standing.row);
    all
}

#[cfg(test)]
mod tests {
    use protocol::report::{REPORT_VERSION, ReportMachine, ReportRow, Run};

    use super::*;
    use crate::params;

    fn row(lane: LaneId, wait: Option<&str>, unit: Unit, base: f64) -> ReportRow {
        let mut params = params([("bytes", 64.into())]);
        params.extend(wait.map(|wait| ("wait".to_owned(), wait.into())));
        let samples: Vec<f64> = (0..40_u16).map(|at| base + f64::from(at * 7 % 5)).collect();
        let measured = Measured {
            unit,
            median: base + 2.0,
            ci95: [base, base + 4.0],
            crossing: None,
            n: 40,
            blocks: (0..40).map(|at| at / 4).collect(),
            samples,
            seen: Vec::new(),
        };
        let outcome = RowOutcome::Measured(measured);
        ReportRow { experiment: "echo".into(), lane, params, outcome }
    }

    fn placings(results: Vec<ReportRow>) -> Vec<(u32, Placing)> {
        placings_against(results, Against::Best)
    }

    fn placings_against(results: Vec<ReportRow>, against: Against<'_>) -> Vec<(u32, Placing)> {
        let (machine, run) = (ReportMachine::default(), Run::default());
        let trace = Vec::new();
        let report = Report { version: REPORT_VERSION, machine, run, results, trace };
        let mut all: Vec<_> = standings_against(&report, against)
            .into_iter()
            .map(|standing| (standing.row, standing.verdict))
            .collect();
        all.sort_by_key(|(row, _)| *row);
        all
    }

    #[test]
    fn rows_that_answer_the_same_stand_beside_each_other() {
        let time = Unit::Nanoseconds;
        let found = placings(vec![
            row(LaneId::BROWSER_CLONE, None, time, 1000.0),
            row(LaneId::BROWSER_SHARED, Some("spin"), time, 100.0),
            row(LaneId::BROWSER_SHARED, Some("block"), time, 100.0),
        ]);
        assert_eq!(found[0], (0, Placing::Behind));
        assert!(found.contains(&(1, Placing::Best)) || found.contains(&(2, Placing::Best)));
        assert!(!found.iter().any(|it| *it == (1, Placing::Behind) || *it == (2, Placing::Behind)));
    }

    #[test]
    fn a_chosen_lane_is_what_the_others_are_held_against() {
        let time = Unit::Nanoseconds;
        let rows = || {
            vec![
                row(LaneId::BROWSER_CLONE, None, time, 1000.0),
                row(LaneId::BROWSER_SHARED, None, time, 100.0),
                row(LaneId::NATIVE_THREAD, None, time, 5000.0),
            ]
        };
        assert_eq!(
            placings_against(rows(), Against::Lane(&LaneId::BROWSER_CLONE)),
            [(0, Placing::Baseline), (1, Placing::Ahead), (2, Placing::Behind)]
        );
        let rate = vec![
            row(LaneId::BROWSER_CLONE, None, Unit::TasksPerSecond, 1000.0),
            row(LaneId::BROWSER_SHARED, None, Unit::TasksPerSecond, 100.0),
        ];
        assert_eq!(
            placings_against(rate, Against::Lane(&LaneId::BROWSER_CLONE)),
            [(0, Placing::Baseline), (1, Placing::Behind)]
        );
        assert_eq!(placings_against(rows(), Against::Lane(&LaneId::NODE_WORKER)), []);
    }

    #[test]
    fn a_single_sample_is_held_against_nothing() {
        let mut rows = vec![
            row(LaneId::BROWSER_CLONE, None, Unit::Nanoseconds, 1000.0),
            row(LaneId::BROWSER_SHARED, None, Unit::Nanoseconds, 100.0),
        ];
        for row in &mut rows {
            let RowOutcome::Measured(measured) = &mut row.outcome else { unreachable!() };
            (measured.n, measured.samples, measured.blocks) = (1, vec![measured.median], vec![0]);
        }
        assert_eq!(placings(rows), []);
    }

    #[test]
    fn the_greater_rate_is_the_better_one() {
        let rate = Unit::TasksPerSecond;
        let found = placings(vec![
            row(LaneId::BROWSER_CLONE, None, rate, 1000.0),
            row(LaneId::BROWSER_SHARED, None, rate, 9000.0),
        ]);
        assert_eq!(found, [(0, Placing::Behind), (1, Placing::Best)]);
        assert_eq!(placings(vec![row(LaneId::BROWSER_CLONE, None, rate, 1.0)]), []);
    }
}
