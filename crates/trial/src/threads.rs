//! A worker thread that does what it is given.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};

type Errand = Box<dyn FnOnce() + Send>;

/// A thread, and how it is given something to do.
pub(crate) struct Thread {
    errands: Sender<Errand>,
    pub(crate) handle: JoinHandle<()>,
}

impl Thread {
    /// One that has answered.
    pub(crate) fn start() -> Result<Self> {
        let (errands, inbox): (_, Receiver<Errand>) = channel();
        let handle = thread::Builder::new().spawn(move || {
            for errand in inbox {
                errand();
            }
        })?;
        let this = Self { errands, handle };
        this.run(|| ())?;
        Ok(this)
    }

    /// Has it do something, and waits for the result.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        errand: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        self.begin(errand)?.recv().context("the thread is gone")
    }

    /// Has it do something.
    pub(crate) fn begin<T: Send + 'static>(
        &self,
        errand: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Receiver<T>> {
        let (sender, answer) = channel();
        let errand = Box::new(move || {
            // Nobody may wait for it any more.
            let _ = sender.send(errand());
        });
        self.errands.send(errand).ok().context("the thread is gone")?;
        Ok(answer)
    }
}
