//! `cargo xtask record`: the report that comes with the page, measured anew on this machine.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::setup::{self, Toolchain, Want};
use crate::{build, cache, shell};

/// Beside the page.
const REPORT: &str = "web/recorded/report.json";
/// What measures, and what it writes. The report names them as they are called: below the project's root, wherever that is.
const RUNNER: &str = "target/release/breakeven";
const MADE: &str = "target/recorded.json";
/// What is timed over and over, and the trials that the claims need.
const EXPERIMENTS: [&str; 10] = [
    "startup", "echo", "compute", "dispatch", "memory", "tasks", "identity", "share", "crash",
    "foreign",
];

/// Builds, and measures everything once, in Chromium too.
pub(crate) fn run(forced: Option<Toolchain>) -> Result<(), String> {
    let tools = setup::run(Want::Test, forced)?;
    let testing = tools.testing.as_ref().ok_or("set-up for the tests left something out")?;
    build::runner(&tools)?;
    settle();
    let root = cache::workspace();
    let made = root.join(MADE);
    let mut command = Command::new(root.join(RUNNER));
    command
        .arg0(RUNNER)
        .current_dir(&root)
        .arg("run")
        .args(EXPERIMENTS)
        .args(["--browser", "chromium", "--trace", "/dev/null", "--json"])
        .arg(MADE)
        .env("CHROMIUM", &testing.browsers.chromium);
    shell::loudly("measuring on this machine", &mut command, shell::minutes(15))?;
    let told = |why: std::io::Error| format!("{}: {why}", made.display());
    let text = fs::read_to_string(&made).map_err(told)?;
    let file = root.join(REPORT);
    fs::write(&file, compact(&text)).map_err(|why| format!("{}: {why}", file.display()))
}

/// Waits until the build no longer shows in the machine's load, for some minutes at most.
fn settle() {
    eprintln!("── waiting until the machine is idle");
    let is_busy = || {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        load.split(' ')
            .next()
            .and_then(|load| load.parse().ok())
            .is_some_and(|load: f64| load > 0.2)
    };
    let deadline = Instant::now() + shell::minutes(5);
    while is_busy() && Instant::now() < deadline {
        thread::sleep(Duration::from_secs(1));
    }
}

/// Without the line breaks and indentation that are for people: no text in JSON has a line break.
fn compact(json: &str) -> String {
    json.lines().map(str::trim_start).collect::<String>() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_names_no_folder_of_the_machine() {
        let text = fs::read_to_string(cache::workspace().join(REPORT)).unwrap();
        let (_, command) = text.split_once("\"command\": [").unwrap();
        let command = command.split_once(']').unwrap().0;
        assert!(command.contains(RUNNER), "{command}");
        assert!(!command.replace("\"/dev/null\"", "").contains("\"/"), "{command}");
    }

    #[test]
    fn only_what_stands_between_values_goes() {
        assert_eq!(compact("{\n  \"a b\": [\n    1,\n    2\n  ]\n}\n"), "{\"a b\": [1,2]}\n");
    }
}
