//! The flow diagram's state: which two recordings stand side by side, and which moment of them is shown.

use std::sync::Arc;
use std::time::Duration;

use ::flow::{Film, PRESETS, Preset, moments};
use lab::scenarios::{self, Scenario};
use leptos::prelude::*;
use protocol::LaneId;
use protocol::study::{StudyEnd, TraceWish};
use protocol::trace::Recording;

use crate::comparison::{Comparison, Phase};
use crate::shelf::Region;

/// A recording is played within so many seconds, however short it was.
const SECONDS: f64 = 12.0;
/// Between two moments, where nothing may slide.
const PAUSE: Duration = Duration::from_millis(600);
/// The narrowest part that is shown, in nanoseconds.
const NARROWEST: f64 = 200.0;
/// How much closer a step of the zoom is.
const CLOSER: f64 = 0.5;

/// The state.
#[derive(Clone, Copy)]
pub(crate) struct Flow {
    pub(crate) comparison: Comparison,
    pub(crate) scenario: RwSignal<&'static Scenario>,
    /// Left and right.
    pub(crate) lanes: [RwSignal<String>; 2],
    /// Their recordings, as far as there are any.
    pub(crate) films: [Memo<Option<Arc<Film>>>; 2],
    /// The moment that is shown, in nanoseconds; the whole, while nobody has looked at one.
    pub(crate) at: RwSignal<Option<f64>>,
    /// The part of the time that is shown, in nanoseconds.
    pub(crate) window: RwSignal<[f64; 2]>,
    pub(crate) is_playing: RwSignal<bool>,
}

impl Flow {
    pub(crate) fn new(comparison: Comparison) -> Self {
        let first = &PRESETS[0];
        let scenario = RwSignal::new(scenarios::find(first.scenario).unwrap_or(&scenarios::ALL[0]));
        let lanes = first.lanes.map(|lane| RwSignal::new(lane.to_owned()));
        let films = lanes.map(|lane| {
            // A film is made once per recording, and not when something else was found.
            let recording = Memo::new(move |_| {
                comparison.with_report_in(Region::Flow, |report| {
                    let is_it = |it: &&Recording| {
                        it.scenario == scenario.get().id && it.lane.as_str() == lane.read().as_str()
                    };
                    report.trace.iter().find(is_it).cloned()
                })
            });
            Memo::new(move |_| recording.get().map(|recording| Arc::new(Film::new(recording))))
        });
        let this = Self {
            comparison,
            scenario,
            lanes,
            films,
            at: RwSignal::new(None),
            window: RwSignal::new([0.0, 1.0]),
            is_playing: RwSignal::new(false),
        };
        // Other recordings are shown whole.
        Effect::new(move |_| {
            films.iter().for_each(|film| film.track());
            this.is_playing.set(false);
            this.at.set(None);
            this.show_whole();
        });
        this.play_along();
        this
    }

    /// Plays each recording as it comes, beside the one before it.
    fn play_along(self) {
        Effect::new(move |last: Option<Option<LaneId>>| {
            let (scenario, lane) = self.comparison.recorded.get()?;
            // What was asked for here stays as it was chosen.
            if !self.comparison.is_traced.get_untracked()
                && let Some(scenario) = scenarios::find(&scenario)
            {
                let is_same = self.scenario.get_untracked().id == scenario.id;
                self.scenario.set(scenario);
                let [left, right] = self.lanes;
                match last.flatten().filter(|_| is_same) {
                    Some(before) => {
                        left.set(before.to_string());
                        right.set(lane.to_string());
                    }
                    None => left.set(lane.to_string()),
                }
                request_animation_frame(move || self.play());
            }
            Some(lane)
        });
    }

    pub(crate) fn choose(self, preset: &Preset) {
        if let Some(scenario) = scenarios::find(preset.scenario) {
            self.scenario.set(scenario);
        }
        for (lane, chosen) in self.lanes.into_iter().zip(preset.lanes) {
            lane.set(chosen.to_owned());
        }
    }

