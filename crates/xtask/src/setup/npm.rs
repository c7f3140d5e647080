//! Node and its packages.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{cache, shell};

/// Installs a folder's locked packages beside its `package-lock.json`.
pub(crate) fn ensure(name: &str) -> Result<(), String> {
    let folder = cache::workspace().join(name);
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).map_err(|why| format!("{}: {why}", lock.display()))?;
    // A copy of the lock file inside node_modules says what was installed.
    let stamp = folder.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    node()?;
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
    let title = format!("installing the npm packages of {name}");
    shell::quietly(&title, &mut command, shell::minutes(5))?;
    fs::write(&stamp, wanted).map_err(|why| format!("{}: {why}", stamp.display()))
}

/// Installs one package into a folder of its own.
pub(crate) fn install_package(name: &str, version: &str, folder: &Path) -> Result<(), String> {
    node()?;
    fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    let mut command = Command::new("npm");
    command
        .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-save", "--prefix"])
        .arg(folder)
        .arg(format!("{name}@{version}"));
    shell::quietly(&format!("installing {name} {version} (npm)"), &mut command, shell::minutes(5))
}

fn node() -> Result<(), String> {
    let advice = "install Node 20 or newer, for example Debian's nodejs and npm packages";
    let version = shell::answer(Command::new("node").arg("--version"))
        .ok_or_else(|| format!("node was not found: {advice}"))?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|it| it.parse().ok());
    if major.is_none_or(|major: u32| major < 20) {
        return Err(format!("node {version} is too old: {advice}"));
    }
    shell::on_path("npm").map(|_| ()).ok_or_else(|| format!("npm was not found: {advice}"))
}
