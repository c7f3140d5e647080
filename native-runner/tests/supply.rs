//! What this is made of: every direct dependency is there for a reason that is written down, and what npm
//! installs is locked, whole and runs no scripts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|why| panic!("{path}: {why}"))
}

const LOCKS: [&str; 5] = [
    "native-runner/node/package-lock.json",
    "tests/e2e/package-lock.json",
    "tests/lighthouse/package-lock.json",
    "native-runner/benches/kernels/package-lock.json",
    "native-runner/benches/browser/package-lock.json",
];

/// The names under a manifest's tables of dependencies.
fn named(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut all = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies");
            all.extend(table.split_once("dependencies.").map(|(_, name)| name.to_owned()));
        } else if inside && let Some((name, _)) = line.split_once([' ', '.', '=']) {
            all.insert(name.trim().to_owned());
        }
    }
    all.retain(|name| !name.is_empty() && !name.starts_with('#'));
    all
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let mut all = BTreeSet::new();
    let crates = fs::read_dir(root().join("crates")).unwrap();
    let folders = crates.map(|entry| entry.unwrap().path());
    let own = ["native-runner", "web", "tests/fuzz"].map(|name| root().join(name));
    let mut ours = BTreeSet::new();
    for folder in folders.chain(own) {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        ours.insert(folder.file_name().unwrap().to_string_lossy().into_owned());
        all.extend(named(&manifest));
    }
    for lock in LOCKS {
        let lock: Value = serde_json::from_str(&read(lock)).unwrap();
        let root = &lock["packages"][""];
        for table in ["dependencies", "devDependencies"] {
            all.extend(root[table].as_object().into_iter().flatten().map(|(name, _)| name.clone()));
        }
    }
    let table = read("docs/DEPENDENCIES.md");
    let written: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(name, _)| name.to_owned())
        .collect();
    let wanted: BTreeSet<String> = all.into_iter().filter(|name| !ours.contains(name)).collect();
    let missing: Vec<_> = wanted.difference(&written).collect();
    let left_over: Vec<_> = written.difference(&wanted).collect();
    assert!(
        missing.is_empty() && left_over.is_empty(),
        "missing: {missing:?}; gone: {left_over:?}"
    );
}

#[test]
fn every_advisory_that_is_left_out_has_its_reason() {
    let settings = read("deny.toml");
    let (_, ignored) = settings.split_once("ignore = [").unwrap();
    let ignored: Vec<&str> = ignored.split(']').next().unwrap().split('"').collect();
    let reasons = read("docs/DEPENDENCIES.md");
    for advisory in ignored.iter().filter(|part| part.starts_with("RUSTSEC-")) {
        assert!(reasons.contains(&format!("| {advisory} |")), "{advisory}");
    }
}

#[test]
fn what_npm_installs_is_locked_whole_and_silent() {
    for name in LOCKS {
        let lock: Value = serde_json::from_str(&read(name)).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        for (package, about) in packages.iter().filter(|(package, _)| !package.is_empty()) {
            let integrity = about["integrity"].as_str().unwrap_or_default();
            assert!(integrity.starts_with("sha512-"), "{name}: {package} is not checked");
        }
    }
    // Scripts of packages never run, whatever they say.
    let npm = read("crates/xtask/src/setup/npm.rs");
    assert_eq!(npm.matches("--ignore-scripts").count(), npm.matches("--no-audit").count());
}
