//! PostgreSQL's server, for the trials of the tests: they make a cluster of their own.

use std::path::Path;
use std::process::Command;

use super::apt;
use crate::shell;

/// Where Debian's package is told not to make and start a cluster of its own, which nobody asked for.
const SETTINGS: &str = "/etc/postgresql-common/createcluster.conf";

/// Finds or installs it.
pub(crate) fn ensure() -> Result<(), String> {
    let is_there = Path::new("/usr/lib/postgresql").is_dir() || shell::on_path("initdb").is_some();
    if is_there {
        return Ok(());
    }
    if !Path::new(SETTINGS).exists() {
        let line = format!(
            "mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > {SETTINGS}"
        );
        let root = shell::answer(Command::new("id").arg("-u")).as_deref() == Some("0");
        let mut command = Command::new(if root { "sh" } else { "sudo" });
        if !root {
            command.args(["-n", "sh"]);
        }
        command.args(["-c", &line]);
        shell::quietly(
            "keeping Debian from starting a PostgreSQL cluster",
            &mut command,
            shell::minutes(1),
        )?;
    }
    apt::ensure(&["postgresql"])
}
