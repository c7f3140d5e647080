//! Each verdict of each claim, on made reports.

use super::*;
use crate::made::{Made, echo, metric, speed_up};
use Verdict::{Fails, Holds, Nuance};

const WORKERS: [&str; 2] = ["node.worker", "node.worker-shared"];
const FORKS: [&str; 2] = ["node.fork-json", "node.fork-advanced"];
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

/// For every claim a report for each verdict that it can come to, and Node's lanes alone decide.
#[test]
fn every_verdict_of_every_claim_has_a_report() {
    let all_die = || {
        ["throw", "throw-unheard", "segfault"]
            .into_iter()
            .fold(usual(), |made, kind| made.seen(&WORKERS, ("crash", kind), "died", "caller"))
    };
    let none_dies = || {
        ["throw", "throw-unheard", "segfault"]
            .into_iter()
            .fold(usual(), |made, kind| made.seen(&WORKERS, ("crash", kind), "died", "worker"))
    };
    let no_os_sharing = || usual().seen(&["process.shm"], ("share", "buffer"), "shared", false);
    let passed = |lanes: &[&str], is: bool| {
        usual()
            .seen(lanes, ("share", "database"), "connection_passed", is)
            .seen(lanes, ("share", "database-server"), "connection_passed", is)
            .seen(lanes, ("share", "database"), "own_connections_work", !is)
            .seen(lanes, ("share", "database-server"), "own_connections_work", !is)
    };
    let foreign = |runs: bool| {
        ["python", "shell", "node"]
            .into_iter()
            .fold(usual(), |made, program| made.seen(&FORKS, ("foreign", program), "runs", runs))
    };
    let children_die = |kinds: &[&str]| {
        kinds
            .iter()
            .fold(usual(), |made, kind| made.seen(&FORKS, ("crash", kind), "died", "caller"))
    };
    let every = ["throw", "throw-unheard", "segfault"];
    let table: Vec<(&str, Verdict, Made)> = vec![
        ("process.threads", Holds, usual()),
        (
            "process.threads",
            Nuance,
            usual().seen(&WORKERS[..1], ("identity", "process"), "same", false),
        ),
        ("process.threads", Fails, usual().seen(&WORKERS, ("identity", "process"), "same", false)),
        ("process.processes", Holds, usual()),
        (
            "process.processes",
            Nuance,
            usual().seen(&FORKS[1..], ("identity", "process"), "same", true),
        ),
        ("process.processes", Fails, usual().seen(&FORKS, ("identity", "process"), "same", true)),
        ("memory.threads", Holds, usual()),
        ("memory.threads", Nuance, usual().seen(&WORKERS, ("identity", "heap"), "same", true)),
        (
            "memory.threads",
            Fails,
            usual().seen(&WORKERS, ("identity", "heap"), "same", true).seen(
                &WORKERS,
                ("share", "buffer"),
                "shared",
                false,
            ),
        ),
        ("memory.processes", Nuance, usual()),
        ("memory.processes", Holds, no_os_sharing()),
        ("memory.processes", Fails, usual().seen(&FORKS, ("identity", "heap"), "same", true)),
        ("communication.threads", Holds, usual()),
        (
            "communication.threads",
            Nuance,
            usual().seen(&WORKERS, ("share", "buffer"), "shared", false),
        ),
        (
            "communication.threads",
            Fails,
            usual()
                .seen(&WORKERS, ("share", "variables"), "map_kept", false)
                .seen(&WORKERS, ("share", "variables"), "prototype_kept", true)
                .seen(&WORKERS, ("share", "buffer"), "shared", false),
        ),
        ("communication.processes", Holds, usual()),
        (
            "communication.processes",
            Nuance,
            usual().seen(&FORKS[..1], ("share", "variables"), "change_seen", true),
        ),
        (
            "communication.processes",
            Fails,
            usual().seen(&FORKS, ("share", "variables"), "change_seen", true),
        ),
        ("startup.threads", Holds, usual()),
        (
            "startup.threads",
            Nuance,
            usual().figure("node.fork-json", "startup", &metric("first_answer"), 20.1e6),
        ),
        (
            "startup.threads",
            Fails,
            usual().figure("node.fork-json", "startup", &metric("first_answer"), 10e6).seen(
                &WORKERS,
                ("identity", "process"),
                "same",
                false,
            ),
        ),
        ("startup.processes", Nuance, usual()),
        (
            "startup.processes",
            Holds,
            usual().figure("process.socket", "startup", &metric("first_answer"), 30e6),
        ),
        (
            "startup.processes",
            Fails,
            usual().figure("node.fork-json", "startup", &metric("first_answer"), 10e6),
        ),
        ("crash.threads", Nuance, usual()),
        ("crash.threads", Holds, all_die()),
        ("crash.threads", Fails, none_dies()),
        ("crash.processes", Holds, usual()),
        ("crash.processes", Nuance, children_die(&every[..1])),
        (
            "crash.processes",
            Nuance,
            usual().seen(&FORKS[..1], ("crash", "throw"), "siblings_lost", 1),
        ),
        ("crash.processes", Fails, children_die(&every)),
        ("ideal.threads", Holds, usual()),
        ("ideal.threads", Nuance, usual().figure("node.worker", "compute", &speed_up(), 1.0)),
        (
            "ideal.threads",
            Fails,
            usual().figure("node.worker", "compute", &speed_up(), 1.0).seen(
                &WORKERS,
                ("share", "buffer"),
                "shared",
                false,
            ),
        ),
        ("ideal.processes", Holds, usual()),
        ("ideal.processes", Nuance, foreign(false)),
        (
            "ideal.processes",
            Fails,
            every.iter().fold(foreign(false), |made, kind| {
                made.seen(&FORKS, ("crash", kind), "died", "caller")
            }),
        ),
        ("limits.threads", Nuance, usual()),
        ("limits.threads", Holds, all_die()),
        (
            "limits.threads",
            Fails,
            none_dies().seen(&WORKERS, ("share", "variables"), "later_change_seen", true).seen(
                &WORKERS,
                ("share", "variables"),
                "change_seen",
                true,
            ),
        ),
        ("limits.processes", Nuance, usual()),
        ("limits.processes", Holds, no_os_sharing()),
        (
            "limits.processes",
            Fails,
            usual().figure("node.fork-advanced", "echo", &echo(1 << 20), 1e3).seen(
                &FORKS,
                ("share", "buffer"),
                "shared",
                true,
            ),
        ),
        ("variables.threads", Holds, usual()),
        (
            "variables.threads",
            Nuance,
            usual().seen(&WORKERS, ("share", "variables"), "change_seen", true),
        ),
        (
            "variables.threads",
            Fails,
            usual().seen(&WORKERS, ("share", "variables"), "change_seen", true).seen(
                &WORKERS,
                ("share", "variables"),
                "later_change_seen",
                true,
            ),
        ),
        ("variables.processes", Holds, usual()),
        (
            "variables.processes",
            Nuance,
            usual().seen(&FORKS, ("share", "variables"), "change_seen", true),
        ),
        (
            "variables.processes",
            Fails,
            usual().seen(&FORKS, ("share", "variables"), "change_seen", true).seen(
                &FORKS,
                ("share", "variables"),
                "later_change_seen",
                true,
            ),
        ),
        ("buffers.threads", Holds, usual()),
        ("buffers.threads", Nuance, usual().seen(&WORKERS, ("share", "buffer"), "bytes_copied", 9)),
        ("buffers.threads", Fails, usual().seen(&WORKERS, ("share", "buffer"), "shared", false)),
        ("buffers.processes", Nuance, usual()),
        ("buffers.processes", Holds, no_os_sharing()),
        ("buffers.processes", Fails, usual().seen(&FORKS, ("share", "buffer"), "shared", true)),
        ("database.threads", Holds, usual()),
        (
            "database.threads",
            Nuance,
            usual().seen(&WORKERS, ("share", "database"), "connection_passed", true),
        ),
        ("database.threads", Fails, passed(&WORKERS, true)),
        ("database.processes", Holds, usual()),
        (
            "database.processes",
            Nuance,
            usual().seen(&FORKS, ("share", "database"), "connection_passed", true),
        ),
        ("database.processes", Fails, passed(&FORKS, true)),
        ("env.threads", Nuance, usual()),
        ("env.threads", Holds, usual().seen(&WORKERS, ("share", "env"), "share_env", false)),
        (
            "env.threads",
            Fails,
            usual()
                .seen(&WORKERS, ("share", "env"), "inherited", false)
                .seen(&WORKERS, ("share", "env"), "later_change_seen", true)
                .seen(&WORKERS, ("share", "env"), "workers_change_seen", true),
        ),
        ("env.processes", Holds, usual()),
        ("env.processes", Nuance, usual().seen(&FORKS, ("share", "env"), "inherited", false)),
        (
            "env.processes",
            Fails,
            usual()
                .seen(&FORKS, ("share", "env"), "inherited", false)
                .seen(&FORKS, ("share", "env"), "later_change_seen", true)
                .seen(&FORKS, ("share", "env"), "workers_change_seen", true),
        ),
        ("fds.threads", Nuance, usual()),
        ("fds.threads", Holds, usual().seen(&WORKERS, ("share", "fd"), "raw_number", false)),
        ("fds.threads", Fails, usual().seen(&WORKERS, ("share", "fd"), "passed", false)),
        ("fds.processes", Holds, usual()),
        ("fds.processes", Nuance, usual().seen(&FORKS[..1], ("share", "fd"), "passed", false)),
        ("fds.processes", Fails, usual().seen(&FORKS, ("share", "fd"), "passed", false)),
    ];
    for row in ALL {
        for column in Column::ALL {
            let id = row.claim(column);
            for wanted in [Holds, Nuance, Fails] {
                assert!(
                    table.iter().any(|(claim, verdict, _)| *claim == id && *verdict == wanted),
                    "no report for {id} {}",
                    wanted.name()
                );
            }
        }
    }
    for (claim, wanted, made) in table {
        assert_eq!(verdict(made, claim, Platform::Node), wanted, "{claim}");
    }
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
