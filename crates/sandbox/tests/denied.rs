//! What was given up is gone, and what was allowed is there: tried by a process of its own, whose only thread this
//! is.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode};

use sandbox::{Allowance, Allowances, Guard, Guards, Limits};

const LIMITS: Limits = Limits {
    stack: None,
    addresses: Some(1 << 30),
    data: None,
    cpu: Some(60),
    descriptors: Some(32),
    file: None,
};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.as_slice() {
        [word, parent, allowed, port] if word == "inside" => inside(parent, allowed, port),
        // Whatever a test runner asks: there is one test.
        _ => outside(),
    }
}

/// What each thing that was tried came to: `name=done` or `name=denied`.
fn inside(parent: &str, allowed: &str, port: &str) -> ExitCode {
    let (parent, allowed) = (parent.parse().unwrap(), allowed.parse().unwrap());
    let guards = sandbox::enter(parent, &LIMITS, allowed).unwrap();
    let tried = [
        ("read", File::open("/etc/passwd").is_ok()),
        ("write", fs::write("/tmp/breakeven-sandbox-test", "x").is_ok()),
        ("overwrite", File::options().append(true).open("/etc/hosts").is_ok()),
        ("list", fs::read_dir("/").is_ok_and(|mut entries| entries.next().is_some())),
        ("hosts", File::open("/etc/hosts").is_ok()),
        ("name", ("localhost", 80).to_socket_addrs().is_ok_and(|mut all| all.next().is_some())),
        ("connect", TcpStream::connect(format!("127.0.0.1:{port}")).is_ok()),
        ("listen", TcpListener::bind("127.0.0.1:0").is_ok()),
        ("pair", UnixStream::pair().is_ok()),
        ("start", Command::new("/bin/true").status().is_ok_and(|status| status.success())),
        ("thread", std::thread::Builder::new().spawn(|| ()).is_ok_and(|it| it.join().is_ok())),
        ("compute", (0..1000_u64).map(|it| it * it).collect::<Vec<_>>().iter().sum::<u64>() > 0),
    ];
    println!("guards={}", guards.bits());
    for (name, is_done) in tried {
        println!("{name}={}", if is_done { "done" } else { "denied" });
    }
    ExitCode::SUCCESS
}

fn outside() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let own = std::env::current_exe().unwrap();
    let everything = [
        "read",
        "write",
        "overwrite",
        "list",
        "hosts",
        "name",
        "connect",
        "listen",
        "pair",
        "start",
        "thread",
        "compute",
    ];
    for allowed in Allowances::KINDS.into_iter().chain([Allowances::EVERYTHING]) {
        let output = Command::new(&own)
            .args(["inside", &std::process::id().to_string(), &allowed.to_string(), &port])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{allowed}: {said}{errors}");
        let bits = said.lines().find_map(|line| line.strip_prefix("guards=")).unwrap();
        let guards = Guards::from_bits(bits.parse().unwrap());
        let is_free = allowed == Allowances::EVERYTHING;
        if !(is_free || guards.has(Guard::Seccomp) && guards.has(Guard::Landlock)) {
            eprintln!("left out: this kernel has no seccomp, or no Landlock");
            continue;
        }
        let is_allowed = |name: &&str| match *name {
            "compute" => true,
            "connect" => allowed.has(Allowance::Network),
            "hosts" | "name" => allowed.has(Allowance::Names),
            "thread" => allowed.has(Allowance::Threads),
            // Where it is not the sandbox that forbids it.
            "overwrite" => is_free && File::options().append(true).open("/etc/hosts").is_ok(),
            _ => is_free,
        };
        let done: Vec<&str> = everything.into_iter().filter(is_allowed).collect();
        let found: Vec<&str> = said.lines().filter_map(|line| line.strip_suffix("=done")).collect();
        assert_eq!(found, done, "allowed: {allowed}");
    }
    let _ = fs::remove_file("/tmp/breakeven-sandbox-test");
    println!("what was given up is gone: ok");
    ExitCode::SUCCESS
}
