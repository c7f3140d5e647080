//! Files, pipes and arguments that no user would give: without end, with the wrong bytes, too large.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use protocol::report::Report;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::{breakeven, repetitions};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/report-v1.json");
const TRACE: &str = include_str!("../golden/report-v1-trace.json");

/// More than any of these takes on a busy machine, and less than for ever.
const PATIENCE: Duration = Duration::from_secs(120);

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// What a command says that ends by itself; none if it had to be killed.
fn ended(mut child: Child, patience: Duration) -> Option<Output> {
    let pause = Duration::from_millis(20);
    for _ in 0..patience.as_millis() / pause.as_millis() {
        if child.try_wait().unwrap().is_some() {
            return Some(child.wait_with_output().unwrap());
        }
        thread::sleep(pause);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

/// Runs it; what it prints must fit into a pipe.
fn run(command: &mut Command) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    ended(child, PATIENCE).unwrap_or_else(|| panic!("{command:?} never ended"))
}

/// It was refused in one line, which has these words.
fn check_refused(command: &mut Command, words: &str) {
    let output = run(command);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{command:?}: {said}");
    assert_eq!(said.lines().count(), 1, "{command:?}: {said}");
    assert!(said.contains(words), "{command:?}: {said}");
    assert!(output.stdout.is_empty(), "{command:?}");
}

/// All that is read from a file that the user names.
fn readers(file: &str) -> [Vec<String>; 6] {
    [
        &["claims", file][..],
        &["compare", file, GOLDEN],
        &["compare", GOLDEN, file],
        &["flow", file, "-o", "-"],
        &["advise", "--task-ms", "1", "--payload", "1", "--report", file],
        &["image", file, "-o", "/tmp/no-such-picture.png", "--filter", "blur"],
    ]
    .map(|all| all.iter().map(|it| (*it).to_owned()).collect())
}

fn command(arguments: &[String]) -> Command {
    breakeven(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn what_never_ends_is_not_read() {
    let pipe = place("pipe-without-a-writer");
    let _ = fs::remove_file(&pipe);
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let pipe = pipe.to_str().unwrap();
    let cases = [
        ("/dev/zero", "a device"),
        ("/dev/urandom", "a device"),
        (pipe, "is a pipe, which may never end"),
        ("/", "is a folder"),
        // Nothing is at its other end but /dev/null.
        ("/dev/stdin", "a device"),
        ("-", "a device"),
    ];
    for (file, words) in cases {
        for arguments in readers(file) {
            check_refused(&mut command(&arguments), words);
        }
    }
}

#[test]
fn a_pipe_is_read_where_it_is_named_and_no_longer_than_a_report_may_be() {
    let pipe_in = |bytes: &'static [u8], times: usize, arguments: &[&str]| {
        let mut child = breakeven(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut from = child.stdout.take().unwrap();
        let reader = thread::spawn(move || {
            let mut all = String::new();
            from.read_to_string(&mut all).map(|_| all).unwrap()
        });
        // It stops reading when it has seen enough.
        let _ = (0..times).try_for_each(|_| input.write_all(bytes));
        drop(input);
        let output = ended(child, PATIENCE).expect("it ends");
        (output, reader.join().unwrap())
    };
    let golden: &'static [u8] = include_bytes!("../golden/report-v1.json");
    for name in ["-", "/dev/stdin", "/dev/fd/0"] {
        let (output, said) = pipe_in(golden, 1, &["claims", name]);
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert!(said.starts_with("High-Level Difference"), "{name}");
    }
    static BLANKS: [u8; 1 << 20] = [b' '; 1 << 20];
    let (output, _) = pipe_in(&BLANKS, 200, &["claims", "-"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("has more than 128 MiB"), "{said}");
}

#[test]
fn a_file_without_bounds_is_refused_at_its_bound() {
    let file = place("one-terabyte");
    // It has no bytes but its length.
    File::create(&file).and_then(|file| file.set_len(1 << 40)).unwrap();
    for arguments in readers(file.to_str().unwrap()).iter().take(5) {
        check_refused(&mut command(arguments), "has more than 128 MiB");
    }
    fs::remove_file(&file).unwrap();
}

#[test]
fn an_argument_that_is_not_utf_8_is_refused_or_a_path() {
    let wrong = OsStr::from_bytes(b"\xff\xfe\x1b[2J");
    for before in [
        &[][..],
        &["run"],
        &["run", "--lane"],
        &["list"],
        &["serve", "--port"],
        &["serve", "--allow-origin"],
        &["scrape"],
        &["scrape", "--lane"],
        &["advise", "--payload", "1", "--task-ms"],
        &["flow", "x", "-o", "-", "--lane"],
        &["flow", "x", "-o", "-", "--preset"],
        &["image", "x", "-o", "x.png", "--filter"],
        &["completions"],
        &["examples"],
        &["doctor"],
        &["man"],
    ] {
        let output = run(breakeven(before).arg(wrong));
        let said = str::from_utf8(&output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{before:?}: {said}");
        assert!(!said.contains("panicked") && !said.contains('\u{1b}'), "{before:?}: {said}");
        assert!(!said.is_empty(), "{before:?}");
    }
    let mut name = place("report-").into_os_string();
    name.push(wrong);
    fs::copy(GOLDEN, &name).unwrap();
    let claims = run(breakeven(&["claims"]).arg(&name).arg("--json"));
    assert_eq!(claims.status.code(), Some(0), "{}", String::from_utf8_lossy(&claims.stderr));
    let compared = run(breakeven(&["compare"]).args([&name, &name]));
    assert_eq!(compared.status.code(), Some(0));
    fs::remove_file(&name).unwrap();
    let measured =
        run(breakeven(&["run", "memory", "--lane", "native.thread", "--quick", "--json"])
            .arg(&name));
    let said = String::from_utf8_lossy(&measured.stderr);
    assert_eq!(measured.status.code(), Some(0), "{said}");
    let report = Report::parse(&fs::read_to_string(&name).unwrap()).unwrap();
    assert!(report.run.command.last().unwrap().contains('\u{fffd}'), "{:?}", report.run.command);
    fs::remove_file(&name).unwrap();
}

#[test]
fn a_damaged_trace_is_refused_in_words() {
    let first = |name: &str| {
        let at = TRACE.find(&format!("\"{name}\": ")).unwrap_or_else(|| panic!("no {name}"));
        at + name.len() + 4
    };
    for name in ["at", "began", "bytes", "took", "process", "heap_bytes", "dropped", "cost"] {
        for wrong in ["18446744073709551615", "9007199254740993", "-1"] {
            let at = first(name);
            let end = at + TRACE[at..].find([',', '\n']).unwrap();
            let text = format!("{}{wrong}{}", &TRACE[..at], &TRACE[end..]);
            let file = place(&format!("damaged-{name}.json"));
            fs::write(&file, text).unwrap();
            // A note may cost whatever it is, if it is a number.
            if name == "cost" && !wrong.starts_with('-') {
                continue;
            }
            let file = file.to_str().unwrap();
            check_refused(&mut breakeven(&["flow", file, "-o", "-"]), "this ");
        }
    }
}

/// The command as an account that may have few processes: as another one if this is root, whom no limit concerns.
fn limited(processes: u32, arguments: &[&str]) -> Option<Command> {
    const OTHER: u32 = 54_321;
    let is_root = rustix::process::geteuid().is_root();
    let mut program = OsString::from(env!("CARGO_BIN_EXE_breakeven"));
    if is_root {
        // Where the other account can reach it.
        let folder = std::env::temp_dir().join(format!("breakeven-attack-{}", std::process::id()));
        let copy = folder.join("breakeven");
        if !copy.exists() {
            fs::create_dir_all(&folder).ok()?;
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).ok()?;
            fs::copy(&program, &copy).ok()?;
        }
        program = copy.into();
    }
    // Of util-linux, which every system has; shells do not agree how their own is called.
    let mut command = Command::new("prlimit");
    command.arg(format!("--nproc={processes}")).arg(program).args(arguments).stdin(Stdio::null());
    command.current_dir("/").env("HOME", "/nonexistent").env_remove("XDG_STATE_HOME");
    if is_root {
        command.uid(OTHER).gid(OTHER);
    }
    Some(command)
}

#[test]
fn a_system_without_threads_to_give_is_told_of_in_a_line() {
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fuzz/corpus/pictures/rgba.png");
    let shown = std::env::temp_dir().join(format!("breakeven-attack-{}.png", std::process::id()));
    fs::copy(picture, &shown).unwrap();
    let shown_name = shown.to_str().unwrap();
    let result =
        std::env::temp_dir().join(format!("breakeven-attack-out-{}.png", std::process::id()));
    let result = result.to_str().unwrap();
    let image = ["image", shown_name, "-o", result, "--filter", "blur", "--force"];
    let most = repetitions(3, 12) as u32;
    for processes in 1..=most {
        for (arguments, must_fail) in [
            (&["serve", "--port", "0", "--no-open"][..], true),
            (&["scrape"], true),
            (&["examples", "--quick"], true),
            (&["run", "startup", "--lane", "native.thread", "--quick"], true),
            (&image, true),
            (&["list", "lanes"], false),
            (&["doctor"], false),
        ] {
            let Some(mut command) = limited(processes, arguments) else {
                eprintln!("left out: the command cannot be put where another account reaches it");
                return;
            };
            let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
            // With threads enough it serves until it is ended.
            let patience = if arguments[0] == "serve" { Duration::from_secs(10) } else { PATIENCE };
            let Some(output) = ended(child, patience) else {
                assert_eq!(arguments[0], "serve", "{processes} processes: it never ended");
                continue;
            };
            let said = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code();
            assert!(
                !said.contains("panicked") && !said.contains("has a fault"),
                "{arguments:?}: {said}"
            );
            assert!(matches!(code, Some(0 | 1 | 3)), "{arguments:?}: {code:?}: {said}");
            if processes == 1 && must_fail {
                assert_eq!((code, said.lines().count()), (Some(1), 1), "{arguments:?}: {said}");
                assert!(said.contains("cannot start the"), "{arguments:?}: {said}");
            }
        }
    }
    let _ = fs::remove_file(shown);
    let _ = fs::remove_dir_all(
        std::env::temp_dir().join(format!("breakeven-attack-{}", std::process::id())),
    );
}

/// The long form: a report of 50 MB, for whose rows everything would have to be compared with everything.
#[test]
fn two_long_reports_are_compared_row_by_row() {
    let rows = repetitions(10_000, 330_000);
    let mut report = Report::parse(&fs::read_to_string(GOLDEN).unwrap()).unwrap();
    report.results.truncate(1);
    let empty = serde_json::to_string(&report).unwrap();
    let (head, tail) = empty.split_once("\"results\":[").unwrap();
    let tail = &tail[tail.rfind(']').unwrap()..];
    let row = |number: usize| {
        format!(
            "{{\"experiment\":\"echo\",\"lane\":\"process.pipe\",\"params\":{{\"number\":{number}}},\"outcome\":\
             {{\"measured\":{{\"unit\":\"ns\",\"median\":2,\"ci95\":[1,3],\"n\":3,\"samples\":[1,2,3],\"blocks\":[0,1,2]}}}}}}"
        )
    };
    let all: Vec<String> = (0..rows).map(row).collect();
    let file = place("long.json");
    fs::write(&file, format!("{head}\"results\":[{}{tail}", all.join(","))).unwrap();
    let out = place("long.txt");
    let mut child = breakeven(&["compare"])
        .args([&file, &file])
        .stdout(File::create(&out).unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = child.stderr.take().unwrap();
    let output = ended(child, PATIENCE).expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{:?}", std::io::read_to_string(said));
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), rows + 1);
    let _ = (fs::remove_file(&file), fs::remove_file(&out));
}
