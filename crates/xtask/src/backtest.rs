//! `cargo xtask backtest`: the decision guide against what happens.

use crate::setup::{self, Toolchain, Want};
use crate::{build, shell};

/// The long version of `native-runner/tests/backtest.rs`. The page is built first: Node's lanes have their kernels from
/// it.
pub(crate) fn run(forced: Option<Toolchain>) -> Result<(), String> {
    let tools = setup::run(Want::Build, forced)?;
    build::page(&tools)?;
    let mut command = tools.cargo();
    command.args(["test", "--release", "--package", "native-runner", "--test", "backtest"]).args([
        "--",
        "--ignored",
        "--nocapture",
        "--test-threads",
        "1",
    ]);
    shell::loudly("forty workloads, predicted and run", &mut command, shell::minutes(60))
}
