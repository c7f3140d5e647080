//! `breakeven run`: what it writes, what it needs, and how it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use protocol::LaneId;
use protocol::report::{Report, ReportRow, RowOutcome};
use rustix::process::Pid;

use crate::{Folder, breakeven, said};

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
