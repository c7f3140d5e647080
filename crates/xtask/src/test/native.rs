//! The native tests: cargo builds them, and they are started here, so that several of their programs run at once and
//! the time of each test is known. Those that run beside others have each a folder for temporary files of its own:
//! tests look at what is left there.

use std::collections::VecDeque;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::times::Times;
use crate::{cache, shell};

/// Programs of tests without libtest's `main`.
const OWN_MAIN: [&str; 2] = ["sandbox denied", "sandbox attacks"];
/// Programs beside which nothing else runs: they look at what all of this machine has, or need it for themselves.
const ALONE: [&str; 2] = ["native-runner attack", "native-runner browser"];
/// Programs at once: tests wait, mostly.
const AT_ONCE: usize = 3;

/// A program of tests.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Program {
    /// The package's folder and the target, such as `native-runner attack`.
    name: String,
    /// Where it runs.
    folder: PathBuf,
    path: PathBuf,
}

/// How a program ended, and what it said.
struct Ended {
    program: Program,
    outcome: Result<Duration, String>,
    said: String,
}

/// Builds and runs all tests whose names have one of these parts, or all. Returns how many there were.
pub(super) fn run(
    cargo: impl Fn() -> Command,
    names: &[String],
    times: &mut Times,
) -> Result<usize, String> {
    let list = cache::workspace().join("target/xtask/programs.json");
    fs::create_dir_all(list.parent().unwrap_or(&list)).map_err(|why| why.to_string())?;
    let mut command = cargo();
    command.args(["test", "--workspace", "--no-run", "--quiet"]);
    command.arg("--message-format=json-render-diagnostics").current_dir(cache::workspace());
    shell::to_file("building the tests", &mut command, &list, shell::minutes(30))?;
    let said = fs::read_to_string(&list).map_err(|why| format!("{}: {why}", list.display()))?;
    let all: Vec<Program> = said.lines().filter_map(program).collect();
    let (alone, together): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|program| ALONE.contains(&&*program.name));
    let temporary = Temporary::new()?;
    let environment: Vec<_> = {
        let made = cargo();
        made.get_envs()
            .map(|(name, value)| (name.to_owned(), value.map(ToOwned::to_owned)))
            .collect()
    };
    let start = |program: &Program| {
        let mut command = Command::new(&program.path);
        for (name, value) in &environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(&program.folder).env("CARGO_MANIFEST_DIR", &program.folder);
        // A browser's socket lies below it, whose address has a hundred letters: no folder more than is needed.
        if !ALONE.contains(&&*program.name) {
            command.env("TMPDIR", temporary.of(program)?);
        }
        if !OWN_MAIN.contains(&&*program.name) {
            // The time of each test is among what libtest does not promise yet.
            command.args(["-Z", "unstable-options", "--report-time"]).args(names);
            command.env("RUSTC_BOOTSTRAP", "1");
        } else if !names.is_empty() {
            return Ok(None);
        }
        Ok(Some(command))
    };
    let mut count = 0;
    let mut failed = Vec::new();
    for (title, programs, at_once) in
        [("tests", together, AT_ONCE), ("tests that need the machine alone", alone, 1)]
    {
        if programs.is_empty() {
            continue;
        }
        eprintln!("── {title}");
        let began = std::time::Instant::now();
        for ended in at_the_same_time(programs, at_once, &start)? {
            count += tests(&ended, times);
            if let Err(why) = &ended.outcome {
                failed.push(format!("{}: {why}", ended.program.name));
            }
        }
        shell::done(title, began.elapsed());
    }
    if !failed.is_empty() {
        return Err(format!("tests failed, as said above: {}", failed.join("; ")));
    }
    if names.is_empty() {
        let mut command = cargo();
        command.args(["test", "--workspace", "--doc", "--quiet"]).current_dir(cache::workspace());
        shell::loudly("examples in the documentation", &mut command, shell::minutes(10))?;
    }
    Ok(count)
}

type Start<'a> = dyn Fn(&Program) -> Result<Option<Command>, String> + Sync + 'a;

