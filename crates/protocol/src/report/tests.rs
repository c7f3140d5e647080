//! Reports as text, and text that is none.

use super::*;

pub(super) fn a_report() -> Report {
    let row = |metric: &str, outcome| ReportRow {
        experiment: "echo".into(),
        lane: LaneId::PROCESS_SOCKET,
        params: Params::from([
            ("bytes".into(), Param::from(65536)),
            ("metric".into(), Param::from(metric)),
        ]),
        outcome,
    };
    let measured = Measured {
        unit: Unit::Nanoseconds,
        median: 41250.0,
        ci95: [40100.0, 42800.0],
        crossing: Some(Crossing { copied: 131_072, ..Crossing::default() }),
        n: 3,
        samples: vec![40100.0, 41250.0, 42800.0],
        blocks: vec![0, 1, 2],
        seen: Vec::new(),
    };
    let reason = "node is not installed".to_owned();
    Report {
        version: REPORT_VERSION,
        machine: ReportMachine { cpu: "a processor".into(), cores: 2, ..Default::default() },
        run: Run { command: vec!["breakeven".into(), "run".into()], ..Default::default() },
        results: vec![
            row("round_trip", RowOutcome::Measured(measured)),
            row("one_way", RowOutcome::Unavailable { reason }),
            row("other", RowOutcome::Failed { stage: Stage::Spawn, error: "no fork".into() }),
        ],
        trace: Vec::new(),
    }
}

#[test]
fn a_report_survives_its_file() {
    let report = a_report();
    assert_eq!(Report::parse(&report.to_json().unwrap()).unwrap(), report);
}

#[test]
fn rows_have_the_published_form() {
    let rows = serde_json::to_value(a_report().results).unwrap();
    assert_eq!(
        rows[0],
        serde_json::json!({
            "experiment": "echo", "lane": "process.socket",
            "params": {"bytes": 65536, "metric": "round_trip"},
            "outcome": {"measured": {
                "unit": "ns", "median": 41250.0, "ci95": [40100.0, 42800.0],
                "crossing": {"copied": 131_072, "shared": 0}, "n": 3,
                "samples": [40100.0, 41250.0, 42800.0], "blocks": [0, 1, 2],
            }},
        })
    );
    let unavailable = serde_json::json!({"unavailable": {"reason": "node is not installed"}});
    assert_eq!(rows[1]["outcome"], unavailable);
    let failed = serde_json::json!({"failed": {"stage": "spawn", "error": "no fork"}});
    assert_eq!(rows[2]["outcome"], failed);
}

#[test]
fn what_is_no_report_is_refused_in_words() {
    let mut twice = a_report();
    twice.results.push(twice.results[0].clone());
    let mut uneven = a_report();
    let RowOutcome::Measured(measured) = &mut uneven.results[0].outcome else { unreachable!() };
    measured.blocks.pop();
    for (text, says) in [
        (String::new(), "this is no report: EOF"),
        ("{}".into(), "this is no report: missing field `version`"),
        (r#"{"version":0}"#.into(), "this report has version 0, which never was"),
        (r#"{"version":1}"#.into(), "this is no report: missing field `machine`"),
        (r#"{"version":2,"strange":[]}"#.into(), "this report has version 2, and this program"),
        (
            uneven.to_json().unwrap(),
            "this report is damaged: the samples do not add up of echo on process.socket",
        ),
        (
            twice.to_json().unwrap(),
            "this report has two rows for echo on process.socket, bytes 65536, metric round_trip",
        ),
    ] {
        let why = Report::parse(&text).unwrap_err().to_string();
        assert!(why.starts_with(says), "{why}");
    }
}
