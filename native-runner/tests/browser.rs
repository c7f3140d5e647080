//! A browser's lanes, from the runner's side: they keep the contract, take part in runs, and nothing of the
//! browser is left, however it or the runner ends.
//!
//! Without the built page, or a browser on this machine, there is nothing to try; where CHROMIUM or FIREFOX
//! name one, as `cargo xtask test` has them do, both must be there.
#![allow(clippy::disallowed_methods, reason = "these tests start the command itself")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use lab::browser::BROWSER_LANES;
use native_runner::Cancel;
use native_runner::browser::Kind;
use native_runner::browser::page::open;
use native_runner::server::assets::page_is_there;
use protocol::LaneId;
use protocol::report::{Param, Report, ReportRow, RowOutcome};
use protocol::trial::{Fact, Facts};

const RUNNER: &str = env!("CARGO_BIN_EXE_breakeven");

/// Those that can be tried here.
fn browsers() -> Vec<Kind> {
    let is_there = |kind: &Kind| {
        let is_named = std::env::var_os(kind.name().to_uppercase()).is_some();
        match kind.find() {
            Ok(_) if page_is_there() => true,
            missing if is_named => {
                panic!("{}: {missing:?}, page inside: {}", kind.name(), page_is_there())
            }
            _ => {
                eprintln!("left out: {}, or the page", kind.name());
                false
            }
        }
    };
    [Kind::Chromium, Kind::Firefox].into_iter().filter(is_there).collect()
}

/// One at a time: processes are counted.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Profiles of browsers that a runner has started.
fn profiles() -> BTreeSet<PathBuf> {
    let inside = |folder: PathBuf| {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
    };
    let is_a_runner_s = |folder: &PathBuf| {
        folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("breakeven-run-"))
    };
    let runners = inside(std::env::temp_dir()).filter(is_a_runner_s);
    runners.flat_map(inside).filter(|path| path.join("words.txt").exists()).collect()
}

/// What is in these folders, to tell who wrote it.
fn contents(folders: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
    let inside = |folder| fs::read_dir(folder).into_iter().flatten().flatten();
    folders.iter().flat_map(inside).map(|entry| entry.path()).collect()
}

/// Processes whose command line names one of these.
fn processes(of: &BTreeSet<PathBuf>) -> Vec<(u32, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if of.iter().any(|profile| line.contains(&*profile.to_string_lossy())) {
            all.push((id, line));
        }
    }
    all
}

