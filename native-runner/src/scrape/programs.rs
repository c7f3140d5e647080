//! The programs on the other side of the frames: the runner's own scraper, and the same in Node and in Python.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;

use lab::LaneError;
use protocol::scrape::{Child, Reach};
use sandbox::{Allowance, Allowances};

use crate::cancel::Cancel;
use crate::children::{ChildProcess, KeptProgram};
use crate::lanes::{Transport, Worker, node};
use crate::npm;
use crate::private::Folder;

/// Bytes that each process of another language may write to.
const DATA: u64 = 3 << 30;

/// Who works beside whom.
#[derive(Clone, Copy)]
pub(super) enum Crew {
    /// So many processes, each at one page.
    Processes(u32),
    /// So many threads of one process.
    Threads(u32),
}

/// What is started for each worker.
pub(super) struct Program<'a> {
    kind: Kind,
    cancel: &'a Cancel,
}

enum Kind {
    Own { allowed: Allowances, threads: u32 },
    Script(Script),
}

/// A program in another language.
struct Script {
    interpreter: PathBuf,
    options: &'static [&'static str],
    name: &'static str,
    text: &'static str,
    packages: &'static [&'static str],
}

impl<'a> Program<'a> {
    /// # Errors
    /// If it is not there.
    pub(super) fn new(
        child: Child,
        crew: Crew,
        reach: &Reach,
        cancel: &'a Cancel,
    ) -> Result<Self, LaneError> {
        let kind = match child {
            Child::Rust => own(crew, reach),
            Child::Node => Kind::Script(node_script()?),
            Child::Python => Kind::Script(python_script()?),
        };
        Ok(Self { kind, cancel })
    }

    /// Starts one; it has not answered yet.
    pub(super) fn start<T: Transport>(&self) -> Result<Worker<T>, LaneError> {
        Worker::start(|input, output| match &self.kind {
            Kind::Own { allowed, threads } => {
                ChildProcess::spawn_scraper(input, output, self.cancel, *allowed, *threads)
            }
            Kind::Script(script) => script.start(input, output, self.cancel),
        })
    }
}

impl Script {
    /// In a folder of its own, which goes with it.
    fn start(&self, input: OwnedFd, output: OwnedFd, cancel: &Cancel) -> io::Result<ChildProcess> {
        let folder = Folder::new("scrape")?;
        let file = folder.write(self.name, self.text)?;
        npm::write(&folder, self.packages)?;
        let options = self.options.iter().map(OsString::from);
        let words = options.chain([file.into_os_string()]).collect();
        let program = KeptProgram::new(&self.interpreter, words);
        KeptProgram { data: DATA, folder: Some(folder), ..program }.spawn(input, output, cancel)
    }
}

fn node_script() -> Result<Script, LaneError> {
    let node = node().map_err(LaneError::Unavailable)?;
    if !npm::PARSERS.iter().all(|package| npm::has(package)) {
        let why =
            "this runner was built without npm's packages: `cargo xtask build` makes one with them";
        return Err(LaneError::Unavailable(why.into()));
    }
    let (name, text) = ("scraper.mjs", include_str!("scraper.mjs"));
    Ok(Script {
        interpreter: node.program.clone(),
        options: &[],
        name,
        text,
        packages: npm::PARSERS,
    })
}

fn python_script() -> Result<Script, LaneError> {
    let missing = "python3 is not on PATH: install Python 3.9 or newer";
    let interpreter = on_path("python3").ok_or(LaneError::Unavailable(missing.into()))?;
    let (name, text) = ("scraper.py", include_str!("scraper.py"));
    // Without what is installed beside it, and without leaving compiled files.
    Ok(Script { interpreter, options: &["-I", "-B"], name, text, packages: &[] })
}

fn own(crew: Crew, reach: &Reach) -> Kind {
    let mut allowed = Allowances::NOTHING.with(Allowance::Network);
    // Names are looked up by the C library, with some of the system's files; the site has an address.
    if !matches!(reach, Reach::Site(_)) {
        allowed = allowed.with(Allowance::Names);
    }
    let threads = match crew {
        Crew::Processes(_) => 1,
        Crew::Threads(threads) => {
            allowed = allowed.with(Allowance::Threads);
            threads.max(2)
        }
    };
    Kind::Own { allowed, threads }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found =
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())?;
    Some(found)
}
