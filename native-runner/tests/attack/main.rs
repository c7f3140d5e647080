//! Attacks on the built runner: by other accounts, by files, by pages and programs. Each once got through.
//!
//! The short form runs with the tests; `cargo xtask attack` sets `BREAKEVEN_ATTACK=long` for the long one.
#![allow(
    clippy::disallowed_methods,
    reason = "these tests start the command itself, and other programs"
)]

mod files;
mod input;
mod terminal;

use std::path::Path;
use std::process::{Command, Stdio};

/// The command under attack, with a state folder of its own.
fn breakeven(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_breakeven"));
    let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join("attack-state");
    command.args(arguments).env("XDG_STATE_HOME", state).stdin(Stdio::null());
    command
}

/// How often an attack that depends on luck is repeated.
fn repetitions(short: usize, long: usize) -> usize {
    if std::env::var("BREAKEVEN_ATTACK").is_ok_and(|form| form == "long") { long } else { short }
}
