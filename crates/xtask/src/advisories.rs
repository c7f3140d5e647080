//! Known faults of what this is made of: the RustSec database, held against Cargo.lock by cargo-deny.
//!
//! A database that cargo-deny has fetched is used where there is one. Else the facts in `advisories/DATE.tsv` are:
//! which versions of which crate, without the descriptions. `cargo xtask advisories FOLDER` makes that file anew from
//! a clone of the database.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{cache, shell};

/// What cargo-deny calls its copy of the database.
const NAME: &str = "advisory-db-3157b0e258782691";
/// Days after which the facts that are here say little about what is known.
const OLD: u64 = 90;
const DAY: u64 = 24 * 60 * 60;
/// Columns of the file, as the database calls them; the last two are lists.
const COLUMNS: [&str; 6] = ["id", "package", "date", "informational", "patched", "unaffected"];

/// What npm installs beside the release binary.
const NPM: &str = "native-runner/node";

/// Holds what the product is made of against what is known of it, and says what was not checked.
pub(crate) fn check(cargo_deny: &Path) -> Result<(), String> {
    crates(cargo_deny)?;
    packages()
}

/// Cargo.lock against the newest database at hand.
fn crates(cargo_deny: &Path) -> Result<(), String> {
    let mut command = Command::new(cargo_deny);
    command.arg("--offline").current_dir(cache::workspace());
    if fetched().is_some() {
        command.args(["check", "advisories"]);
        return shell::loudly("advisories (cargo-deny)", &mut command, shell::minutes(5));
    }
    let (date, file) = vendored()?;
    let age = age(&date)?;
    let config = database(&date, &file)?;
    command.arg("--config").arg(config).args(["check", "advisories"]);
    let title = format!("advisories up to {date}, {age} days ago (cargo-deny)");
    shell::loudly(&title, &mut command, shell::minutes(5))?;
    if age > OLD {
        eprintln!(
            "advisories: NOT CHECKED for crates of the last {age} days. Where the network allows it, `cargo deny \
             fetch` gets what came since; `cargo xtask advisories FOLDER` renews the facts that are kept here."
        );
    }
    Ok(())
}

/// What npm installs, by what its registry knows. Not every mirror of it can say.
fn packages() -> Result<(), String> {
    let mut npm = Command::new("npm");
    npm.args(["audit", "--omit=dev", "--fetch-retries=0", "--fetch-timeout=30000", "--json"]);
    let output = npm.current_dir(cache::workspace().join(NPM)).stdin(Stdio::null()).output();
    let answer = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match answer {
        Ok(answer) if answer.contains("\"total\": 0") => {
            eprintln!("── advisories (npm): none");
            Ok(())
        }
        Ok(answer) if answer.contains("\"vulnerabilities\"") => {
            Err(format!("npm knows faults of what is in {NPM}: run `npm audit` there\n{answer}"))
        }
        _ => {
            eprintln!(
                "advisories: NOT CHECKED for npm's packages: their registry answers no audit here"
            );
            Ok(())
        }
    }
}

/// Makes the file of facts from a clone of the database.
pub(crate) fn renew(clone: &str) -> Result<(), String> {
    let mut git = Command::new("git");
    git.args(["-C", clone, "show", "--no-patch", "--format=%cs", "HEAD"]);
    let date =
        shell::answer(&mut git).ok_or_else(|| format!("{clone} is no clone of the database"))?;
    let mut lines = Vec::new();
    for folder in entries(&Path::new(clone).join("crates"))? {
        for file in entries(&folder)? {
            let text = fs::read_to_string(&file).map_err(|why| at(&file, &why))?;
            lines.extend(facts(&text).map_err(|why| at(&file, &why))?);
        }
    }
    if lines.is_empty() {
        return Err(format!("{clone} has no advisories: it should be a clone with its files"));
    }
    let folder = folder();
    if let Ok((_, old)) = vendored() {
        fs::remove_file(&old).map_err(|why| at(&old, &why))?;
    }
    let file = folder.join(format!("{date}.tsv"));
    fs::write(&file, lines.join("\n") + "\n").map_err(|why| at(&file, &why))?;
    println!("{}: {} advisories", file.display(), lines.len());
    Ok(())
}

