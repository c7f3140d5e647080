//! A headless browser of the runner's own: it has a profile of its own and is gone at the end, whatever
//! happens.
//!
//! It runs under a keeper (`crates/keeper`), which ends it with all that it started once the runner wants it,
//! or dies.

pub(crate) mod exhaustion;
pub mod page;
mod programs;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;

use anyhow::Context;

pub use programs::Kind;

use crate::cancel::Cancel;
use crate::children::{ChildProcess, KeptProgram};
use crate::private::create_new;

/// Bytes of memory that each of its processes may write to.
const DATA: u64 = 32 << 30;
/// Of what a browser said last, so many bytes are worth repeating.
const LAST_WORDS: u64 = 600;

/// A browser that was started. Dropping it ends it.
pub struct Browser {
    process: ChildProcess,
    /// What the browser says on its standard error.
    words: File,
}

impl Browser {
    /// Starts a browser that opens this address.
    ///
    /// # Errors
    /// If there is no place for its profile, or the system starts no process.
    pub fn start(kind: Kind, program: &Path, address: &str) -> anyhow::Result<Self> {
        Self::start_within(kind, program, address, DATA)
    }

    /// The same with so many bytes of memory for each of its processes.
    fn start_within(kind: Kind, program: &Path, address: &str, data: u64) -> anyhow::Result<Self> {
        let profile = programs::profile(kind, address).context("the browser's profile")?;
        let words = create_new(&profile.folder.path().join("words.txt"))?;
        let program = KeptProgram {
            data,
            is_home: true,
            ..KeptProgram::new(program, programs::arguments(kind, &profile))
        };
        let program = KeptProgram { folder: Some(profile.folder), ..program };
        // What is cancelled is the run, which then ends its browser.
        let process = program.spawn_alone(Stdio::from(words.try_clone()?), &Cancel::default());
        let process = process.context("the keeper of the browser could not be started")?;
        Ok(Self { process, words })
    }

    /// What became of it, if it ended by itself: one sentence, and its last words.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.process.ended()?;
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
        self.process.kill();
    }
}
