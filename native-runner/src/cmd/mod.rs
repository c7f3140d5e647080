//! The command line: one subcommand a file, and a line in each of [`Command`] and [`main`].

mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Worker threads or child processes? Measured on your machine, with your workload.
#[derive(Parser)]
#[command(name = "breakeven", version, about, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Serve),
}

/// How a command ended, as an exit code.
pub(crate) enum End {
    /// 0
    Done,
    /// 130
    Interrupted,
}

/// Reads the arguments and runs the command. Exit codes: 0 done, 1 failed, 2 bad usage,
/// 130 interrupted.
#[must_use]
pub fn main() -> ExitCode {
    // clap ends with 2 on bad usage.
    let outcome = match Arguments::parse().command {
        Command::Serve(serve) => serve.run(),
    };
    match outcome {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Interrupted) => ExitCode::from(130),
        Err(why) => {
            eprintln!("breakeven: {why:#}");
            ExitCode::FAILURE
        }
    }
}
