//! Open files and sockets.

use std::env::var_os;
use std::fs::{File, read_to_string};
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, RawFd};
use std::path::PathBuf;

use anyhow::{Context, Result};
use rustix::fs::fstat;
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use serde_json::json;

use crate::facts::{Outcome, begin, is, now, seen, text};
use crate::processes::{Channel, Process, passed, serve};
use crate::threads::Thread;

pub(super) fn on_threads() -> Outcome {
    let raw = file()?.into_raw_fd();
    let worker = Thread::start()?;
    let began = begin();
    worker.run(move || rustix::io::write(borrowed(raw), b"worker"))??;
    let took = now() - began;
    let works = read_to_string(path()?)? == "worker";
    worker.run(move || close(raw))?;
    let closed = rustix::io::write(borrowed(raw), b"caller") == Err(Errno::BADF);
    seen(
        [("passed", is(works)), ("raw_number", is(works)), ("close_reaches_caller", is(closed))],
        took,
    )
}

pub(super) fn on_processes(channel: Channel) -> Outcome {
    let inherited = file()?;
    fcntl_setfd(&inherited, FdFlags::empty())?;
    let mut worker = Process::start(channel, "share", "fd")?;
    let later = file()?;
    let ino = fstat(&later)?.st_ino;
    let began = begin();
    let raw = worker.ask(&json!({ "raw": later.as_raw_fd(), "ino": ino }))?["wrote"] == true;
    let handed = worker.ask(&json!({ "raw": inherited.as_raw_fd(), "ino": ino }))?["wrote"] == true
        && read_to_string(path()?)? == "worker";
    let passed = match channel {
        Channel::Pipe => text("pipes pass none"),
        Channel::Socket | Channel::SharedMemory => {
            let fresh = file()?;
            worker.send(&json!({ "passed": true }))?;
            worker.pass(fresh.as_fd())?;
            let wrote = worker.receive()?["wrote"] == true && read_to_string(path()?)? == "worker";
            text(if wrote { "passed" } else { "does not work" })
        }
    };
    let took = now() - began;
    seen(
        [
            ("passed", is(handed || passed == text("passed"))),
            ("raw_number", is(raw)),
            ("inherited", is(handed)),
            ("scm_rights", passed),
        ],
        took,
    )
}

pub(super) fn work() -> Result<()> {
    serve(|message| {
        let wrote = if message["passed"] == true {
            File::from(passed()?).write_all(b"worker").is_ok()
        } else {
            let raw = message["raw"].as_i64().context("no number")? as RawFd;
            // Another file may have that number here.
            let is_it =
                fstat(borrowed(raw)).is_ok_and(|it| Some(it.st_ino) == message["ino"].as_u64());
            is_it && rustix::io::write(borrowed(raw), b"worker").is_ok()
        };
        Ok(Some(json!({ "wrote": wrote })))
    })
}

fn path() -> Result<PathBuf> {
    let folder = var_os("BREAKEVEN_FOLDER").context("the runner names no folder")?;
    Ok(PathBuf::from(folder).join("shared-file"))
}

/// The trial's own file, emptied.
fn file() -> Result<File> {
    Ok(File::create(path()?)?)
}

#[expect(unsafe_code, reason = "what a bare number is worth on the other side is the trial")]
fn borrowed(raw: RawFd) -> BorrowedFd<'static> {
    // SAFETY: at the worst nothing is open under that number, and the system says so: nobody relies on it.
    unsafe { BorrowedFd::borrow_raw(raw) }
}

#[expect(unsafe_code, reason = "that it is closed for everybody is the trial")]
fn close(raw: RawFd) {
    // SAFETY: nobody owns it: it was given up by `into_raw_fd`.
    unsafe { rustix::io::close(raw) }
}