fn folder() -> PathBuf {
    cache::workspace().join("crates/xtask/advisories")
}

fn at(file: &Path, why: &dyn std::fmt::Display) -> String {
    format!("{}: {why}", file.display())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let all = fs::read_dir(folder).map_err(|why| at(folder, &why))?;
    let mut all: Vec<PathBuf> = all.flatten().map(|entry| entry.path()).collect();
    all.sort();
    Ok(all)
}

/// The database that cargo-deny has fetched, if it has.
fn fetched() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")))?;
    // A fetch that failed leaves the folder around it, and no database in it.
    Some(home.join("advisory-dbs").join(NAME)).filter(|database| database.join("crates").is_dir())
}

/// The file of facts, and of which day it is.
fn vendored() -> Result<(String, PathBuf), String> {
    let all = entries(&folder())?;
    let [file] = all.as_slice() else {
        return Err(format!("{}: one file is there, named by its day", folder().display()));
    };
    let date = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok((date, file.clone()))
}

/// A database for cargo-deny, made of the file of facts, and the settings that lead there.
fn database(date: &str, file: &Path) -> Result<PathBuf, String> {
    let place = cache::workspace().join("target/advisories");
    let database = place.join(NAME);
    if database.exists() {
        fs::remove_dir_all(&database).map_err(|why| at(&database, &why))?;
    }
    let text = fs::read_to_string(file).map_err(|why| at(file, &why))?;
    for line in text.lines() {
        let (name, advisory) =
            advisory(line).ok_or_else(|| at(file, &format!("not a line of it: {line}")))?;
        let path = database.join("crates").join(name);
        let written = fs::create_dir_all(path.parent().unwrap_or(&path))
            .and_then(|()| fs::write(&path, advisory));
        written.map_err(|why| at(&path, &why))?;
    }
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(&database).args(["-c", "user.name=breakeven", "-c", "user.email=none"]);
        let when = format!("{date}T00:00:00Z");
        git.args(arguments).env("GIT_COMMITTER_DATE", &when).env("GIT_AUTHOR_DATE", &when);
        shell::answer(&mut git).map(drop).ok_or_else(|| format!("{git:?} failed"))
    };
    git(&["init", "--quiet"])?;
    git(&["add", "--all", "--force"])?;
    git(&["commit", "--quiet", "--no-gpg-sign", "--message", date])?;
    let deny = cache::workspace().join("deny.toml");
    let settings = fs::read_to_string(&deny).map_err(|why| at(&deny, &why))?;
    // Its age is told of, and judged, here.
    let more =
        format!("db-path = {:?}\nmaximum-db-staleness = \"P100Y\"\n", place.display().to_string());
    let config = place.join("deny.toml");
    let settings = settings.replace("[advisories]\n", &format!("[advisories]\n{more}"));
    fs::write(&config, settings).map_err(|why| at(&config, &why))?;
    Ok(config)
}

/// Where a line's advisory lies below `crates`, and what it says.
fn advisory(line: &str) -> Option<(String, String)> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [id, package, date, informational, patched, unaffected] = *fields.as_slice() else {
        return None;
    };
    let is_name = |name: &str| {
        name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_')
    };
    if !is_name(id) || !is_name(package) {
        return None;
    }
    let mut text =
        format!("```toml\n[advisory]\nid = {id:?}\npackage = {package:?}\ndate = {date:?}\n");
    if !informational.is_empty() {
        text += &format!("informational = {informational:?}\n");
    }
    text += &format!(
        "\n[versions]\npatched = {patched}\nunaffected = {unaffected}\n```\n\n# {id}\n\nOf {package}.\n"
    );
    Some((format!("{package}/{id}.md"), text))
}

