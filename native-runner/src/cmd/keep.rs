//! `breakeven keep`: for the runner's own use, between it and a browser that it starts.

use std::path::PathBuf;

use clap::Args;

use super::End;
use crate::browser::keeper::{self, Kept};

/// Keeps a browser until standard input ends.
#[derive(Args)]
pub(super) struct Keep {
    /// The folder that is removed in the end.
    #[arg(long, value_name = "FOLDER", required_unless_present = "start")]
    profile: Option<PathBuf>,
    /// Becomes the program, which ends with whoever started this.
    #[arg(long)]
    start: bool,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    program: Vec<String>,
}

impl Keep {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let kept = match &self.profile {
            Some(profile) => keeper::keep(profile, &self.program)?,
            None => keeper::start(&self.program)?,
        };
        Ok(match kept {
            Kept::Asked => End::Done,
            Kept::Ended => End::BrowserEnded,
        })
    }
}
