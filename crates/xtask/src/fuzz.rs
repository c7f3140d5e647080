//! `cargo xtask fuzz`: hostile bytes against everything that parses bytes from outside, a minute each.

use std::process::Command;

use crate::setup::{self, Toolchain};
use crate::{cache, shell};

/// Of `tests/fuzz`: what the file of each says.
const TARGETS: [&str; 4] = ["frames", "messages", "reports", "pictures"];
/// Of the largest picture, with what a sanitizer takes.
const MEMORY_MIB: u32 = 4096;

/// Fuzzes all targets, or one, for so many seconds each. What it finds goes to `tests/fuzz/artifacts`, and
/// what it learns to the cache.
pub(crate) fn run(arguments: &[&str], forced: Option<Toolchain>) -> Result<(), String> {
    let (seconds, targets) = understand(arguments)?;
    let cargo_fuzz = setup::fuzzer(forced)?;
    let workspace = cache::workspace();
    let fuzz = workspace.join("tests/fuzz");
    for target in targets {
        let learnt = cache::tool("corpus", target)?;
        std::fs::create_dir_all(&learnt).map_err(|why| format!("{}: {why}", learnt.display()))?;
        let mut command = Command::new(&cargo_fuzz);
        command
            .args(["run", target, "--fuzz-dir"])
            .arg(&fuzz)
            .arg(&learnt)
            .arg(fuzz.join("corpus").join(target))
            .arg("--")
            .args([format!("-max_total_time={seconds}"), format!("-rss_limit_mb={MEMORY_MIB}")])
            .args(["-timeout=20", "-print_final_stats=1"])
            // Sanitizers are not for everybody yet; what is built with them here is.
            .env("RUSTC_BOOTSTRAP", "1")
            .current_dir(&workspace);
        let title = format!("fuzzing {target} for {seconds} s");
        shell::loudly(&title, &mut command, shell::minutes(20 + seconds / 60)).map_err(|why| {
            format!("{why}\n  move the input from tests/fuzz/artifacts to tests/fuzz/regressions/{target}")
        })?;
    }
    Ok(())
}

/// Seconds for each target, and which: `[SECONDS] [TARGET]`.
fn understand<'a>(arguments: &[&'a str]) -> Result<(u64, Vec<&'a str>), String> {
    let mut seconds = 60;
    let mut targets = Vec::new();
    for argument in arguments {
        match argument.parse() {
            Ok(number) => seconds = number,
            Err(_) if TARGETS.contains(argument) => targets.push(*argument),
            Err(_) => return Err(format!("there is no target {argument}: {}", TARGETS.join(", "))),
        }
    }
    Ok((seconds, if targets.is_empty() { TARGETS.to_vec() } else { targets }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_for_everything_unless_told_otherwise() {
        assert_eq!(understand(&[]), Ok((60, TARGETS.to_vec())));
        assert_eq!(understand(&["5", "frames"]), Ok((5, vec!["frames"])));
        assert!(understand(&["rm"]).unwrap_err().contains("frames, messages"));
    }
}
