//! The page's desk: a worker that reads reports and writes them in other forms.
//!
//! In a worker, because a long report takes time that the page's main thread does not have; in a module of its own,
//! because most visitors open none.
#![forbid(unsafe_code)]

mod link;

use lab::changes::changes;
use lab::export;
use lab::standings::{Against, standings, standings_against};
use protocol::desk::{Form, FromDesk, ToDesk};
use protocol::report::Report;
use wasm_bindgen::prelude::wasm_bindgen;
use worker_link::inside::{listen, post, try_post};

/// Says that it listens, and does what the page asks for.
#[wasm_bindgen]
pub fn sit() {
    listen(|message| {
        let answer = match serde_wasm_bindgen::from_value(message) {
            Ok(asked) => answer(asked),
            Err(why) => FromDesk::Refused(format!("the page's message was not understood: {why}")),
        };
        // A report may have numbers that JavaScript has not.
        if let Err(why) = try_post(&answer) {
            post(&FromDesk::Refused(format!("this report is damaged: {why}")));
        }
    });
    post(&FromDesk::Loaded);
}

fn answer(asked: ToDesk) -> FromDesk {
    match asked {
        ToDesk::Open(text) => open(&text).unwrap_or_else(FromDesk::Refused),
        ToDesk::OpenLink(text) => match link::read(&text) {
            Ok((report, standings)) => FromDesk::Opened { report: Box::new(report), standings },
            Err(why) => FromDesk::Refused(why),
        },
        ToDesk::Stand { report, against } => {
            FromDesk::Stood(standings_against(&report, Against::Lane(&against)))
        }
        ToDesk::Compare { first, second } => FromDesk::Compared(changes(&first, &second)),
        ToDesk::Write { report, form } => {
            write(&report, form).map_or_else(FromDesk::Refused, FromDesk::Written)
        }
    }
}

/// A report that the page can be told.
fn parse(text: &str) -> Result<Report, String> {
    let report = Report::parse(text).map_err(|why| why.to_string())?;
    // JavaScript's numbers end there.
    if report.run.seed >= 1 << 53 {
        return Err("this report is damaged: its seed has more than 53 bits".into());
    }
    Ok(report)
}

fn open(text: &str) -> Result<FromDesk, String> {
    let report = parse(text)?;
    let standings = standings(&report);
    Ok(FromDesk::Opened { report: Box::new(report), standings })
}

fn write(report: &Report, form: Form) -> Result<String, String> {
    match form {
        Form::Json => report.to_json().map_err(|why| why.to_string()),
        Form::Csv => Ok(export::csv(report)),
        Form::Markdown => Ok(export::markdown(report)),
        Form::Link => link::write(report),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../../../native-runner/tests/golden/report-v1.json");

    fn refused(text: &str) -> String {
        match answer(ToDesk::Open(text.into())) {
            FromDesk::Refused(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_written_opens_again() {
        let report = Box::new(Report::parse(GOLDEN).unwrap());
        let written = |form| match answer(ToDesk::Write { report: report.clone(), form }) {
            FromDesk::Written(text) => text,
            other => panic!("{other:?}"),
        };
        match answer(ToDesk::Open(written(Form::Json))) {
            FromDesk::Opened { report: again, .. } => assert_eq!(again, report),
            other => panic!("{other:?}"),
        }
        assert!(written(Form::Csv).starts_with("experiment,lane,"));
        assert!(written(Form::Markdown).contains("| --- |"));
    }

    #[test]
    fn rows_are_held_against_a_lane_and_against_another_report() {
        let report = Box::new(Report::parse(GOLDEN).unwrap());
        let against = report.results[0].lane.clone();
        match answer(ToDesk::Stand { report: report.clone(), against }) {
            FromDesk::Stood(all) => assert!(!all.is_empty()),
            other => panic!("{other:?}"),
        }
        match answer(ToDesk::Compare { first: report.clone(), second: report }) {
            FromDesk::Compared(all) => assert!(all.iter().all(|it| it.row == it.other), "{all:?}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_no_report_is_told_from_what_is_damaged_or_newer() {
        assert!(refused("").starts_with("this is no report:"));
        assert!(refused("[1, 2]").starts_with("this is no report:"));
        assert!(refused("{\"name\": \"x\"}").starts_with("this is no report: missing field"));
        assert!(refused("{\"version\": 999}").contains("reads up to"));
        assert!(refused(&GOLDEN[..GOLDEN.len() / 2]).starts_with("this is no report:"));
        let wild = GOLDEN.replacen("\"seed\": ", "\"seed\": 18446744073709551615, \"was\": ", 1);
        assert!(refused(&wild).contains("53 bits"), "{}", refused(&wild));
    }
}
