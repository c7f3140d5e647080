//! The command line as a user meets it: what it prints where, and how it ends.
#![allow(clippy::disallowed_methods, reason = "these tests start the command itself")]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn breakeven(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_breakeven"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn bad_usage_ends_with_2_and_says_what_is_wrong() {
    for (arguments, says) in [
        (&["serve", "--port", "65536"][..], "--port"),
        (&["serve", "--port", "-1"], "-1"),
        (&["serve", "--prot", "1"], "--port"),
        (&["sevre"], "serve"),
        (&[], "serve"),
    ] {
        let (code, stdout, stderr) = said(&breakeven(arguments).output().unwrap());
        assert_eq!(code, Some(2), "{arguments:?}");
        assert_eq!(stdout, "", "{arguments:?}");
        assert!(stderr.contains(says), "{arguments:?}: {stderr}");
    }
}

#[test]
fn a_port_in_use_ends_with_1_and_says_what_to_do() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(taken) = TcpListener::bind(address) else {
            assert!(address.starts_with('['), "only IPv6 may be missing");
            continue;
        };
        let port = taken.local_addr().unwrap().port().to_string();
        let (code, stdout, stderr) =
            said(&breakeven(&["serve", "--no-open", "--port", &port]).output().unwrap());
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{address}");
        assert!(stderr.contains(&format!("port {port} is in use")), "{stderr}");
        assert!(stderr.contains("--port 0"), "{stderr}");
    }
}

#[test]
fn serve_prints_one_line_and_an_interrupt_ends_it_with_130() {
    for signal in ["-INT", "-TERM"] {
        let mut serving = breakeven(&["serve", "--no-open", "--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(serving.stdout.take().unwrap());
        let mut address = String::new();
        stdout.read_line(&mut address).unwrap();
        assert!(address.starts_with("http://127.0.0.1:"), "{address}");
        let (_, token) = address.trim_end().split_once("/#t=").unwrap();
        assert_eq!(token.len(), 64);

        let id = serving.id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().unwrap().success());
        assert_eq!(serving.wait().unwrap().code(), Some(130), "{signal}");
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing but the address goes to stdout");
        let mut stderr = String::new();
        serving.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert!(!stderr.contains(token), "the token goes to stdout alone");
    }
}
