//! `breakeven run`: experiments on this machine, with a headless browser if one is named.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use futures::executor::block_on;
use lab::clocks::{Exchange, relate};
use lab::experiments::{self, Experiment};
use lab::plan::{Depth, Plan};
use lab::remote::{BROWSER_LANES, Remote};
use lab::study::{Ended, study};
use lab::{Lane, Placement};
use protocol::report::{Browser, Report, ReportRow, RowOutcome};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::{End, names, print};
use crate::browser::page::{self, NoPage};
use crate::browser::{Browser as BrowserProcess, Kind};
use crate::cancel::Cancel;
use crate::files::{keep, keep_elsewhere, state_folder, writable};
use crate::recorder::{Recorder, seed};
use crate::{export, lanes, machine, placement, table, timing};

/// Runs experiments on this machine's lanes and reports what they gave.
#[derive(Args)]
pub(super) struct Run {
    /// Which experiments; without a name all that are timed over and over (`breakeven list experiments`).
    #[arg(value_name = "EXPERIMENT")]
    experiments: Vec<String>,
    /// Which lane, as often as wanted; all of them without one (`breakeven list lanes`).
    #[arg(long = "lane", value_name = "ID")]
    lanes: Vec<String>,
    /// Some seconds instead of a minute: fewer blocks, wider intervals.
    #[arg(long)]
    quick: bool,
    /// Every size and as long as it takes, some minutes instead of one.
    #[arg(long, conflicts_with = "quick")]
    full: bool,
    /// Measures this browser's lanes too: opens the page in it, headless.
    #[arg(long, value_enum, value_name = "BROWSER")]
    browser: Option<Kind>,
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
        let experiments = match self.chosen_experiments() {
            Ok(experiments) => experiments,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        let cancel = Cancel::default();
        let native = lanes::all(&cancel);
        if let Err(why) = self.check_lanes(&native) {
            return Ok(End::BadUsage(why));
        }
        for file in [&self.json, &self.csv, &self.markdown].into_iter().flatten() {
            if let Err(why) = writable(file) {
                return Ok(End::BadUsage(why));
            }
        }
        let placement = match self.place() {
            Ok(placement) => placement,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        let runtime = cancel_on_signals(&cancel)?;
        let visit = match self.browser.map(|kind| Visit::open(kind, &runtime, &cancel)) {
            None => None,
            Some(Ok(visit)) => Some(visit),
            Some(Err(NoPage::Cancelled)) => return Ok(End::Interrupted),
            Some(Err(NoPage::Failed(why))) => return Err(why),
            Some(Err(NoPage::Unavailable(why))) => {
                eprintln!("breakeven: {why}");
                return Ok(End::Unavailable);
            }
        };
        let offered = visit.as_ref().map_or(&[][..], |visit| &visit.lanes);

        let machine = machine::describe();
        let tick = machine::clock().tick;
        let plan = self.depth().plan(experiments, machine.cores, placement, tick, seed());
        let all: Vec<&dyn Lane> = offered.iter().chain(&native).map(AsRef::as_ref).collect();
        let chosen = self.chosen_lanes(&plan, all);
        let named = self.json.clone().filter(|file| file.as_os_str() != "-");
        // What was not to be kept is kept all the same until the next run: somebody may pull the plug.
        let spare = if named.is_none() { spare_file() } else { None };
        let mut recorder = Recorder::begin(&plan, named.or(spare.clone()));
        lanes::describe(&chosen, &cancel, &mut recorder.record.report.machine);
        recorder.record.report.machine.browser = visit.as_ref().map(|visit| visit.browser.clone());
        let ended = block_on(study(&chosen, &plan, &mut recorder));
        let mut report = recorder.end();
        drop(native);
        if let Some(visit) = visit {
            visit.end(&mut report);
        }
        let written = self.write(&report);
        if let (Some(spare), Ended::Cancelled | Ended::Stopped(_)) = (&spare, &ended) {
            eprintln!("breakeven: what was measured is in {}", spare.display());
        }
        match (ended, written) {
            (Ended::Stopped(why), _) => anyhow::bail!(why),
            (_, Err(why)) => Err(why),
            (Ended::Cancelled, Ok(())) => Ok(End::Interrupted),
            (Ended::Done, Ok(())) => Ok(self.judge(&report)),
        }
    }

    fn depth(&self) -> Depth {
        match (self.quick, self.full) {
            (true, _) => Depth::Quick,
            (_, true) => Depth::Full,
            _ => Depth::Comparison,
        }
    }

    /// Where turns take place: the calling thread goes there.
    fn place(&self) -> Result<Placement, String> {
        match self.placement {
            Place::Unpinned => Ok(Placement::Unpinned),
            Place::Apart => placement::apart()
                .and_then(|apart| placement::put_caller(apart).map(|()| apart))
                .map_err(|why| format!("caller and workers cannot be placed apart: {why}")),
        }
    }

    fn chosen_experiments(&self) -> Result<Vec<&'static Experiment>, String> {
        if self.experiments.is_empty() {
            return Ok(experiments::timed());
        }
        let known = || experiments::ALL.into_iter().map(|it| (it.id.to_owned(), it));
        let find = |typed: &String| names::find("experiment", typed, known());
        distinct(self.experiments.iter().map(find), |one, other| one.id == other.id)
    }

