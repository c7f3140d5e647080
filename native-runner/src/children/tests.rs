//! Children that misbehave: each ends in words that say what happened, and nothing of it is left.

use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use keeper::Mechanism;
use lab::LaneError;

use super::*;
use crate::lanes::Worker;

const MISBEHAVING: &str = env!("BREAKEVEN_MISBEHAVING_CHILD");
/// Of whoever is silent for ever.
const PATIENCE: Duration = Duration::from_secs(1);
const SILENT: &str = "silent for too long";
const BYTES: usize = 100_000;

/// How it ends.
enum Ends {
    /// The first answer is none, for a reason that contains this.
    Greeting(&'static str),
    /// The echo is none.
    Echo(&'static str),
    /// Everything is well until the stream is closed; it had to be made to end.
    Badly(&'static str),
    /// As it should, whatever it left behind.
    Well,
}

const TABLE: [(&str, Ends); 17] = [
    ("exits at once", Ends::Greeting("it sent the end of the stream")),
    ("says nothing", Ends::Greeting(SILENT)),
    ("writes garbage", Ends::Greeting("55")),
    ("writes half a frame", Ends::Greeting(SILENT)),
    ("says a huge length", Ends::Greeting("a body of")),
    ("floods its output", Ends::Greeting("55")),
    ("stops itself", Ends::Echo(SILENT)),
    ("closes its streams", Ends::Echo("it sent the end of the stream")),
    ("dies in the middle of a message", Ends::Echo("signal: 9")),
    ("spins", Ends::Echo(SILENT)),
    ("eats memory", Ends::Echo("memory allocation of 16777216 bytes failed")),
    ("floods its errors", Ends::Echo(SILENT)),
    ("ignores the end of its stream", Ends::Badly("had to be asked to")),
    ("ignores SIGTERM", Ends::Badly("had to be killed")),
    ("starts another", Ends::Well),
    ("starts one in the background", Ends::Well),
    ("starts one in a session of its own", Ends::Well),
];

/// What belongs to this test, told by a word in its command line that nothing else has.
fn left(mark: &str) -> Vec<String> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        if line.contains(mark) {
            all.push(line);
        }
    }
    all
}

fn start(
    misdeed: &str,
    mark: &str,
    cancel: &Cancel,
    mechanism: Option<Mechanism>,
) -> Worker<UnixStream> {
    let words: [OsString; 2] = [misdeed.into(), mark.into()];
    let program = match misdeed {
        "ignores SIGTERM" => {
            let script = "trap '' TERM; exec \"$0\" \"$@\"";
            let words = ["-c".into(), script.into(), MISBEHAVING.into()].into_iter().chain(words);
            KeptProgram::new(Path::new("/bin/sh"), words.collect())
        }
        _ => KeptProgram::new(Path::new(MISBEHAVING), words.to_vec()),
    };
    let patience = Duration::from_millis(200);
    let program = KeptProgram { data: 256 << 20, patience, mechanism, ..program };
    Worker::start(|input, output| program.spawn(input, output, cancel)).unwrap()
}

fn why(result: Result<(), LaneError>) -> String {
    match result {
        Ok(()) => panic!("it went well"),
        Err(LaneError::Failed(why)) => why,
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn whatever_a_child_does_it_ends_and_leaves_nothing() {
    for mechanism in [None, Some(Mechanism::Subreaper)] {
        misbehave(mechanism);
    }
}

fn misbehave(mechanism: Option<Mechanism>) {
    for (number, (misdeed, ends)) in TABLE.into_iter().enumerate() {
        let began = timing::now();
        // Whoever is not meant to be silent has all the time of a busy machine.
        let cancel = match ends {
            Ends::Greeting(SILENT) | Ends::Echo(SILENT) => Cancel::with_patience(PATIENCE),
            _ => Cancel::default(),
        };
        let mark = format!("misdeed-{}-{number}", std::process::id());
        let mut child = start(misdeed, &mark, &cancel, mechanism);
        let mut reply = vec![0; BYTES];
        let mut echo = |child: &mut Worker<UnixStream>| {
            child.echo(&vec![7; BYTES], &mut reply).map(|_| assert!(reply == vec![7; BYTES]))
        };
        let (said, expected) = match ends {
            Ends::Greeting(words) => (why(child.greet().map(|_| ())), words),
            Ends::Echo(words) => {
                child.greet().unwrap_or_else(|why| panic!("{misdeed}: {why:?}"));
                (why(echo(&mut child)), words)
            }
            Ends::Badly(words) => {
                child.greet().unwrap();
                echo(&mut child).unwrap();
                assert!(!left(&mark).is_empty());
                (why(child.end()), words)
            }
            Ends::Well => {
                child.greet().unwrap();
                echo(&mut child).unwrap();
                child.end().unwrap();
                (String::new(), "")
            }
        };
        assert!(said.contains(expected), "{misdeed}: {said}");
        assert_eq!(left(&mark), [""; 0], "{misdeed}");
        eprintln!("{misdeed}: {} ms", (timing::now() - began) / 1_000_000);
    }
}

#[test]
fn the_own_child_that_does_not_end_is_killed_in_time() {
    let cancel = Cancel::with_patience(PATIENCE);
    let (ours, theirs) = UnixStream::pair().unwrap();
    let output = theirs.try_clone().unwrap();
    let allowed = Allowances::NOTHING;
    let child =
        ChildProcess::spawn(theirs.into(), output.into(), &cancel, Placement::Unpinned, allowed);
    // Its stream is still open: nobody told it to end.
    let why = child.unwrap().end().unwrap_err().to_string();
    assert!(why.contains("within 2 s of its stream, and had to be asked to"), "{why}");
    drop(ours);
}

#[test]
fn a_child_keeps_nothing_that_it_does_not_need() {
    let cancel = Cancel::default();
    // As left open by whoever started the runner.
    let file = fs::File::open("/dev/null").unwrap();
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let output = theirs.try_clone().unwrap();
    let allowed = Allowances::NOTHING;
    let child =
        ChildProcess::spawn(theirs.into(), output.into(), &cancel, Placement::Unpinned, allowed)
            .unwrap();
    let mut stream = &ours;
    let hello = protocol::frame::read_head(&mut stream).unwrap().unwrap().0;
    let protocol::frame::Head::Hello { process, guards } = hello else { panic!("{hello:?}") };
    assert_eq!(process, child.id());
    let guards = sandbox::Guards::from_bits(guards);
    let of_proc = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}")).unwrap();
    let open = fs::read_dir(format!("/proc/{process}/fd")).unwrap().count();
    assert_eq!(open, 3, "its own three");
    assert_eq!(of_proc("environ"), "");
    let limits = of_proc("limits");
    let hard = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[26..].split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(hard("Max core file size"), "0");
    assert_eq!(hard("Max open files"), "16");
    assert_eq!(hard("Max address space"), (4_u64 << 30).to_string());
    assert_eq!(hard("Max cpu time"), "600");
    let stat = of_proc("stat");
    let session = stat.rsplit_once(") ").unwrap().1.split(' ').nth(3).unwrap();
    assert_eq!(session, process.to_string(), "a session of its own");
    if guards.has(sandbox::Guard::Seccomp) {
        assert!(of_proc("status").contains("Seccomp:\t2"), "a filter is in force");
    }
    assert!(of_proc("status").contains("NoNewPrivs:\t1"));
}

#[test]
fn a_keeper_that_is_killed_takes_everything_along() {
    let cancel = Cancel::with_patience(PATIENCE);
    let mark = format!("keeper-{}", std::process::id());
    let mut child = start("starts one in a session of its own", &mark, &cancel, None);
    child.greet().unwrap();
    assert!(left(&mark).len() >= 3);
    if mechanism() == "subreaper" {
        eprintln!("left out: without a namespace it takes its program along and no more");
        return;
    }
    let keeper = i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap();
    rustix::process::kill_process(keeper, Signal::KILL).unwrap();
    let until = timing::now() + 5_000_000_000;
    while !left(&mark).is_empty() {
        assert!(timing::now() < until, "{:?}", left(&mark));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn cancelling_ends_what_a_program_started() {
    let cancel = Cancel::with_patience(PATIENCE);
    let mark = format!("cancelled-{}", std::process::id());
    let mut child = start("starts one in a session of its own", &mark, &cancel, None);
    child.greet().unwrap();
    cancel.ask();
    drop(child);
    assert_eq!(left(&mark), [""; 0]);
}

#[test]
fn a_program_gets_a_few_words_of_our_environment() {
    use std::io::Read;

    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let output = theirs.try_clone().unwrap();
    let program = KeptProgram::new(Path::new("/usr/bin/env"), Vec::new());
    let child = program.spawn(theirs.into(), output.into(), &Cancel::default()).unwrap();
    let mut said = String::new();
    ours.read_to_string(&mut said).unwrap();
    child.end().unwrap();
    let names: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some(), "there is something to leave out");
    assert!(
        !names.is_empty() && names.iter().all(|name| kept::ENVIRONMENT.contains(name)),
        "{said}"
    );
}
