//! What the keeper starts: the init of a namespace, which starts the program and collects what ends; without
//! a namespace, the program itself.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, WaitOptions, set_parent_process_death_signal, wait};
use rustix::stdio::{dup2_stdin, dup2_stdout};

use crate::{ENDED, Kept, Mechanism};

/// The words that make a process one of these: `--init KEEPER MECHANISM -- PROGRAM...`.
pub(crate) fn words(keeper: u32, mechanism: Mechanism, program: &[OsString]) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec!["--init".into(), keeper.to_string().into()];
    words.extend([mechanism.name().into(), "--".into()]);
    words.extend(program.iter().cloned());
    words
}

/// Starts the program and waits for its end; or becomes it, without a namespace. Reports the end on standard
/// error. `words` is what comes after `--init`.
///
/// # Errors
/// If the keeper is gone, the words are none, or the program could not be started.
pub fn become_init(words: Vec<OsString>) -> io::Result<Kept> {
    let [keeper, mechanism, dashes, program @ ..] = words.as_slice() else { return Err(usage()) };
    let keeper = keeper.to_str().and_then(|text| text.parse().ok()).ok_or_else(usage)?;
    let mechanism = mechanism.to_str().and_then(Mechanism::named).ok_or_else(usage)?;
    let [name, arguments @ ..] = program else { return Err(usage()) };
    if dashes != "--" {
        return Err(usage());
    }
    die_with(keeper)?;
    let mut command = Command::new(name);
    command.args(arguments);
    let failed = |why: io::Error| {
        io::Error::new(why.kind(), format!("{} could not be started: {why}", name.display()))
    };
    match mechanism {
        Mechanism::Subreaper => Err(failed(command.exec())),
        Mechanism::Namespace | Mechanism::UserNamespace => {
            let program = command.spawn().map_err(failed)?;
            let_go_of_streams()?;
            collect_until(Pid::from_child(&program)).map(|status| {
                say(status);
                Kept::Ended
            })
        }
    }
}

/// Says how the program ended, unless nobody reads what it said before: that must hold up no end.
pub(crate) fn say(status: ExitStatus) {
    let stderr = std::io::stderr();
    let mut room = [PollFd::new(&stderr, PollFlags::OUT)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    if poll(&mut room, Some(&now)).is_ok_and(|count| count > 0) {
        eprintln!("it ended with {status}");
    }
}

/// Lets go of the program's standard input and output: when the program closes them, nobody else must hold
/// them open.
pub(crate) fn let_go_of_streams() -> io::Result<()> {
    let nothing = File::options().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&nothing)?;
    dup2_stdout(&nothing)?;
    Ok(())
}

/// The parent's id as the kernel tells it here would be 0: the keeper lives outside of the namespace. `/proc`
/// is still the outside's.
fn die_with(keeper: u32) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let status = fs::read_to_string("/proc/self/status")?;
    let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    if parent.and_then(|id| id.trim().parse().ok()) == Some(keeper) {
        Ok(())
    } else {
        Err(io::Error::other("the keeper is gone"))
    }
}

/// Collects everybody's end until that of this one.
fn collect_until(program: Pid) -> io::Result<ExitStatus> {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((process, status))) if process == program => {
                return Ok(std::os::unix::process::ExitStatusExt::from_raw(status.as_raw()));
            }
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(why) => return Err(why.into()),
        }
    }
}

fn usage() -> io::Error {
    let why = format!("a keeper starts this, and ends with {ENDED} when it has");
    io::Error::new(io::ErrorKind::InvalidInput, why)
}
