//! Every trial on every lane of the runner: what must come of it, and that the runner lives through all of them
//! and nothing is left.

#![allow(clippy::disallowed_methods, reason = "a test's helpers are no children of the runner")]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::executor::block_on;
use lab::contract::check_trials;
use native_runner::{Cancel, lanes};
use protocol::report::{Report, RowOutcome};
use protocol::trial::{Fact, Facts};

/// By experiment and name: what was seen, or why it means nothing there.
type Seen = BTreeMap<(&'static str, &'static str), Result<Facts, String>>;

/// Who dies on a lane, kind by kind; none where the kind means nothing.
fn dies(lane: &str, kind: &str) -> Option<&'static str> {
    let is_node = lane.starts_with("node.");
    let is_thread = lane == "native.thread" || lane.starts_with("node.worker");
    match kind {
        "rejection" | "trap" | "memory-buffers" if !is_node => None,
        "lock" => match lane {
            "native.thread" | "process.shm" | "node.worker-shared" => Some("worker"),
            _ => None,
        },
        "loop" if lane == "native.thread" => Some("nobody"),
        _ if !is_thread => Some("worker"),
        "segfault" => Some("caller"),
        "throw-unheard" if is_node => Some("caller"),
        "exit" | "abort" | "stack" | "memory-many" | "memory-one" if !is_node => Some("caller"),
        _ => Some("worker"),
    }
}

fn text<'a>(facts: &'a Facts, name: &str) -> &'a str {
    match facts.get(name) {
        Some(Fact::Text(text)) => text,
        other => panic!("{name} is {other:?} in {facts:?}"),
    }
}

fn is(seen: &Seen, trial: (&'static str, &'static str), name: &str) -> bool {
    match seen[&trial].as_ref().unwrap_or_else(|why| panic!("{trial:?}: {why}")).get(name) {
        Some(Fact::Is(is)) => *is,
        other => panic!("{trial:?}: {name} is {other:?}"),
    }
}

#[test]
fn every_trial_on_every_lane_ends_as_it_must_and_leaves_nothing() {
    let _turn = alone();
    for lane in lanes::all(&Cancel::default()) {
        let id = lane.id().to_string();
        if id == "native.thread-wide" {
            continue;
        }
        let seen =
            block_on(check_trials(lane.as_ref())).unwrap_or_else(|why| panic!("{id}: {why}"));
        let seen: Seen =
            seen.into_iter().map(|(trial, seen)| ((trial.experiment, trial.name), seen)).collect();
        crashes(&id, &seen);
        identities(&id, &seen);
        sharing(&id, &seen);
        programs(&id, &seen);
        drop(lane);
        assert_eq!(children(), Vec::<String>::new(), "{id} leaves no process");
    }
    assert_eq!(private_folder(), None, "no folder is left");
}

fn crashes(lane: &str, seen: &Seen) {
    for ((experiment, kind), seen) in seen.iter().filter(|((it, _), _)| *it == "crash") {
        match (dies(lane, kind), seen) {
            (None, Err(why)) => assert!(!why.is_empty(), "{lane} {experiment} {kind}"),
            // What is one too many depends on Node's version: an allocation that fails, or V8's own.
            (Some(_), Ok(facts))
                if lane.starts_with("node.worker")
                    && ["memory-one", "memory-buffers"].contains(kind) =>
            {
                assert!(
                    ["worker", "caller"].contains(&text(facts, "died")),
                    "{lane} {kind}: {facts:?}"
                );
            }
            (Some(died), Ok(facts)) => {
                assert_eq!(text(facts, "died"), died, "{lane} {kind}: {facts:?}");
                let lost = u64::from(died == "caller");
                assert_eq!(facts["siblings_lost"], Fact::Count(lost), "{lane} {kind}: {facts:?}");
            }
            (wanted, seen) => panic!("{lane} {kind}: {seen:?} and not {wanted:?}"),
        }
    }
    let how = |kind| text(seen[&("crash", kind)].as_ref().unwrap(), "how");
    assert_eq!(how("segfault"), "SIGSEGV", "{lane}");
    if !lane.starts_with("node.worker") {
        assert_eq!(how("abort"), "SIGABRT", "{lane}");
    }
    let lock = match lane {
        "native.thread" => "poisoned: whoever takes it is told",
        "process.shm" | "node.worker-shared" => "held",
        _ => return,
    };
    assert_eq!(text(seen[&("crash", "lock")].as_ref().unwrap(), "lock"), lock, "{lane}");
}

