//! Builds the child program, the keeper and the trial program, small and static, and the scraper, for the runner to
//! carry inside itself, and watches the page, which it carries too.
//!
//! They are built here and not by hand, so that `cargo run -p native-runner` always has those that fit it.

#![allow(clippy::disallowed_methods, reason = "this builds the child, it starts none")]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")).join("..");
    let target = variable("TARGET");
    // OUT_DIR is TARGET_DIR/PROFILE/build/PACKAGE/out: one folder for the child in all profiles.
    let out = PathBuf::from(variable("OUT_DIR"));
    let folder = out.ancestors().nth(4).expect("OUT_DIR lies four folders deep").join("child");

    let fixed = "-Ctarget-feature=+crt-static";
    build(&root, &folder, &target, &["child", "keeper"], "child", fixed);
    // With unwinding, which the others do without: a panic must end a thread alone.
    build(&root, &folder, &target, &["trial"], "trial", fixed);
    // Not static: what looks names up in the C library must fit the system's.
    let dynamic = folder.with_file_name("scraper");
    build(&root, &dynamic, &target, &["scrape"], "trial", "");
    let programs = folder.join(&target).join("child");
    for (variable, program) in [
        ("BREAKEVEN_CHILD", "breakeven-child"),
        ("BREAKEVEN_KEEPER", "breakeven-keeper"),
        ("BREAKEVEN_BARE_CHILD", "bare-child"),
        ("BREAKEVEN_MISBEHAVING_CHILD", "misbehaving-child"),
    ] {
        println!("cargo::rustc-env={variable}={}", programs.join(program).display());
    }
    let trial = folder.join(&target).join("trial/breakeven-trial");
    println!("cargo::rustc-env=BREAKEVEN_TRIAL={}", trial.display());
    let scraper = dynamic.join(&target).join("trial/breakeven-scraper");
    println!("cargo::rustc-env=BREAKEVEN_SCRAPER={}", scraper.display());

    for source in
        ["child", "keeper", "protocol", "sandbox", "scrape", "shm", "tracer", "trial", "workloads"]
    {
        println!("cargo::rerun-if-changed={}", root.join("crates").join(source).display());
    }
    println!("cargo::rerun-if-changed={}", root.join("Cargo.lock").display());

    name_versions(&root, &variable("RUSTC"));

    // The databases' clients for Node's trials, where npm has put them.
    let clients = Path::new(&variable("CARGO_MANIFEST_DIR")).join("node/node_modules");
    if clients.is_dir() {
        println!("cargo::rerun-if-changed={}", clients.display());
    }

    // The page goes into the binary: a page that is built later must not be missed. Cargo takes a
    // path that does not exist for changed every time, so the folder is there from the start.
    let page = root.join("dist");
    if let Err(why) = std::fs::create_dir_all(&page) {
        println!("cargo::warning={}: {why}", page.display());
    }
    println!("cargo::rerun-if-changed={}", page.display());
}

/// Builds small programs, static ones where the dynamic linker would be a large part of their start-up.
fn build(root: &Path, folder: &Path, target: &str, packages: &[&str], profile: &str, flags: &str) {
    let variable = |name: &str| env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"));
    let status = Command::new(variable("CARGO"))
        .args(["build", "--quiet", "--profile", profile, "--target", target])
        .args(packages.iter().flat_map(|package| ["--package", package]))
        .arg("--manifest-path")
        .arg(root.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(folder)
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env_remove("RUSTFLAGS")
        // Under clippy these would lint the program instead of building it.
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("CLIPPY_ARGS")
        .status();
    assert!(
        status.as_ref().is_ok_and(std::process::ExitStatus::success),
        "building {packages:?} failed ({status:?}): run `cargo build` on them to see why"
    );
}

/// What a report says about the program: its compiler and, in a checkout, its revision.
fn name_versions(root: &Path, rustc: &str) {
    let answer = |command: &mut Command| {
        let output = command.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
    };
    let compiler = answer(Command::new(rustc).arg("--version"));
    println!("cargo::rustc-env=BREAKEVEN_RUSTC={}", compiler.unwrap_or("an unknown rustc".into()));
    let git = |words: &[&str]| answer(Command::new("git").args(words).current_dir(root));
    if let Some(revision) = git(&["describe", "--always", "--dirty", "--abbrev=12"]) {
        println!("cargo::rustc-env=BREAKEVEN_REVISION={revision}");
    }
    // Each commit adds a line here. Cargo takes a path that does not exist for changed every time.
    let log = root.join(".git/logs/HEAD");
    if log.exists() {
        println!("cargo::rerun-if-changed={}", log.display());
    }
}
