//! `breakeven run`: experiments on this machine, without a browser.

use std::fs;
use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use clap::Args;
use futures::executor::block_on;
use indicatif::{ProgressBar, ProgressStyle};
use lab::experiments::{self, Experiment, Extent};
use lab::study::{Ended, Findings, Listener, Plan, study};
use lab::{Effort, Lane, Op};
use protocol::report::{REPORT_VERSION, Report, ReportRow, RowOutcome, Run as RunFacts};
use protocol::{LaneId, Nanos};
use tokio::signal::unix::{SignalKind, signal};

use super::{End, names, print};
use crate::cancel::Cancel;
use crate::{export, lanes, machine, table};

/// Blocks of a whole run: what the intervals' coverage was validated with (METHODOLOGY.md).
const BLOCKS: u32 = 30;
const QUICK_BLOCKS: u32 = 20;
const EFFORT: Effort = Effort { samples: 5, sample_time: Nanos(2_000_000) };

/// Runs experiments on this machine's lanes and reports what they gave.
#[derive(Args)]
pub(super) struct Run {
    /// Which experiments; all of them without a name (`breakeven list experiments`).
    #[arg(value_name = "EXPERIMENT")]
    experiments: Vec<String>,
    /// Which lane, as often as wanted; all of them without one (`breakeven list lanes`).
    #[arg(long = "lane", value_name = "ID")]
    lanes: Vec<String>,
    /// Fewer sizes and blocks: some seconds instead of minutes, and wider intervals.
    #[arg(long)]
    quick: bool,
    /// Writes the report to this file, block by block; `-` prints it instead of the table.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Writes every sample to this file as comma-separated values.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Writes the table to this file as Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

impl Run {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let cancel = Cancel::default();
        let all = lanes::all(&cancel);
        let (experiments, chosen) = match self.chosen(&all) {
            Ok(chosen) => chosen,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        for file in [&self.json, &self.csv, &self.markdown].into_iter().flatten() {
            if let Err(why) = writable(file) {
                return Ok(End::BadUsage(why));
            }
        }
        let _signals = cancel_on_signals(&cancel)?;

        let plan = Plan {
            experiments,
            extent: self.extent(),
            blocks: if self.quick { QUICK_BLOCKS } else { BLOCKS },
            effort: EFFORT,
            seed: seed(),
        };
        let mut listener = Reporter {
            report: empty_report(&plan),
            file: self.json.clone().filter(|file| file.as_os_str() != "-"),
            bar: progress_bar(),
        };
        let ended = block_on(study(&chosen, &plan, &mut listener));
        listener.bar.finish_and_clear();
        let report = listener.report;
        self.write(&report)?;
        match ended {
            Ended::Stopped(why) => anyhow::bail!(why),
            Ended::Cancelled => Ok(End::Interrupted),
            Ended::Done => Ok(self.judge(&report)),
        }
    }

    fn extent(&self) -> Extent {
        if self.quick { Extent::Quick } else { Extent::Full }
    }

    fn chosen<'a>(
        &self,
        all: &'a [Box<dyn Lane>],
    ) -> Result<(Vec<&'static Experiment>, Vec<&'a dyn Lane>), String> {
        let experiments = if self.experiments.is_empty() {
            experiments::ALL.to_vec()
        } else {
            let known = || experiments::ALL.into_iter().map(|it| (it.id.to_owned(), it));
            let find = |typed: &String| names::find("experiment", typed, known());
            distinct(self.experiments.iter().map(find), |one, other| one.id == other.id)?
        };
        let every = || all.iter().map(AsRef::as_ref);
        let lanes = if self.lanes.is_empty() {
            let operations = || experiments.iter().flat_map(|it| it.operations(self.extent()));
            every().filter(|lane| operations().any(|op| lane.does(op))).collect()
        } else {
            let known = || every().map(|lane: &dyn Lane| (lane.id().to_string(), lane));
            let find = |typed: &String| names::find("lane", typed, known());
            distinct(self.lanes.iter().map(find), |one, other| one.id() == other.id())?
        };
        Ok((experiments, lanes))
    }

    fn write(&self, report: &Report) -> anyhow::Result<()> {
        let json = report.to_json().context("the report")?;
        match &self.json {
            Some(file) if file.as_os_str() == "-" => print(&json)?,
            Some(file) => keep(file, &json)?,
            None => {}
        }
        if let Some(file) = &self.csv {
            keep(file, &export::csv(report))?;
        }
        if let Some(file) = &self.markdown {
            keep(file, &export::markdown(report))?;
        }
        if self.json.as_ref().is_none_or(|file| file.as_os_str() != "-") {
            print(&table::text(report))?;
        }
        for warning in &report.run.warnings {
            eprintln!("breakeven: warning: {warning}");
        }
        Ok(())
    }

