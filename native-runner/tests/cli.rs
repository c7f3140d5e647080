//! The command line as a user meets it: what it prints where, and how it ends.
#![allow(clippy::disallowed_methods, reason = "these tests start the command itself")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use protocol::LaneId;
use protocol::report::{Report, ReportRow, RowOutcome};
use rustix::process::Pid;

fn breakeven(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_breakeven"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn bad_usage_ends_with_2_and_says_what_is_wrong() {
    for (arguments, says) in [
        (&["serve", "--port", "65536"][..], "--port"),
        (&["serve", "--port", "-1"], "-1"),
        (&["serve", "--prot", "1"], "--port"),
        (&["sevre"], "serve"),
        (&[], "serve"),
        (&["run", "ecko"], "there is no experiment \"ecko\": did you mean echo?"),
        (&["run", "--lane", "process.sock"], "did you mean process.socket?"),
        (&["run", "--lane", "x"], "there is no lane \"x\": there are native.thread"),
        (&["run", "--json", "/"], "/ is a folder: name a file"),
        (&["run", "--csv", "/no/such/folder/x.csv"], "/no/such/folder/x.csv cannot be written"),
        (&["list"], "<WHAT>"),
        (&["compare", "/no/such", "/no/such"], "/no/such: No such file"),
        (&["compare", "Cargo.toml", "Cargo.toml"], "Cargo.toml: this is no report"),
    ] {
        let (code, stdout, stderr) = said(&breakeven(arguments).output().unwrap());
        assert_eq!(code, Some(2), "{arguments:?}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_port_in_use_ends_with_1_and_says_what_to_do() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(taken) = TcpListener::bind(address) else {
            assert!(address.starts_with('['), "only IPv6 may be missing");
            continue;
        };
        let port = taken.local_addr().unwrap().port().to_string();
        let (code, stdout, stderr) =
            said(&breakeven(&["serve", "--no-open", "--port", &port]).output().unwrap());
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{address}");
        assert!(stderr.contains(&format!("port {port} is in use")), "{stderr}");
        assert!(stderr.contains("--port 0"), "{stderr}");
    }
}

#[test]
fn serve_prints_one_line_and_an_interrupt_ends_it_with_130() {
    for signal in ["-INT", "-TERM"] {
        let mut serving = breakeven(&["serve", "--no-open", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(serving.stdout.take().unwrap());
        let mut address = String::new();
        stdout.read_line(&mut address).unwrap();
        assert!(address.starts_with("http://127.0.0.1:"), "{address}");
        let (_, token) = address.trim_end().split_once("/#t=").unwrap();
        assert_eq!(token.len(), 64);

        let id = serving.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(serving.wait().unwrap().code(), Some(130), "{signal}");
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing but the address goes to stdout");
        let mut stderr = String::new();
        serving.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(!stderr.contains(token), "the token goes to stdout alone");
    }
}

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn run_prints_a_report_and_nothing_else_where_json_goes_to_stdout() {
    let arguments = ["run", "startup", "--quick", "--lane", "process.pipe", "--json", "-"];
    let (code, stdout, stderr) = said(&breakeven(&arguments).output().unwrap());
    assert_eq!(code, Some(0), "{stderr}");
    let report = Report::parse(&stdout).unwrap();
    assert_eq!(report.run.finished, report.run.blocks);
    assert_eq!(report.run.command[1..], arguments);
    let is_guarded = |row: &&ReportRow| !row.params.contains_key("sandbox");
    assert_eq!(report.results.iter().filter(is_guarded).count(), 3);
    assert_eq!(report.results.len(), 6, "and what it would be without a sandbox");
    assert!(report.machine.guards.contains(&"resource limits".to_owned()), "{:?}", report.machine);
    for row in &report.results {
        let RowOutcome::Measured(measured) = &row.outcome else { panic!("{row:?}") };
        assert_eq!(measured.samples.len(), measured.n as usize);
        assert_eq!(row.lane, LaneId::PROCESS_PIPE);
    }
}

#[test]
fn run_keeps_what_it_measured_in_every_form() {
    let folder = Folder::new("run-forms");
    let [json, csv, markdown] = ["a.json", "a.csv", "a.md"].map(|name| folder.file(name));
    let output = breakeven(&["run", "echo", "--quick", "--lane", "native.thread"])
        .args(["--lane", "process.socket", "--json", &json, "--csv", &csv, "--markdown", &markdown])
        .output()
        .unwrap();
    let (code, stdout, stderr) = said(&output);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("bytes 1MiB, metric round_trip"), "{stdout}");
    let report = Report::parse(&fs::read_to_string(json).unwrap()).unwrap();
    // Three sizes and two metrics; threads in two ways to touch the bytes.
    assert_eq!(report.results.len(), 3 * 2 * 3);
    let samples: u32 = report
        .results
        .iter()
        .map(|row| match &row.outcome {
            RowOutcome::Measured(measured) => measured.n,
            other => panic!("{other:?}"),
        })
        .sum();
    assert_eq!(fs::read_to_string(csv).unwrap().lines().count() as u32, samples + 1);
    assert!(fs::read_to_string(markdown).unwrap().contains("| native.thread |"));
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 3, "nothing else is left behind");
}

