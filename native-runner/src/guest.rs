//! A page that offers its browser's lanes, as whoever leads a study gets it.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use lab::browser::browser_kind;
use lab::remote::{Connection, Remote};
use protocol::LaneId;
use protocol::runner::FromRunner;
use protocol::study::{News, Offer};
use tokio::sync::mpsc::UnboundedSender;

use crate::cancel::Cancel;

/// A page with lanes.
pub struct Guest {
    /// What it offers.
    pub offer: Offer,
    /// To its socket.
    pub(crate) orders: UnboundedSender<FromRunner>,
    /// From it; ends with the socket.
    pub(crate) news: UnboundedReceiver<News>,
}

impl Guest {
    /// Its connection, in the thread that leads. It ends when somebody cancels.
    #[must_use]
    pub fn remote(self, cancel: &Cancel) -> Remote {
        let asked = cancel.clone();
        Remote::new(self.connection(cancel), move || asked.is_asked())
    }

    fn connection(self, cancel: &Cancel) -> Connection {
        let orders = self.orders;
        let send = move |order| orders.send(FromRunner::Order(order)).is_ok();
        Connection::new(send, self.news.take_until(Box::pin(cancel.clone().asked())))
    }
}

/// The page that takes part in a study, if one does, and those that may take its place.
pub(crate) struct Guests {
    pub(crate) first: Option<Guest>,
    pub(crate) successors: Receiver<Guest>,
}

/// How long a page that is gone may take to come back: a reload takes a second or two.
const RETURN: Duration = Duration::from_secs(10);
/// Between two looks at whether somebody cancelled.
const LOOK: Duration = Duration::from_millis(50);

impl Guests {
    /// What the first page offers, and its connection; when that ends, the next page's.
    pub(crate) fn remote(self, cancel: &Cancel) -> Option<(Offer, Remote)> {
        let first = self.first?;
        let (offer, cancel) = (first.offer.clone(), cancel.clone());
        let remote = first.remote(&cancel);
        let successors = self.successors;
        remote.or_else(move || next(&successors, &cancel));
        Some((offer, remote))
    }
}

/// The newest page that is still there.
fn next(successors: &Receiver<Guest>, cancel: &Cancel) -> Option<Connection> {
    for _ in 0..RETURN.as_millis() / LOOK.as_millis() {
        if cancel.is_asked() {
            return None;
        }
        match successors.recv_timeout(LOOK) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return None,
            Ok(guest) => {
                let all = std::iter::once(guest).chain(successors.try_iter());
                let there = all.filter(|guest| !guest.orders.is_closed()).last();
                if let Some(guest) = there {
                    return Some(guest.connection(cancel));
                }
            }
        }
    }
    None
}

/// Whether an offer has lanes of a browser alone, each once.
pub(crate) fn is_honest(offer: &Offer) -> bool {
    let mut ids: Vec<&LaneId> = offer.lanes.iter().map(|lane| &lane.id).collect();
    ids.sort_by_key(|id| id.as_str());
    ids.dedup();
    let is_known = |id: &LaneId| lab::browser::BROWSER_LANES.contains(id);
    ids.len() == offer.lanes.len()
        && offer.lanes.iter().all(|lane| is_known(&lane.id) && lane.kind == browser_kind(&lane.id))
}

#[cfg(test)]
mod tests {
    use protocol::report::Browser;
    use protocol::{Availability, LaneInfo, LaneKind};

    use super::*;

    #[test]
    fn a_page_offers_lanes_of_a_browser_and_no_others() {
        let lane = |id, kind| LaneInfo {
            id,
            kind,
            pictures: false,
            availability: Availability::Available,
        };
        let honest = |lanes: &[LaneInfo]| {
            is_honest(&Offer { lanes: lanes.to_vec(), browser: Browser::default() })
        };
        let main = lane(LaneId::BROWSER_MAIN, LaneKind::Main);
        let shared = lane(LaneId::BROWSER_SHARED, LaneKind::Thread);
        assert!(honest(&[main.clone(), shared.clone()]));
        assert!(!honest(&[shared.clone(), main.clone(), shared]));
        assert!(!honest(&[lane(LaneId::NATIVE_THREAD, LaneKind::Thread)]));
        assert!(!honest(&[lane(LaneId::BROWSER_MAIN, LaneKind::Process)]));
    }
}
