//! A PostgreSQL server for trials: Debian's, on data of its own, as a user that is not root. Nobody else gets to it.
//!
//! Its data and its socket lie in a folder inside the runner's private one, which belongs to the server's account with
//! mode 0700. Another account than the runner's could not reach it there by its path: the server and what prepares it
//! get the folder as an open descriptor, and go by that. It knows one role, which owns a schema and nothing else, lets
//! in the runner's account alone, by what the kernel says of the socket's other end, and has no way in for its
//! superuser: what takes one is done in single-user mode, before.

mod left;
mod samples;

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keeper::Mechanism;
use rustix::process::{Signal, geteuid};

use crate::cancel::Cancel;
use crate::children::{ChildProcess, KeptProgram, first_line};
use crate::private::Folder;
use crate::timing;
use left::postmaster;
pub(crate) use left::release;

/// How long making the data, or starting on it, may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a server may take to end when it is asked to.
const ENDING: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(5);
/// Users that root becomes; the second one everybody has.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// The folder as the server finds it: its first descriptor beside its streams.
const FOLDER: &str = "/proc/self/fd/3";
const DATA: &str = "/proc/self/fd/3/data";
/// Who may come in, as whom, and how they show who they are.
const ACCESS: &str = "local postgres breakeven peer map=runner\n";
/// What the trials need, said as the superuser.
const PREPARATION: &str = "\
    CREATE ROLE breakeven LOGIN;\n\
    CREATE SCHEMA breakeven AUTHORIZATION breakeven;\n\
    REVOKE ALL ON DATABASE postgres FROM PUBLIC;\n\
    GRANT CONNECT ON DATABASE postgres TO breakeven;\n";
