//! What this tab and the page's others tell each other of a comparison.

use leptos::prelude::*;

use super::{Comparison, Phase, Progress};
use crate::tabs::Word;

impl Comparison {
    /// What another tab says.
    pub(super) fn hear_tab(self, word: Word) {
        let phase = self.phase.get_untracked();
        let is_running = matches!(phase, Phase::Running(_));
        match word {
            Word::WhoRuns => self.tell_tabs(),
            Word::Cancel if is_running => self.cancel(),
            Word::Running { turn, part, seconds_left } if !is_running => {
                let settings = self.settings.get_untracked();
                let progress = Progress { settings, turn, part, seconds_left, cancelling: false };
                self.phase.set(Phase::Elsewhere(progress));
            }
            Word::Over if matches!(phase, Phase::Elsewhere(_)) => self.phase.set(Phase::Idle),
            _ => {}
        }
    }

    /// Tells the other tabs how far the comparison is, if this one makes one.
    pub(super) fn tell_tabs(&self) {
        if let Phase::Running(Progress { turn, part, seconds_left, .. }) =
            self.phase.get_untracked()
        {
            self.say(&Word::Running { turn, part, seconds_left });
        }
    }

    pub(super) fn say(&self, word: &Word) {
        self.tabs.with_value(|tabs| tabs.iter().for_each(|tabs| tabs.say(word)));
    }
}
