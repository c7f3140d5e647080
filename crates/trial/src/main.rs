//! The trial program: the caller of one trial on `native.thread` or on the process lanes. It may be lost: what
//! becomes of it is a part of what the runner looks at.
//!
//! Its words are the lane, the experiment and the trial's name; it writes one line of JSON per
//! `protocol::trial::TrialNews`. With `--worker` before them it is the child process of such a trial.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod crash;
mod facts;
mod foreign;
mod identity;
mod processes;
mod share;
mod threads;

use std::io::{Write, stdout};
use std::process::ExitCode;

use facts::{Meaningless, Outcome};
use processes::Channel;
use protocol::trial::TrialNews;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let news = match words.as_slice() {
        ["--worker", experiment, name] => return work(experiment, name),
        ["native.thread", experiment, name] => told(on_threads(experiment, name)),
        [lane, experiment, name] => match Channel::named(lane) {
            Some(channel) => told(on_processes(channel, experiment, name)),
            None => return usage(),
        },
        _ => return usage(),
    };
    tell(&news);
    // Threads that never come back end with it.
    std::process::exit(0);
}

fn usage() -> ExitCode {
    eprintln!("breakeven-trial: the runner starts this");
    ExitCode::from(2)
}

fn on_threads(experiment: &str, name: &str) -> Outcome {
    match experiment {
        "identity" => identity::on_threads(name),
        "share" => share::on_threads(name),
        "crash" => crash::threads::crash(name),
        "foreign" => facts::meaningless("a thread begins with a function of its own program"),
        _ => Err(anyhow::anyhow!("no experiment {experiment}")),
    }
}

fn on_processes(channel: Channel, experiment: &str, name: &str) -> Outcome {
    match experiment {
        "identity" => identity::on_processes(channel, name),
        "share" => share::on_processes(channel, name),
        "crash" => crash::processes::crash(channel, name),
        "foreign" => foreign::on_processes(channel, name),
        _ => Err(anyhow::anyhow!("no experiment {experiment}")),
    }
}

fn work(experiment: &str, name: &str) -> ExitCode {
    let worked = match experiment {
        "identity" => identity::work(name),
        "share" => share::work(name),
        "crash" => crash::processes::work(),
        _ => Err(anyhow::anyhow!("no experiment {experiment}")),
    };
    match worked {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("breakeven-trial: a worker: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn told(outcome: Outcome) -> TrialNews {
    match outcome {
        Ok(tried) => TrialNews::Tried(tried),
        Err(why) => match why.downcast::<Meaningless>() {
            Ok(Meaningless(why)) => TrialNews::Unavailable(why),
            Err(why) => TrialNews::Failed(format!("{why:#}")),
        },
    }
}

/// One line, written at once: whoever reads it may be the only one left a moment later.
fn tell(news: &TrialNews) {
    if let Ok(line) = serde_json::to_string(news) {
        let mut out = stdout().lock();
        let _ = out.write_all((line + "\n").as_bytes()).and_then(|()| out.flush());
    }
}
