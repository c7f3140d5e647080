//! The trace told as sentences: what happens at the moment that is shown, and all of it.

use std::sync::Arc;

use ::flow::{Film, moments, sentence};
use leptos::prelude::*;
use texts::tr;

use super::flow;

/// Sentences that are told at once; more are behind a moment of their own.
const MOST: usize = 200;

#[component]
pub(super) fn Words() -> impl IntoView {
    let flow = flow();
    // Only what is stepped to is said: a player would never be silent.
    let now = Memo::new(move |_| {
        let at = flow.at.get()?;
        if flow.is_playing.get() {
            return None;
        }
        let said = flow.films.iter().zip(flow.lanes).filter_map(|(film, lane)| {
            let film = film.get()?;
            Some(format!("{}: {}", lane.get(), at_moment(&film, at)?))
        });
        Some(said.collect::<Vec<_>>().join(" "))
    });
    let all = move || {
        flow.films
            .into_iter()
            .zip(flow.lanes)
            .map(|(film, lane)| view! { <Told film lane/> })
            .collect_view()
    };
    view! {
        <p class="moment" role="status">{move || now.get()}</p>
        <details class="told">
            <summary>{tr!("The same in words")}</summary>
            <div class="sides">{all}</div>
        </details>
    }
}

/// What happens at a moment, if anything does.
fn at_moment(film: &Film, at: f64) -> Option<String> {
    let events = &film.recording.events;
    let moment = moments(&film.recording).into_iter().find(|moment| {
        events[moment.start].at as f64 >= at.floor() - 0.5
            && events[moment.start].at as f64 <= at + 0.5
    })?;
    let words: Vec<String> =
        events[moment].iter().map(|event| sentence(&film.recording, event)).collect();
    Some(words.join(" "))
}

#[component]
fn Told(film: Memo<Option<Arc<Film>>>, lane: RwSignal<String>) -> impl IntoView {
    let flow = flow();
    // Those of the part that is shown.
    let sentences = move || {
        let Some(film) = film.get() else { return Vec::new() };
        let [from, to] = flow.window.get();
        let is_seen = |at: u64| from <= at as f64 && at as f64 <= to;
        let seen = film.recording.events.iter().filter(|event| is_seen(event.at));
        seen.take(MOST).map(|event| sentence(&film.recording, event)).collect::<Vec<_>>()
    };
    let left = move || {
        let film = film.get()?;
        let [from, to] = flow.window.get();
        let is_seen = |at: u64| from <= at as f64 && at as f64 <= to;
        let count = film.recording.events.iter().filter(|event| is_seen(event.at)).count();
        (count > MOST).then(|| tr!("{} more: zoom in to read them.", count - MOST))
    };
    view! {
        <div class="side">
            <h3>{move || lane.get()}</h3>
            <ol>{move || sentences().into_iter().map(|words| view! { <li>{words}</li> }).collect_view()}</ol>
            <p class="hint">{left}</p>
        </div>
    }
}
