//! `breakeven serve`: the page and its API, until somebody interrupts.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use futures::future::pending;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::Receiver;
use tokio::time::sleep;

use super::End;
use crate::laboratory::Laboratory;
use crate::private::Folder;
use crate::runtime;
use crate::server::{
    AllowedOrigin, Answered, Door, Host, Listeners, Pairing, PairingRequest, Server, assets,
};
use crate::start_page::StartPage;
use crate::terminal::{ask, print, say};

/// By then a browser has read the page that opens the address.
const START: Duration = Duration::from_secs(60);

/// Serves the comparison page on loopback, and opens it.
#[derive(Args)]
pub(super) struct Serve {
    /// Port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 7373)]
    port: u16,
    /// Prints the address without opening it.
    #[arg(long)]
    no_open: bool,
    /// Lets pages of this one origin (https, or on this machine) ask to be let in, here at the terminal.
    #[arg(long, value_name = "URL")]
    allow_origin: Option<AllowedOrigin>,
    /// Lets the page have public addresses scraped, too, and not only the built-in site.
    #[arg(long)]
    allow_scrape: bool,
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let laboratory = Laboratory::start().context("cannot start the laboratory's thread")?;
        // Serving is light, and figures are taken beside it.
        let runtime = runtime::start(2)?;
        let ended = runtime.block_on(self.serve(laboratory));
        // A thread that still waits for a line at the terminal is not waited for.
        runtime.shutdown_background();
        ended
    }

    async fn serve(self, laboratory: Laboratory) -> anyhow::Result<End> {
        // Before anything is printed, so that an early interrupt is not missed.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;

        let listeners = Listeners::bind(self.port).await?;
        let port = listeners.port();
        let (pairing, asked) = self.allow_origin.clone().map(Pairing::new).unzip();
        let door = Door { pairing: pairing.clone(), scrapes: self.allow_scrape, ..Door::default() };
        let server = Server::new(port, Host::Laboratory(laboratory), door)?;
        let address = server.one_time_address();
        if !assets::page_is_there() {
            say!("breakeven: this build has no page inside: `cargo xtask build` makes one");
        }
        print(&format!("{address}\n"))?;
        self.say_what_is_exposed(port);
        let opened = if self.no_open { None } else { open(&address) };
        let start_is_over = async {
            sleep(START).await;
            drop(opened);
            pending::<()>().await;
        };
        tokio::select! {
            ended = server.run(listeners) => ended.map(|()| End::Done),
            () = attend(pairing, asked) => Ok(End::Done),
            () = start_is_over => Ok(End::Done),
            _ = interrupt.recv() => Ok(End::Interrupted),
            _ = terminate.recv() => Ok(End::Interrupted),
        }
        // Dropping the server here ends what is going on, with its children.
    }

    fn say_what_is_exposed(&self, port: u16) {
        say!(
            "Serving on 127.0.0.1 and ::1, port {port}: programs on this machine reach it, others do not.\n\
             The page is for everybody. Experiments, of bounded size, are for the browser that opens the\n\
             address first; nobody can have files read or programs run that are not part of this one.\n\
             The address works once. Ctrl-C ends it."
        );
        if self.allow_scrape {
            say!(
                "Pages of the internet are scraped for it, too; addresses of this network are not."
            );
        }
        if let Some(origin) = &self.allow_origin {
            let origin = origin.as_str();
            say!(
                "Pages of {origin} may ask for experiments too: each shows a code, to be typed here."
            );
            if !std::io::stdin().is_terminal() {
                say!("breakeven: this is no terminal to ask at, so that none will be let in");
            }
        }
    }
}

/// Opens the address in the user's browser, by a file of which only the path is there for others to see.
fn open(address: &str) -> Option<StartPage> {
    let opened = Folder::new("start")
        .and_then(|folder| StartPage::write(folder, address))
        .and_then(|page| open::that_detached(page.path()).map(|()| page));
    opened
        .inspect_err(|why| {
            say!("breakeven: no browser could be opened ({why}); open the address yourself");
        })
        .ok()
}

/// Asks the user about pages that ask to be let in. Never ends.
async fn attend(pairing: Option<Arc<Pairing>>, asked: Option<Receiver<PairingRequest>>) {
    let (Some(pairing), Some(mut asked)) = (pairing, asked) else { return pending().await };
    let mut lines =
        std::io::stdin().is_terminal().then(|| BufReader::new(tokio::io::stdin()).lines());
    let mut waiting: Option<PairingRequest> = None;
    loop {
        tokio::select! {
            // One after the other: what is typed is about the page that was asked about.
            Some(request) = asked.recv(), if waiting.is_none() => {
                if lines.is_none() {
                    // Dropping it says no.
                    continue;
                }
                ask(format_args!(
                    "A page of {} asks to have experiments run here. To let it in, type the code that it \
                     shows; anything else keeps it out: ",
                    pairing.origin().as_str()
                ));
                waiting = Some(request);
            }
            () = gone(&mut waiting) => {
                waiting = None;
                say!("\nThe page asks no longer.");
            }
            line = next(&mut lines) => match (line.trim(), waiting.take()) {
                ("revoke", _) => {
                    pairing.revoke();
                    say!("Nobody but this machine's own page is in.");
                }
                (typed, Some(request)) => say!("{}", match request.answer(typed) {
                    Answered::In => "It is in; `revoke` turns it out.",
                    Answered::WrongCode => "That is not the code that it shows. It stays out.",
                    Answered::Gone => "It is gone.",
                }),
                (_, None) => {}
            },
        }
    }
}

/// Resolves when the page that was asked about waits no longer; never where none was.
async fn gone(waiting: &mut Option<PairingRequest>) {
    match waiting {
        Some(request) => request.gone().await,
        None => pending().await,
    }
}

/// The next line at the terminal; none ever comes where there is none.
async fn next(lines: &mut Option<Lines<BufReader<Stdin>>>) -> String {
    if let Some(some) = lines
        && let Ok(Some(line)) = some.next_line().await
    {
        return line;
    }
    *lines = None;
    pending().await
}
