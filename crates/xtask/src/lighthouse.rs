//! `cargo xtask lighthouse`: what Lighthouse says of the static site.

use std::process::Command;

use crate::setup::{self, Toolchain, Want, npm};
use crate::{build, cache, shell, site};

/// Where it is run, beside its locked packages.
const FOLDER: &str = "tests/lighthouse";

/// Builds the site and visits it five times as a desktop and five times as a phone.
pub(crate) fn run(forced: Option<Toolchain>) -> Result<(), String> {
    let tools = setup::run(Want::Test, forced)?;
    let testing = tools.testing.as_ref().ok_or("set-up for the tests left something out")?;
    npm::ensure(FOLDER)?;
    build::page(&tools)?;
    let root = cache::workspace();
    site::of_page(&root.join("target/site"))?;
    let mut command = Command::new("node");
    command
        .arg("run.mjs")
        .current_dir(root.join(FOLDER))
        .env("CHROMIUM", &testing.browsers.chromium);
    shell::loudly("ten visits", &mut command, shell::minutes(15))
}
