//! `cargo xtask bench`: what the benches need, and the benches.

use crate::setup::{self, Toolchain, Want};
use crate::{build, shell};

/// Sets up and builds, then runs `cargo bench`; `arguments` go to the benches.
pub(crate) fn run(arguments: &[&str], forced: Option<Toolchain>) -> Result<(), String> {
    let tools = setup::run(Want::Bench, forced)?;
    let testing = tools.testing.as_ref().ok_or("set-up for the benches left something out")?;
    build::runner(&tools)?;
    let bench = |title: &str, name: &str| {
        let mut command = tools.cargo();
        command
            .args(["bench", "--bench", name, "--"])
            .args(arguments)
            .env("CHROMIUM", &testing.browsers.chromium);
        shell::loudly(title, &mut command, shell::minutes(60))
    };
    bench("the kernels' speed", "kernels")?;
    bench("the browser lanes against the same by hand", "browser")?;
    bench("the process lanes against the system calls alone", "bare")
}