/// The line of an advisory; none if it was withdrawn.
///
/// # Errors
/// If it is none.
fn facts(text: &str) -> Result<Option<String>, String> {
    let head = text.strip_prefix("```toml\n").and_then(|rest| rest.split_once("\n```"));
    let (head, _) = head.ok_or("no facts in front")?;
    let mut fields = COLUMNS.map(|_| String::new());
    let mut lines = head.lines();
    while let Some(line) = lines.next() {
        let Some((name, value)) = line.split_once('=') else { continue };
        let mut value = without_remark(value).to_owned();
        // A list over several lines.
        while value.starts_with('[') && !value.ends_with(']') {
            value += without_remark(lines.next().ok_or("a list without an end")?);
        }
        let name = name.trim();
        if name == "withdrawn" {
            return Ok(None);
        }
        if let Some(column) = COLUMNS.iter().position(|column| *column == name) {
            let is_list = value.starts_with('[');
            fields[column] = if is_list { value } else { value.trim_matches('"').to_owned() };
        }
    }
    for list in &mut fields[4..] {
        if list.is_empty() {
            "[]".clone_into(list);
        }
    }
    if fields[0].is_empty() || fields.iter().any(|field| field.contains('\t')) {
        return Err("no line can be made of it".to_owned());
    }
    Ok(Some(fields.join("\t")))
}

/// What stands before the first `#` that is in no text.
fn without_remark(line: &str) -> &str {
    let mut in_text = false;
    let end = line.find(|sign| {
        in_text ^= sign == '"';
        sign == '#' && !in_text
    });
    line[..end.unwrap_or(line.len())].trim()
}

/// Days since that one.
fn age(date: &str) -> Result<u64, String> {
    let seconds = shell::answer(Command::new("date").args(["--utc", "--date", date, "+%s"]));
    let then = seconds.and_then(|seconds| seconds.parse().ok());
    let then = then.ok_or_else(|| format!("{date} is no day"))?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH + Duration::from_secs(then));
    Ok(since.map_or(0, |since| since.as_secs() / DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADVISORY: &str = "```toml\n[advisory]\nid = \"RUSTSEC-2020-0001\"\npackage = \"some\"\ndate = \"2020-01-02\"\n\
        informational = \"unmaintained\"\nkeywords = [\"a\"]\n\n[versions]\npatched = [\n  \">= 1.2\", # since\n  \"^0.9.3\"\n]\n```\n\n# Title\n";

    #[test]
    fn an_advisory_is_a_line_and_a_line_an_advisory() {
        let line = facts(ADVISORY).unwrap().unwrap();
        let expected =
            "RUSTSEC-2020-0001\tsome\t2020-01-02\tunmaintained\t[\">= 1.2\",\"^0.9.3\"]\t[]";
        assert_eq!(line, expected);
        let (name, text) = advisory(&line).unwrap();
        assert_eq!(name, "some/RUSTSEC-2020-0001.md");
        assert_eq!(facts(&text).unwrap().unwrap(), line);
    }

    #[test]
    fn what_is_none_is_refused_and_what_was_withdrawn_left_out() {
        assert!(facts("# Title").is_err());
        assert!(facts("```toml\npatched = [\n```").is_err());
        assert_eq!(facts("```toml\nid = \"X\"\nwithdrawn = \"2021-01-01\"\n```").unwrap(), None);
        assert_eq!(advisory("RUSTSEC-1\t../../x\t2020-01-02\t\t[]\t[]"), None);
        assert_eq!(advisory("RUSTSEC-1"), None);
    }

    #[test]
    fn the_facts_that_are_kept_can_be_read() {
        let (date, file) = vendored().unwrap();
        age(&date).unwrap();
        let text = fs::read_to_string(file).unwrap();
        assert!(text.lines().count() > 1000);
        assert!(text.lines().all(|line| advisory(line).is_some()));
    }
}
