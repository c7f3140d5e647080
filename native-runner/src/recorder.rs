//! The report of a study while it goes on: in memory, in its file, and as progress on a terminal.

use std::io::{IsTerminal, stderr};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressStyle};
use lab::experiments::Experiment;
use lab::study::{Findings, Listener, Next, Plan};
use protocol::LaneId;
use protocol::report::{REPORT_VERSION, Report, ReportRow, RowOutcome, Run};

use crate::files::keep;
use crate::lanes::Clock;
use crate::{machine, table};

/// A trend this unlikely by chance, over all rows together, is one.
const DRIFT_LEVEL: f64 = 0.01;
/// A drift this small, from the first block to the last, is not worth a word.
const DRIFT: f64 = 0.05;
/// A load above this part of the processors, before a run, is worth a word.
const BUSY: f64 = 0.5;
/// Fewer blocks have no interval worth the name.
const FEWEST_BLOCKS: u32 = 3;

/// Keeps the report up to date.
pub(crate) struct Recorder {
    pub(crate) report: Report,
    file: Option<PathBuf>,
    bar: ProgressBar,
    began: Clock,
    limit: Option<Duration>,
    migrations: Option<u64>,
}

impl Recorder {
    /// An empty report. `file` is written after each block; after `limit` there is no further block.
    pub(crate) fn begin(plan: &Plan, file: Option<PathBuf>, limit: Option<Duration>) -> Self {
        let load = machine::load();
        let run = Run {
            command: std::env::args().collect(),
            revision: option_env!("BREAKEVEN_REVISION").map(str::to_owned),
            started: since_1970().as_secs(),
            seed: plan.seed,
            blocks: plan.blocks,
            finished: 0,
            placement: plan.effort.placement.to_string(),
            clock: machine::clock(),
            load: [load, load],
            migrations: None,
            warnings: Vec::new(),
        };
        let machine = machine::for_report();
        Self {
            report: Report { version: REPORT_VERSION, machine, run, results: Vec::new() },
            file,
            bar: progress_bar(),
            began: Clock::start(),
            limit,
            migrations: machine::migrations(),
        }
    }

    /// The report, with what whoever reads it should know about the whole run.
    pub(crate) fn end(self) -> Report {
        self.bar.finish_and_clear();
        self.report
    }

    fn warn(&mut self, findings: &Findings) {
        let run = &mut self.report.run;
        run.warnings.clone_from(&findings.warnings);
        let cores = f64::from(self.report.machine.cores);
        if run.load[0] > BUSY * cores {
            run.warnings.push(format!(
                "the machine was busy in the minute before the run (load {:.1} on {cores} processors): \
                 wait until it is idle and run again",
                run.load[0]
            ));
        }
        run.warnings.extend(drift(&findings.rows));
    }
}

impl Listener for Recorder {
    fn turn(&mut self, done: usize, all: usize, lane: &LaneId, experiment: &Experiment) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(format!("{} on {lane}", experiment.id));
    }

    fn block(&mut self, finished: u32, findings: &Findings) -> Result<Next, String> {
        self.report.results.clone_from(&findings.rows);
        self.report.run.finished = finished;
        self.report.run.load[1] = machine::load();
        let migrations = self.migrations.zip(machine::migrations());
        self.report.run.migrations = migrations.map(|(before, after)| after - before);
        self.warn(findings);
        if let Some(file) = &self.file {
            let json = self.report.to_json().map_err(|why| why.to_string())?;
            keep(file, &json).map_err(|why| format!("{why:#}"))?;
        }
        let spent = Duration::from_nanos(self.began.elapsed().0);
        // The next block takes about as long as one did so far.
        let next = spent + spent / finished.max(1);
        let enough = finished >= FEWEST_BLOCKS && self.limit.is_some_and(|limit| next > limit);
        Ok(if enough { Next::Enough } else { Next::Go })
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
        table::params(row),
        row.lane,
        trend.change * 100.0
    ))
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Another one each time, of at most 53 bits: more would not survive a program that reads JSON's numbers
/// as floats.
pub(crate) fn seed() -> u64 {
    since_1970().as_nanos() as u64 & ((1 << 53) - 1)
}

fn progress_bar() -> ProgressBar {
    let template = "{bar:24} {percent:>3}%, about {eta} left: {msg}";
    let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
    // indicatif itself stays silent off a terminal.
    let bar = if stderr().is_terminal() { ProgressBar::new(1) } else { ProgressBar::hidden() };
    bar.with_style(style)
}

#[cfg(test)]
mod tests {
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
        };
        ReportRow {
            experiment: "echo".into(),
            lane: LaneId::PROCESS_PIPE,
            params: lab::params([("bytes", 64.into())]),
            outcome: RowOutcome::Measured(measured),
        }
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
