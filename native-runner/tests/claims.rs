//! `breakeven claims`: over a report in full, and measured by itself in short.

#![allow(clippy::disallowed_methods, reason = "these tests start the command itself")]

use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use claims::made::Made;
use serde_json::Value;

fn breakeven(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_breakeven")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_report_is_judged_without_measuring() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    fs::write(&file, Made::usual().report().to_json().unwrap()).unwrap();
    let file = file.to_str().unwrap();

    let judged = breakeven(&["claims", file, "--json"]);
    assert_eq!((judged.status.code(), text(&judged.stderr)), (Some(0), String::new()));
    let data: Value = serde_json::from_slice(&judged.stdout).unwrap();
    let claims = data["claims"].as_array().unwrap();
    assert_eq!(claims.len(), 24);
    for claim in claims {
        for name in ["id", "row", "column", "text", "verdict", "evidence", "by_platform"] {
            assert!(!claim[name].is_null(), "{name} of {claim}");
        }
        assert_eq!(claim["by_platform"]["node"], claim["verdict"]);
    }
    assert_eq!(data["left_out"], serde_json::json!([]));
    let crashes = data["crashes"].as_array().unwrap();
    let segfault =
        crashes.iter().find(|it| it["kind"] == "segfault" && it["lane"] == "node.worker");
    assert_eq!(segfault.unwrap()["died"], "caller");

    let words = breakeven(&["claims", file]);
    assert_eq!(words.status.code(), Some(0));
    assert!(text(&words.stdout).contains("Who dies of which crash"));
}

#[test]
fn what_is_no_report_is_said() {
    let missing = breakeven(&["claims", "nowhere.json"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(text(&missing.stderr).contains("nowhere.json"), "{}", text(&missing.stderr));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.json");
    fs::write(&file, "{\"version\": 9}").unwrap();
    let newer = breakeven(&["claims", file.to_str().unwrap()]);
    assert_eq!(newer.status.code(), Some(2));
    assert!(text(&newer.stderr).contains("version 9"), "{}", text(&newer.stderr));
    let both = breakeven(&["claims", file.to_str().unwrap(), "--quick"]);
    assert_eq!(both.status.code(), Some(2), "a report that is there needs no measuring");
}

#[test]
fn quick_claims_are_measured_and_say_what_they_left_out() {
    let began = Instant::now();
    let judged = breakeven(&["claims", "--quick", "--json"]);
    assert_eq!(judged.status.code(), Some(0), "{}", text(&judged.stderr));
    // It takes half a minute; a machine that does something else besides is no failure.
    assert!(began.elapsed() < Duration::from_secs(180), "{:?}", began.elapsed());
    let data: Value = serde_json::from_slice(&judged.stdout).unwrap();
    let left_out: Vec<&str> =
        data["left_out"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for part in ["browsers", "memory-buffers", "node.fork-advanced", "blocks"] {
        assert!(left_out.iter().any(|line| line.contains(part)), "{part}: {left_out:?}");
    }
    let verdict = |id: &str, platform: &str| {
        let claims = data["claims"].as_array().unwrap();
        let claim = claims.iter().find(|claim| claim["id"] == id).unwrap();
        claim["by_platform"][platform].as_str().unwrap().to_owned()
    };
    // What is seen does not depend on how fast the machine is.
    for (id, rust) in [
        ("process.threads", "holds"),
        ("process.processes", "holds"),
        ("memory.threads", "nuance"),
        ("memory.processes", "nuance"),
        ("crash.threads", "nuance"),
        ("crash.processes", "holds"),
        ("variables.threads", "fails"),
        ("env.processes", "holds"),
        ("fds.processes", "holds"),
    ] {
        assert_eq!(verdict(id, "rust"), rust, "{id}");
    }
    // `cargo xtask test` needs Node, too.
    for (id, node) in [
        ("process.threads", "holds"),
        ("memory.threads", "holds"),
        ("memory.processes", "nuance"),
        ("communication.threads", "holds"),
        ("communication.processes", "holds"),
        ("crash.threads", "nuance"),
        ("crash.processes", "holds"),
        ("variables.threads", "holds"),
        ("buffers.threads", "holds"),
        ("buffers.processes", "nuance"),
        ("env.threads", "nuance"),
        ("fds.threads", "nuance"),
        ("fds.processes", "holds"),
    ] {
        assert_eq!(verdict(id, "node"), node, "{id}");
    }
    assert_eq!(verdict("crash.threads", "browser"), "not_measured");
}
