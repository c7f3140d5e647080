//! A PostgreSQL server for trials: Debian's, on data of its own, as a user that is not root, reachable by a
//! socket in a folder alone.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keeper::Mechanism;
use rustix::process::geteuid;
use tempfile::TempDir;

use crate::cancel::Cancel;
use crate::children::{ChildProcess, KeptProgram};
use crate::timing;

/// How long making the data, or starting on it, may take.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);
/// Users that root becomes; the second one everybody has.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// Where PostgreSQL's programs are.
///
/// # Errors
/// One sentence: what is missing, and how to get it.
pub(crate) fn found() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    // Debian has them beside each other, by version, and not on PATH.
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    debian.sort();
    folders.splice(0..0, debian.into_iter().rev());
    folders
        .into_iter()
        .find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
        .ok_or_else(|| {
            "there is no PostgreSQL server: install Debian's package postgresql (none of its own \
             clusters is needed)"
                .to_owned()
        })
}

/// The data of a server. They are removed when this is dropped.
pub(super) struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    user: Option<User>,
}

/// Whom root becomes.
#[derive(Clone, Copy)]
struct User {
    id: u32,
    group: u32,
}

impl Cluster {
    /// Makes the data.
    pub(super) fn create(cancel: &Cancel) -> Result<Self, String> {
        let programs = found()?;
        let user = if geteuid().is_root() { Some(other_user()?) } else { None };
        let folder = TempDir::with_prefix("breakeven-postgres-").map_err(|why| why.to_string())?;
        let prepare = || -> io::Result<()> {
            fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
            if let Some(User { id, group }) = user {
                chown(folder.path(), Some(id), Some(group))?;
            }
            Ok(())
        };
        prepare().map_err(|why| why.to_string())?;
        let this = Self { programs, folder, user };
        let data = this.folder.path().join("data");
        let words =
            ["--username=breakeven", "--auth=trust", "--no-sync", "--no-locale", "--encoding=UTF8"];
        let mut words: Vec<OsString> = words.map(Into::into).into();
        words.extend(["-D".into(), data.into()]);
        let (mut ours, mut process) = this.start("initdb", words, cancel)?;
        // Its output ends with it.
        let mut said = String::new();
        let _ = ours.read_to_string(&mut said);
        if this.folder.path().join("data/PG_VERSION").is_file() && said.contains("Success") {
            return Ok(this);
        }
        let said = format!("{said}{}", process.last_words());
        Err(format!(
            "PostgreSQL's initdb failed: {}",
            said.trim().lines().last().unwrap_or_default()
        ))
    }

    /// Starts a server and waits until it takes connections.
    pub(super) fn serve(&self, cancel: &Cancel) -> Result<Server, String> {
        let folder = self.folder.path();
        let mut words: Vec<OsString> =
            ["-F", "-h", "", "-c", "max_connections=20"].map(Into::into).into();
        words.extend(["-k".into(), folder.into(), "-D".into(), folder.join("data").into()]);
        let (_, mut process) = self.start("postgres", words, cancel)?;
        let until = timing::now() + PATIENCE.as_nanos() as u64;
        while timing::now() < until && process.is_alive() {
            if takes_connections(folder) {
                return Ok(Server { _process: process, folder: folder.to_owned() });
            }
            std::thread::sleep(LOOK);
        }
        Err(format!("PostgreSQL did not start: {}", process.last_words().trim()))
    }

    fn start(
        &self,
        program: &str,
        words: Vec<OsString>,
        cancel: &Cancel,
    ) -> Result<(UnixStream, ChildProcess), String> {
        let mut all: Vec<OsString> = Vec::new();
        let mut path = self.programs.join(program);
        if let Some(User { id, group }) = self.user {
            all.extend([format!("--reuid={id}"), format!("--regid={group}")].map(Into::into));
            all.extend(["--clear-groups".into(), "--".into(), path.into_os_string()]);
            path = PathBuf::from("/usr/bin/setpriv");
        }
        all.extend(words);
        // It refuses to run as root, and inside a user namespace everybody is.
        let mechanism = self.user.is_none().then_some(Mechanism::Subreaper);
        let spawn = || -> io::Result<_> {
            let (ours, theirs) = UnixStream::pair()?;
            ours.set_read_timeout(Some(PATIENCE))?;
            let output = theirs.try_clone()?;
            let program = KeptProgram { mechanism, ..KeptProgram::new(&path, all) };
            Ok((ours, program.spawn(theirs.into(), output.into(), cancel)?))
        };
        spawn().map_err(|why| format!("PostgreSQL's {program} could not be started: {why}"))
    }
}

/// A server. It ends when this is dropped.
pub(super) struct Server {
    _process: ChildProcess,
    /// Where its socket is.
    pub(super) folder: PathBuf,
}

/// A server that is still starting refuses with an error; one that is there asks for the password or nothing.
fn takes_connections(folder: &Path) -> bool {
    let ask = || -> io::Result<u8> {
        use std::io::Write;

        let mut socket = UnixStream::connect(folder.join(".s.PGSQL.5432"))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        // The protocol's version 3.0, a user and a database.
        let names = b"user\0breakeven\0database\0postgres\0\0";
        socket.write_all(&(8 + names.len() as u32).to_be_bytes())?;
        socket.write_all(&196_608_u32.to_be_bytes())?;
        socket.write_all(names)?;
        let mut kind = [0];
        socket.read_exact(&mut kind)?;
        Ok(kind[0])
    };
    ask().is_ok_and(|kind| kind == b'R')
}

fn other_user() -> Result<User, String> {
    let users = fs::read_to_string("/etc/passwd").map_err(|why| format!("/etc/passwd: {why}"))?;
    let named = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut words = line.split(':').skip(2).map(str::parse);
        Some(User { id: words.next()?.ok()?, group: words.next()?.ok()? })
    };
    USERS
        .into_iter()
        .find_map(named)
        .ok_or_else(|| "PostgreSQL refuses to run as root, and there is no other user".into())
}
