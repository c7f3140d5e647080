//! `cargo xtask soak`: ten thousand workers that are killed at any moment, and hundreds of runners; nothing of
//! them may be left.

use crate::setup::{self, Toolchain, Want};
use crate::{build, shell};

const CYCLES: &str = "10000";
const RUNNERS: &str = "300";

/// The long version of `native-runner/tests/soak.rs`.
pub(crate) fn run(forced: Option<Toolchain>) -> Result<(), String> {
    let tools = setup::run(Want::Build, forced)?;
    build::page(&tools)?;
    let mut command = tools.cargo();
    command
        .args(["test", "--release", "--package", "native-runner", "--test", "soak"])
        .args(["--", "--nocapture", "--test-threads", "1"])
        .env("BREAKEVEN_SOAK_CYCLES", CYCLES)
        .env("BREAKEVEN_SOAK_RUNNERS", RUNNERS);
    shell::loudly(
        "workers and runners that are killed at any moment",
        &mut command,
        shell::minutes(60),
    )
}
