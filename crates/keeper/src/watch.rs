//! The keeper itself: starts, watches, and ends.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::Mode;
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::process::{
    Pid, PidfdFlags, getpid, getppid, pidfd_open, set_child_subreaper, setsid, umask,
};
use sandbox::{Limits, descriptors};

use crate::{Input, Kept, Mechanism, Order, descendants, init};

/// Tries to remove a folder that something still writes into.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);
/// Seconds of processor time for each process of a program.
const CPU: u64 = 3600;
/// Descriptors for each process of a program.
const DESCRIPTORS: u64 = 8192;

/// Starts the program and keeps it until its end; then nothing is left of it.
///
/// # Errors
/// If it could not be started.
pub fn keep(order: &Order) -> io::Result<Kept> {
    let kept = start_and_watch(order);
    descendants::end_all();
    if let Some(folder) = &order.folder {
        remove(folder);
    }
    kept
}

fn start_and_watch(order: &Order) -> io::Result<Kept> {
    descriptors::close_others()?;
    // First of all: they get the first free descriptors.
    let files = open_for_program(order)?;
    // Ctrl-C at the terminal is for the runner, which then ends its keeper.
    setsid()?;
    set_child_subreaper(Some(getpid()))?;
    let runner = i32::try_from(order.runner).ok().and_then(Pid::from_raw);
    let runner = runner.ok_or_else(|| io::Error::other("the runner's id is none"))?;
    let runner_ends = pidfd_open(runner, PidfdFlags::empty())?;
    if getppid() != Some(runner) {
        return Err(io::Error::other("the runner is gone"));
    }
    let mechanism = order.mechanism.unwrap_or_else(Mechanism::best);
    let limits = Limits {
        data: Some(order.data),
        cpu: Some(CPU),
        descriptors: Some(DESCRIPTORS),
        ..Limits::default()
    };
    limits.set()?;
    // What its program writes is for this account alone.
    umask(Mode::RWXG | Mode::RWXO);
    mechanism.enter()?;
    let own = getpid().as_raw_nonzero().get().unsigned_abs();
    let mut first = Command::new("/proc/self/exe")
        .args(init::words(own, mechanism, &order.program))
        .stdin(match order.input {
            Input::Shared => Stdio::inherit(),
            Input::Nothing => Stdio::null(),
        })
        .spawn()?;
    drop(files);
    if order.input == Input::Shared {
        init::let_go_of_streams()?;
    }
    let id = Pid::from_child(&first);
    let first_ends = pidfd_open(id, PidfdFlags::empty())?;
    loop {
        let input = std::io::stdin();
        // Only that it is closed on the other side, which is always told, and never what is in it: nothing is.
        let mut all = [
            PollFd::new(&input, PollFlags::empty()),
            PollFd::new(&runner_ends, PollFlags::IN),
            PollFd::new(&first_ends, PollFlags::IN),
        ];
        match poll(&mut all, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(why) => return Err(why.into()),
        }
        let [closed, runner_gone, ended] = all.map(|one| !one.revents().is_empty());
        if runner_gone || closed {
            return Ok(Kept::Asked);
        }
        if ended {
            let status = first.wait()?;
            if mechanism == Mechanism::Subreaper {
                // An init has said so itself.
                init::say(status);
            }
            return Ok(Kept::Ended);
        }
    }
}

/// Opens the files that the program is to find.
fn open_for_program(order: &Order) -> io::Result<Vec<File>> {
    let open = |path: &PathBuf| {
        let file = File::open(path)?;
        fcntl_setfd(&file, FdFlags::empty())?;
        Ok(file)
    };
    let named = |path: &PathBuf| {
        open(path).map_err(|why: io::Error| {
            io::Error::new(why.kind(), format!("{}: {why}", path.display()))
        })
    };
    order.files.iter().map(named).collect()
}

fn remove(folder: &Path) {
    for _ in 0..TRIES {
        match fs::remove_dir_all(folder) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => std::thread::sleep(PAUSE),
            _ => return,
        }
    }
}