    /// Whether there is every lane that was named: the browser's only with one.
    fn check_lanes(&self, native: &[Box<dyn Lane>]) -> Result<(), String> {
        for typed in &self.lanes {
            let is_browsers = BROWSER_LANES.iter().any(|id| id.as_str() == typed);
            if is_browsers && self.browser.is_none() {
                return Err(format!(
                    "{typed} is a lane of a browser: add --browser chromium or firefox"
                ));
            }
            let browsers = if self.browser.is_some() { &BROWSER_LANES[..] } else { &[] };
            let all = browsers.iter().cloned().chain(native.iter().map(|lane| lane.id()));
            names::find("lane", typed, all.map(|id| (id.to_string(), ())))?;
        }
        Ok(())
    }

    fn chosen_lanes<'a>(&self, plan: &Plan, mut all: Vec<&'a dyn Lane>) -> Vec<&'a dyn Lane> {
        if self.lanes.is_empty() {
            return plan.lanes(all);
        }
        all.retain(|lane| self.lanes.iter().any(|name| lane.id().as_str() == name));
        all
    }

    fn write(&self, report: &Report) -> anyhow::Result<()> {
        let json = report.to_json().context("the report")?;
        // The table first: it is there whatever becomes of the files.
        match &self.json {
            Some(file) if file.as_os_str() == "-" => print(&json)?,
            _ => print(&table::text(report))?,
        }
        for warning in &report.run.warnings {
            eprintln!("breakeven: warning: {warning}");
        }
        let files = [
            (self.json.as_deref().filter(|file| file.as_os_str() != "-"), json),
            (self.csv.as_deref(), export::csv(report)),
            (self.markdown.as_deref(), export::markdown(report)),
        ];
        let written = files.iter().filter_map(|(file, text)| Some(keep_somewhere((*file)?, text)));
        // One that fails does not keep the others from being written.
        let failures: Vec<anyhow::Error> = written.filter_map(Result::err).collect();
        failures.into_iter().next().map_or(Ok(()), Err)
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

/// Writes a file, or what should have been in it to another place.
///
/// # Errors
/// In both cases: says where it is.
fn keep_somewhere(file: &Path, text: &str) -> anyhow::Result<()> {
    let Err(why) = keep(file, text) else { return Ok(()) };
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    match keep_elsewhere(&name, text) {
        Ok(place) => bail!("{why:#}. It is in {} instead", place.display()),
        Err(also) => bail!("{why:#}, nor anywhere else ({also:#})"),
    }
}

/// Where the report of a run is kept that was not to be written to a file, if there is a place.
fn spare_file() -> Option<PathBuf> {
    let folder = state_folder()?;
    std::fs::create_dir_all(&folder).ok()?;
    let file = folder.join("last-run.json");
    writable(&file).ok().map(|()| file)
}

/// A browser whose page takes part.
struct Visit {
    kind: Kind,
    process: BrowserProcess,
    browser: Browser,
    remote: Remote,
    lanes: Vec<Box<dyn Lane>>,
    /// How its clock stood at the beginning.
    first: Vec<Exchange>,
}

impl Visit {
    fn open(kind: Kind, runtime: &Runtime, cancel: &Cancel) -> Result<Self, NoPage> {
        let (process, guest) = page::open(kind, runtime, cancel)?;
        let browser = guest.offer.browser.clone();
        let infos = guest.offer.lanes.clone();
        let remote = guest.remote(cancel);
        let lanes = remote.lanes(&infos);
        let first = block_on(remote.exchange_times(clock));
        Ok(Self { kind, process, browser, remote, lanes, first })
    }

    /// Ends the browser, and says how its clock stood and what became of it.
    fn end(mut self, report: &mut Report) {
        let last = block_on(self.remote.exchange_times(clock));
        if let Some(browser) = &mut report.machine.browser {
            browser.relation = relate(&self.first, &last);
        }
        if let Some(why) = self.process.ended() {
            let name = self.kind.name();
            report.run.warnings.push(format!("{name} did not last until the end: {why}"));
        }
    }
}

fn clock() -> f64 {
    timing::now() as f64
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
fn cancel_on_signals(cancel: &Cancel) -> anyhow::Result<Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the threads that serve and wait for signals")?;
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
