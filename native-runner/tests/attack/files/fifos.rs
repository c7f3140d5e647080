//! Pipes with a name that are to take a report.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use protocol::report::Report;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

use super::{place, signal, under};

fn pipe() -> (TempDir, PathBuf, Vec<String>) {
    let place = place();
    let pipe = place.path().join("pipe");
    mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let words = ["run", "startup", "--quick", "--lane", "process.pipe", "--json"];
    let words = words.into_iter().map(str::to_owned).chain([pipe.display().to_string()]).collect();
    (place, pipe, words)
}

#[test]
fn a_pipe_without_a_reader_holds_up_neither_the_run_nor_its_end() {
    let (place, _, words) = pipe();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = under("022", place.path(), &words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("pipe that nobody read from within 10 s: start its reader first"),
        "{said}"
    );

    let mut running = under("022", place.path(), &words).spawn().unwrap();
    thread::sleep(Duration::from_millis(500));
    signal(Pid::from_child(&running), Signal::TERM);
    assert_eq!(running.wait().unwrap().signal(), Some(15), "it ends by the signal");
}

#[test]
fn a_pipe_gets_the_report_once() {
    let (place, pipe, words) = pipe();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let reader = thread::spawn(move || {
        let mut text = String::new();
        File::open(pipe).unwrap().read_to_string(&mut text).unwrap();
        text
    });
    let output = under("022", place.path(), &words).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report = Report::parse(&reader.join().unwrap()).unwrap();
    assert_eq!(report.run.finished, report.run.blocks);
}