/// How processes of the server share memory.
const SHARED_MEMORY: &str = "dynamic_shared_memory_type=mmap";
/// Settings of every start. What processes of the server share lies in its data, and not in the system's folder for
/// such, where a server that is killed would leave it.
const SETTINGS: [&str; 4] = ["-F", "-c", SHARED_MEMORY, "-D"];

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
    folder: Folder,
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
        let name = first_line(Path::new("/usr/bin/id"), "-un").map_err(|why| {
            format!("PostgreSQL lets accounts in by name, and this one has none: {why}")
        })?;
        let folder = || -> io::Result<(Folder, Vec<OsString>)> {
            let folder = Folder::new("postgres")?;
            // Before the server's account has the folder: this one writes nothing where another may put links.
            for (file, text) in
                [("access", ACCESS.into()), ("names", format!("runner \"{name}\" breakeven\n"))]
            {
                let file = folder.write(file, text)?;
                if user.is_some() {
                    fs::set_permissions(file, PermissionsExt::from_mode(0o644))?;
                }
            }
            let with_samples = samples::arguments(&programs, &folder)?;
            if let Some(User { id, group }) = user {
                chown(folder.path(), Some(id), Some(group))?;
            }
            Ok((folder, with_samples))
        };
        let (folder, with_samples) =
            folder().map_err(|why| format!("no folder for PostgreSQL: {why}"))?;
        let this = Self { programs, folder, user };
        let words = [
            "--username=owner",
            "--auth=reject",
            "--no-sync",
            "--no-locale",
            "--encoding=UTF8",
            "-D",
            DATA,
        ];
        let words = words.into_iter().map(OsString::from).chain(with_samples).collect();
        this.finish("initdb", words, "", cancel)?;
        let words =
            [&["--single", "-c", "exit_on_error=on"], &SETTINGS[..], &[DATA, "postgres"]].concat();
        this.finish("postgres", words.into_iter().map(Into::into).collect(), PREPARATION, cancel)?;
        Ok(this)
    }

    /// Runs a program until it ends by itself, and well.
    fn finish(
        &self,
        program: &str,
        words: Vec<OsString>,
        input: &str,
        cancel: &Cancel,
    ) -> Result<(), String> {
        let (mut ours, mut process) = self.start(program, words, cancel)?;
        let mut said = String::new();
        // Its output ends with it.
        let talk = ours.write_all(input.as_bytes()).and_then(|()| ours.shutdown(Shutdown::Write));
        let talk = talk.and_then(|()| ours.read_to_string(&mut said));
        let last = process.last_words();
        if talk.is_ok() && last.lines().any(|line| line == "it ended with exit status: 0") {
            return Ok(());
        }
        let said = format!("{said}\n{last}");
        Err(format!(
            "PostgreSQL's {program} failed: {}",
            said.trim().lines().last().unwrap_or_default()
        ))
    }

    /// Starts a server and waits until it takes connections.
    pub(super) fn serve(&self, cancel: &Cancel) -> Result<Server, String> {
        let settings = [
            ["-c".into(), "max_connections=20".into()],
            ["-c".into(), "unix_socket_permissions=0700".into()],
            ["-c".into(), format!("hba_file={FOLDER}/access")],
            ["-c".into(), format!("ident_file={FOLDER}/names")],
            ["-h".into(), String::new()],
            ["-k".into(), FOLDER.into()],
        ];
        let words = settings.into_iter().flatten().map(OsString::from);
        let words = words.chain(SETTINGS.map(Into::into)).chain([DATA.into()]).collect();
        // What is cancelled is the trial, which then ends its server.
        let (_, process) = self.start("postgres", words, &Cancel::default())?;
        let mut server = Server { process, folder: self.folder.path().to_owned() };
        let until = timing::now() + PATIENCE.as_nanos() as u64;
        let mut last = String::new();
        while timing::now() < until && server.process.is_alive() && !cancel.is_asked() {
            match takes_connections(&server.folder) {
                Ok(()) => return Ok(server),
                Err(why) => last = why.to_string(),
            }
            std::thread::sleep(LOOK);
        }
        Err(format!("PostgreSQL did not start: {last}. {}", server.process.last_words().trim()))
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
        let files = vec![self.folder.path().to_owned()];
        let spawn = || -> io::Result<_> {
            let (ours, theirs) = UnixStream::pair()?;
            ours.set_read_timeout(Some(PATIENCE))?;
            ours.set_write_timeout(Some(PATIENCE))?;
            let output = theirs.try_clone()?;
            let program = KeptProgram { mechanism, files, ..KeptProgram::new(&path, all) };
            Ok((ours, program.spawn(theirs.into(), output.into(), cancel)?))
        };
        spawn().map_err(|why| format!("PostgreSQL's {program} could not be started: {why}"))
    }
}

/// A server. It ends when this is dropped.
pub(super) struct Server {
    process: ChildProcess,
    /// Where its socket is.
    pub(super) folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its fast shutdown. One that is killed leaves a segment of System V's shared memory.
        let inner = postmaster(&self.folder.join("data")).map(|postmaster| postmaster.id);
        let has_ended =
            inner.is_some_and(|inner| self.process.ends_after(inner, Signal::INT, ENDING));
        self.process.kill();
        if !has_ended {
            left::release_segment(&self.folder);
        }
    }
}

/// Whether the server lets the role in: one that is still starting refuses with an error.
fn takes_connections(folder: &Path) -> io::Result<()> {
    let mut socket = UnixStream::connect(folder.join(".s.PGSQL.5432"))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    // The protocol's version 3.0, a user and a database.
    let names = b"user\0breakeven\0database\0postgres\0\0";
    socket.write_all(&(8 + names.len() as u32).to_be_bytes())?;
    socket.write_all(&196_608_u32.to_be_bytes())?;
    socket.write_all(names)?;
    let mut kind = [0];
    socket.read_exact(&mut kind)?;
    if kind == *b"R" {
        return Ok(());
    }
    let mut said = Vec::new();
    socket.take(1 << 10).read_to_end(&mut said)?;
    // Fields that end with a zero byte; `M` begins the one for people.
    let message = said.split(|byte| *byte == 0).find_map(|field| field.strip_prefix(b"M"));
    let message = String::from_utf8_lossy(message.unwrap_or(b"it said something else"));
    Err(io::Error::other(message.into_owned()))
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
