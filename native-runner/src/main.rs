//! The command `breakeven`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    native_runner::cmd::main()
}
