//! `breakeven scrape` as its user has it.

#![allow(clippy::disallowed_methods, reason = "these tests start the command itself")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use protocol::scrape::{ScrapeEvent, ScrapeResult};
use rustix::process::{Pid, Signal, kill_process};

fn scrape(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_breakeven")).arg("scrape").args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The scrapers that this process has started.
fn scrapers_of(runner: u32) -> Vec<Pid> {
    let tasks = fs::read_dir(format!("/proc/{runner}/task")).unwrap().flatten();
    let children = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let ids: Vec<i32> = children
        .flat_map(|ids| ids.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect();
    ids.into_iter().filter_map(Pid::from_raw).collect()
}

#[test]
fn a_child_killed_in_the_middle_of_a_page_costs_a_second_try() {
    let mut runner = Command::new(env!("CARGO_BIN_EXE_breakeven"))
        .args(["scrape", "--json", "--workers", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(runner.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut killed = false;
    let mut slow = None;
    for line in lines {
        let event: ScrapeEvent = serde_json::from_str(&line).unwrap();
        match event {
            // The slow page is next, and takes two seconds.
            ScrapeEvent::Page(page) if page.url.ends_with("/trouble") => {
                sleep(Duration::from_millis(300));
                for child in scrapers_of(runner.id()) {
                    kill_process(child, Signal::KILL).unwrap();
                }
                killed = true;
            }
            ScrapeEvent::Page(page) if page.url.ends_with("/slow") => slow = Some(page),
            ScrapeEvent::Ended(summary) => {
                assert_eq!(summary.deaths, 3, "two at the page that is too deep, and this one");
                assert_eq!((summary.crashed, summary.lost), (1, 0), "{summary:?}");
            }
            _ => {}
        }
    }
    assert!(killed && runner.wait().unwrap().success());
    let slow = slow.unwrap();
    assert_eq!(slow.attempts, 2);
    assert!(matches!(slow.result, ScrapeResult::Answered(_)), "{slow:?}");
}

#[test]
fn bad_words_are_refused() {
    for (arguments, code, why) in [
        (&["ftp://a.test/"][..], 2, "begins with http:// or https://"),
        (&["--lane", "process.sockt"], 2, "did you mean process.socket?"),
        (&["--lane", "node.worker"], 3, "does not scrape"),
        (&["--lane", "native.thread", "--child", "python"], 3, "no program in python"),
        (&["--child", "ruby"], 2, "[possible values: rust, node, python]"),
        (&["--workers", "0"], 2, "1..=16"),
    ] {
        let output = scrape(arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(why), "{arguments:?}: {}", said(&output));
    }
}

#[test]
fn what_cannot_be_reached_is_told_and_is_no_success() {
    let output = scrape(&["http://localhost:9/", "http://nowhere.invalid/"]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("failed") && told.contains("nowhere.invalid was not found"), "{told}");
}