    /// What failed is no success, nor is what was named and could not be had; what a default leaves out
    /// does not count.
    fn judge(&self, report: &Report) -> End {
        let failed = |row: &ReportRow| matches!(row.outcome, RowOutcome::Failed { .. });
        if report.results.iter().any(failed) {
            End::Failed
        } else if self.misses_a_name(report) {
            End::Unavailable
        } else {
            End::Done
        }
    }

    /// Whether of something that was named nothing at all was available.
    fn misses_a_name(&self, report: &Report) -> bool {
        let missing = |row: &ReportRow| matches!(row.outcome, RowOutcome::Unavailable { .. });
        let all_missing = |mine: &dyn Fn(&ReportRow) -> bool| {
            let mut rows = report.results.iter().filter(|row| mine(row)).peekable();
            rows.peek().is_some() && rows.all(missing)
        };
        self.lanes.iter().any(|name| all_missing(&|row| row.lane.as_str() == name))
            || self.experiments.iter().any(|name| all_missing(&|row| row.experiment == *name))
    }
}

/// Each once, in the order in which they were named.
fn distinct<T>(
    found: impl Iterator<Item = Result<T, String>>,
    same: impl Fn(&T, &T) -> bool,
) -> Result<Vec<T>, String> {
    let mut all: Vec<T> = Vec::new();
    for one in found {
        let one = one?;
        if !all.iter().any(|known| same(known, &one)) {
            all.push(one);
        }
    }
    Ok(all)
}

/// Before minutes are spent on what cannot be kept.
fn writable(file: &Path) -> Result<(), String> {
    if file.as_os_str() == "-" {
        return Ok(());
    }
    if file.is_dir() {
        return Err(format!("{} is a folder: name a file", file.display()));
    }
    let probe = beside(file);
    fs::write(&probe, "")
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|why| format!("{} cannot be written: {why}", file.display()))
}

/// Writes a file so that it is the old one or the new one, whatever happens.
fn keep(file: &Path, text: &str) -> anyhow::Result<()> {
    let new = beside(file);
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, file))
        .with_context(|| format!("{} could not be written", file.display()))
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    file.with_file_name(name)
}

/// Has the first SIGINT or SIGTERM end the run with what it has, for as long as the result lives.
fn cancel_on_signals(cancel: &Cancel) -> anyhow::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .context("cannot start the thread that waits for signals")?;
    let cancel = cancel.clone();
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    runtime.spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        cancel.ask();
    });
    Ok(runtime)
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Another one each time, of at most 53 bits: more would not survive a program that reads JSON's numbers
/// as floats.
fn seed() -> u64 {
    since_1970().as_nanos() as u64 & ((1 << 53) - 1)
}

fn empty_report(plan: &Plan) -> Report {
    let load = machine::load();
    Report {
        version: REPORT_VERSION,
        machine: machine::for_report(),
        run: RunFacts {
            command: std::env::args().collect(),
            revision: option_env!("BREAKEVEN_REVISION").map(str::to_owned),
            started: since_1970().as_secs(),
            seed: plan.seed,
            blocks: plan.blocks,
            finished: 0,
            placement: "unpinned".into(),
            clock: machine::clock(),
            load: [load, load],
            warnings: Vec::new(),
        },
        results: Vec::new(),
    }
}

fn progress_bar() -> ProgressBar {
    let template = "{bar:24} {percent:>3}%, about {eta} left: {msg}";
    let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
    // indicatif itself stays silent off a terminal.
    let bar = if stderr().is_terminal() { ProgressBar::new(1) } else { ProgressBar::hidden() };
    bar.with_style(style)
}

/// Keeps the report up to date, in memory and in its file.
struct Reporter {
    report: Report,
    file: Option<PathBuf>,
    bar: ProgressBar,
}

impl Listener for Reporter {
    fn turn(&mut self, done: usize, all: usize, lane: &LaneId, op: Op) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        self.bar.set_message(format!("{op} on {lane}"));
    }

    fn block(&mut self, finished: u32, findings: &Findings) -> Result<(), String> {
        self.report.results.clone_from(&findings.rows);
        self.report.run.warnings.clone_from(&findings.warnings);
        self.report.run.finished = finished;
        self.report.run.load[1] = machine::load();
        match &self.file {
            Some(file) => self
                .report
                .to_json()
                .map_err(anyhow::Error::from)
                .and_then(|json| keep(file, &json))
                .map_err(|why| format!("{why:#}")),
            None => Ok(()),
        }
    }
}
