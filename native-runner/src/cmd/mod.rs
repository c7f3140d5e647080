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

use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory, Parser, Subcommand};
use texts::outside::Outside;

use crate::panics;
use crate::terminal::{print, say};

use crate::{private, trials};

/// Worker threads or child processes? Measured on your machine, with your workload.
#[derive(Parser)]
#[command(
    name = "breakeven",
    bin_name = "breakeven",
    version,
    about,
    disable_help_subcommand = true
)]
// Words from outside are in its errors, so that nothing but text is let through to a terminal.
#[command(color = ColorChoice::Never)]
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
    panics::install();
    // Whoever started this may have left descriptors open that are none of our children's business. Where the
    // kernel cannot mark them, children still close their own.
    let _ = sandbox::descriptors::keep_to_oneself();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(why) => return misread(&why),
    };
    // What unwinds from here was told.
    let outcome = std::panic::catch_unwind(|| run(arguments.command));
    match outcome.unwrap_or(Ok(End::Failed)) {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Failed) => ExitCode::FAILURE,
        Ok(End::BadUsage(why)) => {
            say!("breakeven: {why}");
            ExitCode::from(2)
        }
        Ok(End::Unavailable) => ExitCode::from(3),
        Ok(End::Interrupted) => ExitCode::from(130),
        Err(why) => {
            say!("breakeven: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<End> {
    let _at_the_end = private::AtTheEnd;
    if command.puts_files() {
        private::sweep(trials::release);
    }
    match command {
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
    }
}

/// What was asked for instead of a command (help, the version), or what is wrong with the arguments.
fn misread(why: &clap::Error) -> ExitCode {
    if !why.use_stderr() {
        return print(&why.to_string()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    if why.kind() == ErrorKind::InvalidUtf8 {
        let mut all = std::env::args_os().skip(1);
        let wrong = all.find(|argument| argument.to_str().is_none()).unwrap_or_default();
        say!(
            "breakeven: \"{}\" is not UTF-8: only the paths of files may be so",
            Outside(wrong.display())
        );
    } else {
        say!("{}", why.to_string().trim_end());
    }
    ExitCode::from(2)
}
