//! Every process that this one started, and those that they started.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, wait};

/// Rounds of killing, with a pause between two.
const ROUNDS: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(5);

/// Kills them all and collects them, those too that are started meanwhile. The caller is a subreaper, so
/// that none gets away.
pub(super) fn end_all() {
    for _ in 0..ROUNDS {
        let all = descendants();
        if all.is_empty() {
            return;
        }
        for process in all {
            // It fails only if the process has ended already, which is what is wanted.
            let _ = kill_process(process, Signal::KILL);
        }
        collect();
        std::thread::sleep(PAUSE);
    }
}

/// Collects the children that have ended; returns the first one's status if it was that of `of`.
pub(super) fn collect() -> Vec<Pid> {
    let mut ended = Vec::new();
    while let Ok(Some((process, _))) = wait(WaitOptions::NOHANG) {
        ended.push(process);
    }
    ended
}

/// Parents before their children.
fn descendants() -> Vec<Pid> {
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
    let mut all = vec![getpid().as_raw_nonzero().get()];
    let mut at = 0;
    while let Some(process) = all.get(at).copied() {
        all.extend(children.remove(&process).unwrap_or_default());
        at += 1;
    }
    all.drain(1..).filter_map(Pid::from_raw).collect()
}

/// From a line of `/proc/PID/stat`: the name, in brackets, may have any bytes in it.
fn parent(line: &str) -> Option<i32> {
    let (_, after_name) = line.rsplit_once(") ")?;
    after_name.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_the_rest_of_the_line() {
        assert_eq!(parent("12 (a b) R 7) S 34 12 12 0"), Some(34));
        assert_eq!(parent("nothing"), None);
    }
}
