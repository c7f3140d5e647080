//! `breakeven serve`: the page and its API, until somebody interrupts.

use std::io::Write;

use anyhow::Context;
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::End;
use crate::laboratory::Laboratory;
use crate::server::{Host, Listeners, Server, assets};

/// Serves the comparison page on loopback, and opens it.
#[derive(Args)]
pub(super) struct Serve {
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 7373)]
    port: u16,
    /// Prints the address without opening it.
    #[arg(long)]
    no_open: bool,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let laboratory = Laboratory::start().context("cannot start the laboratory's thread")?;
        tokio::runtime::Builder::new_multi_thread()
            // Serving is light, and figures are taken beside it.
            .worker_threads(2)
            .enable_all()
            .build()
            .context("cannot start the server's threads")?
            .block_on(self.serve(laboratory))
    }

    async fn serve(self, laboratory: Laboratory) -> anyhow::Result<End> {
        // Before anything is printed, so that an early interrupt is not missed.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;

        let listeners = Listeners::bind(self.port).await?;
        let server = Server::new(listeners.port(), Host::Laboratory(laboratory))?;
        let address = server.one_time_address();
        if !assets::page_is_there() {
            eprintln!("breakeven: this build has no page inside: `cargo xtask build` makes one");
        }
        {
            let mut out = std::io::stdout().lock();
            writeln!(out, "{address}").and_then(|()| out.flush()).context("standard output")?;
        }
        eprintln!("Serving on loopback only; the address works once. Ctrl-C ends it.");
        if !self.no_open
            && let Err(why) = open::that_detached(&address)
        {
            eprintln!("breakeven: no browser could be opened ({why}); open the address yourself");
        }
        tokio::select! {
            ended = server.run(listeners) => ended.map(|()| End::Done),
            _ = interrupt.recv() => Ok(End::Interrupted),
            _ = terminate.recv() => Ok(End::Interrupted),
        }
        // Dropping the server here ends the visit that is going on, with its children.
    }
}
