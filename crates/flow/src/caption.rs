//! What a recording shows, in words, from its own figures.

use lab::format;
use protocol::LaneKind;
use protocol::trace::{Crosses, Recording, What};

use crate::spans::{Doing, Span, messages, spans};

/// Some sentences: how long it took, what crossed and how, what worked and what waited.
#[must_use]
pub fn caption(recording: &Recording) -> String {
    let workers = recording.tracks.len() - 1;
    let noun = match recording.kind {
        LaneKind::Process => "child process",
        LaneKind::Thread => "worker thread",
        LaneKind::Main => "caller alone",
    };
    let who = match (recording.kind, workers) {
        (LaneKind::Main, _) => "the caller alone".to_owned(),
        (_, 1) => format!("a {noun}"),
        (LaneKind::Process, many) => format!("{many} child processes"),
        (_, many) => format!("{many} {noun}s"),
    };
    let mut all = format!(
        "{} took {} with {who}",
        lab::scenarios::find(&recording.scenario).map_or("What was recorded", |it| it.title),
        format::time(recording.length() as f64)
    );
    if let Some(ready) = last_ready(recording) {
        all += &format!("; all had answered after {}", format::time(ready as f64));
    }
    all += ". ";
    all += &crossing(recording);
    let spans = spans(recording);
    let time = |is: &dyn Fn(&Span) -> bool| {
        spans.iter().filter(|span| is(span)).map(|span| span.to - span.from).sum::<u64>()
    };
    let computing = time(&|span| span.doing == Doing::Computing);
    let copying = time(&|span| matches!(span.doing, Doing::Copying(_)));
    let blocked = time(&|span| span.doing == Doing::Blocked && span.track == 0);
    let mut spent = Vec::new();
    for (time, what) in [
        (computing, "computing"),
        (copying, "copying and sending"),
        (blocked, "by the caller to start workers"),
    ] {
        if time > 0 {
            spent.push(format!("{} were spent {what}", format::time(time as f64)));
        }
    }
    if !spent.is_empty() {
        all += &format!(" {}.", listed(&spent));
    }
    for event in &recording.events {
        if let What::Crash { peer, how } = &event.what {
            let name = &recording.tracks[*peer as usize].name;
            all += &format!(" {} crashed: {how}.", sentence_case(name));
        }
    }
    all
}

/// How payload got across.
fn crossing(recording: &Recording) -> String {
    let messages = messages(recording);
    let of = |crosses: Crosses| -> u64 {
        messages.iter().filter(|it| it.crosses == crosses).map(|it| it.bytes).sum()
    };
    let copied = recording.bytes_copied();
    let (moved, shared) = (of(Crosses::Moved), of(Crosses::Shared));
    let mut parts = Vec::new();
    for (bytes, how) in [
        (copied, "was copied"),
        (moved, "changed its owner"),
        (shared, "lay in memory that both see"),
    ] {
        if bytes > 0 {
            parts.push(format!("{} {how}", format::bytes(bytes)));
        }
    }
    let count = messages.len();
    match (count, parts.is_empty()) {
        (0, true) => "Nothing was sent.".to_owned(),
        (0, false) => format!("{}.", sentence_case(&listed(&parts))),
        (_, true) => format!("Of {} none carried payload.", counted(count)),
        (_, false) => format!("Of the payload of {} {}.", counted(count), listed(&parts)),
    }
}

fn counted(messages: usize) -> String {
    if messages == 1 { "1 message".to_owned() } else { format!("{messages} messages") }
}

fn last_ready(recording: &Recording) -> Option<u64> {
    let ready = recording.events.iter().filter(|event| event.what == What::Ready);
    ready.map(|event| event.at).max()
}

fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

pub(crate) fn sentence_case(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
