//! The report of a study while it goes on.

use protocol::Nanos;
use protocol::report::{REPORT_VERSION, Report, ReportMachine, ReportRow, RowOutcome, Run};

use crate::format;
use crate::plan::Plan;
use crate::recordings::Recorded;
use crate::study::{Findings, Next};

/// A trend this unlikely by chance, over all rows together, is one.
const DRIFT_LEVEL: f64 = 0.01;
/// A drift this small, from the first block to the last, is not worth a word.
const DRIFT: f64 = 0.05;
/// A comparison's key figures should have intervals no wider than this, of the median, on either side.
const HALF_WIDTH: f64 = 0.05;
/// A load above this part of the processors, before a run, is worth a word.
const BUSY: f64 = 0.5;

/// A report that grows block by block.
#[derive(Clone, Debug)]
pub struct Record {
    /// As far as it is.
    pub report: Report,
    /// Whether the load before may be one's own work, and not worth a word.
    pub own_load: bool,
    plan: Plan,
    /// How long the study had taken when the last block with trials ended.
    trials_took: Nanos,
}

impl Record {
    /// An empty one. Of `run`, what the plan says is filled in.
    #[must_use]
    pub fn begin(plan: &Plan, machine: ReportMachine, run: Run) -> Self {
        let run = Run {
            seed: plan.seed,
            blocks: plan.blocks,
            placement: plan.effort.placement.to_string(),
            ..run
        };
        let report = Report {
            version: REPORT_VERSION,
            machine,
            run,
            results: Vec::new(),
            trace: Vec::new(),
        };
        Self { report, own_load: false, plan: plan.clone(), trials_took: Nanos(0) }
    }

    /// Takes what was recorded, after the last block.
    pub fn traced(&mut self, recorded: Recorded) {
        self.report.trace = recorded.recordings;
        self.report.run.warnings.extend(recorded.warnings);
    }

    /// Takes what was found so far. Says whether there is time for more, as the study has taken so long.
    pub fn block(&mut self, finished: u32, findings: &Findings, spent: Nanos) -> Next {
        self.report.results.clone_from(&findings.rows);
        let cores = self.report.machine.cores;
        let run = &mut self.report.run;
        run.finished = finished;
        run.warnings.clone_from(&findings.warnings);
        if !self.own_load && run.load[0] > BUSY * f64::from(cores) {
            run.warnings.push(format!(
                "the machine was busy in the minute before the run (load {:.1} on {cores} processors): \
                 wait until it is idle and run again",
                run.load[0]
            ));
        }
        if let Some(browser) = &self.report.machine.browser
            && browser.cores != cores
        {
            let admitted = browser.cores;
            run.warnings.push(format!(
                "the browser admits to {admitted} processors, and there are {cores}: pages that ask it \
                 start too few workers, or too many"
            ));
        }
        run.warnings.extend(drift(&findings.rows));
        run.warnings.extend(wide(&findings.rows));
        if finished <= self.plan.blocks_of_trials() {
            self.trials_took = spent;
        }
        if self.plan.is_over(finished, spent, self.trials_took) { Next::Enough } else { Next::Go }
    }

    /// Seconds that are left at most, where the plan has a limit.
    #[must_use]
    pub fn seconds_left(&self, spent: Nanos) -> Option<f64> {
        self.plan.limit.map(|limit| limit.0.saturating_sub(spent.0) as f64 / 1e9)
    }
}

/// Says how many of the key figures have an interval that is wider than it should be.
fn wide(rows: &[ReportRow]) -> Option<String> {
    let half_width = |row: &&ReportRow| match &row.outcome {
        RowOutcome::Measured(measured) if is_key(row) => {
            Some((measured.ci95[1] - measured.ci95[0]) / 2.0 / measured.median)
        }
        _ => None,
    };
    let mut all: Vec<(f64, &ReportRow)> =
        rows.iter().filter_map(|row| Some((half_width(&row)?, row))).collect();
    all.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let missed = all.iter().filter(|(half_width, _)| *half_width > HALF_WIDTH).count();
    let (middle, (widest, row)) = (all.get(all.len() / 2)?.0, all.last()?);
    (missed > 0).then(|| {
        format!(
            "of {} key figures (first answer, echo there and back, work) {missed} have an interval of more \
             than ±{:.0}%: half of them ±{:.0}% and less, the widest ±{:.0}% ({}); a full run, a quiet \
             machine or `--placement apart` narrows them",
            all.len(),
            HALF_WIDTH * 100.0,
            middle * 100.0,
            widest * 100.0,
            row.name()
        )
    })
}

