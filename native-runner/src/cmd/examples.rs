//! `breakeven examples`: the seed's two programs as they are written, and beside them what became of them.

use clap::Args;
use futures::executor::block_on;
use lab::{Job, LaneError, format};
use protocol::example::{ExampleEvent, Swept};
use protocol::scrape::{Answer, Child, Reach, ScrapeEvent, ScrapeResult};
use protocol::{Availability, LaneId};
use serde_json::{Value, json};
use workloads::{Dimensions, Kernel};

use super::measure::cancel_on_signals;
use super::{End, print};
use crate::cancel::Cancel;
use crate::scrape::{Run, SECONDS};
use crate::site::Site;
use crate::{examples, lanes};

/// The seed's buffer: 1 MiB.
const BUFFER: (u32, u32) = (512, 512);
/// The first is a warm-up.
const FILLS: u32 = 6;

/// Runs the two examples of the comparison table just as they are written, on Node, sweeps the size of page that
/// `process.send` followed by `process.exit` loses, and shows beside them what `image` and `scrape` make of the same.
#[derive(Args)]
pub(super) struct Examples {
    /// Tries each size five times instead of twenty.
    #[arg(long)]
    quick: bool,
    /// One JSON object a line, as things happen.
    #[arg(long)]
    json: bool,
}

impl Examples {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let cancel = Cancel::default();
        let runtime = cancel_on_signals(&cancel)?;
        let _inside = runtime.enter();
        let mut end = End::Failed;
        let mut broken = None;
        let tries = if self.quick { examples::TRIES / 4 } else { examples::TRIES };
        let mut before: Option<ExampleEvent> = None;
        examples::run(tries, &cancel, &mut |event| {
            match &event {
                ExampleEvent::Ended { .. } => end = End::Done,
                ExampleEvent::Failed { error, unavailable } => {
                    eprintln!("breakeven: {error}");
                    end = if *unavailable { End::Unavailable } else { End::Failed };
                }
                ExampleEvent::Ran(_) | ExampleEvent::Swept(_) => {}
            }
            let text = if self.json {
                json!(event).to_string() + "\n"
            } else {
                told(before.as_ref(), &event)
            };
            if let Err(why) = print(&text) {
                broken.get_or_insert(why);
            }
            before = Some(event);
        });
        if let Some(why) = broken {
            return Err(why);
        }
        if !cancel.is_asked() && matches!(end, End::Done) {
            let (filled, scraped) = (filled(&cancel), scraped(&cancel)?);
            print(&if self.json {
                format!("{}\n", json!({ "became": { "fill": filled, "scrape": scraped } }))
            } else {
                became(&filled, &scraped)
            })?;
        }
        Ok(if cancel.is_asked() { End::Interrupted } else { end })
    }
}

fn told(before: Option<&ExampleEvent>, event: &ExampleEvent) -> String {
    match event {
        ExampleEvent::Ran(ran) => {
            let took = format::time(ran.took.0 as f64);
            format!(
                "{}, as written: {took}, Node's start included; it wrote\n    {}\n",
                ran.name, ran.output
            )
        }
        ExampleEvent::Swept(swept) => {
            let heading = "\nPages that arrived of those that the scraper sent\n\
                           page       send, then exit  exit when sent  start to page\n";
            let heading = if matches!(before, Some(ExampleEvent::Swept(_))) { "" } else { heading };
            format!("{heading}{}\n", row(swept))
        }
        ExampleEvent::Ended { node, .. } => format!("(Node {node})\n"),
        ExampleEvent::Failed { .. } => String::new(),
    }
}

fn row(swept: &Swept) -> String {
    let Swept { bytes, tries, as_written, corrected, took } = swept;
    let of = |count: &u32| format!("{count} of {tries}");
    let (page, took) = (format::bytes(*bytes), format::time(took.0 as f64));
    format!("{page:<10} {:<16} {:<15} {took}", of(as_written), of(corrected))
}

