//! Reports, read and written by the desk in a worker.

use futures::FutureExt;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use protocol::LaneId;
use protocol::desk::{Change, Form, FromDesk, ToDesk};
use protocol::report::Report;
use protocol::study::Standing;
use texts::tr;
use worker_link::{LinkError, WorkerLink};

use crate::assets;

/// How long the longest report may take on a slow machine, many times over.
const PATIENCE_MS: u32 = 120_000;

/// Reads a report, and says how its rows stand to each other.
///
/// # Errors
/// Why it is none that can be read here, as a part of a sentence.
pub(crate) async fn open_report(text: String) -> Result<(Report, Vec<Standing>), String> {
    opened(ToDesk::Open(text)).await
}

/// The same with a summary in the letters of an address.
///
/// # Errors
/// Why it is none that can be read here, as a part of a sentence.
pub(crate) async fn open_link(text: String) -> Result<(Report, Vec<Standing>), String> {
    opened(ToDesk::OpenLink(text)).await
}

async fn opened(asked: ToDesk) -> Result<(Report, Vec<Standing>), String> {
    match ask(asked).await? {
        FromDesk::Opened { report, standings } => Ok((*report, standings)),
        other => Err(refusal(other)),
    }
}

/// How a report's rows stand to a lane's.
///
/// # Errors
/// Why that could not be worked out, as a part of a sentence.
pub(crate) async fn standings_against(
    report: Report,
    against: LaneId,
) -> Result<Vec<Standing>, String> {
    match ask(ToDesk::Stand { report: Box::new(report), against }).await? {
        FromDesk::Stood(standings) => Ok(standings),
        other => Err(refusal(other)),
    }
}

/// What changed from one report to another.
///
/// # Errors
/// Why that could not be worked out, as a part of a sentence.
pub(crate) async fn changes(first: Report, second: Report) -> Result<Vec<Change>, String> {
    let asked = ToDesk::Compare { first: Box::new(first), second: Box::new(second) };
    match ask(asked).await? {
        FromDesk::Compared(changes) => Ok(changes),
        other => Err(refusal(other)),
    }
}

/// Writes a report.
///
/// # Errors
/// Why it could not be, as a part of a sentence.
pub(crate) async fn write_report(report: Report, form: Form) -> Result<String, String> {
    match ask(ToDesk::Write { report: Box::new(report), form }).await? {
        FromDesk::Written(text) => Ok(text),
        other => Err(refusal(other)),
    }
}

fn refusal(answer: FromDesk) -> String {
    match answer {
        FromDesk::Refused(why) => why,
        _ => tr!("the page’s desk answered something else: load the page again").to_owned(),
    }
}

/// Asks a desk of its own, which is thrown away afterwards: an idle worker would be there when others are measured.
async fn ask(asked: ToDesk) -> Result<FromDesk, String> {
    match select(talk(asked).boxed_local(), TimeoutFuture::new(PATIENCE_MS)).await {
        Either::Left((answer, _)) => {
            answer.map_err(|why| tr!("the page’s desk failed ({}): load the page again", why))
        }
        Either::Right(_) => Err(tr!("the page’s desk took more than {} s", PATIENCE_MS / 1000)),
    }
}

async fn talk(asked: ToDesk) -> Result<FromDesk, LinkError> {
    let script = assets::address("workers/desk/worker.js");
    let mut link = WorkerLink::<ToDesk, FromDesk>::start(&script)?;
    match link.receive().await? {
        FromDesk::Loaded => {}
        early => return Ok(early),
    }
    link.send(&asked)?;
    link.receive().await
}
