//! Who works for the page: the engines in this browser and the runner beside it make visits and turns, the
//! runner or else a worker leads studies, the codec opens picture files,
//! the desk reports.

mod codec;
mod desk;
mod engine;
mod leader;
mod program;
mod runner;
mod turns;

use futures::channel::oneshot;
use futures::future::Shared;

pub(crate) use codec::{drawn, encoded, open_picture, shown};
pub(crate) use desk::{changes, open_report, standings_against, write_link, write_report};
pub(crate) use engine::{Engine, EngineMessage};
pub(crate) use leader::lead_here;
pub(crate) use runner::{Connected, RunnerLink, RunnerState, connect, pair};

/// Resolves when the visitor cancels, or leaves.
pub(crate) type Cancelled = Shared<oneshot::Receiver<()>>;
