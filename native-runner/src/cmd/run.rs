//! `breakeven run`: experiments on this machine, with a headless browser if one is named.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use lab::browser::BROWSER_LANES;
use lab::experiments::{self, Experiment};
use lab::plan::{Depth, Plan};
use lab::scenarios;
use lab::study::Ended;
use lab::{Lane, Placement, export, table};
use protocol::report::{Report, ReportRow, RowOutcome};
use texts::outside;

use super::measure::{Measured, Measuring};
use super::{End, names};
use crate::browser::Kind;
use crate::cancel::Cancel;
use crate::export::chrome;
use crate::files::{Output, keep_elsewhere};
use crate::terminal::{print, say};
use crate::{lanes, placement};

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
    /// Records in the end what the lanes do in some scenarios, which becomes a part of the report (`breakeven flow`
    /// draws it), and writes it to this file in Chrome's trace-event format, which Perfetto, speedscope and the
    /// Firefox Profiler open.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
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
        let outputs = match self.outputs() {
            Ok(outputs) => outputs,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        let placement = match self.place() {
            Ok(placement) => placement,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        let measuring = Measuring {
            placement,
            scenarios: self.trace.iter().flat_map(|_| &scenarios::ALL).collect(),
            browser: self.browser,
            file: outputs[0].as_ref().and_then(Output::file).cloned(),
            ..Measuring::of(self.depth(&experiments), experiments)
        };
        let is_chosen = |plan: &Plan, lane: &dyn Lane| self.is_chosen(plan, lane);
        let Measured { report, ended } = match measuring.measure(native, &cancel, is_chosen)? {
            Ok(measured) => measured,
            Err(end) => return Ok(end),
        };
        let written = self.write(&report, &outputs);
        match (ended, written) {
            (Ended::Stopped(why), _) => anyhow::bail!(why),
            (_, Err(why)) => Err(why),
            (Ended::Cancelled, Ok(())) => Ok(End::Interrupted),
            (Ended::Done, Ok(())) => Ok(self.judge(&report)),
        }
    }

    fn depth(&self, experiments: &[&Experiment]) -> Depth {
        match (self.quick, self.full) {
            (true, _) => Depth::Quick,
            (_, true) => Depth::Full,
            _ => Depth::of(experiments),
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
            return Ok(experiments::compared());
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

    /// Whether a lane takes part: one that is named, or, without names, any that does something of it.
    fn is_chosen(&self, plan: &Plan, lane: &dyn Lane) -> bool {
        if self.lanes.is_empty() {
            return plan.concerns(lane);
        }
        self.lanes.iter().any(|name| lane.id().as_str() == name)
    }

    /// What takes the report, the samples, the table and the trace, where they are wanted in a file.
    fn outputs(&self) -> Result<[Option<Output>; 4], String> {
        let json = self.json.as_ref().filter(|_| !self.is_json_printed());
        let open = |file: Option<&PathBuf>| file.map(|file| Output::open(file)).transpose();
        let [csv, markdown, trace] = [&self.csv, &self.markdown, &self.trace].map(Option::as_ref);
        Ok([open(json)?, open(csv)?, open(markdown)?, open(trace)?])
    }

    fn is_json_printed(&self) -> bool {
        self.json.as_ref().is_some_and(|file| file.as_os_str() == "-")
    }

    fn write(&self, report: &Report, outputs: &[Option<Output>; 4]) -> anyhow::Result<()> {
        let json = report.to_json().context("the report")?;
        // The table first: it is there whatever becomes of the files.
        print(&if self.is_json_printed() { json.clone() } else { table::text(report) })?;
        for warning in &report.run.warnings {
            say!("breakeven: warning: {warning}");
        }
        let trace = outside::json(&chrome(report)).into_owned();
        let texts = [json, export::csv(report), export::markdown(report), trace];
        let written = outputs.iter().zip(&texts);
        let written =
            written.filter_map(|(output, text)| Some(keep_somewhere(output.as_ref()?, text)));
        // One that fails does not keep the others from being written.
        let failures: Vec<anyhow::Error> = written.filter_map(Result::err).collect();
        failures.into_iter().next().map_or(Ok(()), Err)
    }

    /// What failed is no success, nor is what was named and could not be had; what a default leaves out
    /// does not count.
    fn judge(&self, report: &Report) -> End {
        if report.has_failed() {
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
fn keep_somewhere(output: &Output, text: &str) -> anyhow::Result<()> {
    let Err(why) = output.keep(text) else { return Ok(()) };
    let name = output.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    match keep_elsewhere(&name, text) {
        Ok(place) => bail!("{why:#}. It is in {} instead", place.display()),
        Err(also) => bail!("{why:#}, nor anywhere else ({also:#})"),
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
