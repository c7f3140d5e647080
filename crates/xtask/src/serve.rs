//! `cargo xtask serve`: the main job in one command.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::setup::{self, Toolchain, Want};
use crate::{build, cache};

/// Sets up, builds and becomes `breakeven serve`: signals and the exit code are the runner's own.
pub(crate) fn run(arguments: &[&str], forced: Option<Toolchain>) -> Result<(), String> {
    let tools = setup::run(Want::Build, forced)?;
    build::runner(&tools)?;
    let binary = cache::workspace().join("target/release/breakeven");
    let why = Command::new(&binary).arg("serve").args(arguments).exec();
    Err(format!("cannot start {}: {why}", binary.display()))
}