fn identities(lane: &str, seen: &Seen) {
    let is_native = lane == "native.thread";
    let is_thread = is_native || lane.starts_with("node.worker");
    for (aspect, same) in [
        ("process", is_thread),
        ("thread", false),
        ("heap", is_native),
        ("globals", is_native),
        ("cwd", is_thread),
        ("signals", is_thread),
        ("title", false),
    ] {
        assert_eq!(is(seen, ("identity", aspect), "same"), same, "{lane}: {aspect}");
    }
}

fn sharing(lane: &str, seen: &Seen) {
    let is_native = lane == "native.thread";
    let shares = ["native.thread", "process.shm", "node.worker-shared"].contains(&lane);
    assert_eq!(is(seen, ("share", "buffer"), "shared"), shares, "{lane}");
    assert_eq!(is(seen, ("share", "variables"), "later_change_seen"), is_native, "{lane}");
    assert_eq!(is(seen, ("share", "service"), "same"), is_native, "{lane}");
    assert!(is(seen, ("share", "env"), "inherited"), "{lane}");
    assert_eq!(is(seen, ("share", "env"), "later_change_seen"), is_native, "{lane}");
    assert!(is(seen, ("share", "fd"), "passed"), "{lane}");
    assert!(!is(seen, ("share", "database"), "connection_passed"), "{lane}");
    assert!(is(seen, ("share", "database"), "own_connections_work"), "{lane}");
    match &seen[&("share", "database-server")] {
        Err(why) => assert!(why.contains("no PostgreSQL server"), "{lane}: {why}"),
        Ok(facts) => {
            assert_eq!(facts["connection_passed"], Fact::Is(false), "{lane}");
            assert_eq!(facts["own_connections_work"], Fact::Is(true), "{lane}");
            let passes =
                lane.starts_with("node.fork") || lane == "process.socket" || lane == "process.shm";
            assert_eq!(
                facts.get("stream_damaged") == Some(&Fact::Is(true)),
                passes,
                "{lane}: {facts:?}"
            );
        }
    }
    if lane.starts_with("node.worker") {
        assert!(is(seen, ("share", "env"), "share_env"), "{lane}");
        let fd = seen[&("share", "fd")].as_ref().unwrap();
        assert_eq!(text(fd, "file_handle"), "moves");
        assert_eq!(fd["close_reaches_caller"], Fact::Is(true));
    }
}

fn programs(lane: &str, seen: &Seen) {
    for program in ["python", "shell", "node"] {
        let runs = match &seen[&("foreign", program)] {
            Ok(facts) => facts["runs"] == Fact::Is(true),
            // Not every machine has Python.
            Err(why) if why.contains("not on PATH") => continue,
            Err(_) => false,
        };
        let wanted = lane.starts_with("node.fork")
            || ["process.pipe", "process.socket"].contains(&lane)
            || (lane.starts_with("node.") && program == "node");
        assert_eq!(runs, wanted, "{lane}: {program}");
    }
}

/// One at a time: processes are counted.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The command lines of this process's children.
fn children() -> Vec<String> {
    let own = std::process::id().to_string();
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        if parent.is_some_and(|parent| parent.trim() == own) {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            all.push(String::from_utf8_lossy(&line).replace('\0', " "));
        }
    }
    all
}

/// This process's private folder, which it has while something is in it: a file there is its own.
fn private_folder() -> Option<PathBuf> {
    let open = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let files = open.filter_map(|entry| fs::read_link(entry.path()).ok());
    files.filter_map(|file| Some(file.parent()?.to_owned())).find(|folder| {
        folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("breakeven-run-"))
    })
}

/// In a user namespace other things are forbidden than for root.
#[test]
fn another_user_can_have_trials_made() {
    let _turn = alone();
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !is_root || !Path::new("/usr/bin/setpriv").exists() {
        eprintln!("left out: there is no other user to become");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let program = folder.path().join("breakeven");
    fs::copy(env!("CARGO_BIN_EXE_breakeven"), &program).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let lanes = ["native.thread", "process.socket", "node.worker"];
    let run = Command::new("/usr/bin/setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&program)
        .args(["run", "identity", "share", "--quick", "--json", "-"])
        .args(lanes.iter().flat_map(|lane| ["--lane", lane]))
        .env("HOME", folder.path())
        .env("TMPDIR", folder.path())
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{said}");
    let report = Report::parse(&String::from_utf8(run.stdout).unwrap()).unwrap();
    for lane in lanes {
        let row = report.results.iter().find(|row| {
            row.lane.as_str() == lane && row.params.get("aspect") == Some(&"process".into())
        });
        let outcome = &row.unwrap().outcome;
        assert!(matches!(outcome, RowOutcome::Measured(_)), "{lane}: {outcome:?}");
    }
    // Everybody may write into the folder that TMPDIR names: it is not used.
    assert!(said.contains("TMPDIR") && said.contains("files go to /tmp"), "{said}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "the program and .local");
}
