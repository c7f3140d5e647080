//! Where callers and workers run.

use std::io;

use lab::Placement;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Caller and workers on two different processors of those that this process may use.
///
/// # Errors
/// If there is only one, or the system does not tell.
pub fn apart() -> io::Result<Placement> {
    let allowed = sched_getaffinity(None)?;
    let mut usable = (0..CpuSet::MAX_CPU).filter(|number| allowed.is_set(*number));
    match (usable.next(), usable.next()) {
        (Some(caller), Some(workers)) => {
            Ok(Placement::Apart { caller: caller as u32, workers: workers as u32 })
        }
        _ => Err(io::Error::other("there is only one processor to use")),
    }
}

/// Puts the calling thread, and what it starts, where the caller belongs.
///
/// # Errors
/// If the system refuses.
pub fn put_caller(placement: Placement) -> io::Result<()> {
    match placement {
        Placement::Unpinned => Ok(()),
        Placement::Apart { caller, .. } => put(None, caller),
    }
}

/// Puts the calling thread where a worker belongs.
///
/// # Errors
/// If the system refuses.
pub fn put_this_worker(placement: Placement) -> io::Result<()> {
    match placement {
        Placement::Unpinned => Ok(()),
        Placement::Apart { workers, .. } => put(None, workers),
    }
}

/// Puts a process of one thread where a worker belongs.
///
/// # Errors
/// If the system refuses.
pub fn put_worker(process: Pid, placement: Placement) -> io::Result<()> {
    match placement {
        Placement::Unpinned => Ok(()),
        Placement::Apart { workers, .. } => put(Some(process), workers),
    }
}

fn put(process: Option<Pid>, processor: u32) -> io::Result<()> {
    let mut only = CpuSet::new();
    only.set(processor as usize);
    Ok(sched_setaffinity(process, &only)?)
}
