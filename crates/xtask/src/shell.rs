//! Running other programs: with a title, a time limit, a log and, when one fails, what to do.

use std::fs::{self, File};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::cache;

/// A step, and how long it took.
pub(crate) type Step = (String, Duration);

static STEPS: Mutex<Vec<Step>> = Mutex::new(Vec::new());

/// The steps that were done so far, in their order.
pub(crate) fn steps() -> Vec<Step> {
    STEPS.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Notes a step that somebody else timed.
pub(crate) fn done(title: &str, time: Duration) {
    STEPS.lock().unwrap_or_else(PoisonError::into_inner).push((title.to_owned(), time));
}

/// Runs a step whose output matters only when it fails: it goes to a log under `target/xtask`, and
/// one line says what was done and how long it took.
pub(crate) fn quietly(title: &str, command: &mut Command, limit: Duration) -> Result<(), String> {
    let log = log_path(title)?;
    let file = File::create(&log).map_err(|why| format!("{}: {why}", log.display()))?;
    let copy = file.try_clone().map_err(|why| format!("{}: {why}", log.display()))?;
    command.stdin(Stdio::null()).stdout(file).stderr(copy);
    let mut line = StatusLine::begin(title);
    match run(command, limit, |elapsed| line.tick(elapsed)) {
        Ok(elapsed) => {
            line.end(&format!("done in {}", human(elapsed)));
            done(title, elapsed);
            Ok(())
        }
        Err(why) => {
            line.end("failed");
            let text = fs::read(&log).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            let all: Vec<&str> = text.lines().collect();
            let tail = all[all.len().saturating_sub(25)..].join("\n  ");
            Err(format!("{title}: {why}\n  {tail}\n  (whole output: {})", log.display()))
        }
    }
}

/// Runs a step whose output is the point (compilers, tests): it goes straight to the terminal, beside what is said of the
/// step. Standard output is left to what comes after all steps, such as the runner's address.
pub(crate) fn loudly(title: &str, command: &mut Command, limit: Duration) -> Result<(), String> {
    command.stdout(std::io::stderr());
    aloud(title, command, limit)
}

/// The same, of what it says on standard output, which goes to this file.
pub(crate) fn to_file(
    title: &str,
    command: &mut Command,
    file: &Path,
    limit: Duration,
) -> Result<(), String> {
    command.stdout(File::create(file).map_err(|why| format!("{}: {why}", file.display()))?);
    aloud(title, command, limit)
}

fn aloud(title: &str, command: &mut Command, limit: Duration) -> Result<(), String> {
    eprintln!("── {title}");
    command.stdin(Stdio::null());
    let elapsed = run(command, limit, |_| {}).map_err(|why| format!("{title}: {why}"))?;
    eprintln!("── {title}: done in {}", human(elapsed));
    done(title, elapsed);
    Ok(())
}

/// Runs several of these at once: says nothing, and both outputs go to this file.
pub(crate) fn silently(
    command: &mut Command,
    file: &Path,
    limit: Duration,
) -> Result<Duration, String> {
    let failed = |why| format!("{}: {why}", file.display());
    let output = File::create(file).map_err(failed)?;
    let copy = output.try_clone().map_err(failed)?;
    run(command.stdin(Stdio::null()).stdout(output).stderr(copy), limit, |_| {})
}

/// A command's standard output, trimmed, or `None` where it is missing or fails.
pub(crate) fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The first program of that name on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// `900 ms`, `4.2 s`, `3 min 05 s`.
pub(crate) fn human(time: Duration) -> String {
    match time.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{:.1} s", time.as_secs_f64()),
        _ => format!("{} min {:02} s", time.as_secs() / 60, time.as_secs() % 60),
    }
}

/// Minutes as a limit.
pub(crate) const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

fn run(
    command: &mut Command,
    limit: Duration,
    mut tick: impl FnMut(Duration),
) -> Result<Duration, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let mut child = command.spawn().map_err(|why| format!("cannot start {program}: {why}"))?;
    let mut pause = Duration::from_millis(2);
    loop {
        let status = child.try_wait().map_err(|why| format!("waiting for {program}: {why}"))?;
        let elapsed = started.elapsed();
        match status {
            Some(status) if status.success() => return Ok(elapsed),
            Some(status) => return Err(format!("{program} ended with {}", describe(status))),
            None if elapsed > limit => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{program} was stopped after its limit of {}", human(limit)));
            }
            None => tick(elapsed),
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(200));
    }
}

fn describe(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

fn log_path(title: &str) -> Result<PathBuf, String> {
    let folder = cache::workspace().join("target/xtask");
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let name: String = title
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    Ok(folder.join(format!("{name}.log")))
}

/// One line for a step: rewritten in place on a terminal, else repeated now and then, so that a log
/// shows that something is going on.
struct StatusLine {
    title: String,
    terminal: bool,
    last: Duration,
}

impl StatusLine {
    fn begin(title: &str) -> Self {
        let terminal = std::io::stderr().is_terminal();
        eprint!("{title} …{}", if terminal { "" } else { "\n" });
        Self { title: title.to_owned(), terminal, last: Duration::ZERO }
    }

    fn tick(&mut self, elapsed: Duration) {
        let every = Duration::from_secs(if self.terminal { 1 } else { 30 });
        if elapsed - self.last < every {
            return;
        }
        self.last = elapsed;
        let text = format!("{} … {} s", self.title, elapsed.as_secs());
        if self.terminal {
            eprint!("\r{text}");
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{text}");
        }
    }

    fn end(&self, how: &str) {
        let start = if self.terminal { "\r\x1b[K" } else { "" };
        eprintln!("{start}{}: {how}", self.title);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hanging_program_is_stopped_at_its_limit() {
        let mut command = Command::new("sleep");
        command.arg("60");
        let why = run(&mut command, Duration::from_millis(50), |_| {}).unwrap_err();
        assert!(why.contains("limit of 50 ms"), "{why}");
    }

    #[test]
    fn a_failure_says_how_it_ended() {
        assert_eq!(
            run(&mut Command::new("false"), minutes(1), |_| {}).unwrap_err(),
            "false ended with exit code 1"
        );
        assert!(
            run(&mut Command::new("no-such-program-here"), minutes(1), |_| {})
                .unwrap_err()
                .starts_with("cannot start no-such-program-here")
        );
    }

    #[test]
    fn times_read_well() {
        assert_eq!(human(Duration::from_millis(12)), "12 ms");
        assert_eq!(human(Duration::from_millis(4_240)), "4.2 s");
        assert_eq!(human(Duration::from_secs(185)), "3 min 05 s");
    }
}
