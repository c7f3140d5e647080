//! `cargo xtask test`: every check and every test, cheapest first.

use std::process::Command;

use crate::setup::{self, Testing, Toolchain, Tools, Want};
use crate::{advisories, build, cache, shell, site};

/// How much to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Formatting, lints and the native tests: no wasm tool, no browser.
    Fast,
    /// Everything.
    All,
}

/// Runs the checks in order and stops at the first that fails.
pub(crate) fn run(extent: Extent, forced: Option<Toolchain>) -> Result<(), String> {
    if extent == Extent::Fast {
        let cargo = || Command::new("cargo");
        return lints(cargo).and_then(|()| native_tests(cargo()));
    }
    let tools = setup::run(Want::Test, forced)?;
    let testing = tools.testing.as_ref().ok_or("set-up for the tests left something out")?;
    lints(|| tools.cargo())?;
    wasm_lints(&tools)?;
    dependencies(testing)?;
    // Node's lanes run the kernels that are part of the page, and browsers open it.
    build::page(&tools)?;
    let mut command = tools.cargo();
    name_browsers(&mut command, testing);
    native_tests(command)?;
    build::runner(&tools)?;
    site::of_page(&cache::workspace().join("target/site"))?;
    browsers(testing)
}

fn lints(cargo: impl Fn() -> Command) -> Result<(), String> {
    // rustfmt and clippy are rustup's; Debian's toolchain has none of its own.
    step("formatting", cargo(), &["fmt", "--all", "--check"])?;
    let arguments =
        ["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"];
    step("lints", cargo(), &arguments)
}

fn native_tests(cargo: Command) -> Result<(), String> {
    step("tests", cargo, &["test", "--workspace", "--quiet"])
}

/// Tests of browsers do without those that are not there, unless they are named.
fn name_browsers(command: &mut Command, testing: &Testing) {
    command.env("CHROMIUM", &testing.browsers.chromium).env("FIREFOX", &testing.browsers.firefox);
}

fn step(title: &str, mut command: Command, arguments: &[&str]) -> Result<(), String> {
    command.args(arguments).current_dir(cache::workspace());
    shell::loudly(title, &mut command, shell::minutes(30))
}

fn wasm_lints(tools: &Tools) -> Result<(), String> {
    let mut command = tools.cargo();
    command
        .args([
            "clippy",
            "--package",
            "web",
            "--package",
            "engine",
            "--package",
            "codec",
            "--package",
            "leader",
            "--package",
            "desk",
            "--quiet",
        ])
        .args(["--target", "wasm32-unknown-unknown", "--", "--deny", "warnings"])
        .envs(tools.toolchain.page_environment());
    shell::loudly("lints of the wasm side", &mut command, shell::minutes(20))
}

fn dependencies(testing: &Testing) -> Result<(), String> {
    let mut command = Command::new(&testing.cargo_deny);
    command.args(["check", "bans", "licenses", "sources"]).current_dir(cache::workspace());
    let title = "licences, sources and bans (cargo-deny)";
    shell::loudly(title, &mut command, shell::minutes(5))?;
    advisories::check(&testing.cargo_deny)
}

fn browsers(testing: &Testing) -> Result<(), String> {
    let mut command = Command::new("npm");
    command.args(["test", "--silent"]).current_dir(cache::workspace().join("tests/e2e"));
    name_browsers(&mut command, testing);
    shell::loudly("end to end, in Chromium and Firefox", &mut command, shell::minutes(50))
}
