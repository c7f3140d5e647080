//! The end-to-end tests of the release binary, in real browsers.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::times::Times;
use crate::setup::Testing;
use crate::{cache, shell};

const ENDING: &str = ".test.mjs";

/// What names mean here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Files all of whose tests are wanted.
    pub(super) files: Vec<String>,
    /// Parts of titles, and the files that have them.
    pub(super) titles: Vec<String>,
    pub(super) titled: Vec<String>,
    /// Names that are nothing here.
    pub(super) rest: Vec<String>,
}

fn folder() -> PathBuf {
    cache::workspace().join("tests/e2e")
}

/// All files with tests.
pub(super) fn files() -> Result<Vec<String>, String> {
    let all = fs::read_dir(folder()).map_err(|why| format!("{}: {why}", folder().display()))?;
    let names = all.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut files: Vec<String> = names.filter(|name| name.ends_with(ENDING)).collect();
    files.sort();
    Ok(files)
}

/// Files by their names, with or without the ending, and files in which a title has a name in it.
pub(super) fn wanted(names: &[String]) -> Result<Wanted, String> {
    let all = files()?;
    let mut wanted = Wanted::default();
    for name in names {
        let plain = name.trim_end_matches(ENDING);
        if let Some(file) = all.iter().find(|file| file.trim_end_matches(ENDING) == plain) {
            wanted.files.push(file.clone());
            continue;
        }
        let with = all.iter().filter(|file| {
            fs::read_to_string(folder().join(file)).is_ok_and(|text| has_title(&text, name))
        });
        let with: Vec<String> = with.cloned().collect();
        if with.is_empty() {
            wanted.rest.push(name.clone());
        } else {
            wanted.titles.push(name.clone());
            wanted.titled.extend(with);
        }
    }
    wanted.titled.retain(|file| !wanted.files.contains(file));
    for files in [&mut wanted.files, &mut wanted.titled] {
        files.sort();
        files.dedup();
    }
    Ok(wanted)
}

/// Whether a test's title has this in it.
fn has_title(text: &str, name: &str) -> bool {
    let openings = ["test(", "visit("];
    openings.iter().flat_map(|opening| text.split(opening).skip(1)).any(|rest| {
        let rest = rest.trim_start();
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '`'));
        let title = quote.and_then(|quote| rest[1..].split(quote).next());
        title.is_some_and(|title| title.contains(name))
    })
}

/// Runs these files, those tests of them whose titles have one of these parts, in one browser or both.
pub(super) fn run(
    testing: &Testing,
    browser: Option<&str>,
    files: &[String],
    titles: &[String],
    times: &mut Times,
) -> Result<(), String> {
    let list = cache::workspace().join("target/xtask/end-to-end-times.txt");
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .arg("--test-reporter-destination=stdout")
        .arg("--test-reporter=./times.mjs")
        .arg(format!("--test-reporter-destination={}", list.display()));
    for title in titles {
        command.arg(format!("--test-name-pattern={}", literal(title)));
    }
    command.args(files).current_dir(folder()).envs(testing.browsers.environment());
    if let Some(browser) = browser {
        command.env("BREAKEVEN_BROWSER", browser);
    }
    let title = match browser {
        Some(browser) => format!("end to end, in {browser}"),
        None => "end to end, in Chromium and Firefox".to_owned(),
    };
    let outcome = shell::loudly(&title, &mut command, shell::minutes(50));
    for line in fs::read_to_string(&list).unwrap_or_default().lines() {
        if let Some((millis, name)) = line.split_once('\t')
            && let Ok(millis) = millis.parse::<f64>()
        {
            times.add(name.to_owned(), Duration::from_millis(millis.max(0.0) as u64));
        }
    }
    outcome
}

/// A title as a pattern that is found where it stands and nowhere else.
fn literal(title: &str) -> String {
    let mut pattern = String::new();
    for sign in title.chars() {
        if r"\^$.*+?()[]{}|/".contains(sign) {
            pattern.push('\\');
        }
        pattern.push(sign);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_files_titles_or_neither() {
        let names =
            ["door", "another tab shows", "sizes.test.mjs", "keeps to its size", "no_such_test"]
                .map(str::to_owned);
        let wanted = wanted(&names).unwrap();
        assert_eq!(wanted.files, ["door.test.mjs", "sizes.test.mjs"]);
        assert_eq!(wanted.titles, ["another tab shows", "keeps to its size"]);
        assert_eq!(wanted.titled, ["comparison.test.mjs"], "a whole file has all of its titles");
        assert_eq!(wanted.rest, ["no_such_test"]);
    }

    #[test]
    fn a_title_is_a_pattern_of_itself() {
        assert_eq!(literal("runs (both)."), r"runs \(both\)\.");
        assert!(has_title("visit(\n \"one and two\", x", "and"));
        assert!(!has_title("const test = \"and\"", "and"));
    }
}
