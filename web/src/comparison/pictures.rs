//! The picture, filtered on every lane: turn by turn, led by the page.

use lab::Turn;
use leptos::prelude::*;
use protocol::{Failure, LaneEvent, Stage, Task};
use texts::tr;

use super::{Comparison, Origin, Pixels, Shown};
use crate::links::{Cancelled, Engine, EngineMessage};
use crate::model::{Outcome, Rows};
use crate::note::Note;
use crate::settings::Settings;

impl Comparison {
    /// All turns, or those that are left of a note's.
    pub(super) async fn make_pictures(
        &self,
        settings: &Settings,
        note: Option<Note>,
        cancelled: &Cancelled,
    ) {
        let lanes = untrack(|| self.lanes());
        self.rows.set(Rows::new(&lanes, settings.max_workers));
        self.measured_name.set(self.own_name.get_untracked());
        // Where there are other lanes now, nothing of it can be gone on with.
        let note = note.filter(|note| note.rows.has_turns_of(&self.rows.read_untracked()));
        let seed = note.as_ref().map_or_else(random_seed, |note| note.seed);
        let turns = {
            let waiting = self.rows.read_untracked();
            let able = waiting.iter().filter(|row| row.outcome() == Outcome::Pending);
            let mut ids: Vec<_> = able.map(|row| row.turn.lane.clone()).collect();
            ids.dedup();
            lab::schedule(&ids, settings.max_workers, settings.rounds, seed)
        };
        let before = note.map_or(0, |note| {
            self.rows.set(note.rows);
            note.done
        });
        let keep = |done| {
            let rows = self.rows.get_untracked();
            Note::of(settings, seed, done, rows).iter().for_each(Note::keep);
        };
        let connected = self.is_connected();
        keep(before);
        let (started, all) = (js_sys::Date::now(), turns.len());
        for (done, turn) in turns.into_iter().enumerate().skip(before) {
            let workers = lab::format::workers(turn.workers);
            let words = tr!("Turn {} of {}: {}, {}", done + 1, all, turn.lane, workers);
            let per_turn = (js_sys::Date::now() - started) / 1e3 / (done - before).max(1) as f64;
            let seconds_left = (done > before).then(|| per_turn * (all - done) as f64);
            self.progress(words, done as f64 / all as f64, seconds_left);
            self.visit(&turn, settings, cancelled.clone()).await;
            if cancelled.peek().is_some() {
                return;
            }
            // A page that is being left loses the runner first: that is no turn to remember.
            if self.is_connected() == connected {
                keep(done + 1);
            }
        }
    }

    async fn visit(&self, turn: &Turn, settings: &Settings, cancelled: Cancelled) {
        let task = settings.task(turn.workers);
        let own = self.own.get_value();
        if let Some(engine) = Engine::of(&turn.lane) {
            let tell = |message| self.hear(turn, &task, message);
            engine.visit(task.clone(), own, false, cancelled, tell).await;
            // A picture that was cancelled half-way will not get any further.
            self.shown.update(|shown| {
                shown.take_if(|shown| matches!(shown.pixels, Pixels::Live { .. }));
            });
        } else if let Some(link) = self.link.get_value() {
            let tell = |event| self.rows.update(|rows| rows.take(turn, &event));
            if let Some(own) = own
                && let Err(error) = link.send_picture(task.picture, &own).await
            {
                return tell(LaneEvent::Failed(Failure { stage: Stage::Prepare, error }));
            }
            link.visit(turn.lane.clone(), task, false, cancelled, tell).await;
        }
    }

    fn hear(&self, turn: &Turn, task: &Task, message: EngineMessage) {
        let pixels = match message {
            EngineMessage::Event(event) => {
                self.rows.update(|rows| rows.take(turn, &event));
                return;
            }
            EngineMessage::Watch { memory, offset, .. } => match task.check() {
                Ok((dimensions, kernel)) => {
                    Pixels::Live { memory, offset, dimensions: kernel.makes(dimensions) }
                }
                Err(_) => return,
            },
            EngineMessage::Preview(preview) => Pixels::Still(preview),
            EngineMessage::Result { .. } => return,
        };
        let origin = Origin::Made { turn: turn.clone(), filter: task.filter };
        let name = self.own_name.get_untracked();
        self.shown.set(Some(Shown { origin, name, pixels }));
    }
}

/// Another one each time, of as many bits as JavaScript's numbers have.
fn random_seed() -> u64 {
    (js_sys::Math::random() * 2_f64.powi(53)) as u64
}
