//! The command `breakeven`.

use std::process::ExitCode;

fn main() -> ExitCode {
    native_runner::cmd::main()
}
