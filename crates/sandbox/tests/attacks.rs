//! Attacks from inside every kind of sandbox, by bare system calls: each is made by a process of its own, whose only
//! thread this is.
#![allow(unsafe_code, reason = "an attacker makes calls that no library has")]

use std::ffi::CStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use sandbox::{Allowance, Allowances, Guard, Guards, Limits};

const LIMITS: Limits = Limits {
    stack: None,
    addresses: Some(1 << 30),
    data: None,
    cpu: Some(60),
    descriptors: None,
    file: None,
};
/// Numbers that are tried: more than any kernel has.
const NUMBERS: i64 = 700;
const X32: i64 = 0x4000_0000;
/// Calls after which there is nobody to go on; on x86-64 also those of the kernel's own probes, which no filter is
/// asked about since Linux 6.14: they end whoever makes them from elsewhere.
const LAST: [i64; 5] = [libc::SYS_exit, libc::SYS_exit_group, libc::SYS_rt_sigreturn, 335, 336];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["inside", parent, allowed, attack, more] => inside(parent, allowed, attack, more),
        ["victim"] => sleep(),
        ["between", allowed] => between(allowed),
        // Whatever a test runner asks: there is one test.
        _ => outside(),
    }
    ExitCode::SUCCESS
}

fn sleep() {
    std::thread::sleep(Duration::from_secs(600));
}

