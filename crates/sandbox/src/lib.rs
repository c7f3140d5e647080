//! What a child process gives up first thing in its `main`, before it reads anything that came from
//! outside: its parent's descriptors, most of the machine's resources, files, the network, and the way to
//! start others.
//!
//! It is the child that does this and not its parent between fork and exec: that way the parent keeps the
//! fast path of `posix_spawn`, whose cost does not grow with its memory.
//!
//! What a kernel does not have is left out, and [`Guards`] says so: who needs a guard looks for it there.

mod allowances;
mod calls;
pub mod descriptors;
mod files;
mod guards;
mod limits;
pub mod privileges;

use std::io;

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal, setsid};
use rustix::thread::set_no_new_privs;

pub use allowances::{Allowance, Allowances};
pub use guards::{Guard, Guards};
pub use limits::Limits;

/// Has the calling process die with its parent, whatever ends that.
///
/// The kernel ties this to the *thread* that started the process: it must live as long as the process may.
///
/// # Errors
/// If the parent, a process with this id, is gone already, or the kernel refuses.
pub fn die_with(parent: u32) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have died before it was asked for.
    if getppid().map(Pid::as_raw_pid) == i32::try_from(parent).ok() {
        Ok(())
    } else {
        Err(io::Error::other("the parent is gone"))
    }
}

/// Gives up everything but what is allowed. To be called with one thread, before anything was opened: the
/// descriptors above the standard ones are closed.
///
/// # Errors
/// If the parent, a process with this id, is gone.
pub fn enter(parent: u32, limits: &Limits, allowed: Allowances) -> io::Result<Guards> {
    die_with(parent)?;
    let mut guards = Guards::default().with(Guard::ParentDeath);
    // It fails for whoever leads a process group already, which then has one of its own.
    if setsid().is_ok() {
        guards = guards.with(Guard::Session);
    }
    if descriptors::close_others().is_ok() {
        guards = guards.with(Guard::Descriptors);
    }
    if limits.set().is_ok() {
        guards = guards.with(Guard::Limits);
    }
    // What follows asks for it.
    let _ = set_no_new_privs(true);
    if allowed.is_everything() {
        return Ok(guards);
    }
    privileges::give_up();
    // Another user's process, or one that has lost powers, has no parent-death signal any more.
    die_with(parent)?;
    if privileges::is_not_root() {
        guards = guards.with(Guard::User);
    }
    if privileges::are_none() {
        guards = guards.with(Guard::Capabilities);
    }
    if let Some(landlock) = files::give_up(allowed) {
        guards = guards.with(Guard::Landlock).with_landlock_abi(landlock.abi);
        if landlock.has_scope() {
            guards = guards.with(Guard::Scope);
        }
    }
    if calls::give_up(allowed).is_ok() {
        guards = guards.with(Guard::Seccomp);
    }
    Ok(guards)
}
