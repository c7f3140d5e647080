//! The keeper program: `crates/keeper` says what it is for. The runner carries it inside and starts it; it is
//! small and static, so that starting it costs little.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use keeper::{ENDED, Kept, Mechanism, Order, become_init, keep, probe};

fn main() -> ExitCode {
    let mut words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let first = words.first().and_then(|word| word.to_str()).unwrap_or_default().to_owned();
    let kept = match first.as_str() {
        "--best" => {
            println!("{}", Mechanism::best().name());
            return ExitCode::SUCCESS;
        }
        "--nothing" => return ExitCode::SUCCESS,
        "--probe" => {
            let works = words.get(1).and_then(|name| name.to_str()).is_some_and(probe);
            return if works { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
        "--init" => become_init(words.split_off(1)),
        _ => Order::parse(words)
            .map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))
            .and_then(|order| keep(&order)),
    };
    match kept {
        Ok(Kept::Asked) => ExitCode::SUCCESS,
        Ok(Kept::Ended) => ExitCode::from(ENDED),
        Err(why) => {
            eprintln!("breakeven-keeper: {why}");
            ExitCode::FAILURE
        }
    }
}
