//! Each verdict of each claim.

use super::{usual, verdict};
use crate::Verdict::{self, Fails, Holds, Nuance};
use crate::made::{Made, echo, metric, speed_up};
use crate::{ALL, Column, Platform};

const WORKERS: [&str; 2] = ["node.worker", "node.worker-shared"];
const FORKS: [&str; 2] = ["node.fork-json", "node.fork-advanced"];

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
