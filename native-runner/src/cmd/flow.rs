//! `breakeven flow`: two lanes of a report's trace, drawn.

use std::path::PathBuf;

use clap::Args;
use flow::{Film, PRESETS, Preset, heading, origin, sheet};
use lab::scenarios;
use protocol::report::Report;
use protocol::trace::Recording;
use texts::outside::Outside;

use super::{End, names};
use crate::files::Output;
use crate::input;
use crate::terminal::print;

/// Draws what lanes did, side by side, as one sheet: memory, event loops and the paths between them.
#[derive(Args)]
pub(super) struct Flow {
    /// A report with a trace, as `breakeven run --trace FILE --json REPORT` writes it.
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// Where to: SVG, one A4 page, legible without colour; `-` prints it.
    #[arg(short, long, value_name = "FILE.svg")]
    output: PathBuf,
    /// What is drawn; without one, or lanes of one's own, the first that the report has.
    #[arg(long, value_name = "PRESET", value_parser = clap::builder::PossibleValuesParser::new(PRESETS.map(|it| it.id)))]
    preset: Option<String>,
    /// Which lane, two at most, the left one first.
    #[arg(long = "lane", value_name = "ID", conflicts_with = "preset")]
    lanes: Vec<String>,
    /// What they do (`tasks`, unless there is something else alone).
    #[arg(long, value_name = "SCENARIO", conflicts_with = "preset")]
    scenario: Option<String>,
}

impl Flow {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let report = match input::report(&self.report) {
            Ok(report) => report,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        let drawn = match self.drawn(&report) {
            Ok(drawn) => drawn,
            Err(why) => return Ok(End::BadUsage(why)),
        };
        if self.output.as_os_str() == "-" {
            return print(&drawn).map(|()| End::Done);
        }
        match Output::open(&self.output) {
            Ok(output) => output.keep(&drawn).map(|()| End::Done),
            Err(why) => Ok(End::BadUsage(why)),
        }
    }

    fn drawn(&self, report: &Report) -> Result<String, String> {
        if report.trace.is_empty() {
            return Err(format!(
                "{} has no trace: `breakeven run --trace TRACE.json --json REPORT.json` records one",
                Outside(self.report.display())
            ));
        }
        let (title, recordings) = if self.lanes.is_empty() && self.scenario.is_none() {
            let preset = self.preset(report)?;
            (preset.title.to_owned(), of_preset(report, preset)?)
        } else {
            self.chosen(report)?
        };
        let films: Vec<Film> = recordings.into_iter().cloned().map(Film::new).collect();
        let films: Vec<&Film> = films.iter().collect();
        Ok(sheet(&title, &films, &origin(report)))
    }

    /// The one that is named, or the first that the report has both lanes of.
    fn preset(&self, report: &Report) -> Result<&'static Preset, String> {
        match &self.preset {
            Some(name) => PRESETS
                .iter()
                .find(|it| it.id == name)
                .ok_or_else(|| format!("no preset {}", Outside(name))),
            None => PRESETS.iter().find(|it| of_preset(report, it).is_ok()).ok_or_else(|| {
                "this report has both lanes of no preset: name some with --lane".to_owned()
            }),
        }
    }

    fn chosen<'a>(&self, report: &'a Report) -> Result<(String, Vec<&'a Recording>), String> {
        let id = match &self.scenario {
            Some(typed) => {
                let known = scenarios::ALL.iter().map(|it| (it.id.to_owned(), it.id));
                names::find("scenario", typed, known)?
            }
            None => "tasks",
        };
        if self.lanes.len() > 2 {
            return Err("two lanes stand side by side, not more".to_owned());
        }
        let of_scenario = || report.trace.iter().filter(|it| it.scenario == id);
        let lanes = if self.lanes.is_empty() {
            let first: Vec<String> = of_scenario().take(2).map(|it| it.lane.to_string()).collect();
            first
        } else {
            self.lanes.clone()
        };
        let find = |lane: &String| {
            let known = of_scenario().map(|it| (it.lane.to_string(), it));
            names::find("recorded lane", lane, known)
        };
        let found = lanes.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        if found.is_empty() {
            return Err(format!("this report has no recording of {id}"));
        }
        let names: Vec<&str> = lanes.iter().map(String::as_str).collect();
        Ok((heading(id, &names), found))
    }
}

fn of_preset<'a>(report: &'a Report, preset: &Preset) -> Result<Vec<&'a Recording>, String> {
    let find = |lane: &&str| {
        let is_it = |it: &&Recording| it.scenario == preset.scenario && it.lane.as_str() == *lane;
        let found = report.trace.iter().find(is_it);
        found
            .ok_or_else(|| format!("this report has no recording of {} on {lane}", preset.scenario))
    };
    preset.lanes.iter().map(find).collect()
}
