//! What is left when the runner or a supervisor is killed in the middle.

use std::fs;
use std::path::Path;
use std::process::Child;

use keeper::descendants;
use native_runner::browser::Kind;
use native_runner::server::assets::page_is_there;
use rustix::process::{Pid, Signal};

use super::{
    has_postgres, inside, look, place, private_folders, server, signal, under, wait_until,
};
use crate::repetitions;

const SHARE: [&str; 7] =
    ["run", "share", "--quick", "--lane", "process.socket", "--lane", "native.thread"];
const SHORT: [&str; 5] = ["run", "startup", "--quick", "--lane", "native.thread"];

/// A run whose server is there: what the runner has started, and the server's segment of shared memory.
fn run_with_server(place: &Path) -> (Child, Vec<Pid>, u64) {
    let mut running = under("022", place, &SHARE).spawn().unwrap();
    let found = look(&mut running, || {
        let text = fs::read_to_string(server(place)?.join("data/postmaster.pid")).ok()?;
        text.lines().nth(6)?.split_whitespace().nth(1)?.parse().ok()
    });
    let all = descendants::of_process(Pid::from_child(&running));
    for process in &all {
        let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap_or_default();
        assert!(!maps.contains("/dev/shm/"), "it shares memory by a name that may stay");
    }
    (running, all, found.expect("no server was started"))
}

fn segments() -> Vec<u64> {
    let table = fs::read_to_string("/proc/sysvipc/shm").unwrap();
    let ids = table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1)?.parse().ok());
    ids.collect()
}

fn is_there(process: &Pid) -> bool {
    // One that is dead, but not collected, does nothing any more.
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && !line.contains('Z'))
}

#[test]
fn what_a_killed_runner_leaves_the_next_one_removes() {
    if !has_postgres() {
        return;
    }
    for _ in 0..repetitions(2, 40) {
        let place = place();
        let (mut running, all, segment) = run_with_server(place.path());
        running.kill().unwrap();
        running.wait().unwrap();
        wait_until("its processes", || !all.iter().any(is_there));
        assert!(under("022", place.path(), &SHORT).status().unwrap().success());
        assert_eq!(private_folders(place.path()), [] as [&Path; 0]);
        let left = inside(place.path());
        assert_eq!(left, [place.path().join("state")], "nothing else is left");
        assert!(!segments().contains(&segment), "its segment is left");
    }
}

#[test]
fn what_a_killed_supervisor_leaves_the_runner_removes() {
    if !has_postgres() {
        return;
    }
    for _ in 0..repetitions(1, 20) {
        let place = place();
        let (mut running, all, segment) = run_with_server(place.path());
        let is_keeper = |process: &&Pid| {
            let words = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
            words.starts_with(b"breakeven-keeper\0")
        };
        all.iter().filter(is_keeper).for_each(|keeper| signal(*keeper, Signal::KILL));
        // How it ends is no matter: a trial was lost.
        running.wait().unwrap();
        wait_until("its processes", || !all.iter().any(is_there));
        assert_eq!(private_folders(place.path()), [] as [&Path; 0]);
        assert!(!segments().contains(&segment), "its segment is left");
    }
}

#[test]
fn a_runner_that_works_keeps_its_folder_while_another_starts() {
    if !has_postgres() {
        return;
    }
    let place = place();
    let mut running = under("022", place.path(), &SHARE).spawn().unwrap();
    let runner = Pid::from_child(&running);
    let folder = look(&mut running, || server(place.path())).expect("no server was started");
    signal(runner, Signal::STOP);
    assert!(under("022", place.path(), &SHORT).status().unwrap().success());
    assert!(folder.join("data").is_dir(), "it was taken away from a runner that works");
    signal(runner, Signal::CONT);
    assert!(running.wait().unwrap().success());
}

#[test]
fn browsers_leave_nothing_beside_their_profile() {
    for browser in [Kind::Chromium, Kind::Firefox] {
        if browser.find().is_err() || !page_is_there() {
            eprintln!("left out: {}, or the page", browser.name());
            continue;
        }
        let place = place();
        let words = ["run", "startup", "--quick", "--lane", "browser.clone", "--browser"];
        let words = [&words[..], &[browser.name()]].concat();
        let output = under("000", place.path(), &words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", browser.name());
        let left = inside(place.path());
        assert_eq!(left, [place.path().join("state")], "{}", browser.name());
    }
}
