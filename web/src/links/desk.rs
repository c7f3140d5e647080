//! Reports, read and written by the desk in a worker. What it reads are handles of files, and what it answers comes in
//! small parts: however long a report is, the page does something else in between.

use futures::FutureExt;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use protocol::LaneId;
use protocol::desk::{Change, Form, FromDesk, Gathered, Source, ToDesk};
use protocol::report::Report;
use protocol::study::Standing;
use texts::tr;
use wasm_bindgen::JsCast;
use web_sys::Blob;
use worker_link::{Carried, LinkError, WorkerLink};

use crate::assets;

/// How long the longest report may take on a slow machine, many times over.
const PATIENCE_MS: u32 = 120_000;

/// Reads a report, and says how its rows stand to each other.
///
/// # Errors
/// Why it is none that can be read here, as a part of a sentence.
pub(crate) async fn open_report(
    source: Source<Carried>,
) -> Result<(Report, Vec<Standing>), String> {
    let Gathered { report, standings, .. } = ask(ToDesk::Open(source)).await?;
    Ok((report.ok_or_else(otherwise)?, standings))
}

/// How a report's rows stand to a lane's.
///
/// # Errors
/// Why that could not be worked out, as a part of a sentence.
pub(crate) async fn standings_against(
    report: Source<Carried>,
    against: LaneId,
) -> Result<Vec<Standing>, String> {
    ask(ToDesk::Stand { report, against }).await.map(|answer| answer.standings)
}

/// What changed from one report to another.
///
/// # Errors
/// Why that could not be worked out, as a part of a sentence.
pub(crate) async fn changes(
    first: Source<Carried>,
    second: Source<Carried>,
) -> Result<Vec<Change>, String> {
    ask(ToDesk::Compare { first, second }).await.map(|answer| answer.changes)
}

/// Writes a report as a file.
///
/// # Errors
/// Why it could not be, as a part of a sentence.
pub(crate) async fn write_report(report: Source<Carried>, form: Form) -> Result<Blob, String> {
    let answer = ask(ToDesk::Write { report, form }).await?;
    answer.file.and_then(|file| file.0.dyn_into().ok()).ok_or_else(otherwise)
}

/// Writes a report's summary in the letters of an address.
///
/// # Errors
/// Why it could not be, as a part of a sentence.
pub(crate) async fn write_link(report: Source<Carried>) -> Result<String, String> {
    ask(ToDesk::Write { report, form: Form::Link }).await?.letters.ok_or_else(otherwise)
}

fn otherwise() -> String {
    tr!("the page’s desk answered something else: load the page again").to_owned()
}

/// Asks a desk of its own, which is thrown away afterwards: an idle worker would be there when others are measured.
async fn ask(asked: ToDesk<Carried>) -> Result<Gathered<Carried>, String> {
    match select(talk(asked).boxed_local(), TimeoutFuture::new(PATIENCE_MS)).await {
        Either::Left((answer, _)) => {
            answer.map_err(|why| tr!("the page’s desk failed ({}): load the page again", why))?
        }
        Either::Right(_) => Err(tr!("the page’s desk took more than {} s", PATIENCE_MS / 1000)),
    }
}

/// The answer, or why there is none.
type Answer = Result<Gathered<Carried>, String>;

async fn talk(asked: ToDesk<Carried>) -> Result<Answer, LinkError> {
    let script = assets::address("workers/desk/worker.js");
    let mut link = WorkerLink::<ToDesk<Carried>, FromDesk<Carried>>::start(&script)?;
    let mut next = asked;
    let mut gathered = Gathered::default();
    loop {
        match link.receive().await? {
            FromDesk::Loaded => {}
            FromDesk::Refused(why) => return Ok(Err(why)),
            FromDesk::Part { part, left } => {
                gathered.take(part);
                if left == 0 {
                    return Ok(Ok(gathered));
                }
            }
        }
        link.send(&std::mem::replace(&mut next, ToDesk::Next))?;
    }
}
