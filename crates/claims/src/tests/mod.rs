//! Claims on made reports.

mod table;

use super::*;
use crate::made::Made;
use Verdict::{Fails, Holds, Nuance};

const BROWSER: [&str; 3] = ["browser.clone", "browser.transfer", "browser.shared"];

fn verdict(made: Made, claim: &str, platform: Platform) -> Verdict {
    let judged = judge(&made.report());
    let claim = judged.iter().find(|it| it.id == claim).unwrap_or_else(|| panic!("no {claim}"));
    assert!(!claim.evidence_by_platform.of(platform).is_empty(), "{} says nothing", claim.id);
    *claim.by_platform.of(platform)
}

fn usual() -> Made {
    Made::usual()
}

#[test]
fn platforms_are_judged_apart() {
    let rust = |claim| verdict(usual(), claim, Platform::Rust);
    assert_eq!(rust("variables.threads"), Fails);
    assert_eq!(rust("memory.threads"), Nuance);
    assert_eq!(rust("env.threads"), Nuance);
    assert_eq!(rust("database.threads"), Nuance);
    assert_eq!(rust("startup.processes"), Holds);
    assert_eq!(rust("communication.threads"), Verdict::NotMeasured);
    let browser = |claim| verdict(usual(), claim, Platform::Browser);
    assert_eq!(browser("crash.threads"), Fails);
    assert_eq!(browser("buffers.threads"), Holds);
    assert_eq!(browser("crash.processes"), Verdict::NotMeasured);
    let shared = usual().seen(&BROWSER, ("share", "buffer"), "shared", false);
    assert_eq!(verdict(shared, "buffers.threads", Platform::Browser), Fails);
}

#[test]
fn what_is_missing_is_no_verdict() {
    for row in ALL {
        for column in Column::ALL {
            let id = row.claim(column);
            for experiment in row.experiments {
                // Those that bring figures alone are missed by no verdict.
                let decides = !matches!(
                    (row.id, *experiment),
                    ("communication" | "buffers", "echo") | ("variables", "identity")
                );
                let decides = decides
                    && !matches!(
                        (id.as_str(), *experiment),
                        ("ideal.threads", "foreign" | "crash")
                            | ("ideal.processes", "compute" | "share")
                            | ("limits.threads", "echo")
                            | ("limits.processes", "crash")
                            | ("startup.processes", "identity")
                    );
                if decides {
                    let made = usual().without(experiment);
                    let found = verdict(made, &id, Platform::Node);
                    assert_eq!(found, Verdict::NotMeasured, "{id} without {experiment}");
                }
            }
            let without_node = usual().without_node();
            assert_eq!(verdict(without_node.clone(), &id, Platform::Node), Verdict::NotMeasured);
            let rust = (row.id, column) != ("communication", Column::Threads);
            let found = verdict(without_node, &id, Platform::Rust);
            assert_eq!(found != Verdict::NotMeasured, rust, "{id} without Node");
        }
    }
    let otherwise = usual().seen_otherwise("node.worker", ("identity", "process"));
    let otherwise = otherwise.seen_otherwise("node.worker-shared", ("identity", "process"));
    let judged = judge(&otherwise.report());
    assert_eq!(judged[0].verdict, Verdict::NotMeasured);
    assert!(judged[0].evidence[0].contains("not the same each time"), "{:?}", judged[0].evidence);
    // One lane is enough: the other does not speak for it.
    let one = usual().seen_otherwise("node.worker", ("identity", "process"));
    assert_eq!(verdict(one, "process.threads", Platform::Node), Verdict::NotMeasured);
}

#[test]
fn a_crash_that_took_the_caller_along_once_can_do_so() {
    let none = ["throw-unheard", "segfault"].into_iter().fold(usual(), |made, kind| {
        made.seen(&["node.worker", "node.worker-shared"], ("crash", kind), "died", "worker")
    });
    assert_eq!(verdict(none.clone(), "crash.threads", Platform::Node), Fails);
    let once = none.seen_once("node.worker", ("crash", "throw"), "died", "caller");
    assert_eq!(verdict(once.clone(), "crash.threads", Platform::Node), Nuance);
    let report = once.report();
    let cells = matrix::rows(&report).into_iter().flat_map(|(.., cells)| cells);
    let mixed = cells.filter(|cell| cell.words.contains("not the same each time")).count();
    assert_eq!(mixed, 1);
}

#[test]
fn every_cell_has_the_seed_s_words() {
    let judged = judge(&usual().report());
    assert_eq!(judged.len(), 24);
    for claim in &judged {
        assert!(!claim.text.is_empty(), "{}", claim.id);
        assert!(!claim.statement.is_empty() && !claim.nuance.is_empty(), "{}", claim.id);
        for id in claim.rests_on {
            assert!(judged.iter().any(|other| other.id == *id), "{} rests on {id}", claim.id);
        }
        for experiment in claim.experiments {
            assert!(lab::experiments::find(experiment).is_some(), "{experiment}");
        }
    }
    assert_eq!(seed::rows().filter(|[feature, ..]| *feature != "Feature").count(), 12);
    assert_eq!(judged[3 * 2].text, "Light — no OS process spawn.");
    assert_eq!(judged[9].text, "✅ Crash only affects that child process.");
    for column in Column::ALL {
        assert_eq!(seed::benefits(column).count(), 2);
    }
    assert_eq!(seed::rules().count(), 3);
    let on = seed::rules()
        .flat_map(|(.., on)| on)
        .chain(seed::benefits(Column::Threads).flat_map(|(_, on)| on));
    assert!(on.into_iter().all(|id| judged.iter().any(|claim| claim.id == *id)));
}

#[test]
fn the_published_form() {
    let judged = judge(&usual().report());
    let startup = judged.iter().find(|it| it.id == "startup.processes");
    let data = serde_json::to_value(startup).unwrap_or_default();
    assert_eq!(data["row"], "Startup Cost");
    assert_eq!(data["column"], "processes");
    assert_eq!(data["verdict"], "nuance");
    let by = serde_json::json!({"node": "nuance", "rust": "holds", "browser": "not_measured"});
    assert_eq!(data["by_platform"], by);
    let evidence =
        "First answers: node.fork-json 40.0\u{a0}ms, node.worker 20.0\u{a0}ms (Node v20.20.2).";
    assert_eq!(data["evidence"][0], evidence);
    assert_eq!(data["evidence"][1], "A small native process: process.socket 600\u{a0}µs.");
}

#[test]
fn the_matrix_says_who_died() {
    let report = usual().report();
    let rows = matrix::rows(&report);
    let lanes = matrix::lanes(&report);
    let cell = |kind: &str, lane: &str| {
        let (.., cells) = rows.iter().find(|(name, ..)| *name == kind).expect("the kind");
        let at = lanes.iter().position(|it| it.as_str() == lane).expect("the lane");
        cells[at].died
    };
    assert_eq!(cell("segfault", "node.worker"), matrix::Died::Caller);
    assert_eq!(cell("segfault", "node.fork-json"), matrix::Died::Worker);
    assert_eq!(cell("throw", "browser.clone"), matrix::Died::Nobody);
    assert_eq!(cell("loop", "node.worker"), matrix::Died::Unknown);
}
