//! The keeper of a browser: a process between the runner and the browser, so that the browser ends
//! however the runner does.
//!
//! It adopts what the browser's processes leave behind, and ends all of it when its standard input ends
//! (the runner closed it, or is gone) or when the browser does. The browser itself is started through
//! this program once more, which asks the kernel to end it with the keeper.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, getpid, getppid, pidfd_open, set_child_subreaper,
    set_parent_process_death_signal, setsid,
};

use super::descendants;

/// The exit code that says that the browser ended by itself.
pub(crate) const ENDED: u8 = 4;
/// Tries to remove a profile that something still writes into.
const TRIES: u32 = 40;

/// How a keeper's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The runner wanted it.
    Asked,
    /// The browser ended by itself.
    Ended,
}

/// Starts the browser and keeps it until its end; then nothing is left of it.
///
/// # Errors
/// If it could not be started.
pub(crate) fn keep(profile: &Path, program: &[String]) -> anyhow::Result<Kept> {
    let kept = watch(program);
    descendants::end_all();
    for _ in 0..TRIES {
        match fs::remove_dir_all(profile) {
            Ok(()) => break,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => break,
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
        }
    }
    kept
}

fn watch(program: &[String]) -> anyhow::Result<Kept> {
    // Ctrl-C at the terminal is for the runner, which then ends its keeper.
    setsid().context("the keeper has no session of its own")?;
    set_child_subreaper(Some(getpid())).context("the keeper cannot adopt processes")?;
    let own = std::env::current_exe().context("the keeper's own program")?;
    #[expect(clippy::disallowed_methods, reason = "this starts the browser")]
    let mut browser = Command::new(own)
        .args(["keep", "--start", "--"])
        .args(program)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context("the browser could not be started")?;
    let id = Pid::from_child(&browser);
    let ended = pidfd_open(id, PidfdFlags::empty()).context("the browser cannot be watched")?;
    let runner = std::io::stdin();
    let mut both = [PollFd::new(&runner, PollFlags::IN), PollFd::new(&ended, PollFlags::IN)];
    loop {
        match poll(&mut both, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(why) => bail!("the keeper cannot wait: {why}"),
        }
        if !both[0].revents().is_empty() {
            return Ok(Kept::Asked);
        }
        if !both[1].revents().is_empty() {
            let status = browser.wait().context("the browser's end")?;
            eprintln!("it ended with {status}");
            return Ok(Kept::Ended);
        }
    }
}

/// Becomes the browser, which the kernel ends together with the keeper that started it.
///
/// # Errors
/// If it could not be started.
pub(crate) fn start(program: &[String]) -> anyhow::Result<Kept> {
    let [program, arguments @ ..] = program else { bail!("no program is named") };
    let keeper = getppid();
    set_parent_process_death_signal(Some(Signal::KILL)).context("the browser's end")?;
    if getppid() != keeper {
        bail!("the keeper is gone already");
    }
    #[expect(clippy::disallowed_methods, reason = "this becomes the browser")]
    let why = Command::new(program).args(arguments).exec();
    Err(why).with_context(|| format!("{program} could not be started"))
}