/// Whether a process is the keeper, or the init that it started.
fn is_keepers(line: &str) -> bool {
    line.starts_with("breakeven-keeper") || line.contains(" --init ")
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn kill(signal: &str, id: u32) {
    assert!(Command::new("kill").args([signal, &id.to_string()]).status().unwrap().success());
}

/// A folder of this test's own, for a report.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn run(kind: Kind, arguments: &[&str], report: &Path) -> Child {
    Command::new(RUNNER)
        .args(["run", "--browser", kind.name()])
        .args(arguments)
        .arg("--json")
        .arg(report)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn parse(report: &Path) -> Report {
    Report::parse(&fs::read_to_string(report).unwrap()).unwrap()
}

/// Ends the run, and everything of it must be gone.
fn ended(running: Child, before: &BTreeSet<PathBuf>) -> (Option<i32>, String) {
    let profiles_of = |before| profiles().difference(before).cloned().collect::<BTreeSet<_>>();
    let own = profiles_of(before);
    let output = running.wait_with_output().unwrap();
    assert_eq!(processes(&own), [], "no process is left");
    let left = profiles_of(before);
    assert_eq!(left, BTreeSet::new(), "no profile is left: {:?}", contents(&left));
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn every_lane_of_a_browser_keeps_the_contract() {
    let _turn = alone();
    for kind in browsers() {
        let before = profiles();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let cancel = Cancel::default();
        let (browser, guest) = open(kind, &runtime, &cancel).unwrap();
        let infos = guest.offer.lanes.clone();
        assert_eq!(infos.len(), BROWSER_LANES.len());
        let remote = guest.remote(&cancel);
        for lane in remote.lanes(&infos) {
            if let Err(why) = block_on(lab::contract::check_operations(lane.as_ref())) {
                panic!("{} in {}: {why}", lane.id(), kind.name());
            }
            if lane.id() == LaneId::BROWSER_MAIN {
                continue;
            }
            let trials = block_on(lab::contract::check_trials(lane.as_ref()));
            let trials =
                trials.unwrap_or_else(|why| panic!("{} in {}: {why}", lane.id(), kind.name()));
            trials.iter().for_each(|(trial, seen)| is_as_in_a_browser(&lane.id(), trial, seen));
        }
        drop(browser);
        assert_eq!(profiles(), before);
    }
}

/// What must come of a trial in a page that is not to be lost.
fn is_as_in_a_browser(lane: &LaneId, trial: &lab::Trial, seen: &Result<Facts, String>) {
    let what = format!("{lane}: {} {}: {seen:?}", trial.experiment, trial.name);
    let text = |facts: &Facts, name: &str| facts.get(name).map(ToString::to_string);
    let is_shared = *lane == LaneId::BROWSER_SHARED;
    match (trial.experiment, trial.name, seen) {
        ("crash", "exit" | "abort" | "segfault" | "memory-many" | "memory-buffers", seen) => {
            assert!(seen.as_ref().is_err_and(|why| !why.is_empty()), "{what}");
        }
        ("crash", "lock", Err(_)) => assert!(!is_shared, "{what}"),
        ("crash", "lock", Ok(facts)) => {
            assert_eq!(text(facts, "lock").as_deref(), Some("held"), "{what}");
        }
        ("crash", kind, Ok(facts)) => {
            // An error ends no worker of a browser; one that never comes back its caller ends.
            let died = if kind == "loop" { "worker" } else { "nobody" };
            assert_eq!(text(facts, "died").as_deref(), Some(died), "{what}");
            assert_eq!(text(facts, "siblings_lost").as_deref(), Some("0"), "{what}");
        }
        ("share", "buffer", Ok(facts)) => {
            assert_eq!(facts["shared"], Fact::Is(is_shared), "{what}");
            let keeps = *lane != LaneId::BROWSER_TRANSFER;
            assert_eq!(facts["sender_keeps_it"], Fact::Is(keeps), "{what}");
        }
        ("share", "variables", Ok(facts)) => {
            assert_eq!(facts["map_kept"], Fact::Is(true), "{what}");
            assert_eq!(facts["prototype_kept"], Fact::Is(false), "{what}");
            assert_eq!(text(facts, "function").as_deref(), Some("refused"), "{what}");
        }
        ("share", "database", Ok(facts)) => {
            assert_eq!(facts["connection_passed"], Fact::Is(false), "{what}");
            assert_eq!(facts["own_connections_work"], Fact::Is(true), "{what}");
        }
        ("share", "service", Ok(facts)) => assert_eq!(facts["same"], Fact::Is(false), "{what}"),
        ("share", "fd", Ok(facts)) => {
            assert_eq!(text(facts, "message_port").as_deref(), Some("moves"), "{what}");
        }
        ("share", "env" | "database-server", seen) => assert!(seen.is_err(), "{what}"),
        ("identity", "thread" | "globals", Ok(facts)) => {
            assert_eq!(facts["same"], Fact::Is(false), "{what}");
        }
        ("identity", _, seen) => assert!(seen.is_err(), "{what}"),
        ("foreign", _, Ok(facts)) => assert_eq!(facts["runs"], Fact::Is(false), "{what}"),
        _ => panic!("{what}"),
    }
}

#[test]
fn memory_is_exhausted_in_a_browser_that_may_be_lost() {
    let _turn = alone();
    for kind in browsers() {
        let (before, folder) = (profiles(), folder());
        let file = folder.path().join("report.json");
        let arguments = ["crash", "--quick", "--lane", "browser.clone"];
        let (code, said) = ended(run(kind, &arguments, &file), &before);
        assert_eq!(code, Some(0), "{said}");
        let report = parse(&file);
        let died = |name: &str| {
            let rows = measured(&report, "crash", &LaneId::BROWSER_CLONE);
            let row = rows.iter().find(|row| {
                row.params.get("kind") == Some(&Param::from(name))
                    && !row.params.contains_key("metric")
            });
            let RowOutcome::Measured(measured) = &row.unwrap().outcome else { unreachable!() };
            measured.seen[0].facts["died"].to_string()
        };
        // Small pieces fill the heap, which takes Chromium's page along. In Firefox it depends on which piece is
        // one too many: some are refused with an error. So are buffers, in both.
        let died = ["memory-many", "memory-buffers"].map(died);
        assert!(died.iter().all(|it| ["nobody", "caller"].contains(&it.as_str())), "{died:?}");
        assert!(kind == Kind::Firefox || died[0] == "caller", "{died:?}");
        assert_eq!(profiles(), before);
    }
}

fn measured<'a>(report: &'a Report, experiment: &str, lane: &LaneId) -> Vec<&'a ReportRow> {
    let is_it = |row: &&ReportRow| {
        row.experiment == experiment
            && row.lane == *lane
            && matches!(row.outcome, RowOutcome::Measured(_))
    };
    report.results.iter().filter(is_it).collect()
}

#[test]
fn a_run_has_the_lanes_of_both_sides_in_one_report() {
    let _turn = alone();
    for kind in browsers() {
        let (before, folder) = (profiles(), folder());
        let file = folder.path().join("report.json");
        let (code, said) = ended(run(kind, &["echo", "compute", "--quick"], &file), &before);
        assert_eq!(code, Some(0), "{said}");
        let report = parse(&file);
        for lane in BROWSER_LANES.iter().chain(&[LaneId::NATIVE_THREAD, LaneId::PROCESS_PIPE]) {
            for experiment in ["echo", "compute"] {
                let rows = measured(&report, experiment, lane);
                assert!(rows.len() >= 3, "{experiment} on {lane} in {}", kind.name());
            }
        }
        for wait in ["block", "spin", "adaptive"] {
            let rows = measured(&report, "echo", &LaneId::BROWSER_SHARED);
            assert!(rows.iter().any(|row| row.params.get("wait") == Some(&Param::from(wait))));
        }
        let browser = report.machine.browser.unwrap();
        assert!(browser.name.to_lowercase().starts_with(kind.name()), "{browser:?}");
        assert!(browser.isolated && browser.clock.tick > 0.0 && browser.cores > 0);
        // Half of an exchange of messages, on any machine.
        assert!((1.0..1e9).contains(&browser.relation.unwrap().error), "{browser:?}");
    }
}