    /// The preset that is chosen, if it is one.
    pub(crate) fn preset(&self) -> Option<&'static Preset> {
        PRESETS.iter().find(|preset| {
            let are_its =
                self.lanes.iter().zip(preset.lanes).all(|(lane, its)| *lane.read() == its);
            preset.scenario == self.scenario.get().id && are_its
        })
    }

    /// Has both lanes recorded.
    pub(crate) fn record(self) {
        let lanes = self.lanes.map(|lane| LaneId::from(lane.get_untracked().as_str()));
        let scenarios = vec![self.scenario.get_untracked().id.to_owned()];
        self.comparison.run_trace(TraceWish { scenarios, lanes: lanes.into() });
    }

    /// What goes on for the diagram, in words.
    pub(crate) fn progress(&self) -> Option<String> {
        let going = self.comparison.is_traced.get();
        match self.comparison.phase.get() {
            Phase::Running(progress) if going => Some(progress.words()),
            _ => None,
        }
    }

    /// Why something could not be recorded.
    pub(crate) fn trouble(&self) -> Option<String> {
        if !self.comparison.is_traced.get() {
            return None;
        }
        self.comparison.study.with(|study| {
            let study = study.as_ref()?;
            if let Some(StudyEnd::Stopped(why)) = &study.end {
                return Some(why.clone());
            }
            study.end.as_ref()?;
            let warnings = study.report.as_ref().map(|report| report.run.warnings.clone());
            warnings.into_iter().flatten().find(|warning| warning.starts_with("no trace"))
        })
    }

    /// How long both are, in nanoseconds: one scale for both.
    pub(crate) fn length(&self) -> f64 {
        let length = |film: &Memo<Option<Arc<Film>>>| {
            film.with(|film| film.as_ref().map_or(0, |film| film.length()))
        };
        self.films.iter().map(length).max().unwrap_or(0).max(1) as f64
    }

    pub(crate) fn show_whole(self) {
        self.window.set([0.0, self.length()]);
    }

    /// Shows a part half or twice as long, around the moment that is shown.
    pub(crate) fn zoom(self, closer: bool) {
        let length = self.length();
        let [from, to] = self.window.get_untracked();
        let middle = self.at.get_untracked().unwrap_or(f64::midpoint(from, to)).clamp(from, to);
        let factor = if closer { CLOSER } else { 1.0 / CLOSER };
        let wide = ((to - from) * factor).clamp(NARROWEST.min(length), length);
        let part = (middle - from) / (to - from);
        self.show_from(middle - wide * part, wide);
    }

    /// Shows so much from there on, as far as there is so much.
    pub(crate) fn show_from(self, from: f64, wide: f64) {
        let from = from.clamp(0.0, (self.length() - wide).max(0.0));
        self.window.set([from, from + wide]);
    }

    /// Shows a moment, and has it in the window.
    pub(crate) fn show(self, at: f64) {
        let at = at.clamp(0.0, self.length());
        self.at.set(Some(at));
        let [from, to] = self.window.get_untracked();
        if at < from || at > to {
            self.show_from(at - (to - from) * 0.1, to - from);
        }
    }

    /// Shows the next moment at which something happens, or the one before.
    pub(crate) fn step(self, forward: bool) {
        self.is_playing.set(false);
        self.advance(forward);
    }

    /// The same while it is played; says whether there was one.
    fn advance(self, forward: bool) -> bool {
        let at = self.at.get_untracked();
        let times = self.films.iter().flat_map(|film| film.get_untracked()).flat_map(|film| {
            let time = |moment: std::ops::Range<usize>| film.recording.events[moment.start].at;
            moments(&film.recording).into_iter().map(time).collect::<Vec<_>>()
        });
        let times = times.map(|time| time as f64);
        let next = match at {
            None if forward => times.fold(f64::INFINITY, f64::min),
            None => times.fold(f64::NEG_INFINITY, f64::max),
            Some(at) if forward => times.filter(|it| *it > at).fold(f64::INFINITY, f64::min),
            Some(at) => times.filter(|it| *it < at).fold(f64::NEG_INFINITY, f64::max),
        };
        if next.is_finite() {
            self.show(next);
        }
        next.is_finite()
    }

    pub(crate) fn play_or_pause(self) {
        if self.is_playing.get_untracked() {
            self.is_playing.set(false);
        } else {
            self.play();
        }
    }

    /// Plays from the moment that is shown, or from the beginning; where nothing may slide, moment by moment.
    fn play(self) {
        if self.films.iter().all(|film| film.with_untracked(Option::is_none)) {
            return;
        }
        let was_playing = self.is_playing.get_untracked();
        let at = self.at.get_untracked().filter(|at| *at < self.length());
        self.show(at.unwrap_or(0.0));
        self.is_playing.set(true);
        if was_playing {
            return;
        }
        if is_still() {
            self.play_step();
        } else {
            self.play_frame(now());
        }
    }

    fn play_frame(self, last: f64) {
        request_animation_frame(move || {
            if !self.is_playing.get_untracked() {
                return;
            }
            let (now, length) = (now(), self.length());
            // A page that was hidden goes on where it was.
            let passed = (now - last).min(100.0) / 1e3 / SECONDS * length;
            let at = self.at.get_untracked().unwrap_or(0.0) + passed;
            self.show(at);
            if at < length {
                self.play_frame(now);
            } else {
                self.is_playing.set(false);
            }
        });
    }

    fn play_step(self) {
        set_timeout(
            move || {
                if self.is_playing.get_untracked() {
                    if self.advance(true) {
                        self.play_step();
                    } else {
                        self.is_playing.set(false);
                    }
                }
            },
            PAUSE,
        );
    }

    /// How many times slower than it was it is played.
    pub(crate) fn slowness(&self) -> f64 {
        SECONDS * 1e9 / self.length()
    }
}

/// Whether the visitor asked for less motion.
fn is_still() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|query| query.matches())
}

/// In milliseconds.
fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}
