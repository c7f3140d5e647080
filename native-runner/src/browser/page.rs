//! The page in a headless browser: served, opened once, and its lanes.

use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::anyhow;
use tokio::runtime::Runtime;

use super::{Browser, DATA, Kind};
use crate::cancel::Cancel;
use crate::guest::Guest;
use crate::server::{Door, Host, Listeners, Server, assets};
use crate::timing::Clock;

/// How long a browser may take to start and open the page.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Between two looks at whether the browser is still there.
const LOOK: Duration = Duration::from_millis(50);

/// Why there is no page.
#[derive(Debug)]
pub enum NoPage {
    /// What it takes is not there, as the text says.
    Unavailable(String),
    /// Somebody cancelled.
    Cancelled,
    /// It failed.
    Failed(anyhow::Error),
}

/// Starts the browser on a page that a server of its own serves, and waits until the page offers its
/// lanes. `runtime` serves.
///
/// # Errors
/// Why there is no page.
pub fn open(kind: Kind, runtime: &Runtime, cancel: &Cancel) -> Result<(Browser, Guest), NoPage> {
    open_within(kind, runtime, cancel, DATA)
}

/// The same with so many bytes of memory for each of the browser's processes.
pub(super) fn open_within(
    kind: Kind,
    runtime: &Runtime,
    cancel: &Cancel,
    data: u64,
) -> Result<(Browser, Guest), NoPage> {
    if !assets::page_is_there() {
        let why = "this build has no page inside: `cargo xtask build` makes a runner with one";
        return Err(NoPage::Unavailable(why.into()));
    }
    let program = kind.find().map_err(NoPage::Unavailable)?;
    let (guests, arrivals) = channel();
    let address = runtime.block_on(async {
        let listeners = Listeners::bind(0).await?;
        let server = Server::new(listeners.port(), Host::Guests(guests), Door::default())?;
        let address = server.one_time_address();
        tokio::spawn(async move { server.run(listeners).await });
        Ok(address)
    });
    let address = address.map_err(NoPage::Failed)?;
    let mut browser =
        Browser::start_within(kind, &program, &address, data).map_err(NoPage::Failed)?;
    let guest = wait(&arrivals, &mut browser, kind, cancel)?;
    Ok((browser, guest))
}

fn wait(
    arrivals: &Receiver<Guest>,
    browser: &mut Browser,
    kind: Kind,
    cancel: &Cancel,
) -> Result<Guest, NoPage> {
    let (began, name) = (Clock::start(), kind.name());
    loop {
        match arrivals.recv_timeout(LOOK) {
            Ok(guest) => return Ok(guest),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(NoPage::Failed(anyhow!("the server of the page ended")));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        if cancel.is_asked() {
            return Err(NoPage::Cancelled);
        }
        if let Some(why) = browser.ended() {
            return Err(NoPage::Failed(anyhow!("{name} opened no page: {why}")));
        }
        if began.elapsed().0 > START_LIMIT.as_nanos() as u64 {
            return Err(NoPage::Failed(anyhow!(
                "{name} opened no page within {} s: try again, or open it once yourself to see what it \
                 waits for{}",
                START_LIMIT.as_secs(),
                browser.last_words()
            )));
        }
    }
}
