//! A process between the runner and a program that may start others, so that all of them end however the
//! runner does.
//!
//! The runner starts a *keeper* with an [`Order`]. The keeper starts the program in a PID namespace of its
//! own where it can have one ([`Mechanism`]); the namespace's *init*, this program once more, starts and
//! collects processes there, and the kernel ends all of them with it. Else the keeper adopts what loses its
//! parent. It ends everything when the program ends, when the runner dies (which it sees by a descriptor of that
//! process, whatever thread started it), or when the runner closes its standard input, unless that is the
//! program's.
//! Should the keeper itself be killed, the kernel ends init, or at least the program.

pub mod descendants;
mod init;
mod namespace;
mod order;
mod watch;

pub use init::become_init;
pub use namespace::{Mechanism, probe};
pub use order::{Input, Order};
pub use watch::keep;

/// The exit code that says that the program ended by itself.
pub const ENDED: u8 = 4;

/// How a keeper's work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// The runner wanted it, or is gone.
    Asked,
    /// The program ended by itself.
    Ended,
}
