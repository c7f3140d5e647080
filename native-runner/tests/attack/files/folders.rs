//! Folders of scripts, data and profiles, and the server's socket, while a run goes on.

use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, geteuid};

use super::{
    LEFT_OUT, as_another, has_postgres, look, mode, place, private_folders, server, signal, under,
};

const CONNECT: &str = "use IO::Socket::UNIX; IO::Socket::UNIX->new(Peer => $ARGV[0]) ? print 'in' : print \"out: $!\"";

#[test]
fn no_other_account_gets_to_anything_that_a_run_puts_on_a_disk() {
    if !has_postgres() {
        return;
    }
    // What another account can do where it may: the same steps below must fail.
    let open = place();
    let socket = open.path().join("socket");
    let _listener = UnixListener::bind(&socket).unwrap();
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o777)).unwrap();
    match as_another("/usr/bin/perl", &["-e", CONNECT, &socket.to_string_lossy()]) {
        Some(output) => assert_eq!(output.stdout, b"in"),
        None => eprintln!("{LEFT_OUT}"),
    }
    for umask in ["000", "002", "022"] {
        let place = place();
        let share = ["run", "share", "--quick", "--lane", "native.thread", "--lane", "node.worker"];
        let mut running = under(umask, place.path(), &share).spawn().unwrap();
        let (runner, mut attacked) = (Pid::from_child(&running), false);
        while let Some(folder) = look(&mut running, || server(place.path())) {
            // It goes on when everything has been tried.
            signal(runner, Signal::STOP);
            attacked |= attack(place.path(), &folder);
            signal(runner, Signal::CONT);
            look(&mut running, || (server(place.path()).as_ref() != Some(&folder)).then_some(()));
        }
        let output = running.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "umask {umask}: {said}");
        assert!(attacked, "umask {umask}: no server was there to be attacked");
        assert_eq!(
            private_folders(place.path()),
            [] as [&Path; 0],
            "umask {umask}: it leaves nothing"
        );
    }
}

/// Whether the server was up, so that it could be attacked.
fn attack(place: &Path, folder: &Path) -> bool {
    for private in private_folders(place) {
        let data = std::fs::symlink_metadata(&private).unwrap();
        assert_eq!((mode(&private), data.uid()), (0o700, geteuid().as_raw()), "{private:?}");
        for inner in super::inside(&private) {
            // The server's account has its own folder.
            assert_eq!(mode(&inner) & 0o077, 0, "{inner:?}");
        }
    }
    let socket = folder.join(".s.PGSQL.5432");
    let path = socket.to_string_lossy();
    for (program, arguments) in [
        ("/usr/bin/perl", &["-e", CONNECT, &*path][..]),
        ("/bin/ls", &[&*folder.to_string_lossy()]),
        ("/bin/cat", &[&*folder.join("access").to_string_lossy()]),
    ] {
        if let Some(output) = as_another(program, arguments) {
            let said =
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(said.contains("Permission denied"), "{program}: {said}");
        }
    }
    // The runner's own account is let in, in a role that can do little.
    let Some(mut session) = log_in(&socket, "breakeven") else { return false };
    for query in [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "CREATE ROLE other SUPERUSER",
        "COPY (SELECT 1) TO '/tmp/x'",
    ] {
        assert_eq!(ask(&mut session, query), b'E', "{query}");
    }
    for role in ["owner", "postgres", "root"] {
        assert!(log_in(&socket, role).is_none(), "{role} is let in");
    }
    true
}

/// A session in this role, if the server lets this account in.
fn log_in(socket: &Path, role: &str) -> Option<UnixStream> {
    for _ in 0..500 {
        let mut session = UnixStream::connect(socket).ok()?;
        session.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let names = format!("user\0{role}\0database\0postgres\0\0");
        let length = 8 + names.len() as u32;
        let request =
            [&length.to_be_bytes()[..], &196_608_u32.to_be_bytes(), names.as_bytes()].concat();
        session.write_all(&request).ok()?;
        match next(&mut session)? {
            (b'R', _) => {
                while next(&mut session)?.0 != b'Z' {}
                return Some(session);
            }
            // It is about to start.
            (_, said) if said.contains("57P03") => std::thread::sleep(Duration::from_millis(20)),
            _ => return None,
        }
    }
    None
}

/// The kind of the first answer to a query.
fn ask(session: &mut UnixStream, query: &str) -> u8 {
    let length = 5 + query.len() as u32;
    let request = [b"Q", &length.to_be_bytes()[..], query.as_bytes(), b"\0"].concat();
    session.write_all(&request).unwrap();
    let (kind, _) = next(session).unwrap();
    while next(session).unwrap().0 != b'Z' {}
    kind
}

/// The server's next message: its kind, and its bytes as text.
fn next(session: &mut UnixStream) -> Option<(u8, String)> {
    let mut head = [0; 5];
    session.read_exact(&mut head).ok()?;
    let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
    let mut body = vec![0; length.checked_sub(4)?];
    session.read_exact(&mut body).ok()?;
    Some((head[0], String::from_utf8_lossy(&body).into_owned()))
}
