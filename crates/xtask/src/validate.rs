//! `cargo xtask validate`: the long checks, whose figures stand in METHODOLOGY.md.

use std::process::Command;

use crate::{cache, shell};

/// Runs every test that is marked as long, with its figures on standard output.
pub(crate) fn run() -> Result<(), String> {
    let mut command = Command::new("cargo");
    command
        .args(["test", "--release", "--package", "stats", "--", "--ignored", "--nocapture"])
        .current_dir(cache::workspace());
    shell::loudly("the statistics, at length", &mut command, shell::minutes(60))
}
