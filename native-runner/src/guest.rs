//! A page that offers its browser's lanes, as whoever leads a study gets it.

use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use lab::remote::{Remote, browser_kind};
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
        let (orders, cancel) = (self.orders, cancel.clone());
        let send = move |order| orders.send(FromRunner::Order(order)).is_ok();
        let news = self.news.take_until(Box::pin(cancel.clone().asked()));
        Remote::new(send, news, move || cancel.is_asked())
    }
}

/// Whether an offer has lanes of a browser alone, each once.
pub(crate) fn is_honest(offer: &Offer) -> bool {
    let mut ids: Vec<&LaneId> = offer.lanes.iter().map(|lane| &lane.id).collect();
    ids.sort_by_key(|id| id.as_str());
    ids.dedup();
    let is_known = |id: &LaneId| lab::remote::BROWSER_LANES.contains(id);
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
