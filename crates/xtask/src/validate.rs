//! `cargo xtask validate`: the long checks, whose figures stand in METHODOLOGY.md.

use std::process::Command;

use crate::{cache, shell};

/// Runs every test that is marked as long, with its figures on standard output.
pub(crate) fn run() -> Result<(), String> {
    let long = |title: &str, package: &[&str]| {
        let mut command = Command::new("cargo");
        command
            .args(["test", "--release", "--test", "validation"])
            .args(package)
            // One after the other: they measure.
            .args(["--", "--ignored", "--nocapture", "--test-threads", "1"])
            .current_dir(cache::workspace());
        shell::loudly(title, &mut command, shell::minutes(60))
    };
    long("the statistics, at length", &["--package", "stats"])?;
    long("the harness on real lanes, at length", &["--package", "native-runner"])
}