/// A call; what it returned, or the number of its error, negative.
fn call(number: i64, arguments: [usize; 6]) -> i64 {
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: addresses are those of constants, or none that a process has; the calls that get through with such
    // neither read nor write memory of this process that matters.
    let result = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if result < 0 {
        -i64::from(std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
    } else {
        result
    }
}

fn inside(parent: &str, allowed: &str, attack: &str, more: &str) {
    let guards =
        sandbox::enter(parent.parse().unwrap(), &LIMITS, allowed.parse().unwrap()).unwrap();
    println!("guards={}", guards.bits());
    match attack {
        "calls" => every_call(more),
        "signals" => signals(more.parse().unwrap()),
        "files" => files(),
        "sockets" => sockets(),
        _ => sleep(),
    }
    println!("over");
}

/// Every number with arguments that mean nothing: `more` are those that are allowed whatever their arguments.
fn every_call(more: &str) {
    let free: Vec<i64> = more.split(',').map(|number| number.parse().unwrap()).collect();
    for number in (0..NUMBERS).chain(X32..X32 + NUMBERS) {
        if LAST.contains(&number) {
            continue;
        }
        let is_refused = match call(number, [usize::MAX; 6]) {
            answer if answer == -i64::from(libc::EPERM) => true,
            // Where there are threads.
            answer if number == libc::SYS_clone3 => answer == -i64::from(libc::ENOSYS),
            _ => false,
        };
        if is_refused == free.contains(&number) {
            println!("wrong={number} is {}", if is_refused { "refused" } else { "let through" });
        }
    }
}

/// Has the kernel signal another process when something arrives at our standard input, and asks for signals.
fn signals(victim: usize) {
    // The owner as F_SETOWN_EX has it: of kind F_OWNER_PID.
    let owner = [1_i32, victim as i32];
    let pointer = |it: &i32| std::ptr::from_ref(it).addr();
    let kill = libc::SIGKILL as usize;
    let fcntl = |command: i32, value| call(libc::SYS_fcntl, [0, command as usize, value, 0, 0, 0]);
    let ioctl = |request, value| call(libc::SYS_ioctl, [0, request, value, 0, 0, 0]);
    let tried = [
        ("F_SETOWN", fcntl(libc::F_SETOWN, victim)),
        ("F_SETOWN_EX", fcntl(15, pointer(&owner[0]))),
        ("F_SETSIG", fcntl(10, kill)),
        ("FIOSETOWN", ioctl(0x8901, pointer(&owner[1]))),
        ("SIOCSPGRP", ioctl(0x8902, pointer(&owner[1]))),
        ("O_ASYNC", fcntl(libc::F_SETFL, (libc::O_ASYNC | libc::O_NONBLOCK) as usize)),
        ("FIOASYNC", ioctl(0x5452, pointer(&owner[0]))),
        ("F_SETLEASE", fcntl(1024, 1)),
        ("F_NOTIFY", fcntl(1026, 1)),
        ("kill", call(libc::SYS_kill, [victim, kill, 0, 0, 0, 0])),
        ("tkill", call(libc::SYS_tkill, [victim, kill, 0, 0, 0, 0])),
        ("tgkill", call(libc::SYS_tgkill, [victim, victim, kill, 0, 0, 0])),
        ("pidfd_open", call(libc::SYS_pidfd_open, [victim, 0, 0, 0, 0, 0])),
        ("ptrace", call(libc::SYS_ptrace, [0x4206, victim, 0, 0, 0, 0])),
        ("setpriority", call(libc::SYS_setpriority, [0, victim, 5, 0, 0, 0])),
        ("prlimit64", call(libc::SYS_prlimit64, [victim, 0, 0, 0, 0, 0])),
    ];
    for (name, answer) in tried {
        if answer != -i64::from(libc::EPERM) {
            println!("wrong={name} answers {answer}");
        }
    }
    // From now on whatever arrives would be told.
    println!("armed");
    let _ = call(libc::SYS_read, [0, pointer(&owner[0]), 1, 0, 0, 0]);
}

fn files() {
    let mut space = [0_u8; 512];
    let into = space.as_mut_ptr().addr();
    let here = libc::AT_FDCWD as usize;
    let empty = libc::AT_EMPTY_PATH as usize;
    let say = |name: &str, path: &CStr, answer: i64| {
        println!("{name} {}={answer}", path.to_str().unwrap());
    };
    for path in [c"/etc/passwd", c"/root", c"/nothing-here", c"/etc/hosts"] {
        let at = path.as_ptr().addr();
        say("statx", path, call(libc::SYS_statx, [here, at, empty, 0x7ff, into, 0]));
        say("newfstatat", path, call(libc::SYS_newfstatat, [here, at, into, 0, 0, 0]));
        say("faccessat", path, call(libc::SYS_faccessat, [here, at, 0, 0, 0, 0]));
        say("readlinkat", path, call(libc::SYS_readlinkat, [here, at, into, 512, 0, 0]));
        say("open to read", path, call(libc::SYS_openat, [here, at, 0, 0, 0, 0]));
        for flags in [libc::O_PATH, libc::O_WRONLY, libc::O_RDWR, libc::O_CREAT, libc::O_TRUNC] {
            say(
                "open otherwise",
                path,
                call(libc::SYS_openat, [here, at, flags as usize, 0o600, 0, 0]),
            );
        }
    }
}

fn sockets() {
    for (family, kind) in [
        (libc::AF_UNIX, libc::SOCK_STREAM),
        (libc::AF_UNIX, libc::SOCK_DGRAM),
        (libc::AF_INET, libc::SOCK_RAW),
        (libc::AF_PACKET, libc::SOCK_RAW),
        (libc::AF_VSOCK, libc::SOCK_STREAM),
        (libc::AF_ALG, libc::SOCK_SEQPACKET),
        (libc::AF_NETLINK, libc::SOCK_RAW),
    ] {
        // Of netlink the protocol that has nothing to do with addresses.
        let answer = call(libc::SYS_socket, [family as usize, kind as usize, 15, 0, 0, 0]);
        if answer != -i64::from(libc::EPERM) {
            println!("wrong=socket {family} {kind} answers {answer}");
        }
    }
}

/// Starts one that waits, says which it is, and waits itself.
fn between(allowed: &str) {
    let allowed: Allowances = allowed.parse().unwrap();
    let mut child = attack(allowed, "waits", "", Stdio::null());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("guards="));
    println!("{}", child.id());
    sleep();
    let _ = child.wait();
}

fn attack(allowed: Allowances, attack: &str, more: &str, input: Stdio) -> Child {
    let parent = std::process::id().to_string();
    Command::new(std::env::current_exe().unwrap())
        .args(["inside", &parent, &allowed.to_string(), attack, more])
        .stdin(input)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What it said, without the line about its guards.
fn said(child: Child) -> Vec<String> {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.ends_with("over\n"), "{:?}: {text}", output.status);
    text.lines().skip(1).filter(|line| *line != "over").map(str::to_owned).collect()
}

