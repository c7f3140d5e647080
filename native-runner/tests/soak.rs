//! Nothing gets away, however often it is tried: workers that are killed at any moment of their lives, and
//! runners that are. `cargo xtask soak` tries it ten thousand times.
#![allow(clippy::disallowed_methods, reason = "these tests start the command itself")]

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use futures::executor::block_on;
use lab::{Effort, Lane, LaneError, Op, Placement};
use native_runner::{Cancel, lanes};
use protocol::Nanos;
use protocol::report::Report;
use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, wait};

const RUNNER: &str = env!("CARGO_BIN_EXE_breakeven");
/// Say how often, instead of the short versions.
const CYCLES: &str = "BREAKEVEN_SOAK_CYCLES";
const KILLED_RUNNERS: &str = "BREAKEVEN_SOAK_RUNNERS";
/// What is killed lasts at most this long.
const SOON: Duration = Duration::from_secs(20);
/// Starting Node takes a hundred times as long as starting a child.
const NODE_EVERY: u32 = 100;

fn times(variable: &str, short: u32) -> u32 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}

/// One at a time: processes are counted.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Segments of shared memory that have no name in any folder.
fn segments() -> BTreeSet<String> {
    let table = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let ids = table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(1));
    ids.map(str::to_owned).collect()
}

/// Names in the system's folder of shared memory.
fn named_segments() -> BTreeSet<String> {
    let named = fs::read_dir("/dev/shm").into_iter().flatten().flatten();
    named.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// What must be the same afterwards.
#[derive(Debug, PartialEq)]
struct Belongings {
    /// Children and theirs, zombies included.
    processes: Vec<Pid>,
    descriptors: usize,
    /// Memory files that are mapped, and names in the system's folder of shared memory.
    segments: usize,
    named: BTreeSet<String>,
    unnamed: BTreeSet<String>,
}

impl Belongings {
    fn now() -> Self {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        Self {
            processes: keeper::descendants::of_process(getpid()),
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            segments: maps.lines().filter(|line| line.contains("/memfd:")).count(),
            named: named_segments(),
            unnamed: segments(),
        }
    }
}

const EFFORT: Effort = Effort {
    samples: 5,
    sample_time: Nanos(100_000),
    turn_time: Nanos(5_000_000),
    placement: Placement::Unpinned,
};

fn some_operation(random: &mut Rng) -> Op {
    match random.u8(..4) {
        0 => Op::Startup,
        1 => Op::Echo { bytes: 1 << 16 },
        2 => Op::Dispatch { workers: 2 },
        _ => Op::Echo { bytes: 64 },
    }
}

/// Has a lane do something, and kills its workers in the middle.
fn live_and_kill(number: u32, random: &mut Rng) {
    let cancel = Cancel::default();
    let all = lanes::all(&cancel);
    let family = if number % NODE_EVERY == NODE_EVERY - 1 { "node." } else { "process." };
    let chosen: Vec<&dyn Lane> = all
        .iter()
        .map(AsRef::as_ref)
        .filter(|lane| lane.id().as_str().starts_with(family))
        .filter(|lane| matches!(lane.availability(), protocol::Availability::Available))
        .collect();
    if chosen.is_empty() {
        return;
    }
    let lane = chosen[random.usize(..chosen.len())];
    let longest = if family == "node." { 200_000 } else { 6000 };
    let (delay, op) = (Duration::from_micros(random.u64(..longest)), some_operation(random));
    let result = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(delay);
            cancel.ask();
        });
        block_on(lane.perform(&[op], &EFFORT, &mut |_| {}))
    });
    assert!(matches!(result, Ok(()) | Err(LaneError::Cancelled)), "{}: {result:?}", lane.id());
}

#[test]
fn workers_that_are_killed_at_any_moment_leave_nothing() {
    let _turn = alone();
    let (cycles, seed) = (times(CYCLES, 150), Rng::new().u64(..));
    let mut random = Rng::with_seed(seed);
    eprintln!("seed {seed}");
    // What is made once and kept is made before.
    (0..NODE_EVERY).for_each(|number| live_and_kill(number, &mut random));
    let before = settled(None);
    for number in 0..cycles {
        live_and_kill(number, &mut random);
        if number % 1000 == 999 {
            eprintln!("{} of {cycles}", number + 1);
        }
    }
    let after = settled(Some(&before));
    assert_eq!(after, before);
    eprintln!("{cycles} lives ended; before and after: {before:?}, {after:?}");
}

