//! Every process that one started, and those that they started.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, wait};

/// Rounds of killing, with a pause between two.
const ROUNDS: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(5);

/// Kills all of the calling process's and collects them, those too that are started meanwhile. The caller is
/// a subreaper, so that none gets away.
pub(crate) fn end_all() {
    for _ in 0..ROUNDS {
        let all = of_process(getpid());
        if all.is_empty() {
            return;
        }
        for process in all {
            // It fails only if the process has ended already, which is what is wanted.
            let _ = kill_process(process, Signal::KILL);
        }
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
        std::thread::sleep(PAUSE);
    }
}

/// Sends a signal to all of a process's.
pub fn signal(of: Pid, signal: Signal) {
    for process in of_process(of) {
        let _ = kill_process(process, signal);
    }
}

/// All of a process's, parents before their children.
#[must_use]
pub fn of_process(process: Pid) -> Vec<Pid> {
    let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let Ok(line) = fs::read_to_string(entry.path().join("stat")) else { continue };
        if let Some(parent) = parent(&line) {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut all = vec![process.as_raw_nonzero().get()];
    let mut at = 0;
    while let Some(process) = all.get(at).copied() {
        all.extend(children.remove(&process).unwrap_or_default());
        at += 1;
    }
    all.drain(1..).filter_map(Pid::from_raw).collect()
}

/// Of a process's descendants the one that has this id where it lives, which may be a namespace of its own.
#[must_use]
pub fn with_inner_id(ancestor: Pid, inner: u32) -> Option<Pid> {
    of_process(ancestor).into_iter().find(|process| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        innermost(&status) == Some(inner)
    })
}

/// From a line of `/proc/PID/stat`: the name, in brackets, may have any bytes in it.
fn parent(line: &str) -> Option<i32> {
    let (_, after_name) = line.rsplit_once(") ")?;
    after_name.split(' ').nth(1)?.parse().ok()
}

/// From `/proc/PID/status`: the last of its ids, the one in the innermost namespace.
fn innermost(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    line.split_whitespace().next_back()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_rest_of_the_line() {
        assert_eq!(parent("12 (a b) R 7) S 34 12 12 0"), Some(34));
        assert_eq!(parent("nothing"), None);
    }

    #[test]
    fn the_innermost_id_is_the_last() {
        assert_eq!(innermost("Name:\tnode\nNSpid:\t4711\t2\nUid:\t0"), Some(2));
        assert_eq!(innermost("Name:\tnode\nNSpid:\t4711\n"), Some(4711));
        assert_eq!(innermost("Name:\tnode\n"), None);
    }
}
