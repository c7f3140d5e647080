//! What became of the two programs: the same buffer on every lane that makes pictures, the same page by every child.

use futures::executor::block_on;
use lab::{Job, Lane, LaneError};
use protocol::example::{Became, ExampleEvent, Filled, Read};
use protocol::scrape::{Answer, Child, Reach, ScrapeEvent, ScrapeResult};
use protocol::{Availability, LaneId, Nanos};
use workloads::{Dimensions, Kernel};

use crate::cancel::Cancel;
use crate::lanes;
use crate::scrape::{Run, SECONDS};

/// The seed's buffer of 1 MiB as a picture's width and height.
const BUFFER: (u32, u32) = (512, 512);
/// Fills beside the first, which warms up.
const FILLS: usize = 5;

/// Fills the buffer on each lane.
pub(super) fn fill(cancel: &Cancel, tell: &mut dyn FnMut(ExampleEvent)) {
    for lane in lanes::all(cancel).iter().filter(|lane| lane.is_visited()) {
        let outcome = match filled(lane.as_ref()) {
            Ok(filled) => Became::Measured(filled),
            Err(LaneError::Cancelled) => return,
            Err(LaneError::Unavailable(why)) => Became::Unavailable(why),
            Err(LaneError::Failed(why) | LaneError::Void(why)) => Became::Failed(why),
        };
        tell(ExampleEvent::Filled { lane: lane.id(), outcome });
    }
}

fn filled(lane: &dyn Lane) -> Result<Filled, LaneError> {
    if let Availability::Unavailable { reason } = lane.availability() {
        return Err(LaneError::Unavailable(reason));
    }
    let dimensions = Dimensions::new(BUFFER.0, BUFFER.1).map_err(LaneError::failed)?;
    let mut out = vec![0; dimensions.bytes()];
    let mut opened = block_on(lane.open(1))?;
    let mut times = Vec::new();
    for _ in 0..=FILLS {
        out.fill(0);
        let job = Job { kernel: Kernel::Fill, dimensions, source: &[] };
        times.push(block_on(opened.crew.run(job, &mut out))?);
        if out.iter().any(|byte| *byte != 255) {
            return Err(LaneError::failed("the buffer is not full of 255"));
        }
    }
    block_on(opened.crew.close())?;
    let bytes_copied = times[FILLS].bytes_copied;
    let mut totals: Vec<Nanos> = times[1..].iter().map(|times| times.total).collect();
    totals.sort_unstable();
    Ok(Filled { startup: opened.startup, took: totals[FILLS / 2], bytes_copied })
}

/// Has the page read by each child; `site` is the built-in site's origin.
pub(super) fn read(site: &str, cancel: &Cancel, tell: &mut dyn FnMut(ExampleEvent)) {
    for child in Child::ALL {
        let run = Run {
            lane: LaneId::PROCESS_SOCKET,
            child,
            workers: 1,
            // What the site answers for https://example.com, which is not gone to.
            urls: vec![format!("{site}/example.com/")],
            reach: Reach::Site(site.to_owned()),
            robots: true,
            seconds: SECONDS,
        };
        let mut start = Nanos(0);
        let mut outcome = Became::Failed("no page came".into());
        run.make(cancel, &mut |event| match event {
            ScrapeEvent::Begun { startup, .. } => start = startup,
            ScrapeEvent::Page(page) => outcome = looked_at(page.result, start, page.took),
            ScrapeEvent::Failed { error, unavailable: true } => {
                outcome = Became::Unavailable(error);
            }
            ScrapeEvent::Failed { error, .. } => outcome = Became::Failed(error),
            ScrapeEvent::Crashed { how, .. } => outcome = Became::Failed(how),
            ScrapeEvent::Outgrown { .. } | ScrapeEvent::Ended(_) => {}
        });
        if cancel.is_asked() {
            return;
        }
        tell(ExampleEvent::Read { child, outcome });
    }
}

fn looked_at(result: ScrapeResult, startup: Nanos, took: Nanos) -> Became<Read> {
    match result {
        ScrapeResult::Answered(Answer::Page(page)) => {
            let title = page.title.unwrap_or_default();
            Became::Measured(Read { startup, took, title })
        }
        ScrapeResult::Answered(Answer::Refused(why) | Answer::Failed(why)) => Became::Failed(why),
        ScrapeResult::Crashed | ScrapeResult::Lost => Became::Failed("its child died of it".into()),
    }
}
