//! `cargo xtask`: the project's own commands, from a bare checkout to the open page.
//!
//! It has no dependencies, so that it builds in seconds on a machine that has nothing yet. It never
//! touches the user's own tools: whatever it installs goes into a folder of its own (see `cache`).
#![forbid(unsafe_code)]

mod advisories;
mod attack;
mod backtest;
mod bench;
mod build;
mod cache;
mod fuzz;
mod lighthouse;
mod pins;
mod record;
mod sanitize;
mod serve;
mod setup;
mod shell;
mod site;
mod snapshot;
mod soak;
mod test;
mod validate;

use std::process::ExitCode;
use std::time::Instant;

use setup::{Toolchain, Want};

const HELP: &str = "\
cargo xtask COMMAND [--toolchain rustup|debian]

  setup            install what building and testing need (both of the next two call it)
  serve [ARGS...]  set up, build, start the runner and open the comparison page;
                   ARGS go to `breakeven serve`
  test [--fast | NAME...] [--browser chromium|firefox]
                   set up, then run every check and every test; --fast leaves out what needs a release build or
                   a browser; NAMEs choose native tests, files of tests/e2e, and titles in these
  bench [ARGS...]  set up, build, and run the benches, with the browser and the libraries that
                   they measure against; ARGS go to the benches (--blocks N)
  validate         the long checks of the statistics (half a minute)
  backtest         the decision guide against what happens: forty workloads on eight lanes (a quarter of an hour)
  attack           every attack that once got through, at length, as this account and as another one
  advisories [FOLDER]
                   known faults of dependencies; with a FOLDER, a clone of the RustSec database, renews what is kept
                   of it here
  soak             ten thousand workers and hundreds of runners killed at any moment: nothing may be left
  fuzz [SECONDS] [TARGET...]
                   hostile bytes against every parser, a minute each
  record           the report that comes with the page, measured anew (four minutes, on a quiet machine)
  lighthouse       what Lighthouse says of the static site: medians of five visits (five minutes)
  sanitize         the tests of what is unsafe under the thread and the address sanitizer
  build            the release binary target/release/breakeven, page and child program inside
  page             the page alone, into dist/
  site [FOLDER]    the page as a static folder for any path of any host (default: site/)
  workers          the wasm modules of the page's workers alone (trunk's pre-build hook)

  --toolchain rustup|debian   which Rust toolchain builds the wasm parts; without it rustup's
                   stable where it can get the wasm32 target and rust-src, else Debian's packages
Environment: BREAKEVEN_CACHE, the folder for the pinned tools (default: XDG cache/breakeven);
             CHROMIUM and FIREFOX, the browsers that the tests drive.";

fn main() -> ExitCode {
    let started = Instant::now();
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = take_toolchain(&mut words).and_then(|toolchain| dispatch(&words, toolchain));
    match outcome {
        Ok(Done::Silent) => ExitCode::SUCCESS,
        Ok(Done::Say(what)) => {
            eprintln!("{what} in {}", shell::human(started.elapsed()));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("xtask: {why}");
            ExitCode::FAILURE
        }
    }
}

/// How a command ended well.
enum Done {
    Silent,
    Say(&'static str),
}

fn dispatch(words: &[String], forced: Option<Toolchain>) -> Result<Done, String> {
    let (command, rest) =
        words.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match (command, rest.as_slice()) {
        ("setup", []) => {
            setup::run(Want::Test, forced)?;
            Ok(Done::Say("set up"))
        }
        ("serve", arguments) => {
            serve::run(arguments, forced)?;
            Ok(Done::Silent)
        }
        ("test", words) => {
            let selection = test::Selection::parse(words)?;
            test::run(&selection, forced)?;
            Ok(Done::Say(match selection {
                test::Selection::All { .. } => "every check and test passed",
                test::Selection::Fast => "the fast checks and tests passed",
                test::Selection::Named { .. } => "the named tests passed",
            }))
        }
        ("bench", arguments) => {
            bench::run(arguments, forced)?;
            Ok(Done::Say("measured"))
        }
        ("validate", []) => {
            validate::run()?;
            Ok(Done::Say("validated"))
        }
        ("backtest", []) => {
            backtest::run(forced)?;
            Ok(Done::Say("back-tested"))
        }
        ("attack", []) => {
            attack::run(forced)?;
            Ok(Done::Say("attacked"))
        }
        ("advisories", []) => {
            let tools = setup::run(Want::Test, forced)?;
            let testing = tools.testing.ok_or("set-up for the tests left something out")?;
            advisories::check(&testing.cargo_deny)?;
            Ok(Done::Say("checked"))
        }
        ("advisories", [clone]) => {
            advisories::renew(clone)?;
            Ok(Done::Say("renewed"))
        }
        ("soak", []) => {
            soak::run(forced)?;
            Ok(Done::Say("soaked"))
        }
        ("fuzz", arguments) => {
            fuzz::run(arguments, forced)?;
            Ok(Done::Say("fuzzed"))
        }
        ("record", []) => {
            record::run(forced)?;
            Ok(Done::Say("recorded"))
        }
        ("lighthouse", []) => {
            lighthouse::run(forced)?;
            Ok(Done::Say("visited"))
        }
        ("sanitize", []) => {
            sanitize::run(forced)?;
            Ok(Done::Say("sanitized"))
        }
        ("build", []) => {
            let tools = setup::run(Want::Build, forced)?;
            build::runner(&tools)?;
            Ok(Done::Say("built target/release/breakeven"))
        }
        ("page", []) => {
            let tools = setup::run(Want::Build, forced)?;
            build::page(&tools)?;
            Ok(Done::Say("built dist/"))
        }
        ("site", folder @ ([] | [_])) if !folder.iter().any(|it| it.starts_with('-')) => {
            site::run(folder.first().copied(), forced)?;
            Ok(Done::Say("made the site"))
        }
        ("workers", []) => {
            let tools = setup::run(Want::Build, forced)?;
            build::workers(&tools)?;
            Ok(Done::Silent)
        }
        ("help" | "--help" | "-h", []) => {
            println!("{HELP}");
            Ok(Done::Silent)
        }
        _ => Err(format!("not understood: {}\n\n{HELP}", words.join(" "))),
    }
}

/// Takes `--toolchain X` out of the words, wherever it stands; the environment carries it to a
/// nested call (trunk's hook).
fn take_toolchain(words: &mut Vec<String>) -> Result<Option<Toolchain>, String> {
    let named = match words.iter().position(|word| word == "--toolchain") {
        Some(at) => {
            words.remove(at);
            if at == words.len() {
                return Err("--toolchain needs a name: rustup or debian".into());
            }
            Some(words.remove(at))
        }
        None => std::env::var(setup::TOOLCHAIN_VARIABLE).ok(),
    };
    named.map(|name| name.parse()).transpose()
}