#[test]
fn something_named_that_is_unavailable_ends_with_3() {
    let arguments = ["run", "echo", "--quick", "--lane", "native.thread-wide", "--json", "-"];
    let (code, stdout, _) = said(&breakeven(&arguments).output().unwrap());
    assert_eq!(code, Some(3));
    let report = Report::parse(&stdout).unwrap();
    assert!(report.results.len() > 1);
    for row in &report.results {
        assert!(matches!(row.outcome, RowOutcome::Unavailable { .. }), "{row:?}");
    }
}

#[test]
fn a_node_that_is_missing_or_old_makes_its_lanes_unavailable() {
    let folder = Folder::new("old-node");
    let old = folder.0.join("node");
    fs::write(&old, "#!/bin/sh\necho v16.20.2\n").unwrap();
    fs::set_permissions(&old, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for (path, says) in [
        ("/no/such/folder", "node is not on PATH: install Node 20 or newer"),
        (folder.0.to_str().unwrap(), "Node v16.20.2 is on PATH: 20 or newer is needed"),
    ] {
        let named = ["run", "startup", "--quick", "--lane", "node.fork-json", "--json", "-"];
        let (code, stdout, _) = said(&breakeven(&named).env("PATH", path).output().unwrap());
        assert_eq!(code, Some(3));
        let report = Report::parse(&stdout).unwrap();
        assert_eq!(report.machine.node, None);
        for row in &report.results {
            let RowOutcome::Unavailable { reason } = &row.outcome else { panic!("{row:?}") };
            assert_eq!(reason, says);
        }
        let (code, words, _) =
            said(&breakeven(&["list", "lanes"]).env("PATH", path).output().unwrap());
        assert_eq!(code, Some(0));
        assert_eq!(words.matches(says).count(), 4, "{words}");
    }
}

#[test]
fn a_quick_run_of_everything_ends_soon_and_has_every_row() {
    let began = Instant::now();
    let (code, stdout, stderr) =
        said(&breakeven(&["run", "--quick", "--json", "-"]).output().unwrap());
    assert_eq!(code, Some(0), "{stderr}");
    // It aims at 15 s, on a machine that does nothing else.
    assert!(began.elapsed() < Duration::from_secs(120));
    let report = Report::parse(&stdout).unwrap();
    assert!(report.run.finished >= 3);
    for experiment in ["startup", "echo", "compute", "dispatch", "memory"] {
        for lane in
            ["native.thread", "process.pipe", "process.socket", "process.shm", "node.worker"]
        {
            let mut rows = report
                .results
                .iter()
                .filter(|row| row.experiment == experiment && row.lane.as_str() == lane)
                .peekable();
            assert!(rows.peek().is_some(), "{experiment} on {lane}");
            for row in rows {
                match &row.outcome {
                    RowOutcome::Measured(measured) => assert!(measured.n >= report.run.finished),
                    // Memory of wasm is a browser's.
                    RowOutcome::Unavailable { reason } if reason.contains("wasm memory") => {
                        assert!(row.name().contains("metric wasm"));
                    }
                    RowOutcome::Unavailable { reason } => {
                        // Node may be missing, and so may the page, whose kernels its lanes run.
                        let kernels = concat!(env!("CARGO_MANIFEST_DIR"), "/../dist/workers");
                        let no_kernels = experiment == "compute" && !Path::new(kernels).exists();
                        let may_be = report.machine.node.is_none() || no_kernels;
                        assert!(lane.starts_with("node.") && may_be, "{}: {reason}", row.name());
                    }
                    failed => panic!("{}: {failed:?}", row.name()),
                }
            }
        }
    }
}

#[test]
fn placed_apart_is_said_so_in_the_report() {
    let arguments = ["run", "echo", "--quick", "--placement", "apart", "--json", "-"];
    let lanes = ["--lane", "native.thread", "--lane", "process.shm", "--lane", "node.worker"];
    let output = breakeven(&arguments).args(lanes).output().unwrap();
    let (code, stdout, stderr) = said(&output);
    if code == Some(2) {
        assert!(stderr.contains("only one processor"), "{stderr}");
        return;
    }
    let report = Report::parse(&stdout).unwrap();
    assert!(report.run.placement.starts_with("caller on processor"), "{}", report.run.placement);
    for row in &report.results {
        let is_node = row.lane == LaneId::NODE_WORKER;
        assert_eq!(matches!(row.outcome, RowOutcome::Unavailable { .. }), is_node, "{row:?}");
    }
}

#[test]
fn nodes_processes_end_with_the_runner_however_it_ends() {
    if !said(&breakeven(&["list", "lanes"]).output().unwrap())
        .1
        .contains("node.fork-json      available")
    {
        return;
    }
    for signal in ["-INT", "-KILL"] {
        let mut running = breakeven(&["run", "echo", "--lane", "node.fork-json"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let soon = Instant::now() + Duration::from_secs(60);
        let wait_until = |is_so: &dyn Fn() -> bool| {
            while !is_so() {
                assert!(Instant::now() < soon, "waited in vain, {signal}");
                std::thread::sleep(Duration::from_millis(20));
            }
        };
        // The keeper, its init, the driver and its fork.
        let runner = Pid::from_child(&running);
        let offspring = || keeper::descendants::of_process(runner);
        wait_until(&|| offspring().len() >= 4);
        let (all, id) = (offspring(), running.id().to_string());
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        running.wait().unwrap();
        let is_there = |process: &Pid| Path::new(&format!("/proc/{process}")).exists();
        wait_until(&|| !all.iter().any(is_there));
    }
}

#[test]
fn a_run_that_is_interrupted_keeps_the_blocks_that_it_finished() {
    let folder = Folder::new("interrupted");
    let json = folder.file("report.json");
    for (signal, code) in [("-INT", Some(130)), ("-KILL", None)] {
        let arguments =
            ["run", "startup", "echo", "--full", "--lane", "process.socket", "--json", &json];
        let mut running =
            breakeven(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let deadline = Instant::now() + Duration::from_secs(120);
        while !Path::new(&json).exists() {
            assert!(Instant::now() < deadline, "no block within two minutes");
            std::thread::sleep(Duration::from_millis(20));
        }
        let id = running.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(running.wait().unwrap().code(), code, "{signal}");
        let report = Report::parse(&fs::read_to_string(&json).unwrap()).unwrap();
        assert!((1..report.run.blocks).contains(&report.run.finished), "{:?}", report.run);
        assert!(report.results.len() > 10);
        fs::remove_file(&json).unwrap();
    }
}

#[test]
fn what_there_is_can_be_listed_in_words_and_as_json() {
    for what in ["experiments", "lanes", "claims", "workloads"] {
        let (code, words, _) = said(&breakeven(&["list", what]).output().unwrap());
        assert_eq!(code, Some(0));
        let (_, json, _) = said(&breakeven(&["list", what, "--json"]).output().unwrap());
        let entries: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
        assert_eq!(entries.len(), words.lines().count());
        for (entry, line) in entries.iter().zip(words.lines()) {
            assert!(line.starts_with(entry["id"].as_str().unwrap()), "{line}");
        }
    }
    let (code, words, _) = said(&breakeven(&["doctor"]).output().unwrap());
    assert_eq!(code, Some(0));
    for part in ["processor", "rustc 1.", "steps of", "postgresql", "process.socket"] {
        assert!(words.contains(part), "{part}: {words}");
    }
}

#[test]
fn shells_and_manuals_know_the_command_line() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, script, _) = said(&breakeven(&["completions", shell]).output().unwrap());
        assert_eq!(code, Some(0));
        assert!(script.contains("doctor"), "{shell}");
    }
    let (_, manual, _) = said(&breakeven(&["man"]).output().unwrap());
    assert!(manual.contains(".TH breakeven"), "{manual}");
}

#[test]
fn a_report_is_equivalent_to_itself_and_differs_from_a_slower_one() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/report-v1.json");
    let (code, words, warnings) = said(&breakeven(&["compare", golden, golden]).output().unwrap());
    assert_eq!((code, warnings.as_str()), (Some(0), ""));
    assert_eq!(words.lines().count(), 10, "{words}");
    assert!(!words.contains("faster") && !words.contains("slower"), "{words}");

    let folder = Folder::new("compare");
    let slower = folder.file("slower.json");
    let mut report = Report::parse(&fs::read_to_string(golden).unwrap()).unwrap();
    for row in &mut report.results {
        let RowOutcome::Measured(measured) = &mut row.outcome else { panic!("{row:?}") };
        measured.median *= 2.0;
        measured.samples.iter_mut().for_each(|sample| *sample *= 2.0);
    }
    fs::write(&slower, report.to_json().unwrap()).unwrap();
    let (_, json, _) = said(&breakeven(&["compare", golden, &slower, "--json"]).output().unwrap());
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let rows = json["comparisons"].as_array().unwrap();
    assert_eq!(rows.len(), 9);
    assert!(rows.iter().all(|row| row["verdict"] == "slower"), "{rows:#?}");
}