#[test]
fn a_browser_that_dies_loses_nothing_that_was_measured() {
    let _turn = alone();
    for kind in browsers() {
        let (before, folder) = (profiles(), folder());
        let file = folder.path().join("report.json");
        let lanes = ["--lane", "browser.clone", "--lane", "native.thread"];
        let arguments = [&["startup", "echo", "--quick"][..], &lanes].concat();
        let running = run(kind, &arguments, &file);
        wait_until("a block", || file.exists());
        let own: BTreeSet<_> = profiles().difference(&before).cloned().collect();
        // The browser itself, and not its keeper.
        let is_browser = |(_, line): &&(u32, String)| !is_keepers(line);
        let all = processes(&own);
        let (browser, _) = all.iter().filter(is_browser).min().unwrap();
        kill("-KILL", *browser);
        let (code, said) = ended(running, &before);
        assert_eq!(code, Some(0), "rows keep what was measured: {said}");
        assert!(said.contains("the browser's page is gone"), "{said}");
        assert!(said.contains("did not last until the end: it ended by itself"), "{said}");
        let report = parse(&file);
        assert!(!measured(&report, "echo", &LaneId::BROWSER_CLONE).is_empty());
        let blocks = |lane: &LaneId| {
            let rows = measured(&report, "echo", lane);
            let RowOutcome::Measured(measured) = &rows[0].outcome else { unreachable!() };
            measured.blocks.iter().collect::<BTreeSet<_>>().len() as u32
        };
        assert!(blocks(&LaneId::BROWSER_CLONE) < report.run.finished);
        assert_eq!(blocks(&LaneId::NATIVE_THREAD), report.run.finished);
    }
}

#[test]
fn nothing_of_the_browser_is_left_however_the_run_ends() {
    let _turn = alone();
    for kind in browsers() {
        for (whom, signal) in [("runner", "-INT"), ("runner", "-KILL"), ("keeper", "-KILL")] {
            let (before, folder) = (profiles(), folder());
            let file = folder.path().join("report.json");
            let running = run(kind, &["startup", "--full", "--lane", "browser.clone"], &file);
            let runner = running.id();
            wait_until("a block", || file.exists());
            let own: BTreeSet<_> = profiles().difference(&before).cloned().collect();
            let all = processes(&own);
            let keeper =
                all.iter().find(|(_, line)| line.starts_with("breakeven-keeper")).unwrap().0;
            kill(signal, if whom == "runner" { runner } else { keeper });
            let output = running.wait_with_output().unwrap();
            let code = output.status.code();
            match (whom, signal) {
                ("runner", "-INT") => assert_eq!(code, Some(130)),
                ("runner", _) => assert_eq!(code, None),
                _ => assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&output.stderr)),
            }
            let what = format!("the end of {}, {whom} {signal}", kind.name());
            wait_until(&what, || processes(&own).is_empty() && own.iter().all(|it| !it.exists()));
        }
    }
}

#[test]
fn a_browser_that_does_not_open_the_page_is_a_clear_message() {
    let _turn = alone();
    if browsers().is_empty() {
        return;
    }
    let start = |program: &str| {
        let mut command = Command::new(RUNNER);
        command.args(["run", "startup", "--browser", "firefox"]).env("FIREFOX", program);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let before = profiles();
    let (code, said) = ended(start("/no/such/browser"), &before);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("FIREFOX names /no/such/browser, which is no file"), "{said}");

    let folder = folder();
    let script = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let crash = script("crash", "echo no display >&2; exit 7");
    let (code, said) = ended(start(&crash), &before);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("firefox opened no page: it ended by itself"), "{said}");
    assert!(said.contains("no display"), "{said}");

    // It hangs, and has started another that would outlive it.
    let hang = script("hang", "sleep 1000 & setsid sleep 1001 & wait");
    let running = start(&hang);
    wait_until("the browser", || profiles() != before);
    let own: BTreeSet<_> = profiles().difference(&before).cloned().collect();
    wait_until("its processes", || processes(&own).len() >= 2);
    kill("-TERM", running.id());
    assert_eq!(running.wait_with_output().unwrap().status.code(), Some(130));
    let is_asleep = || {
        let lines = Command::new("ps").args(["-eo", "args"]).output().unwrap().stdout;
        String::from_utf8_lossy(&lines).lines().any(|line| line.starts_with("sleep 100"))
    };
    assert!(!is_asleep());
    assert_eq!(profiles(), before);
}

#[test]
fn lanes_of_a_browser_need_one() {
    let output = Command::new(RUNNER).args(["run", "--lane", "browser.shared"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("add --browser chromium or firefox"), "{said}");
}
