//! `breakeven run`: experiments on this machine, without a browser.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, ValueEnum};
use futures::executor::block_on;
use lab::experiments::{self, Experiment, Extent, Sweep};
use lab::study::{Ended, Plan, study};
use lab::{Effort, Lane, Placement};
use protocol::Nanos;
use protocol::report::{Report, ReportRow, RowOutcome};
use tokio::signal::unix::{SignalKind, signal};

use super::{End, names, print};
use crate::cancel::Cancel;
use crate::files::{keep, writable};
use crate::recorder::{Recorder, seed};
use crate::{export, lanes, machine, placement, table};

/// Blocks of a whole run: what the intervals' coverage was validated with (METHODOLOGY.md).
const BLOCKS: u32 = 30;
/// Blocks of a quick run, if they fit its time.
const QUICK_BLOCKS: u32 = 20;
const QUICK_LIMIT: Duration = Duration::from_secs(13);
/// A sample is at least so many steps of the clock long.
const TICKS: f64 = 100.0;

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
    /// Where caller and workers run: `unpinned`, as the system likes, or `apart`, on a processor each.
    #[arg(long, value_enum, default_value_t = Place::Unpinned)]
    placement: Place,
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

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Place {
    Unpinned,
    Apart,
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

        let effort = match self.effort() {
            Ok(effort) => effort,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        let (blocks, limit) =
            if self.quick { (QUICK_BLOCKS, Some(QUICK_LIMIT)) } else { (BLOCKS, None) };
        let plan = Plan { experiments, sweep: self.sweep(), blocks, effort, seed: seed() };
        let file = self.json.clone().filter(|file| file.as_os_str() != "-");
        let mut recorder = Recorder::begin(&plan, file, limit);
        if chosen.iter().any(|lane| lane.id().as_str().starts_with("node.")) {
            recorder.report.machine.node = lanes::node_version();
        }
        let ended = block_on(study(&chosen, &plan, &mut recorder));
        let report = recorder.end();
        self.write(&report)?;
        match ended {
            Ended::Stopped(why) => anyhow::bail!(why),
            Ended::Cancelled => Ok(End::Interrupted),
            Ended::Done => Ok(self.judge(&report)),
        }
    }

    fn sweep(&self) -> Sweep {
        Sweep { extent: self.extent(), cores: machine::describe().cores }
    }

    /// What a turn takes, and where it takes place: the calling thread goes there.
    fn effort(&self) -> Result<Effort, String> {
        let placement = match self.placement {
            Place::Unpinned => Placement::Unpinned,
            Place::Apart => placement::apart()
                .and_then(|apart| placement::put_caller(apart).map(|()| apart))
                .map_err(|why| format!("caller and workers cannot be placed apart: {why}"))?,
        };
        let (sample, turn) = (1e6, if self.quick { 20e6 } else { 70e6 });
        let sample_time = Nanos((machine::clock().tick * TICKS).max(sample) as u64);
        Ok(Effort { samples: 5, sample_time, turn_time: Nanos(turn as u64), placement })
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
            let operations = || experiments.iter().flat_map(|it| it.operations(self.sweep()));
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
