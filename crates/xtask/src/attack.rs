//! `cargo xtask attack`: every attack that once got through, at length, as this account and as another one.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::setup::{self, Toolchain, Want};
use crate::{build, cache, shell};

/// Packages and their tests of SECURITY.md's table.
const TESTS: [(&str, &[&str]); 3] = [
    ("native-runner", &["--test", "attack", "--test", "server", "--test", "supply"]),
    ("sandbox", &["--tests"]),
    ("scrape", &["--lib"]),
];
/// Debian's `nobody`, which every system has.
const OTHER_ACCOUNT: &str = "65534";

/// Builds, attacks as this account and then, where that may be done, as another one.
pub(crate) fn run(forced: Option<Toolchain>) -> Result<(), String> {
    let tools = setup::run(Want::Test, forced)?;
    let testing = tools.testing.as_ref().ok_or("set-up for the tests left something out")?;
    build::page(&tools)?;
    for (package, tests) in TESTS {
        let mut command = tools.cargo();
        command.args(["test", "--package", package]).args(tests);
        command.env("BREAKEVEN_ATTACK", "long").env("CHROMIUM", &testing.browsers.chromium);
        shell::loudly(&format!("attacks: {package}"), &mut command, shell::minutes(60))?;
    }
    let is_root = shell::answer(Command::new("id").arg("-u")).as_deref() == Some("0");
    if is_root {
        as_another_account(tools.cargo())
    } else {
        eprintln!("attacks as another account: left out, only root may change the account");
        Ok(())
    }
}

fn as_another_account(mut cargo: Command) -> Result<(), String> {
    cargo.args(["test", "--no-run", "--package", "native-runner", "--test", "attack"]);
    let output = cargo.output().map_err(|why| format!("cannot start cargo: {why}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let test = executable(&said).ok_or_else(|| format!("cargo named no test program: {said}"))?;
    let folder = cache::workspace().join("target/tmp");
    let _shared = Shared::open(&folder)?;
    let home = folder.join("attack-home");
    fs::create_dir_all(&home).map_err(|why| format!("{}: {why}", home.display()))?;
    permit(&home, 0o1777)?;
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", OTHER_ACCOUNT, "--regid", OTHER_ACCOUNT, "--clear-groups"])
        .arg(cache::workspace().join(test))
        .current_dir(cache::workspace().join("native-runner"))
        .env("HOME", &home)
        .env("BREAKEVEN_ATTACK", "long")
        .env_remove("XDG_STATE_HOME")
        .env_remove("XDG_RUNTIME_DIR");
    shell::loudly("attacks as another account", &mut command, shell::minutes(60))
}

/// The program in `Executable tests/attack/main.rs (target/debug/deps/attack-…)`.
fn executable(said: &str) -> Option<PathBuf> {
    let line = said.lines().find(|line| line.trim_start().starts_with("Executable"))?;
    let (_, rest) = line.split_once('(')?;
    rest.split_once(')').map(|(path, _)| PathBuf::from(path))
}

/// The tests' folder while another account writes there, too.
struct Shared<'a>(&'a Path);

impl<'a> Shared<'a> {
    fn open(folder: &'a Path) -> Result<Self, String> {
        fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        permit(folder, 0o1777)?;
        Ok(Self(folder))
    }
}

impl Drop for Shared<'_> {
    fn drop(&mut self) {
        let _ = permit(self.0, 0o755);
    }
}

fn permit(folder: &Path, mode: u32) -> Result<(), String> {
    fs::set_permissions(folder, Permissions::from_mode(mode))
        .map_err(|why| format!("{}: {why}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_program_is_found_in_what_cargo_says() {
        let said = "    Finished `test` profile\n  Executable tests/attack/main.rs (target/debug/deps/attack-1f)\n";
        assert_eq!(executable(said), Some("target/debug/deps/attack-1f".into()));
        assert_eq!(executable("error: no test target\n"), None);
    }
}
