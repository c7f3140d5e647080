//! `cargo xtask test`: every check and every test, cheapest first; or some of them by name.

mod browsers;
mod native;
mod selection;
mod times;

use std::process::Command;

use crate::setup::{self, Testing, Toolchain, Tools, Want};
use crate::{advisories, build, cache, shell, site};
pub(crate) use selection::Selection;
use times::Times;

/// Runs the checks in order and stops at the first that fails. Says at the end what took how long.
pub(crate) fn run(selection: &Selection, forced: Option<Toolchain>) -> Result<(), String> {
    let mut times = Times::default();
    let outcome = match selection {
        Selection::Fast => fast(&mut times),
        Selection::All { browser } => all(browser.as_deref(), forced, &mut times),
        Selection::Named { names, browser } => named(names, browser.as_deref(), forced, &mut times),
    };
    times.tell();
    outcome
}

/// Formatting, lints and the native tests: no wasm tool, no browser.
fn fast(times: &mut Times) -> Result<(), String> {
    let cargo = || Command::new("cargo");
    lints(cargo)?;
    native::run(cargo, &[], times).map(drop)
}

fn all(browser: Option<&str>, forced: Option<Toolchain>, times: &mut Times) -> Result<(), String> {
    let tools = setup::run(Want::Test, forced)?;
    let testing = tools.testing.as_ref().ok_or("set-up for the tests left something out")?;
    lints(|| tools.cargo())?;
    wasm_lints(&tools)?;
    dependencies(testing)?;
    // Node's lanes run the kernels that are part of the page, and browsers open it.
    build::page(&tools)?;
    native::run(|| with_browsers(tools.cargo(), testing), &[], times)?;
    build::runner(&tools)?;
    site::of_page(&cache::workspace().join("target/site"))?;
    browsers::run(testing, browser, &browsers::files()?, &[], times)
}

/// Those of the native tests, of the browsers' files and of the titles in them that have one of these names.
fn named(
    names: &[String],
    browser: Option<&str>,
    forced: Option<Toolchain>,
    times: &mut Times,
) -> Result<(), String> {
    let tools = setup::run(Want::Test, forced)?;
    let testing = tools.testing.as_ref().ok_or("set-up for the tests left something out")?;
    let wanted = browsers::wanted(names)?;
    let mut found = 0;
    if !wanted.rest.is_empty() {
        found += native::run(|| with_browsers(tools.cargo(), testing), &wanted.rest, times)?;
    }
    if !wanted.files.is_empty() || !wanted.titled.is_empty() {
        build::page(&tools)?;
        build::runner(&tools)?;
        site::of_page(&cache::workspace().join("target/site"))?;
        for (files, titles) in [(&wanted.files, &[][..]), (&wanted.titled, &wanted.titles[..])] {
            if !files.is_empty() {
                browsers::run(testing, browser, files, titles, times)?;
            }
        }
        found += 1;
    }
    if found == 0 {
        return Err(format!(
            "no test is called {}: give a part of a native test's name, a file of tests/e2e, or a part of a title \
             in one",
            names.join(" or ")
        ));
    }
    Ok(())
}

fn lints(cargo: impl Fn() -> Command) -> Result<(), String> {
    // rustfmt and clippy are rustup's; Debian's toolchain has none of its own.
    step("formatting", cargo(), &["fmt", "--all", "--check"])?;
    let arguments =
        ["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"];
    step("lints", cargo(), &arguments)
}

/// Tests of browsers do without those that are not there, unless they are named.
fn with_browsers(mut command: Command, testing: &Testing) -> Command {
    command.envs(testing.browsers.environment());
    command
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
