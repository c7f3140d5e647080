//! `breakeven examples`: the seed's two programs as they are written, and beside them what became of them.

use clap::Args;
use futures::executor::block_on;
use lab::{became, format};
use protocol::Nanos;
use protocol::example::{ExampleEvent, Ran, Swept};

use super::End;
use super::measure::cancel_on_signals;
use crate::cancel::Cancel;
use crate::examples;
use crate::site::Site;
use crate::terminal::{print, print_json_line, say};

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
        let site = block_on(Site::start())?;
        let mut end = End::Failed;
        let mut broken = None;
        let tries = if self.quick { examples::TRIES / 4 } else { examples::TRIES };
        let mut heading = "";
        examples::run(tries, site.origin(), &cancel, &mut |event| {
            match &event {
                ExampleEvent::Ended { cancelled: true, .. } => end = End::Interrupted,
                ExampleEvent::Ended { .. } => end = End::Done,
                ExampleEvent::Failed { error, unavailable } => {
                    say!("breakeven: {error}");
                    end = if *unavailable { End::Unavailable } else { End::Failed };
                }
                _ => {}
            }
            let printed = if self.json {
                Some(print_json_line(&event))
            } else {
                told(&event).map(|(above, line)| {
                    // Once above each table.
                    let begins = above != std::mem::replace(&mut heading, above);
                    print(&if begins { format!("{above}{line}\n") } else { format!("{line}\n") })
                })
            };
            if let Some(Err(why)) = printed {
                broken.get_or_insert(why);
            }
        });
        broken.map_or(Ok(end), Err)
    }
}

const SWEPT: &str = "\nPages that arrived of those that the scraper sent\n\
                     page       send, then exit  exit when sent  start to page\n";
const FILLED: &str = "\nThe same buffer, filled by one worker of each lane\n";
const READ: &str = "\nThe same page, as the built-in site answers for https://example.com, from a child process in\n";

/// A line, and what stands above the first one of its kind.
fn told(event: &ExampleEvent) -> Option<(&'static str, String)> {
    let time = |nanos: Nanos| format::time(nanos.0 as f64);
    Some(match event {
        ExampleEvent::Ran(ran) => {
            let Ran { name, output, took } = ran;
            let took = time(*took);
            (
                "",
                format!(
                    "{name}, as written: {took}, Node's start included; it wrote\n    {output}"
                ),
            )
        }
        ExampleEvent::Swept(swept) => (SWEPT, row(swept)),
        ExampleEvent::Filled { lane, outcome } => {
            (FILLED, format!("{:<18} {}", lane.as_str(), became::filled(outcome)))
        }
        ExampleEvent::Read { child, outcome } => {
            (READ, format!("{:<18} {}", child.name(), became::read(outcome)))
        }
        ExampleEvent::Ended { cancelled: false, node } => ("", format!("\n(Node {node})")),
        ExampleEvent::Ended { .. } | ExampleEvent::Failed { .. } => return None,
    })
}

fn row(swept: &Swept) -> String {
    let Swept { bytes, tries, as_written, corrected, took } = swept;
    let of = |count: &u32| format!("{count} of {tries}");
    let (page, took) = (format::bytes(*bytes), format::time(took.0 as f64));
    format!("{page:<10} {:<16} {:<15} {took}", of(as_written), of(corrected))
}