/// Whether a figure is one that a comparison is about.
fn is_key(row: &ReportRow) -> bool {
    let is = |name: &str, wanted: &str| row.params.get(name).is_some_and(|it| *it == wanted.into());
    match row.experiment.as_str() {
        "startup" => is("metric", "first_answer"),
        "echo" => is("metric", "round_trip"),
        "compute" => !row.params.contains_key("metric"),
        _ => false,
    }
}

/// Names the row that drifted most, if any did.
fn drift(rows: &[ReportRow]) -> Option<String> {
    let measured = rows.iter().filter_map(|row| match &row.outcome {
        RowOutcome::Measured(measured) => Some((row, stats::trend(&measured.by_block())?)),
        _ => None,
    });
    let trends: Vec<_> = measured.collect();
    let p: Vec<f64> = trends.iter().map(|(_, trend)| trend.p).collect();
    let drifted = trends
        .iter()
        .zip(stats::holm(&p, DRIFT_LEVEL))
        .filter(|((_, trend), significant)| *significant && trend.change.abs() > DRIFT);
    let drifted: Vec<_> = drifted.map(|(both, _)| both).collect();
    let (row, trend) = drifted
        .iter()
        .max_by(|(_, one), (_, other)| one.change.abs().total_cmp(&other.change.abs()))?;
    Some(format!(
        "{} rows of {} drifted from the first block to the last, most {} ({}) on {}, by {:+.0}%: \
         something else changed while the run went on",
        drifted.len(),
        trends.len(),
        row.experiment,
        format::params(&row.params),
        row.lane,
        trend.change * 100.0
    ))
}

#[cfg(test)]
mod tests {
    use protocol::LaneId;
    use protocol::report::{Measured, Unit};

    use super::*;

    fn row(samples: Vec<f64>) -> ReportRow {
        let measured = Measured {
            unit: Unit::Nanoseconds,
            median: samples[0],
            ci95: [samples[0]; 2],
            crossing: None,
            n: samples.len() as u32,
            blocks: (0..samples.len() as u32).collect(),
            samples,
            seen: Vec::new(),
        };
        ReportRow {
            experiment: "echo".into(),
            lane: LaneId::PROCESS_PIPE,
            params: crate::params([("bytes", 64.into())]),
            outcome: RowOutcome::Measured(measured),
        }
    }

    #[test]
    fn wide_intervals_of_key_figures_are_counted() {
        let key = |half_width: f64| {
            let mut row = row(vec![100.0]);
            row.params.insert("metric".into(), "round_trip".into());
            let RowOutcome::Measured(measured) = &mut row.outcome else { unreachable!() };
            measured.ci95 = [100.0 - half_width, 100.0 + half_width];
            row
        };
        assert_eq!(wide(&[key(4.0), key(5.0), row(vec![1.0])]), None);
        let said = wide(&[key(4.0), key(20.0), key(8.0)]).unwrap();
        assert!(said.starts_with("of 3 key figures"), "{said}");
        assert!(said.contains("2 have an interval of more than ±5%: half of them ±8%"), "{said}");
        assert!(said.contains("the widest ±20% (echo on process.pipe"), "{said}");
    }

    #[test]
    fn what_drifts_is_named_and_what_scatters_is_not() {
        let steady = || row((0..30_u8).map(|block| 100.0 + f64::from(block % 7)).collect());
        let drifting = row((0..30_u8).map(|block| 100.0 + f64::from(block)).collect());
        assert_eq!(drift(&[steady(), steady()]), None);
        let warning = drift(&[steady(), drifting]).unwrap();
        assert!(warning.starts_with("1 rows of 2 drifted"), "{warning}");
        assert!(warning.contains("echo (bytes 64) on process.pipe, by +25%"), "{warning}");
    }
}