#[test]
fn the_token_is_in_no_argument_and_no_message() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("opener");
    // What opens things writes down what it was asked to open.
    let [opened, opener] = ["opened", "xdg-open"].map(|name| PathBuf::from(folder.file(name)));
    fs::write(&opener, format!("#!/bin/sh\necho \"$@\" > {}\n", opened.display())).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", opener.parent().unwrap().display());
    let mut running = breakeven(&["serve", "--port", "0"])
        .env("PATH", path)
        .env("XDG_RUNTIME_DIR", opener.parent().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let token = address.trim().split_once("#t=").unwrap().1.to_owned();
    let soon = Instant::now() + Duration::from_secs(60);
    let read = || fs::read_to_string(&opened).ok().filter(|text| text.ends_with('\n'));
    while read().is_none() {
        assert!(Instant::now() < soon, "nothing was opened");
        std::thread::sleep(Duration::from_millis(20));
    }
    let page = PathBuf::from(read().unwrap().trim());
    assert!(!page.to_string_lossy().contains(&token));
    assert!(fs::read_to_string(&page).unwrap().contains(&token), "the page goes on to the address");
    assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    let id = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut said = String::new();
    running.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert!(!said.contains(&token) && said.contains("programs on this machine reach it"), "{said}");
    assert!(!page.exists(), "it does not stay");
}
