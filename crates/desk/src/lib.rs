//! The page's desk: a worker that reads reports and writes them in other forms.
//!
//! In a worker, because a long report takes time that the page's main thread does not have; in a module of its own,
//! because most visitors open none.
#![forbid(unsafe_code)]

use lab::export;
use lab::standings::standings;
use protocol::desk::{Form, FromDesk, ToDesk};
use protocol::report::Report;
use wasm_bindgen::prelude::wasm_bindgen;
use worker_link::inside::{listen, post};

/// Says that it listens, and does what the page asks for.
#[wasm_bindgen]
pub fn sit() {
    listen(|message| {
        post(&match serde_wasm_bindgen::from_value(message) {
            Ok(asked) => answer(asked),
            Err(why) => FromDesk::Refused(format!("the page's message was not understood: {why}")),
        });
    });
    post(&FromDesk::Loaded);
}

fn answer(asked: ToDesk) -> FromDesk {
    match asked {
        ToDesk::Open(text) => open(&text).unwrap_or_else(FromDesk::Refused),
        ToDesk::Write { report, form } => {
            write(&report, form).map_or_else(FromDesk::Refused, FromDesk::Written)
        }
    }
}

fn open(text: &str) -> Result<FromDesk, String> {
    let report = Report::parse(text).map_err(|why| why.to_string())?;
    // JavaScript's numbers end there, and so does what the page can be told.
    if report.run.seed >= 1 << 53 {
        return Err("this report is damaged: its seed has more than 53 bits".into());
    }
    let standings = standings(&report);
    Ok(FromDesk::Opened { report: Box::new(report), standings })
}

fn write(report: &Report, form: Form) -> Result<String, String> {
    match form {
        Form::Json => report.to_json().map_err(|why| why.to_string()),
        Form::Csv => Ok(export::csv(report)),
        Form::Markdown => Ok(export::markdown(report)),
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
