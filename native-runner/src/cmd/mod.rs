//! The command line: one subcommand a file, and a line in each of [`Command`] and [`main`].

mod advise;
mod claims;
mod compare;
mod completions;
mod doctor;
mod examples;
mod flow;
mod image;
mod list;
mod measure;
mod names;
mod run;
mod scrape;
mod serve;

use std::process::ExitCode;

use std::io::Write;

use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};

use crate::{private, trials};

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
    Run(run::Run),
    List(list::List),
    Claims(claims::Claims),
    Advise(advise::Advise),
    Image(image::Image),
    Scrape(scrape::Scrape),
    Examples(examples::Examples),
    Compare(compare::Compare),
    Flow(flow::Flow),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Man(completions::Man),
}

impl Command {
    /// Whether it may put something into the runner's private folder.
    fn puts_files(&self) -> bool {
        matches!(
            self,
            Self::Serve(_)
                | Self::Run(_)
                | Self::Claims(_)
                | Self::Advise(_)
                | Self::Scrape(_)
                | Self::Examples(_)
        )
    }
}

/// How a command ended, as an exit code.
pub(crate) enum End {
    /// 0
    Done,
    /// 1: something that was measured failed, and the report says what.
    Failed,
    /// 2: the arguments or an input are wrong, as the text says.
    BadUsage(String),
    /// 3: something that was named is unavailable.
    Unavailable,
    /// 130
    Interrupted,
}

/// Reads the arguments and runs the command. Exit codes: 0 done, 1 failed, 2 bad usage or input,
/// 3 something named is unavailable, 130 interrupted.
#[must_use]
pub fn main() -> ExitCode {
    // Whoever started this may have left descriptors open that are none of our children's business. Where the
    // kernel cannot mark them, children still close their own.
    let _ = sandbox::descriptors::keep_to_oneself();
    // clap ends with 2 on bad usage.
    let command = Arguments::parse().command;
    let _at_the_end = private::AtTheEnd;
    if command.puts_files() {
        private::sweep(trials::release);
    }
    let outcome = match command {
        Command::Serve(serve) => serve.run(),
        Command::Run(run) => run.run(),
        Command::List(list) => list.run(),
        Command::Claims(claims) => claims.run(),
        Command::Advise(advise) => advise.run(),
        Command::Image(image) => image.run(),
        Command::Scrape(scrape) => scrape.run(),
        Command::Examples(examples) => examples.run(),
        Command::Compare(compare) => compare.run(),
        Command::Flow(flow) => flow.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Completions(completions) => completions.run(Arguments::command()),
        Command::Man(man) => man.run(Arguments::command()),
    };
    match outcome {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Failed) => ExitCode::FAILURE,
        Ok(End::BadUsage(why)) => {
            eprintln!("breakeven: {why}");
            ExitCode::from(2)
        }
        Ok(End::Unavailable) => ExitCode::from(3),
        Ok(End::Interrupted) => ExitCode::from(130),
        Err(why) => {
            eprintln!("breakeven: {why:#}");
            ExitCode::FAILURE
        }
    }
}

/// Data, to standard output. That nobody reads on (`| head`) is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output"),
    }
}
