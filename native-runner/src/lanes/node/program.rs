//! The Node that is there, and what it is given to run.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::process;
use std::sync::OnceLock;

use rustix::fs::MemfdFlags;

use crate::children::{first_line, sealed};
use crate::server::assets;

/// The oldest Node that has what the scripts use.
const OLDEST: u32 = 20;

/// Node on PATH.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) program: PathBuf,
    /// As it says itself, for example `v20.20.2`.
    pub(crate) version: String,
}

impl Node {
    /// The first number of its version; 0 if it says none.
    pub(crate) fn major(&self) -> u32 {
        let major = self.version.trim_start_matches('v').split('.').next();
        major.and_then(|it| it.parse().ok()).unwrap_or(0)
    }
}

/// Looks for Node once.
///
/// # Errors
/// One sentence: what is missing, and how to get it.
pub(crate) fn node() -> Result<&'static Node, String> {
    static FOUND: OnceLock<Result<Node, String>> = OnceLock::new();
    FOUND.get_or_init(find).as_ref().map_err(Clone::clone)
}

fn find() -> Result<Node, String> {
    let missing = format!("node is not on PATH: install Node {OLDEST} or newer");
    let path = std::env::var_os("PATH").ok_or(missing.clone())?;
    let program = std::env::split_paths(&path)
        .map(|folder| folder.join("node"))
        .find(|file| file.is_file())
        .ok_or(missing)?;
    let version = first_line(&program, "--version")
        .map_err(|why| format!("{} does not run: {why}", program.display()))?;
    let node = Node { program, version };
    if node.major() >= OLDEST {
        Ok(node)
    } else {
        Err(format!("Node {} is on PATH: {OLDEST} or newer is needed", node.version))
    }
}

/// The scripts and the kernels as files in memory, which Node opens by path: nothing is left on any disk.
pub(super) struct Scripts {
    files: Vec<File>,
}

impl Scripts {
    /// Written once.
    pub(super) fn get() -> io::Result<&'static Self> {
        static SCRIPTS: OnceLock<Scripts> = OnceLock::new();
        if let Some(scripts) = SCRIPTS.get() {
            return Ok(scripts);
        }
        let kernel = |name| assets::file(&format!("workers/engine-plain/{name}"));
        let texts = [
            include_bytes!("driver.cjs").to_vec(),
            include_bytes!("worker.cjs").to_vec(),
            include_bytes!("notes.cjs").to_vec(),
            kernel("engine.js").unwrap_or_default(),
            kernel("engine_bg.wasm").unwrap_or_default(),
        ];
        let files = texts.iter().map(|text| sealed("breakeven-node", text, MemfdFlags::empty()));
        let files = files.collect::<io::Result<_>>()?;
        Ok(SCRIPTS.get_or_init(|| Self { files }))
    }

    /// Where the driver, the worker script, what notes are made with, the kernels' glue and the kernels are, for
    /// whoever opens them.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        let path = |file: &File| format!("/proc/{}/fd/{}", process::id(), file.as_raw_fd()).into();
        self.files.iter().map(path).collect()
    }

    /// Node's arguments, for a driver that finds them open.
    pub(super) fn words(kind: &str) -> Vec<OsString> {
        let path = |number| format!("/proc/self/fd/{number}");
        let [driver, rest @ ..] = [3, 4, 5, 6, 7].map(path);
        // Scripts in memory have no real path that Node could find out.
        let words = ["--preserve-symlinks-main", "--preserve-symlinks", &driver, kind];
        words.into_iter().map(OsString::from).chain(rest.map(OsString::from)).collect()
    }
}

/// Why pieces of work cannot be done, if they cannot.
pub(super) fn kernels_missing() -> Option<String> {
    let is_there = assets::file("workers/engine-plain/engine_bg.wasm").is_some();
    (!is_there).then(|| {
        "this runner was built without the page, whose kernels Node's lanes run: `cargo xtask build` \
         makes one with it"
            .to_owned()
    })
}
