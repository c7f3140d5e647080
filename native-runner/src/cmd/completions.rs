//! `breakeven completions` and `breakeven man`: what shells and manuals know of the command line.

use clap::{Args, Command};
use clap_complete::Shell;

use super::End;
use crate::terminal::print;

/// Prints completions for a shell.
#[derive(Args)]
pub(super) struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, mut command: Command) -> anyhow::Result<End> {
        let mut out = Vec::new();
        clap_complete::generate(self.shell, &mut command, "breakeven", &mut out);
        print(&String::from_utf8(out)?)?;
        Ok(End::Done)
    }
}

/// Prints the manual page.
#[derive(Args)]
pub(super) struct Man;

impl Man {
    pub(super) fn run(self, command: Command) -> anyhow::Result<End> {
        let mut out = Vec::new();
        clap_mangen::Man::new(command).render(&mut out)?;
        print(&String::from_utf8(out)?)?;
        Ok(End::Done)
    }
}
