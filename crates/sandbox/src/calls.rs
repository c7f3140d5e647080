//! seccomp: the system calls of a process that computes and talks to its parent, and no others.

use std::collections::BTreeMap;
use std::io;

use libc::c_long;
use rustix::process::getpid;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use crate::{Allowance, Allowances};

/// What the allocator, locks, clocks, the end of a process, and frames over its standard streams or shared
/// memory take.
const COMPUTING: [c_long; 37] = [
    libc::SYS_brk,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_fcntl,
    libc::SYS_fstat,
    libc::SYS_futex,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_ppoll,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_recvmsg,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_sendmsg,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_statx,
    libc::SYS_write,
    libc::SYS_writev,
];

const FILES: [c_long; 12] = [
    libc::SYS_faccessat,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_ioctl,
    libc::SYS_mkdirat,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_readlinkat,
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
];

/// What connections and looking names up take.
const NETWORK: [c_long; 16] = [
    libc::SYS_accept4,
    libc::SYS_bind,
    libc::SYS_connect,
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_listen,
    libc::SYS_recvfrom,
    libc::SYS_recvmmsg,
    libc::SYS_sendmmsg,
    libc::SYS_sendto,
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_uname,
];

/// The same under its older name, which some architectures have alone.
#[cfg(target_arch = "x86_64")]
const NETWORK_TOO: [c_long; 1] = [libc::SYS_poll];
#[cfg(not(target_arch = "x86_64"))]
const NETWORK_TOO: [c_long; 0] = [];

const PROCESSES: [c_long; 14] = [
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_kill,
    libc::SYS_pidfd_open,
    libc::SYS_pipe2,
    libc::SYS_prctl,
    libc::SYS_setpgid,
    libc::SYS_setsid,
    libc::SYS_wait4,
    libc::SYS_waitid,
];

/// Gives up all calls but those of computing and of what is allowed. Others fail with `EPERM`.
///
/// # Errors
/// If the kernel has no seccomp, or this processor is none that the filter is known for.
pub(crate) fn give_up(allowed: Allowances) -> io::Result<()> {
    let filter = filter(allowed).map_err(io::Error::other)?;
    seccompiler::apply_filter(&filter).map_err(io::Error::other)
}

fn filter(allowed: Allowances) -> Result<BpfProgram, seccompiler::BackendError> {
    let more = [
        (Allowance::Files, FILES.as_slice()),
        (Allowance::Network, NETWORK.as_slice()),
        (Allowance::Network, NETWORK_TOO.as_slice()),
        (Allowance::Processes, PROCESSES.as_slice()),
    ];
    let more = more.into_iter().filter(|(one, _)| allowed.has(*one)).flat_map(|(_, calls)| calls);
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> =
        COMPUTING.iter().chain(more).map(|call| (*call, Vec::new())).collect();
    // An abort is a signal to oneself.
    let own = u64::from(getpid().as_raw_nonzero().get().unsigned_abs());
    let to_itself = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own)?;
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![to_itself])?]);
    if allowed.has(Allowance::Network) && !allowed.has(Allowance::Files) {
        // A socket is told not to block; nothing else is a device.
        let mode =
            SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, libc::FIONBIO)?;
        rules.insert(libc::SYS_ioctl, vec![SeccompRule::new(vec![mode])?]);
    }
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let here = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, refuse, SeccompAction::Allow, here)?.try_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_made_for_every_allowance() {
        for allowed in [
            Allowances::NOTHING,
            Allowances::NOTHING.with(Allowance::Files),
            Allowances::NOTHING.with(Allowance::Network).with(Allowance::Processes),
        ] {
            assert!(filter(allowed).is_ok_and(|filter| filter.len() > COMPUTING.len()));
        }
    }
}