fn outside() {
    let mut probe = attack(Allowances::NOTHING, "nothing", "", Stdio::null());
    let mut line = String::new();
    BufReader::new(probe.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let guards = Guards::from_bits(line.trim().strip_prefix("guards=").unwrap().parse().unwrap());
    let status = fs::read_to_string(format!("/proc/{}/status", probe.id())).unwrap();
    probe.kill().unwrap();
    probe.wait().unwrap();
    if !guards.has(Guard::Seccomp) || !guards.has(Guard::Landlock) {
        eprintln!("left out: this kernel has no seccomp, or no Landlock");
        return;
    }
    has_no_privileges(guards, &status);
    for allowed in Allowances::KINDS {
        makes_no_other_call(allowed);
        reaches_no_process(allowed);
        reaches_no_file(allowed);
        assert_eq!(said(attack(allowed, "sockets", "", Stdio::null())), [""; 0], "{allowed}");
        dies_with_its_parent(allowed);
    }
    println!("nothing got through: ok");
}

fn has_no_privileges(guards: Guards, status: &str) {
    let line = |name: &str| {
        let found = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        found.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    for name in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
        assert_eq!(line(name), ["0000000000000000"], "{name}");
    }
    assert!(guards.has(Guard::Capabilities));
    assert_eq!(line("NoNewPrivs:"), ["1"]);
    assert_eq!(line("Seccomp:"), ["2"]);
    if guards.has(Guard::User) {
        assert!(line("Uid:").iter().all(|id| id != "0"), "{status}");
        let is_nobody = line("Uid:")[0] == "65534";
        assert!(
            !is_nobody || (line("Gid:") == ["65534"; 4] && line("Groups:").is_empty()),
            "{status}"
        );
    } else {
        eprintln!("left out: root cannot become nobody here");
    }
}

fn makes_no_other_call(allowed: Allowances) {
    let name = allowed.to_string().replace(',', "-");
    let list =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calls").join(std::env::consts::ARCH);
    let Ok(list) = fs::read_to_string(list.join(format!("{name}.txt"))) else {
        eprintln!("left out: nobody has made a list on {}", std::env::consts::ARCH);
        return;
    };
    let free = list.lines().filter(|line| !line.contains(':'));
    let free: Vec<&str> = free.filter_map(|line| Some(line.split_once(' ')?.0)).collect();
    assert!(free.len() > 30, "{free:?}");
    let found = said(attack(allowed, "calls", &free.join(","), Stdio::null()));
    assert_eq!(found, [""; 0], "{allowed}");
}

fn reaches_no_process(allowed: Allowances) {
    // Of the same user as the attacker: whoever is root becomes somebody else, and another user's is not to be had.
    let mut victim = Command::new(std::env::current_exe().unwrap()).arg("victim").spawn().unwrap();
    let (mut ours, theirs) = UnixStream::pair().unwrap();
    let input = Stdio::from(OwnedFd::from(theirs));
    let mut child = attack(allowed, "signals", &victim.id().to_string(), input);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let wrong: Vec<String> = lines.by_ref().skip(1).take_while(|line| line != "armed").collect();
    ours.write_all(b"x").unwrap();
    let rest: Vec<String> = lines.collect();
    child.wait().unwrap();
    let ended = victim.try_wait().unwrap().map(|status| status.signal());
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert_eq!((wrong, rest, ended), (vec![], vec!["over".to_owned()], None), "{allowed}");
}

fn reaches_no_file(allowed: Allowances) {
    let names = allowed.has(Allowance::Names);
    for line in said(attack(allowed, "files", "", Stdio::null())) {
        let (tried, answer) = line.split_once('=').unwrap();
        let answer: i64 = answer.parse().unwrap();
        let refused = -i64::from(libc::EPERM);
        let right = match tried.rsplit_once(' ').unwrap() {
            ("newfstatat", _) if names => true,
            ("open to read", "/etc/hosts") if names => answer >= 0,
            ("open to read", "/nothing-here") if names => answer < 0,
            ("open to read", _) if names => answer == -i64::from(libc::EACCES),
            _ => answer == refused,
        };
        assert!(right, "{allowed}: {line}");
    }
}

/// Becoming another user makes the kernel forget that it should.
fn dies_with_its_parent(allowed: Allowances) {
    let own = std::env::current_exe().unwrap();
    let mut parent = Command::new(own)
        .args(["between", &allowed.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let status = format!("/proc/{}/status", line.trim());
    assert!(fs::exists(&status).unwrap(), "{allowed}");
    parent.kill().unwrap();
    parent.wait().unwrap();
    // It may wait for somebody to collect it.
    let lives = || fs::read_to_string(&status).is_ok_and(|text| !text.contains("State:\tZ"));
    for _ in 0..1000 {
        if !lives() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{allowed}: it outlives its parent");
}
