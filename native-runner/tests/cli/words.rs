//! What is wrong, and what there is, in words.

use std::fs;

use protocol::report::{Report, RowOutcome};

use crate::{Folder, breakeven, said};

#[test]
fn bad_usage_ends_with_2_and_says_what_is_wrong() {
    for (arguments, says) in [
        (&["serve", "--port", "65536"][..], "--port"),
        (&["serve", "--port", "-1"], "-1"),
        (&["serve", "--prot", "1"], "--port"),
        (&["sevre"], "serve"),
        (&[], "serve"),
        (&["run", "ecko"], "there is no experiment \"ecko\": did you mean echo?"),
        (&["run", "--lane", "process.sock"], "did you mean process.socket?"),
        (&["run", "--lane", "x"], "there is no lane \"x\": there are native.thread"),
        (&["run", "--json", "/"], "/ is a folder: name a file"),
        (&["run", "--csv", "/no/such/folder/x.csv"], "/no/such/folder/x.csv cannot be written"),
        (&["list"], "<WHAT>"),
        (&["compare", "/no/such", "/no/such"], "/no/such: No such file"),
        (&["compare", "Cargo.toml", "Cargo.toml"], "Cargo.toml: this is no report"),
    ] {
        let (code, stdout, stderr) = said(&breakeven(arguments).output().unwrap());
        assert_eq!(code, Some(2), "{arguments:?}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}

#[test]
fn what_there_is_can_be_listed_in_words_and_as_json() {
    for what in ["experiments", "lanes", "claims", "workloads"] {
        let (code, words, _) = said(&breakeven(&["list", what]).output().unwrap());
        assert_eq!(code, Some(0));
        let (_, json, _) = said(&breakeven(&["list", what, "--json"]).output().unwrap());
        let entries: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(entries.len(), words.lines().count());
        for (entry, line) in entries.iter().zip(words.lines()) {
            assert!(line.starts_with(entry["id"].as_str().unwrap()), "{line}");
        }
    }
    let (code, words, _) = said(&breakeven(&["doctor"]).output().unwrap());
    assert_eq!(code, Some(0));
    for part in ["processor", "rustc 1.", "steps of", "postgresql", "process.socket"] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn shells_and_manuals_know_the_command_line() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) = said(&breakeven(&["completions", shell]).output().unwrap());
        assert_eq!(code, Some(0));
        assert!(script.contains("doctor"), "{shell}");
    }
    let (_, manual, _) = said(&breakeven(&["man"]).output().unwrap());
    assert!(manual.contains(".TH breakeven"), "{manual}");
}

#[test]
fn a_report_is_equivalent_to_itself_and_differs_from_a_slower_one() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/report-v1.json");
    let (code, words, warnings) = said(&breakeven(&["compare", golden, golden]).output().unwrap());
    assert_eq!((code, warnings.as_str()), (Some(0), ""));
    assert_eq!(words.lines().count(), 10, "{words}");
    assert!(!words.contains("faster") && !words.contains("slower"), "{words}");

    let folder = Folder::new("compare");
    let slower = folder.file("slower.json");
    let mut report = Report::parse(&fs::read_to_string(golden).unwrap()).unwrap();
    for row in &mut report.results {
        let RowOutcome::Measured(measured) = &mut row.outcome else { panic!("{row:?}") };
        measured.median *= 2.0;
        measured.samples.iter_mut().for_each(|sample| *sample *= 2.0);
    }
    fs::write(&slower, report.to_json().unwrap()).unwrap();
    let (_, json, _) = said(&breakeven(&["compare", golden, &slower, "--json"]).output().unwrap());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = json["comparisons"].as_array().unwrap();
    assert_eq!(rows.len(), 9);
    assert!(rows.iter().all(|row| row["verdict"] == "slower"), "{rows:#?}");
}
