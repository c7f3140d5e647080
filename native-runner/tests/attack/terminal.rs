//! What comes from outside never reaches a terminal, a spreadsheet or a document as it came.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use protocol::report::{Param, Report, RowOutcome};
use protocol::trial::Fact;
use texts::outside::is_obeyed;

use crate::breakeven;

/// Sets a window's title, clears the screen, begins a line of its own, colours, deletes and reorders.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\nbreakeven: all is well\u{8}\u{7f}\u{85}\u{9b}31m\u{202e}\u{2066}\u{200f}\u{2028}\u{feff}";

/// A report with a trace, in which everything that is not a known name is hostile.
fn hostile_report() -> Report {
    let golden = include_str!("../golden/report-v1-trace.json");
    let mut report = Report::parse(golden).unwrap();
    let measured = Report::parse(include_str!("../golden/report-v1.json")).unwrap();
    report.results.extend(measured.results);
    let spoil = |text: &mut String| text.push_str(HOSTILE);
    let machine = &mut report.machine;
    let texts = [&mut machine.cpu, &mut machine.system, &mut machine.runner, &mut machine.rustc];
    texts.into_iter().for_each(spoil);
    machine.node = Some(HOSTILE.into());
    report.run.command.push(HOSTILE.into());
    report.run.warnings.push(HOSTILE.into());
    let mut added = Vec::new();
    for row in &mut report.results {
        if let RowOutcome::Measured(measured) = &mut row.outcome {
            let facts = measured.seen.iter_mut().flat_map(|sighting| sighting.facts.values_mut());
            for fact in facts {
                if let Fact::Text(text) = fact {
                    spoil(text);
                }
            }
        }
        let mut other = row.clone();
        other.experiment.push_str(HOSTILE);
        other.params.insert(HOSTILE.into(), Param::from(HOSTILE));
        other.lane = format!("{}{HOSTILE}", row.lane).as_str().into();
        added.push(other.clone());
        other.experiment.clone_from(&row.experiment);
        other.outcome = RowOutcome::Unavailable { reason: HOSTILE.into() };
        added.push(other);
    }
    report.results.extend(added);
    for recording in &mut report.trace {
        for track in &mut recording.tracks {
            [&mut track.name, &mut track.waits, &mut track.heap, &mut track.channel]
                .into_iter()
                .for_each(spoil);
        }
    }
    report
}

fn written(name: &str, text: &str) -> String {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

/// Nothing that a terminal obeys is in what was printed, and no line that the command did not begin.
fn check(arguments: &[&str], output: &Output) -> String {
    for bytes in [&output.stdout, &output.stderr] {
        let text = str::from_utf8(bytes).expect("what is printed is UTF-8");
        let obeyed = text.find(|sign| is_obeyed(sign) && !"\n\t".contains(sign));
        assert_eq!(obeyed, None, "{arguments:?}: {text:?}");
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let forged = text.lines().chain(str::from_utf8(&output.stderr).unwrap().lines());
    assert_eq!(forged.filter(|line| *line == "breakeven: all is well").count(), 0, "{text:?}");
    text
}

#[test]
fn a_report_is_shown_and_not_obeyed() {
    let report = hostile_report();
    let json = report.to_json().unwrap();
    assert!(!json.contains(|sign| is_obeyed(sign) && sign != '\n'), "its file is safe to look at");
    assert_eq!(Report::parse(&json).unwrap(), report, "and says the same");
    let safe = written("hostile.json", &json);
    // What another program wrote has them as they are.
    let raw = written("hostile-raw.json", &serde_json::to_string(&report).unwrap());
    for file in [&*safe, &raw] {
        for (arguments, code) in [
            (&["claims", file][..], 0),
            (&["claims", file, "--json"], 0),
            (&["compare", file, file], 0),
            (&["compare", file, file, "--json"], 0),
            (&["flow", file, "-o", "-"], 0),
            (&["flow", file, "-o", "-", "--lane", HOSTILE], 2),
            (&["flow", file, "-o", "-", "--lane", "node.worker", "--scenario", HOSTILE], 2),
            (&["advise", "--report", file, "--task-ms", "1", "--payload", "1"], 2),
        ] {
            let output = breakeven(arguments).output().unwrap();
            let said = check(arguments, &output);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {output:?}");
            if arguments.last() == Some(&"--json") {
                serde_json::from_str::<serde_json::Value>(&said).unwrap();
            }
        }
    }
    let output = breakeven(&["compare", &raw, &raw, "--json"]).output().unwrap();
    let compared: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows = compared["comparisons"].as_array().unwrap();
    let is_there = |row: &serde_json::Value| row["params"][HOSTILE] == HOSTILE;
    assert!(rows.iter().any(is_there), "JSON has the very same values");
}

#[test]
fn an_argument_is_shown_and_not_obeyed() {
    let file = format!("/no/such/{HOSTILE}");
    let option = format!("--{HOSTILE}");
    let picture = format!("{file}.png");
    for arguments in [
        &[HOSTILE][..],
        &["run", HOSTILE],
        &["run", "--lane", HOSTILE],
        &["run", "--json", &file],
        &["run", &option],
        &["list", HOSTILE],
        &["claims", &file],
        &["compare", &file, &file],
        &["flow", &file, "-o", &file],
        &["flow", &file, "-o", "-", "--preset", HOSTILE],
        &["advise", "--task-ms", HOSTILE, "--payload", "1"],
        &["advise", "--task-ms", "1", "--payload", HOSTILE],
        &["advise", "--task-ms", "1", "--payload", "1", "--report", &file],
        &["image", &file, "-o", &picture, "--filter", "blur"],
        &["image", &file, "-o", "/tmp/x.png", "--filter", HOSTILE],
        &["image", &file, "-o", &file, "--filter", "blur"],
        &["image", &file, "-o", "/tmp/x.png", "--filter", "blur", "--lane", HOSTILE],
        &["scrape", HOSTILE],
        &["scrape", "http://127.0.0.1/", "--lane", HOSTILE],
        &["serve", "--allow-origin", HOSTILE],
        &["serve", "--port", HOSTILE],
        &["completions", HOSTILE],
    ] {
        let output = breakeven(arguments).output().unwrap();
        check(arguments, &output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty(), "{arguments:?} is told what is wrong");
    }
}

#[test]
fn an_address_and_what_became_of_it_are_shown_and_not_obeyed() {
    let url = format!("http://127.0.0.1:1/{HOSTILE}");
    for arguments in [&["scrape", &url][..], &["scrape", &url, "--json"]] {
        check(arguments, &breakeven(arguments).output().unwrap());
    }
}
