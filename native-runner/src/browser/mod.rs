//! A headless browser of the runner's own: it has a profile of its own and is gone at the end, whatever
//! happens.
//!
//! The runner starts a *keeper* ([`keeper`]), which starts the browser and ends it with all that it
//! started once the runner closes the keeper's standard input, or dies. Should the keeper itself be
//! killed, the kernel ends the browser, and the runner what is left of it.

mod descendants;
pub(crate) mod keeper;
pub mod page;
mod programs;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{getpid, set_child_subreaper};

pub use programs::Kind;

use crate::timing::Clock;

/// How long a keeper may take to end everything.
const END_LIMIT: Duration = Duration::from_secs(15);
/// Of what a browser said last, so many bytes are worth repeating.
const LAST_WORDS: u64 = 600;

/// A browser that was started. Dropping it ends it.
pub struct Browser {
    keeper: Child,
    profile: PathBuf,
    /// What the browser says on its standard error.
    words: File,
}

impl Browser {
    /// Starts a browser that opens this address; `keeper` is the program with the subcommand `keep`.
    ///
    /// # Errors
    /// If there is no place for its profile, or the system starts no process.
    pub fn start(keeper: &Path, kind: Kind, program: &Path, address: &str) -> anyhow::Result<Self> {
        // What loses its parent becomes the runner's own child, not the system's.
        set_child_subreaper(Some(getpid())).context("cannot adopt the browser's processes")?;
        let profile = programs::profile(kind, address).context("the browser's profile")?;
        let words = profile.path().join("words.txt");
        let words = File::options().read(true).append(true).create_new(true).open(words)?;
        #[expect(clippy::disallowed_methods, reason = "this starts the keeper of a browser")]
        let mut command = Command::new(keeper);
        command
            .args(["keep", "--profile"])
            .arg(profile.path())
            .arg("--")
            .arg(program)
            .args(programs::arguments(kind, profile.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(words.try_clone()?);
        let keeper = command.spawn().context("the keeper of the browser could not be started")?;
        // From here on it is the keeper's.
        Ok(Self { keeper, profile: profile.keep(), words })
    }

    /// What became of it, if it ended by itself: one sentence, and its last words.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.keeper.try_wait().ok().flatten()?;
        let how = match (status.code(), status.signal()) {
            (Some(code), _) if code == i32::from(keeper::ENDED) => "it ended by itself".to_owned(),
            (_, Some(signal)) => format!("its keeper was killed by signal {signal}"),
            _ => "it could not be started".to_owned(),
        };
        Some(format!("{how}{}", self.last_words()))
    }

    /// What it said last, as the end of a sentence.
    pub fn last_words(&mut self) -> String {
        let mut text = Vec::new();
        let length = self.words.metadata().map_or(0, |data| data.len());
        let from = SeekFrom::Start(length.saturating_sub(LAST_WORDS));
        let read = self.words.seek(from).and_then(|_| self.words.read_to_end(&mut text));
        let text = String::from_utf8_lossy(&text);
        match (read, text.trim()) {
            (Ok(_), text) if !text.is_empty() => format!("; its last words: {text}"),
            _ => String::new(),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The keeper ends everything when its standard input ends.
        drop(self.keeper.stdin.take());
        let began = Clock::start();
        while let Ok(None) = self.keeper.try_wait() {
            if began.elapsed().0 > END_LIMIT.as_nanos() as u64 {
                let _ = self.keeper.kill();
                let _ = self.keeper.wait();
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        // Nothing is left, unless the keeper was killed.
        descendants::end_all();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}
