//! Advice from a report, its proof, and what is wrong.

use std::fs;

use serde_json::Value;

use crate::{Folder, breakeven, said};

#[test]
fn advice_is_given_from_a_report_and_proved() {
    let folder = Folder::new("advise");
    let file = folder.file("report.json");
    let lanes = ["--lane", "native.thread", "--lane", "process.socket"];
    let run = breakeven(&["run", "tasks", "startup", "memory", "--quick", "--json", &file])
        .args(lanes)
        .output()
        .unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", said(&run).2);

    let usual =
        ["advise", "--task-ms", "0.3", "--payload", "4MiB", "--tasks", "20", "--report", &file];
    let advise = |more: &[&str]| said(&breakeven(&usual).args(more).output().unwrap());
    let (code, json, stderr) = advise(&["--for", "rust", "--json", "--prove"]);
    assert_eq!(code, Some(0), "{stderr}");
    let json: Value = serde_json::from_str(&json).unwrap();
    let lanes = json["lanes"].as_array().unwrap();
    assert_eq!(lanes.len(), 2);
    // Nothing is copied to a thread, and 4 MiB are to a process.
    assert_eq!(lanes[0]["lane"], "native.thread");
    for lane in lanes {
        let figure = |name: &str| lane["predicted"][name].as_f64().unwrap();
        assert_eq!(lane["predicted"]["unit"], "ns");
        let [low, high] = [0, 1].map(|at| lane["predicted"]["ci90"][at].as_f64().unwrap());
        assert!(low < figure("median") && figure("median") < high, "{lane}");
        assert!(lane["proved"]["median"].as_f64().unwrap() > 20.0 * 0.3e6 / 64.0, "{lane}");
        assert_eq!(lane["ruled_out"], Value::Null);
    }
    assert_eq!(json["sketches"][0]["name"], "thread.rs");

    let (code, json, _) = advise(&["--for", "rust", "--json", "--needs", "isolation"]);
    assert_eq!(code, Some(0));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["recommended"], "process.socket");
    assert_eq!(json["lanes"][1]["ruled_out"], "crash.threads");

    let (code, words, _) = advise(&["--for", "rust", "--needs", "database"]);
    assert_eq!(code, Some(0));
    assert!(words.starts_with("Neither: a database connection"), "{words}");

    // The report has not Node's lanes.
    let (code, stdout, stderr) = advise(&["--for", "node"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains("breakeven run tasks startup memory --json FILE"), "{stderr}");
}

#[test]
fn what_cannot_be_is_said_before_anything_is_measured() {
    let folder = Folder::new("advise-bad");
    let damaged = folder.file("damaged.json");
    fs::write(&damaged, "{\"version\": 1, \"machine\": ").unwrap();
    for (more, says) in [
        (&["--payload", "64 parsecs"][..], "is no size"),
        (&["--payload", "1GiB"], "a payload has at most 64.0"),
        (&["--payload", "1", "--workers", "0"], "1 to 64 workers"),
        (&["--payload", "1", "--tasks", "0"], "tasks"),
        (&["--payload", "1", "--rate", "never"], "is no rate"),
        (&["--payload", "1", "--rate", "5/s", "--fresh"], "--fresh"),
        (&["--payload", "1", "--crash-rate", "2"], "is no part"),
        (&["--payload", "1", "--needs", "luck"], "isolation"),
        (&["--payload", "1", "--for", "cobol"], "node"),
        (&["--payload", "1", "--for", "browser"], "--browser chromium or firefox"),
        (&["--payload", "1", "--report", "/no/such"], "/no/such: No such file"),
        (&["--payload", "1", "--report", &damaged], "this is no report"),
        (&[], "--payload"),
    ] {
        let output = breakeven(&["advise", "--task-ms", "5"]).args(more).output().unwrap();
        let (code, stdout, stderr) = said(&output);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{more:?}: {stderr}");
        let stderr = stderr.replace('\u{a0}', " ");
        assert!(stderr.contains(says), "{more:?}: {stderr}");
    }
    let (code, _, stderr) =
        said(&breakeven(&["advise", "--task-ms", "-1", "--payload", "1"]).output().unwrap());
    assert_eq!(code, Some(2), "{stderr}");
}
