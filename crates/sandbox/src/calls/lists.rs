//! Which system calls, and with which arguments.

use libc::c_long;

/// A system call with its name.
pub(super) type Call = (&'static str, c_long);

/// A condition that an argument's lower 32 bits must meet: the kernel reads no more of those that are named here.
#[derive(Clone, Copy)]
pub(super) struct Argument {
    pub(super) place: u8,
    /// Which bits are looked at.
    pub(super) mask: u32,
    /// What they are.
    pub(super) value: u32,
}

/// A call that is allowed only if all conditions of one of these lists are met.
pub(super) type Restricted = (Call, &'static [&'static [Argument]]);

macro_rules! calls {
    ($($name:ident)*) => { &[$((stringify!($name), libc::$name)),*] };
}

/// The argument in this place is this number.
const fn is(place: u8, value: i32) -> Argument {
    Argument { place, mask: u32::MAX, value: value.cast_unsigned() }
}

/// Of the bits of this mask, these are set.
const fn masked(place: u8, mask: i32, value: i32) -> Argument {
    Argument { place, mask: mask.cast_unsigned(), value: value.cast_unsigned() }
}

/// What the allocator, locks, clocks, the end of a process, and frames over its standard streams or shared
/// memory take.
pub(super) const COMPUTING: &[Call] = calls! {
    SYS_brk SYS_clock_gettime SYS_clock_nanosleep SYS_close SYS_exit SYS_exit_group SYS_fstat SYS_futex SYS_getpid
    SYS_getppid SYS_getrandom SYS_gettid SYS_lseek SYS_madvise SYS_mmap SYS_mprotect SYS_mremap SYS_munmap
    SYS_nanosleep SYS_ppoll SYS_read SYS_readv SYS_recvmsg SYS_restart_syscall SYS_rseq SYS_rt_sigaction
    SYS_rt_sigprocmask SYS_rt_sigreturn SYS_sched_getaffinity SYS_sched_yield SYS_sendmsg SYS_set_robust_list
    SYS_sigaltstack SYS_write SYS_writev
};

/// Nothing that makes the kernel send a signal (owners, leases, O_ASYNC), that locks, or that changes a pipe.
pub(super) const COMPUTING_RESTRICTED: &[Restricted] = &[(
    ("SYS_fcntl", libc::SYS_fcntl),
    &[
        &[is(1, libc::F_GETFD)],
        &[is(1, libc::F_SETFD)],
        &[is(1, libc::F_GETFL)],
        &[is(1, libc::F_SETFL), masked(2, libc::O_ASYNC, 0)],
        &[is(1, libc::F_DUPFD_CLOEXEC)],
        &[is(1, libc::F_GET_SEALS)],
    ],
)];

/// What connections take. Nobody connects to one that does not listen.
pub(super) const NETWORK: &[Call] = calls! {
    SYS_connect SYS_getpeername SYS_getsockname SYS_getsockopt SYS_recvfrom SYS_sendto SYS_shutdown
};

/// Which kind of socket, without the flags that come with it.
const KIND: i32 = 0xf;

/// Unix sockets lead to other programs of this machine, packet and raw ones to what is not a connection's.
pub(super) const NETWORK_RESTRICTED: &[Restricted] = &[
    (
        ("SYS_socket", libc::SYS_socket),
        &[
            &[is(0, libc::AF_INET), masked(1, KIND, libc::SOCK_STREAM)],
            &[is(0, libc::AF_INET6), masked(1, KIND, libc::SOCK_STREAM)],
        ],
    ),
    (("SYS_ioctl", libc::SYS_ioctl), &[&[is(1, libc::FIONBIO as i32)]]),
    (
        ("SYS_setsockopt", libc::SYS_setsockopt),
        &[
            &[is(1, libc::IPPROTO_TCP), is(2, libc::TCP_NODELAY)],
            &[is(1, libc::SOL_SOCKET), is(2, libc::SO_RCVTIMEO)],
            &[is(1, libc::SOL_SOCKET), is(2, libc::SO_SNDTIMEO)],
        ],
    ),
];

/// What the C library takes to look names up beside connections: files to be read, and questions over UDP. It
/// looks at files by path, too, and cannot without seeing whether others are there.
pub(super) const NAMES: &[Call] = calls! {
    SYS_bind SYS_newfstatat SYS_recvmmsg SYS_sendmmsg SYS_uname
};

/// Opening what may neither be written nor made; with `O_PATH` Landlock would not be asked.
const NOT_TO_READ: i32 = libc::O_ACCMODE
    | libc::O_CREAT
    | libc::O_TRUNC
    | libc::O_PATH
    | (libc::O_TMPFILE & !libc::O_DIRECTORY);

pub(super) const NAMES_RESTRICTED: &[Restricted] = &[
    (("SYS_openat", libc::SYS_openat), &[&[masked(2, NOT_TO_READ, libc::O_RDONLY)]]),
    (
        ("SYS_socket", libc::SYS_socket),
        &[
            &[is(0, libc::AF_INET), masked(1, KIND, libc::SOCK_DGRAM)],
            &[is(0, libc::AF_INET6), masked(1, KIND, libc::SOCK_DGRAM)],
            // Which kinds of addresses this machine has itself.
            &[is(0, libc::AF_NETLINK), is(2, libc::NETLINK_ROUTE)],
        ],
    ),
    (("SYS_ioctl", libc::SYS_ioctl), &[&[is(1, libc::FIONREAD as i32)]]),
    (
        ("SYS_setsockopt", libc::SYS_setsockopt),
        &[
            &[is(1, libc::SOL_IP), is(2, libc::IP_RECVERR)],
            &[is(1, libc::SOL_IPV6), is(2, libc::IPV6_RECVERR)],
        ],
    ),
];

/// Older names, which some architectures have alone.
#[cfg(target_arch = "x86_64")]
pub(super) const NETWORK_TOO: &[Call] = calls! { SYS_poll };
#[cfg(not(target_arch = "x86_64"))]
pub(super) const NETWORK_TOO: &[Call] = &[];

/// Threads of this process, in the namespaces that it has; and their names.
pub(super) const THREADS_RESTRICTED: &[Restricted] = &[
    (
        ("SYS_clone", libc::SYS_clone),
        &[&[masked(0, libc::CLONE_THREAD | NEW_NAMESPACES, libc::CLONE_THREAD)]],
    ),
    (("SYS_prctl", libc::SYS_prctl), &[&[is(0, libc::PR_SET_NAME)]]),
];

const NEW_NAMESPACES: i32 = libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWUTS;
