//! What a recording shows, in words, from its own figures.

use lab::format;
use protocol::LaneKind;
use protocol::trace::{Crosses, Recording, What};
use texts::{tr, translated};

use crate::spans::{Doing, Span, messages, spans};

/// Crashes that are told one by one; no scenario has more.
const CRASHES: usize = 8;

/// Some sentences: how long it took, what crossed and how, what worked and what waited.
#[must_use]
pub fn caption(recording: &Recording) -> String {
    let workers = recording.tracks.len() - 1;
    let scenario = lab::scenarios::find(&recording.scenario);
    let scenario = scenario.map_or(tr!("What was recorded"), |it| tr(it.title));
    let took = format::time(recording.length() as f64);
    let mut all = match (recording.kind, workers) {
        (LaneKind::Main, _) => tr!("{} took {} with the caller alone", scenario, took),
        (LaneKind::Process, 1) => tr!("{} took {} with a child process", scenario, took),
        (LaneKind::Process, many) => {
            tr!("{} took {} with {} child processes", scenario, took, many)
        }
        (LaneKind::Thread, 1) => tr!("{} took {} with a worker thread", scenario, took),
        (LaneKind::Thread, many) => tr!("{} took {} with {} worker threads", scenario, took, many),
    };
    if let Some(ready) = last_ready(recording) {
        all += &tr!("; all had answered after {}", format::time(ready as f64));
    }
    all += ". ";
    all += &crossing(recording);
    let spans = spans(recording);
    let time = |is: &dyn Fn(&Span) -> bool| {
        let lengths = spans.iter().filter(|span| is(span)).map(|span| span.to - span.from);
        lengths.fold(0, u64::saturating_add)
    };
    let computing = time(&|span| span.doing == Doing::Computing);
    let copying = time(&|span| matches!(span.doing, Doing::Copying(_)));
    let blocked = time(&|span| span.doing == Doing::Blocked && span.track == 0);
    let mut spent = Vec::new();
    for (time, what) in [
        (computing, tr!("computing")),
        (copying, tr!("copying and sending")),
        (blocked, tr!("by the caller to start workers")),
    ] {
        if time > 0 {
            spent.push(tr!("{} were spent {}", format::time(time as f64), what));
        }
    }
    if !spent.is_empty() {
        all += &format!(" {}.", listed(&spent));
    }
    let crashes = recording.events.iter().filter_map(|event| match &event.what {
        What::Crash { peer, how } => Some((*peer, how)),
        _ => None,
    });
    let mut more = 0;
    for (place, (peer, how)) in crashes.enumerate() {
        if place >= CRASHES {
            more += 1;
            continue;
        }
        let name = &recording.tracks[peer as usize].name;
        all += &tr!(" {} crashed: {}.", sentence_case(&translated(name)), translated(how));
    }
    if more > 0 {
        all += &tr!(" And so {} times more.", more);
    }
    all
}

/// How payload got across.
fn crossing(recording: &Recording) -> String {
    let messages = messages(recording);
    let of = |crosses: Crosses| -> u64 {
        let of = messages.iter().filter(|it| it.crosses == crosses).map(|it| it.bytes);
        of.fold(0, u64::saturating_add)
    };
    let copied = recording.bytes_copied();
    let (moved, shared) = (of(Crosses::Moved), of(Crosses::Shared));
    let mut parts = Vec::new();
    for (bytes, how) in [
        (copied, tr!("was copied")),
        (moved, tr!("changed its owner")),
        (shared, tr!("lay in memory that both see")),
    ] {
        if bytes > 0 {
            parts.push(format!("{} {how}", format::bytes(bytes)));
        }
    }
    let count = messages.len();
    match (count, parts.is_empty()) {
        (0, true) => tr!("Nothing was sent.").to_owned(),
        (0, false) => format!("{}.", sentence_case(&listed(&parts))),
        (_, true) => tr!("Of {} none carried payload.", counted(count)),
        (_, false) => tr!("Of the payload of {} {}.", counted(count), listed(&parts)),
    }
}

fn counted(messages: usize) -> String {
    if messages == 1 { tr!("1 message").to_owned() } else { tr!("{} messages", messages) }
}

fn last_ready(recording: &Recording) -> Option<u64> {
    let ready = recording.events.iter().filter(|event| event.what == What::Ready);
    ready.map(|event| event.at).max()
}

fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => tr!("{} and {}", first.join(", "), last),
    }
}

pub(crate) fn sentence_case(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
