//! `breakeven serve`, from outside.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Folder, breakeven, said};

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

#[test]
fn the_token_is_in_no_argument_and_no_message() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("opener");
    // What opens things writes down what it was asked to open.
    let [opened, opener] = ["opened", "xdg-open"].map(|name| PathBuf::from(folder.file(name)));
    fs::write(&opener, format!("#!/bin/sh\necho \"$@\" > {}\n", opened.display())).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", opener.parent().unwrap().display());
    let mut running = breakeven(&["serve", "--port", "0"])
        .env("PATH", path)
        .env("XDG_RUNTIME_DIR", opener.parent().unwrap())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let token = address.trim().split_once("#t=").unwrap().1.to_owned();
    let soon = Instant::now() + Duration::from_secs(60);
    let read = || fs::read_to_string(&opened).ok().filter(|text| text.ends_with('\n'));
    while read().is_none() {
        assert!(Instant::now() < soon, "nothing was opened");
        std::thread::sleep(Duration::from_millis(20));
    }
    let page = PathBuf::from(read().unwrap().trim());
    assert!(!page.to_string_lossy().contains(&token));
    assert!(fs::read_to_string(&page).unwrap().contains(&token), "the page goes on to the address");
    assert_eq!(fs::metadata(&page).unwrap().permissions().mode() & 0o777, 0o600);
    let id = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut said = String::new();
    running.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert!(!said.contains(&token) && said.contains("programs on this machine reach it"), "{said}");
    assert!(!page.exists(), "it does not stay");
}
