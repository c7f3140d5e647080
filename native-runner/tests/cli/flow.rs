//! `breakeven run --trace` and `breakeven flow`: what is recorded, written and drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use protocol::report::Report;
use serde_json::Value;

use crate::{Folder, breakeven, said};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/report-v1-trace.json");
const UNTRACED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/report-v1.json");

#[test]
fn a_run_is_traced_written_for_other_readers_and_drawn() {
    let folder = Folder::new("run-trace");
    let [json, trace, drawn] = ["a.json", "a.trace.json", "a.svg"].map(|name| folder.file(name));
    let lanes = ["--lane", "process.pipe", "--lane", "process.shm"];
    let output = breakeven(&["run", "startup", "--quick", "--json", &json, "--trace", &trace])
        .args(lanes)
        .output()
        .unwrap();
    let (code, _, stderr) = said(&output);
    assert_eq!(code, Some(0), "{stderr}");
    let report = Report::parse(&fs::read_to_string(&json).unwrap()).unwrap();
    // The workers of the one do not scrape.
    assert_eq!(report.trace.len(), 2 * lab::scenarios::ALL.len() - 1);
    for recording in &report.trace {
        let shares = recording.lane.as_str() == "process.shm";
        let copies = recording.bytes_copied() > 0;
        if recording.scenario == "echo" {
            assert_ne!(shares, copies, "{}", recording.lane);
        }
    }

    let trace: Value = serde_json::from_str(&fs::read_to_string(&trace).unwrap()).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let flows = |kind: &str| -> BTreeSet<u64> {
        let is_it = |it: &&Value| it["ph"] == kind;
        events.iter().filter(is_it).filter_map(|it| it["id"].as_u64()).collect()
    };
    assert!(flows("s").len() > 20);
    assert_eq!(flows("s"), flows("f"), "every message that begins ends");
    assert!(events.iter().all(|it| it["ts"].as_f64().is_some_and(|at| at >= 0.0)));
    // Slices of one thread lie in each other or apart, or readers refuse them.
    let mut threads: BTreeMap<[u64; 2], Vec<[u64; 2]>> = BTreeMap::new();
    for slice in events.iter().filter(|it| it["ph"] == "X") {
        let nanos = |name: &str| (slice[name].as_f64().unwrap() * 1e3).round() as u64;
        let thread = ["pid", "tid"].map(|name| slice[name].as_u64().unwrap());
        threads.entry(thread).or_default().push([nanos("ts"), nanos("ts") + nanos("dur")]);
    }
    for (thread, mut slices) in threads {
        slices.sort_by_key(|[from, to]| (*from, u64::MAX - to));
        let mut open: Vec<u64> = Vec::new();
        for [from, to] in slices {
            open.retain(|end| *end > from);
            assert!(open.last().is_none_or(|end| to <= *end), "{thread:?} at {from} ns");
            open.push(to);
        }
    }

    let lanes = ["--lane", "process.shm", "--lane", "process.pipe", "--scenario", "echo"];
    let (code, stdout, stderr) =
        said(&breakeven(&["flow", &json, "-o", &drawn]).args(lanes).output().unwrap());
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
    let drawn = fs::read_to_string(&drawn).unwrap();
    assert!(drawn.starts_with("<svg") && drawn.contains("class=\"region\""), "{drawn}");
    assert!(drawn.contains("A mebibyte there and back: process.shm and process.pipe"), "{drawn}");
}

#[test]
fn the_first_preset_needs_no_word() {
    let (code, stdout, stderr) = said(&breakeven(&["flow", GOLDEN, "-o", "-"]).output().unwrap());
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("Worker threads and child processes at a glance"), "{stdout}");
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let folder = Folder::new("flow-errors");
    let damaged = folder.file("damaged.json");
    let text = fs::read_to_string(GOLDEN).unwrap();
    fs::write(&damaged, text.replacen("\"track\": 0", "\"track\": 99", 1)).unwrap();
    for (arguments, told) in [
        (vec![UNTRACED, "-o", "-"], "has no trace: `breakeven run --trace"),
        (vec!["nowhere.json", "-o", "-"], "nowhere.json: "),
        (vec![damaged.as_str(), "-o", "-"], "is about track 99, which it has not"),
        (vec![GOLDEN, "-o", "-", "--preset", "picture"], "no recording of picture on"),
        (vec![GOLDEN, "-o", "-", "--lane", "node.wroker"], "node.worker"),
        (vec![GOLDEN, "-o", "-", "--scenario", "tasts"], "tasks"),
        (vec![GOLDEN, "-o", "/nowhere/a.svg"], "/nowhere/a.svg"),
    ] {
        let (code, stdout, stderr) = said(&breakeven(&["flow"]).args(&arguments).output().unwrap());
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(told), "{arguments:?}: {stderr}");
    }
}