/// Per lane: the time to fill the buffer by one worker in nanoseconds, and bytes copied for it; or why not.
fn filled(cancel: &Cancel) -> Vec<Value> {
    let lanes = lanes::all(cancel);
    let lanes =
        lanes.iter().filter(|lane| lane.is_visited() && lane.id() != LaneId::NATIVE_THREAD_WIDE);
    let rows = lanes.map(|lane| {
        let fill = || -> Result<Value, LaneError> {
            if let Availability::Unavailable { reason } = lane.availability() {
                return Err(LaneError::Unavailable(reason));
            }
            let dimensions = Dimensions::new(BUFFER.0, BUFFER.1).map_err(LaneError::failed)?;
            let mut out = vec![0; dimensions.bytes()];
            let mut opened = block_on(lane.open(1))?;
            let mut times = Vec::new();
            for _ in 0..FILLS {
                let job = Job { kernel: Kernel::Fill, dimensions, source: &[] };
                times.push(block_on(opened.crew.run(job, &mut out))?);
            }
            block_on(opened.crew.close())?;
            if !out.iter().all(|byte| *byte == 255) {
                return Err(LaneError::failed("the buffer is not white"));
            }
            let mut nanoseconds: Vec<u64> = times[1..].iter().map(|it| it.total.0).collect();
            nanoseconds.sort_unstable();
            let (median, copied) = (nanoseconds[nanoseconds.len() / 2], times[1].bytes_copied);
            Ok(json!({ "startup_ns": opened.startup.0, "ns": median, "bytes_copied": copied }))
        };
        let outcome = fill().unwrap_or_else(|why| json!({ "error": format!("{why:?}") }));
        json!({ "lane": lane.id(), "outcome": outcome })
    });
    rows.collect()
}

/// Per child: how long the page that the seed asks for took, start included.
fn scraped(cancel: &Cancel) -> anyhow::Result<Vec<Value>> {
    let site = block_on(Site::start())?;
    let mut rows = Vec::new();
    for child in Child::ALL {
        let run = Run {
            lane: LaneId::PROCESS_SOCKET,
            child,
            workers: 1,
            // What the site answers for https://example.com, which is not gone to.
            urls: vec![format!("{}/example.com/", site.origin())],
            reach: Reach::Site(site.origin().to_owned()),
            robots: true,
            seconds: SECONDS,
        };
        let (mut start, mut outcome) = (0, json!({ "error": "no page came" }));
        run.make(cancel, &mut |event| match event {
            ScrapeEvent::Begun { startup, .. } => start = startup.0,
            ScrapeEvent::Page(page) => {
                if let ScrapeResult::Answered(Answer::Page(found)) = page.result {
                    let (ns, title) = (page.took.0, found.title);
                    outcome = json!({ "startup_ns": start, "ns": ns, "title": title, "html_bytes": found.html_bytes });
                }
            }
            ScrapeEvent::Failed { error, .. } => outcome = json!({ "error": error }),
            _ => {}
        });
        rows.push(json!({ "child": child, "outcome": outcome }));
    }
    Ok(rows)
}

fn became(filled: &[Value], scraped: &[Value]) -> String {
    let mut text = "\nThe same buffer, filled by one worker of each lane\n".to_owned();
    for row in filled {
        let outcome = &row["outcome"];
        let told = match (outcome["ns"].as_u64(), outcome["bytes_copied"].as_u64()) {
            (Some(ns), Some(copied)) => {
                format!("{}, {} copied", format::time(ns as f64), format::bytes(copied))
            }
            _ => format!("{}", outcome["error"]),
        };
        text += &format!("{:<18} {told}\n", row["lane"].as_str().unwrap_or_default());
    }
    text += "\nThe same page, as the built-in site answers for https://example.com, from a child process in\n";
    for row in scraped {
        let outcome = &row["outcome"];
        let told = match (outcome["startup_ns"].as_u64(), outcome["ns"].as_u64()) {
            (Some(start), Some(ns)) => {
                let (start, ns) = (format::time(start as f64), format::time(ns as f64));
                format!(
                    "{ns} for “{}”, after {start} to start",
                    outcome["title"].as_str().unwrap_or_default()
                )
            }
            _ => format!("{}", outcome["error"]),
        };
        text += &format!("{:<18} {told}\n", row["child"].as_str().unwrap_or_default());
    }
    text
}
