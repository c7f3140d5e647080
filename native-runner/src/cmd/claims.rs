//! `breakeven claims`: the seed's tables with verdicts, over a report or over what it measures itself.

use std::path::PathBuf;

use claims::Judged;
use claims::matrix::{self, Died};
use clap::Args;
use lab::Lane;
use lab::experiments::crash::LENGTHY;
use lab::experiments::{self, Experiment};
use lab::plan::{Depth, Plan};
use lab::study::Ended;
use protocol::LaneId;
use protocol::report::Report;
use serde_json::json;

use super::End;
use super::measure::{Measured, Measuring};
use crate::browser::Kind;
use crate::cancel::Cancel;
use crate::terminal::{print, print_json, say};
use crate::{claims_text, input, lanes};

/// Shows the seed's tables with a verdict on each cell, founded on a report.
///
/// Without a report it measures what it needs first: about two and a half minutes, or half a minute with --quick.
#[derive(Args)]
pub(super) struct Claims {
    /// An earlier report (`breakeven run --json FILE`); nothing is measured then.
    report: Option<PathBuf>,
    /// Half a minute: leaves out what takes longest, and says what.
    #[arg(long, conflicts_with = "report")]
    quick: bool,
    /// Measures this browser's lanes too: opens the page in it, headless.
    #[arg(long, value_enum, value_name = "BROWSER", conflicts_with = "report")]
    browser: Option<Kind>,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

/// Lanes that differ from another one in a detail alone.
const ALIKE: [LaneId; 2] = [LaneId::PROCESS_PIPE, LaneId::NODE_FORK_ADVANCED];

impl Claims {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let (report, end) = match &self.report {
            Some(file) => match input::report(file) {
                Ok(report) => (report, End::Done),
                Err(why) => return Ok(End::BadUsage(why)),
            },
            None => match self.measure()? {
                Ok(measured) => measured,
                Err(end) => return Ok(end),
            },
        };
        let judged = claims::judge(&report);
        if self.json {
            let crashes = crashes(&report);
            let data =
                json!({ "claims": judged, "crashes": crashes, "left_out": self.left_out(&report) });
            print_json(&data)?;
        } else {
            print(&claims_text::text(&report, &judged, &self.left_out(&report)))?;
        }
        Ok(end)
    }

    fn measure(&self) -> anyhow::Result<Result<(Report, End), End>> {
        let cancel = Cancel::default();
        let depth = if self.quick { Depth::BriefClaims } else { Depth::Claims };
        let measuring = Measuring { browser: self.browser, ..Measuring::of(depth, experiments()) };
        let quick = self.quick;
        let is_chosen = |plan: &Plan, lane: &dyn Lane| {
            let is_judged = lane.id() != LaneId::BROWSER_MAIN;
            is_judged && plan.concerns(lane) && !(quick && ALIKE.contains(&lane.id()))
        };
        let measured = measuring.measure(lanes::all(&cancel), &cancel, is_chosen)?;
        Ok(measured.and_then(|Measured { report, ended }| match ended {
            Ended::Done => {
                let end = if report.has_failed() { End::Failed } else { End::Done };
                Ok((report, end))
            }
            // What was measured before is worth looking at.
            Ended::Cancelled if !report.results.is_empty() => Ok((report, End::Interrupted)),
            Ended::Cancelled => Err(End::Interrupted),
            Ended::Stopped(why) => {
                say!("breakeven: {why}");
                Ok((report, End::Failed))
            }
        }))
    }

    /// What was not measured though it could have been, in words.
    fn left_out(&self, report: &Report) -> Vec<String> {
        let mut all = Vec::new();
        let is_missing =
            |it: &&&Experiment| !report.results.iter().any(|row| row.experiment == it.id);
        let missing: Vec<&str> = experiments().iter().filter(is_missing).map(|it| it.id).collect();
        if !missing.is_empty() {
            let names = missing.join(", ");
            all.push(format!("the experiments {names}, which the report has not"));
        }
        if self.report.is_none() && self.browser.is_none() {
            all.push("browsers: `--browser chromium` or `--browser firefox` adds one".to_owned());
        }
        if self.quick {
            all.push(format!("the crashes {}, which take longest", LENGTHY.join(", ")));
            let alike = ALIKE.map(|lane| lane.to_string()).join(" and ");
            all.push(format!("the lanes {alike}, which differ from another one in a detail"));
            all.push("most of the blocks: the intervals are wide".to_owned());
        }
        all
    }
}

/// What the claims rest on.
fn experiments() -> Vec<&'static Experiment> {
    let is_needed = |experiment: &&Experiment| {
        claims::ALL.iter().any(|row| row.experiments.contains(&experiment.id))
    };
    experiments::ALL.into_iter().filter(is_needed).collect()
}

/// The crash matrix as data: times in nanoseconds, what was lost in bytes.
fn crashes(report: &Report) -> Vec<serde_json::Value> {
    let cells = matrix::rows(report).into_iter().flat_map(|(.., cells)| cells);
    let known = cells.filter(|cell| cell.died != Died::Unknown);
    let data = known.map(|cell| {
        let [detected, replaced, lost] = cell.figures;
        json!({
            "kind": cell.kind, "lane": cell.lane, "died": cell.died.name(), "words": cell.words,
            "detected_ns": detected.filter(|_| cell.was_told), "replaced_ns": replaced, "bytes_lost": lost,
        })
    });
    data.collect()
}

/// Every claim, for `list`.
pub(super) fn all() -> Vec<Judged> {
    let empty = Report {
        version: protocol::report::REPORT_VERSION,
        machine: protocol::report::ReportMachine::default(),
        run: protocol::report::Run::default(),
        results: Vec::new(),
        trace: Vec::new(),
    };
    claims::judge(&empty)
}
