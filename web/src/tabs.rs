//! The page's other tabs: each hears of the comparison that one of them makes, and can end it.

use leptos::prelude::window_event_listener_untyped;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{BroadcastChannel, MessageEvent};

use crate::json;

const NAME: &str = "breakeven-comparison";

/// What tabs tell each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// A tab is new: whoever makes a comparison says so.
    WhoRuns,
    /// How far the comparison is.
    Running { turn: String, part: f64, seconds_left: Option<f64> },
    /// It is over, or its tab is gone.
    Over,
    /// The visitor cancelled it.
    Cancel,
}

/// A way to all other tabs of this page.
#[derive(Clone)]
pub(crate) struct Tabs(BroadcastChannel);

impl Tabs {
    /// Joins them; what others say goes to `hear`. None where the browser has no such thing.
    pub(crate) fn join(hear: impl Fn(Word) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(NAME).ok()?;
        let listener = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let word = event.data().as_string().and_then(|text| json::read(&text));
            word.into_iter().for_each(&hear);
        });
        channel.set_onmessage(Some(listener.as_ref().unchecked_ref()));
        // It lasts as long as the page.
        listener.forget();
        let tabs = Self(channel);
        let leaving = tabs.clone();
        window_event_listener_untyped("pagehide", move |_| leaving.say(&Word::Over));
        tabs.say(&Word::WhoRuns);
        Some(tabs)
    }

    /// Says something to all others.
    pub(crate) fn say(&self, word: &Word) {
        if let Ok(text) = serde_json::to_string(word) {
            let _ = self.0.post_message(&text.into());
        }
    }
}
