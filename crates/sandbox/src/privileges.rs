//! Root, and the powers that root has: given up by whoever does not need them.

use std::io;

use rustix::process::{Gid, Uid, geteuid, getuid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_thread_groups, set_thread_res_gid,
    set_thread_res_uid,
};

/// The user and the group that own nothing, by convention.
const NOBODY: u32 = 65_534;

/// What whoever started this process needs to look after one of another user: to end it, to place it on processors,
/// and to see how much memory it has.
const LOOKS_AFTER: CapabilitySet =
    CapabilitySet::KILL.union(CapabilitySet::SYS_NICE).union(CapabilitySet::SYS_PTRACE);

/// What programs that are not ours may need of root: the files of other users, becoming one of them, and ending
/// their processes. Node, browsers and PostgreSQL need nothing else, the network's administration and devices
/// least of all.
const FEW: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::KILL)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::SETUID);

const NONE: CapabilitySets = CapabilitySets {
    effective: CapabilitySet::empty(),
    permitted: CapabilitySet::empty(),
    inheritable: CapabilitySet::empty(),
};

/// Has the calling process, which has one thread, be nobody if it is root, and have no capabilities. The kernel
/// forgets the parent-death signal over it.
///
/// It stays root where nobody is no user, as in most containers without privileges, or where whoever started it could
/// not look after it any more, as in most others; without capabilities it is then a user like any.
pub(crate) fn give_up() {
    let held = capabilities(None).unwrap_or(NONE);
    if geteuid().is_root() && held.effective.contains(LOOKS_AFTER) {
        let _ = become_nobody();
    }
    let _ = clear_ambient_capability_set();
    if held != NONE {
        let _ = set_capabilities(None, NONE);
    }
}

fn become_nobody() -> io::Result<()> {
    let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    // The user goes last: changing the others takes root.
    set_thread_res_gid(group, group, group)?;
    set_thread_groups(&[])?;
    set_thread_res_uid(user, user, user)?;
    Ok(())
}

/// Whether this process is not root.
pub(crate) fn is_not_root() -> bool {
    !geteuid().is_root() && !getuid().is_root()
}

/// Whether this process has no capabilities, and can gain none in a process without new privileges.
pub(crate) fn are_none() -> bool {
    capabilities(None).is_ok_and(|held| held == NONE)
}

/// Has whatever this process starts from now on have no more of root's powers than programs need that are not ours.
/// It changes nothing for who is not root.
///
/// # Errors
/// If the kernel refuses.
pub fn keep_few() -> io::Result<()> {
    let held = capabilities(None)?;
    if !held.effective.contains(CapabilitySet::SETPCAP) {
        return Ok(());
    }
    // Bits from the lowest on, until the kernel knows no more.
    for bit in 0..u64::BITS {
        let one = CapabilitySet::from_bits_retain(1 << bit);
        if !FEW.contains(one) && remove_capability_from_bounding_set(one).is_err() {
            break;
        }
    }
    Ok(())
}
