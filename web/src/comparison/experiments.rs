//! The experiments: a study that the runner leads, or else a worker of the page.

use leptos::prelude::*;
use protocol::study::{StudyEvent, Wish};
use texts::tr;

use super::{Comparison, Study};
use crate::environment;
use crate::findings;
use crate::links::{Cancelled, lead_here};

impl Comparison {
    pub(super) async fn make_study(&self, wish: Wish, cancelled: &Cancelled) {
        let offer = environment::offer().await;
        let tell = self.begin_study();
        match self.link.get_value() {
            Some(link) if self.is_connected() => {
                link.study(wish, cancelled.clone(), tell).await;
            }
            _ => {
                // The runner's lanes take part with the reason why they cannot.
                let mut offer = offer;
                offer.lanes.extend(untrack(|| self.runner.get().lanes()));
                lead_here(wish, offer, cancelled.clone(), tell).await;
            }
        }
    }

    pub(super) async fn follow_study(&self, cancelled: &Cancelled) {
        let tell = self.begin_study();
        if let Some(link) = self.link.get_value() {
            link.follow(cancelled.clone(), tell).await;
        }
    }

    /// An empty study, and what its events are told.
    fn begin_study(&self) -> impl FnMut(StudyEvent) + use<> {
        let this = *self;
        this.study.set(Some(Study { report: None, standings: Vec::new(), end: None }));
        let started = js_sys::Date::now();
        // What is recorded after the figures has turns of its own, and nobody is thrown back.
        let mut furthest = 0.0_f64;
        move |event| match event {
            StudyEvent::Turn { done, all, seconds_left, lane, experiment } => {
                let spent = (js_sys::Date::now() - started) / 1e3;
                // It ends with its last turn or when its time is over, whichever comes first.
                let by_turns = f64::from(done) / f64::from(all.max(1));
                let by_time = seconds_left.map_or(0.0, |left| spent / (spent + left).max(1.0));
                let words = tr!("{} on {}", experiment, lane);
                furthest = furthest.max(by_turns).max(by_time);
                this.progress(words, furthest, seconds_left);
            }
            StudyEvent::Recorded(recording) => {
                this.findings.update(|all| findings::trace(all, &recording));
                this.recorded.set(Some((recording.scenario.clone(), recording.lane.clone())));
            }
            StudyEvent::Block(report) => this.study.update(|study| {
                if let Some(study) = study {
                    study.report = Some(*report);
                }
            }),
            StudyEvent::Ended { report, standings, end } => {
                if let Some(report) = &report {
                    this.findings.update(|all| findings::add(all, report));
                }
                this.study.update(|study| {
                    if let Some(study) = study {
                        // What was there before a connection ended is kept.
                        study.report = report.map(|report| *report).or(study.report.take());
                        (study.standings, study.end) = (standings, Some(end));
                    }
                });
            }
        }
    }
}
