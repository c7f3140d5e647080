//! Other accounts and planted links: what lies on a disk while the runner works, and what is left of it.

mod fifos;
mod folders;
mod left;
mod places;
mod reports;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use tempfile::TempDir;

use crate::breakeven;

/// An account that everybody has: `nobody`.
const OTHER: u32 = 65534;
/// By then it has happened, on whatever machine.
const LONG: Duration = Duration::from_secs(120);
/// Says what a test needs that is not there, where not all can run.
const LEFT_OUT: &str = "left out: only root can act as another account";

/// A folder like `/tmp`, which every account reaches and may write to, with nothing in it.
fn place() -> TempDir {
    let folder = tempfile::Builder::new().prefix("attack-").tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o1777)).unwrap();
    folder
}

/// The command under this umask, with its files in this place.
fn under(umask: &str, place: &Path, arguments: &[&str]) -> Command {
    let command = breakeven(arguments);
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &format!("umask {umask}; exec \"$@\""), "sh"]).arg(command.get_program());
    shell.args(command.get_args()).env("TMPDIR", place).env("XDG_STATE_HOME", place.join("state"));
    shell.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    shell
}

/// Runs a program as another account, as root can; none elsewhere.
fn as_another(program: &str, arguments: &[&str]) -> Option<Output> {
    if !geteuid().is_root() {
        return None;
    }
    let mut command = Command::new(program);
    command.args(arguments).uid(OTHER).gid(OTHER).current_dir("/").env_clear();
    Some(command.output().unwrap())
}

fn mode(file: &Path) -> u32 {
    fs::symlink_metadata(file).unwrap().mode() & 0o7777
}

/// What is in a folder now.
fn inside(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Private folders of runners in a place.
fn private_folders(place: &Path) -> Vec<PathBuf> {
    let is_one = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("breakeven-run-"))
    };
    inside(place).into_iter().filter(is_one).collect()
}

/// The folder of a server that has its socket now.
fn server(place: &Path) -> Option<PathBuf> {
    // Wherever it may be: one that lies open is to be found, too.
    let around = inside(place);
    let mut folders = around.iter().flat_map(|folder| inside(folder)).chain(around.clone());
    folders.find(|folder| folder.join(".s.PGSQL.5432").exists())
}

/// Looks until something is there or the process has ended.
fn look<T>(running: &mut Child, mut find: impl FnMut() -> Option<T>) -> Option<T> {
    let until = Instant::now() + LONG;
    loop {
        let has_ended = running.try_wait().unwrap().is_some();
        if let Some(found) = find() {
            return Some(found);
        }
        if has_ended {
            return None;
        }
        assert!(Instant::now() < until, "waited in vain");
        thread::sleep(Duration::from_millis(2));
    }
}

fn wait_until(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < until, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

fn signal(process: Pid, signal: Signal) {
    let _ = kill_process(process, signal);
}

/// Whether the trials with a server can be made here.
fn has_postgres() -> bool {
    let is_there = Path::new("/usr/lib/postgresql").is_dir();
    if !is_there {
        eprintln!("left out: there is no PostgreSQL server");
    }
    is_there
}