/// What there is once threads that were about to end have: the same as before, or what it is in the end.
fn settled(before: Option<&Belongings>) -> Belongings {
    let began = Instant::now();
    loop {
        let now = Belongings::now();
        let is_quiet = before.map_or(now.processes.is_empty(), |before| now == *before);
        if is_quiet || began.elapsed() > SOON {
            return now;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn runners_that_are_killed_at_any_moment_leave_nothing_but_a_readable_report() {
    let _turn = alone();
    // What loses its parent becomes this process's own, so that it is seen.
    set_child_subreaper(Some(getpid())).unwrap();
    let (runners, seed) = (times(KILLED_RUNNERS, 12), Rng::new().u64(..));
    let mut random = Rng::with_seed(seed);
    eprintln!("seed {seed}");
    let folder = tempfile::tempdir().unwrap();
    let files = tempfile::tempdir().unwrap();
    let before = (named_segments(), segments());
    let (mut reports, mut caught) = (0, 0);
    for number in 0..runners {
        let file = folder.path().join(format!("{number}.json"));
        // Every third has a server of PostgreSQL's, with data and shared memory.
        let share: &[&str] = if number % 3 == 2 { &["share"] } else { &["startup", "echo"] };
        let mut runner = Command::new(RUNNER)
            .arg("run")
            .args(share)
            .args(["--quick", "--json"])
            .arg(&file)
            .env("TMPDIR", files.path())
            .args(["--lane", "process.pipe", "--lane", "process.shm", "--lane", "native.thread"])
            .args(if number % 2 == 0 { &["--lane", "node.fork-json"][..] } else { &[] })
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(random.u64(..2500)));
        caught += keeper::descendants::of_process(getpid()).len() - 1;
        runner.kill().unwrap();
        runner.wait().unwrap();
        let killed = Instant::now();
        loop {
            while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
            let left = keeper::descendants::of_process(getpid());
            if left.is_empty() {
                break;
            }
            assert!(killed.elapsed() < SOON, "run {number} left {left:?}");
            thread::sleep(Duration::from_millis(5));
        }
        if let Ok(text) = fs::read_to_string(&file) {
            let report = Report::parse(&text).unwrap_or_else(|why| panic!("run {number}: {why}"));
            assert!(report.run.finished > 0 && !report.results.is_empty());
            reports += 1;
        }
    }
    set_child_subreaper(None).unwrap();
    // The next one clears up after all of them.
    let last = Command::new(RUNNER)
        .args(["run", "startup", "--quick", "--lane", "native.thread", "--json"])
        .arg(folder.path().join("last.json"))
        .env("TMPDIR", files.path())
        .stdout(Stdio::null())
        .status();
    assert!(last.unwrap().success());
    let left: Vec<_> = fs::read_dir(files.path()).unwrap().flatten().map(|it| it.path()).collect();
    assert!(left.is_empty(), "{left:?}");
    let added = || {
        let (named, unnamed) = (named_segments(), segments());
        named.difference(&before.0).chain(unnamed.difference(&before.1)).cloned().collect()
    };
    // Those of other programs on this machine come and go.
    let killed = Instant::now();
    loop {
        let left: Vec<String> = added();
        if left.is_empty() {
            break;
        }
        assert!(killed.elapsed() < SOON, "segments of shared memory are left: {left:?}");
        thread::sleep(Duration::from_millis(100));
    }
    eprintln!("{runners} runners killed over {caught} children; {reports} reports, all readable");
    assert!(caught > 0, "none was killed while it had children");
}

#[test]
fn a_full_disk_ends_nothing_and_loses_nothing() {
    let _turn = alone();
    let (folder, spare) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // A disk of its own that holds the first blocks and no more.
    let script = "mount -t tmpfs -o size=64k none \"$1\" || exit 77; shift; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"]);
    let output = command
        .arg(folder.path())
        .args([RUNNER, "run", "startup", "echo", "--quick", "--lane", "native.thread", "--lane"])
        .args(["process.pipe", "--json"])
        .arg(folder.path().join("report.json"))
        .env("XDG_STATE_HOME", spare.path())
        .output();
    let output = match output {
        Ok(output) if output.status.code() != Some(77) => output,
        other => {
            eprintln!("left out: no disk of its own can be had here ({other:?})");
            return;
        }
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("report.json could not be written: No space left on device"), "{said}");
    assert!(said.contains("The run goes on"), "{said}");
    let kept = spare.path().join("breakeven/report.json");
    assert!(said.contains(&format!("It is in {} instead", kept.display())), "{said}");
    let report = Report::parse(&fs::read_to_string(&kept).unwrap()).unwrap();
    assert!(report.run.finished >= 3);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("native.thread"),
        "the table is there"
    );
}
