//! Debian packages.

use std::process::Command;

use crate::shell;

/// Installs those of the packages that are missing, as root or by sudo; else says the command.
pub(crate) fn ensure(packages: &[&str]) -> Result<(), String> {
    let missing: Vec<&str> = packages.iter().copied().filter(|name| !installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let by_hand = format!("sudo apt-get update && sudo apt-get install -y {list}");
    if shell::on_path("apt-get").is_none() {
        return Err(format!("Debian's packages are needed, but there is no apt-get here: {list}"));
    }
    let root = shell::answer(Command::new("id").arg("-u")).as_deref() == Some("0");
    let sudo = !root && shell::answer(Command::new("sudo").args(["-n", "true"])).is_some();
    if !root && !sudo {
        return Err(format!("these Debian packages are missing; install them with\n  {by_hand}"));
    }
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new(if sudo { "sudo" } else { "apt-get" });
        if sudo {
            command.args(["-n", "apt-get"]);
        }
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    shell::quietly("reading Debian's package lists", &mut apt_get(&["update"]), shell::minutes(3))?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(&missing);
    shell::quietly(
        &format!("installing Debian's {list}"),
        &mut apt_get(&arguments),
        shell::minutes(15),
    )
    .map_err(|why| format!("{why}\n  try by hand: {by_hand}"))
}

/// Whether dpkg has the package installed.
pub(crate) fn installed(package: &str) -> bool {
    let mut query = Command::new("dpkg-query");
    query.args(["-W", "-f=${db:Status-Status}", package]);
    shell::answer(&mut query).as_deref() == Some("installed")
}