/// Runs them, so many at once; each says a line when it has ended, and everything if it failed.
fn at_the_same_time(
    programs: Vec<Program>,
    at_once: usize,
    start: &Start<'_>,
) -> Result<Vec<Ended>, String> {
    let (queue, all) = (Mutex::new(VecDeque::from(programs)), Mutex::new(Vec::new()));
    let work = || -> Result<(), String> {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let Some(program) = next else { return Ok(()) };
            let Some(mut command) = start(&program)? else { continue };
            let name = program.name.replace(' ', "-");
            let log = cache::workspace().join(format!("target/xtask/test-{name}.log"));
            let outcome = shell::silently(&mut command, &log, shell::minutes(20));
            let said = String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
            match &outcome {
                Ok(time) => {
                    eprintln!("{}: {} in {}", program.name, result(&said), shell::human(*time));
                }
                Err(why) => eprintln!("{said}\n{}: {why}", program.name),
            }
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.push(Ended { program, outcome, said });
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or(Err("a worker ended".into())))
    })?;
    Ok(all.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// `12 passed, 1 ignored`
fn result(said: &str) -> String {
    let line = said.lines().rev().find_map(|line| line.strip_prefix("test result: ok. "));
    let Some(line) = line else { return "passed".to_owned() };
    let parts = line.split("; ").filter(|part| {
        let mut words = part.split(' ');
        let is_some = words.next().is_some_and(|count| count != "0");
        is_some && words.next().is_some_and(|what| what == "passed" || what == "ignored")
    });
    let parts: Vec<&str> = parts.collect();
    if parts.is_empty() { "nothing to run".to_owned() } else { parts.join(", ") }
}

/// Adds the tests of a program, and returns how many there were.
fn tests(ended: &Ended, times: &mut Times) -> usize {
    let mut count = 0;
    for (name, time) in ended.said.lines().filter_map(timed) {
        times.add(format!("{} {name}", ended.program.name), time);
        count += 1;
    }
    count
}

/// The name and the time in `test door::opens ... ok <1.250s>`.
fn timed(line: &str) -> Option<(&str, Duration)> {
    let (name, rest) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let seconds = rest.split_once('<')?.1.split_once("s>")?.0;
    Some((name, Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?))
}

/// The program of tests that a line of cargo's messages is about.
fn program(line: &str) -> Option<Program> {
    let text = |name: &str| {
        let (_, rest) = line.split_once(&format!("\"{name}\":\""))?;
        rest.split_once('"').map(|(value, _)| value.to_owned())
    };
    let (_, profile) = line.split_once("\"profile\":")?;
    if text("reason")? != "compiler-artifact"
        || !profile.split('}').next()?.contains("\"test\":true")
    {
        return None;
    }
    let path = PathBuf::from(text("executable")?);
    let folder = Path::new(&text("manifest_path")?).parent()?.to_owned();
    // Of the target, which stands behind its kind.
    let (_, target) = line.split_once("\"target\":")?;
    let (_, target) = target.split_once("\"name\":\"")?;
    let target = target.split_once('"')?.0;
    let name = format!("{} {target}", folder.file_name()?.to_string_lossy());
    Some(Program { name, folder, path })
}

/// A folder of temporary files for each program: one like /tmp, to which other accounts get, as some tests need it.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Result<Self, String> {
        // Short: sockets lie there, whose addresses are.
        let folder = std::env::temp_dir().join(format!("bt-{}", std::process::id()));
        make(&folder)?;
        Ok(Self(folder))
    }

    fn of(&self, program: &Program) -> Result<PathBuf, String> {
        let name: String = program
            .name
            .split(['-', ' '])
            .filter_map(|word| word.get(..3.min(word.len())))
            .collect();
        let mut folder = self.0.join(&name);
        let mut number = 1;
        while folder.exists() {
            number += 1;
            folder = self.0.join(format!("{name}{number}"));
        }
        make(&folder)?;
        Ok(folder)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn make(folder: &Path) -> Result<(), String> {
    fs::create_dir(folder)
        .and_then(|()| fs::set_permissions(folder, Permissions::from_mode(0o1777)))
        .map_err(|why| format!("{}: {why}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_in_what_cargo_says() {
        let line = r#"{"reason":"compiler-artifact","package_id":"path+file:///w/native-runner#0.1.0","manifest_path":"/w/native-runner/Cargo.toml","target":{"kind":["test"],"crate_types":["bin"],"name":"attack","src_path":"/w/native-runner/tests/attack/main.rs","edition":"2024","doc":false,"doctest":false,"test":true},"profile":{"opt_level":"0","debuginfo":2,"debug_assertions":true,"overflow_checks":true,"test":true},"features":[],"filenames":["/w/target/debug/deps/attack-1f"],"executable":"/w/target/debug/deps/attack-1f","fresh":true}"#;
        let expected = Program {
            name: "native-runner attack".into(),
            folder: "/w/native-runner".into(),
            path: "/w/target/debug/deps/attack-1f".into(),
        };
        assert_eq!(program(line), Some(expected));
        assert_eq!(
            program(&line.replace("\"overflow_checks\":true,\"test\":true", "\"test\":false")),
            None
        );
        assert_eq!(program(r#"{"reason":"build-finished","success":true}"#), None);
    }

    #[test]
    fn times_and_results_are_read() {
        let (name, time) = timed("test door::opens ... ok <1.250s>").unwrap();
        assert_eq!((name, time), ("door::opens", Duration::from_millis(1250)));
        assert_eq!(timed("test door::opens ... ignored"), None);
        let said = "running 3 tests\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1s";
        assert_eq!(result(said), "2 passed, 1 ignored");
        assert_eq!(result(""), "passed");
    }

    #[test]
    fn programs_with_a_main_of_their_own_are_known() {
        let root = cache::workspace();
        let folders = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path());
        let mut found = Vec::new();
        for folder in folders.chain([root.join("native-runner"), root.join("web")]) {
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            for table in manifest.split("\n[").filter(|table| table.starts_with("[test]]")) {
                if table.contains("harness = false") {
                    let name = table.split_once("name = \"").unwrap().1.split_once('"').unwrap().0;
                    found.push(format!("{} {name}", folder.file_name().unwrap().to_string_lossy()));
                }
            }
        }
        found.sort();
        let mut known = OWN_MAIN;
        known.sort_unstable();
        assert_eq!(found, known);
    }
}
