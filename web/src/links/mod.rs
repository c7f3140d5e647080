//! Who works for the page: the engines in this browser and the runner beside it make the visits, the
//! codec opens picture files.

mod codec;
mod engine;
mod runner;

use futures::channel::oneshot;
use futures::future::Shared;

pub(crate) use codec::open_picture;
pub(crate) use engine::{Engine, EngineMessage};
pub(crate) use runner::{RunnerLink, RunnerState, connect};

/// Resolves when the visitor cancels, or leaves.
pub(crate) type Cancelled = Shared<oneshot::Receiver<()>>;
