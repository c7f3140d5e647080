//! A comparison that goes on, noted in the tab's own storage: a page that is reloaded takes it up where it was.

use leptos::prelude::window;
use protocol::{Filter, Picture};
use serde::{Deserialize, Serialize};
use web_sys::Storage;

use crate::json;
use crate::model::Rows;
use crate::settings::Settings;

const KEY: &str = "breakeven-comparison";
/// What another version of the page noted is no use.
const VERSION: u32 = 1;

/// What a reload must not lose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    version: u32,
    filter: Filter,
    max_workers: u32,
    rounds: u32,
    pictures: bool,
    /// By name.
    experiments: Vec<String>,
    /// What the order of the turns was drawn from.
    pub(crate) seed: u64,
    /// Turns that are over.
    pub(crate) done: usize,
    /// What they gave.
    pub(crate) rows: Rows,
}

impl Note {
    /// Of a comparison with these settings; none with a picture of the visitor's own, which a reload loses.
    pub(crate) fn of(settings: &Settings, seed: u64, done: usize, rows: Rows) -> Option<Self> {
        (settings.picture == Picture::BuiltIn).then(|| Self {
            version: VERSION,
            filter: settings.filter,
            max_workers: settings.max_workers,
            rounds: settings.rounds,
            pictures: settings.pictures,
            experiments: settings.wish().map_or_else(Vec::new, |wish| wish.experiments),
            seed,
            done,
            rows,
        })
    }

    /// The settings of the comparison that it is about.
    pub(crate) fn settings(&self, before: Settings) -> Settings {
        Settings {
            filter: self.filter,
            max_workers: self.max_workers,
            rounds: self.rounds,
            pictures: self.pictures,
            ..before.with_experiments(&self.experiments)
        }
    }

    /// The one in the tab's storage.
    pub(crate) fn read() -> Option<Self> {
        let text = storage()?.get_item(KEY).ok()??;
        let note: Self = json::read(&text)?;
        (note.version == VERSION).then_some(note)
    }

    /// Writes it there. Where there is no storage, a reload loses the comparison and nothing else.
    pub(crate) fn keep(&self) {
        if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(self)) {
            let _ = storage.set_item(KEY, &text);
        }
    }

    /// Removes it: the comparison is over.
    pub(crate) fn forget() {
        if let Some(storage) = storage() {
            let _ = storage.remove_item(KEY);
        }
    }
}

fn storage() -> Option<Storage> {
    window().session_storage().ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_what_the_settings_were() {
        let wanted = Settings {
            rounds: 10,
            max_workers: 3,
            ..Settings::new(2).with_experiments(&["echo".into()])
        };
        let note = Note::of(&wanted, u64::MAX, 4, Rows::default()).unwrap();
        let text = serde_json::to_string(&note).unwrap();
        let again: Note = serde_json::from_str(&text).unwrap();
        assert_eq!(again, note);
        assert_eq!(again.settings(Settings::new(2)), wanted);
    }
}
