//! How results are looked at: which lanes, held against which one, beside which other reports.

use std::collections::BTreeSet;
use std::sync::Arc;

use advisor::Model;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use protocol::desk::{Change, Source};
use protocol::report::Report;
use protocol::study::{Standing, StudyEnd};
use protocol::{LaneId, LaneKind};
use texts::{tr, translated};
use wasm_bindgen_futures::spawn_local;
use worker_link::Carried;

use crate::answers::Answers;
use crate::comparison::Comparison;
use crate::links::{changes, standings_against};
use crate::shelf::Held;

/// The state.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    /// What is looked at; or why there is nothing.
    pub(crate) subject: Memo<Option<Result<Subject, String>>>,
    /// What is left out.
    pub(crate) hidden: RwSignal<Hidden>,
    /// The lane that the others are held against; none of them: the best.
    pub(crate) baseline: RwSignal<Option<LaneId>>,
    /// Whether every sample is shown.
    pub(crate) has_samples: RwSignal<bool>,
    /// How the rows stand, in their order.
    pub(crate) standings: RwSignal<Arc<Vec<Standing>>>,
    /// What lies beside it.
    pub(crate) beside: RwSignal<Vec<Beside>>,
    /// Why something of it could not be worked out.
    pub(crate) trouble: RwSignal<String>,
    /// The questions whose tables are drawn though nobody has opened them.
    pub(crate) drawn: Drawn,
}

/// How many questions are drawn. A long report has hundreds: a few at a time, so that the page answers in between.
#[derive(Clone, Copy)]
pub(crate) struct Drawn {
    /// Those whose tables are drawn as they are now.
    count: RwSignal<usize>,
    /// Those that are there.
    made: RwSignal<usize>,
    all: RwSignal<usize>,
    goes_on: StoredValue<bool>,
}

/// Questions at a time: their tables take some milliseconds.
pub(crate) const AT_ONCE: usize = 4;

impl Drawn {
    fn new() -> Self {
        let [count, made, all] = [(); 3].map(|()| RwSignal::new(0));
        Self { count, made, all, goes_on: StoredValue::new(false) }
    }

    /// Whether it is this question's turn to be drawn.
    pub(crate) fn has(self, question: usize) -> bool {
        question < self.count.get()
    }

    /// Whether this question is there.
    pub(crate) fn is_made(self, question: usize) -> bool {
        question < self.made.get()
    }

    /// Whether some are still to come.
    pub(crate) fn is_busy(self) -> bool {
        self.count.get() < self.all.get()
    }

    /// How many there are now, all of them others than before.
    pub(crate) fn expect(self, all: usize) {
        self.made.set(0);
        self.all.set(all);
        self.again();
    }

    /// So many more are to be there; says which number the first of them has.
    pub(crate) fn extend(self, more: usize) -> usize {
        let first = self.all.get_untracked();
        self.all.set(first + more);
        self.go_on();
        first
    }

    /// Draws all of them anew; to be called before what they show changes.
    fn again(self) {
        self.count.set(0);
        self.go_on();
    }

    fn go_on(self) {
        if self.goes_on.get_value() {
            return;
        }
        self.goes_on.set_value(true);
        spawn_local(async move {
            while self.count.get_untracked() < self.all.get_untracked() {
                TimeoutFuture::new(0).await;
                self.count.update(|count| *count += AT_ONCE);
                let count = self.count.get_untracked();
                if self.made.get_untracked() < count {
                    self.made.set(count);
                }
            }
            self.goes_on.set_value(false);
        });
    }
}

/// A report with what was worked out of it.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) report: Arc<Report>,
    pub(crate) standings: Arc<Vec<Standing>>,
    /// How the study ended, if it is this visit's.
    pub(crate) end: Option<StudyEnd>,
    /// What lies on the shelf, if it is not this visit's.
    held: Option<Arc<Held>>,
}

impl Subject {
    /// For the desk.
    fn source(&self) -> Source<Carried> {
        match &self.held {
            Some(held) => held.source(),
            None => Source::Here(Box::new(self.report.as_ref().clone())),
        }
    }
}

impl PartialEq for Subject {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.report, &other.report)
    }
}

/// Another report, and what changed from the one that is looked at to it.
#[derive(Clone, Debug)]
pub(crate) struct Beside {
    pub(crate) held: Arc<Held>,
    /// What it answers, and where.
    pub(crate) answers: Arc<Answers>,
    /// In the order of its own rows.
    pub(crate) changes: Arc<Vec<Change>>,
}

impl Beside {
    fn of(held: Arc<Held>) -> Self {
        let answers = Arc::new(Answers::of(&held.report));
        Self { held, answers, changes: Arc::default() }
    }
}

/// Lanes that are left out, one by one or by what isolates them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Hidden {
    pub(crate) kinds: Vec<LaneKind>,
    pub(crate) lanes: BTreeSet<LaneId>,
}

impl Hidden {
    pub(crate) fn has(&self, lane: &LaneId) -> bool {
        self.lanes.contains(lane) || self.kinds.contains(&Model::kind(lane))
    }

    /// Leaves a kind out, or takes it in again.
    pub(crate) fn turn_kind(&mut self, kind: LaneKind) {
        let before = self.kinds.len();
        self.kinds.retain(|known| *known != kind);
        if self.kinds.len() == before {
            self.kinds.push(kind);
        }
    }

    /// Leaves a lane out, or takes it in again.
    pub(crate) fn turn_lane(&mut self, lane: &LaneId) {
        if !self.lanes.remove(lane) {
            self.lanes.insert(lane.clone());
        }
    }
}

impl Look {
    pub(crate) fn new(comparison: Comparison) -> Self {
        // Drawn when it is over: drawing it after each block would disturb the next one.
        let over = Memo::new(move |_| {
            let study = comparison.study.get()?;
            let end = study.end?;
            Some(match study.report {
                Some(report) => Ok(Subject {
                    report: Arc::new(report),
                    standings: Arc::new(study.standings),
                    end: Some(end),
                    held: None,
                }),
                None => Err(match end {
                    StudyEnd::Stopped(why) => {
                        tr!("The experiments gave nothing: {}.", translated(&why))
                    }
                    _ => tr!("The experiments were ended before their first block.").to_owned(),
                }),
            })
        });
        let subject = Memo::new(move |_| match comparison.shelf.chosen.get() {
            Some(held) => Some(Ok(Subject {
                report: held.report.clone(),
                standings: held.standings.clone(),
                end: None,
                held: Some(held),
            })),
            None => over.get(),
        });
        let this = Self {
            subject,
            hidden: RwSignal::default(),
            baseline: RwSignal::new(None),
            has_samples: RwSignal::new(false),
            standings: RwSignal::default(),
            beside: RwSignal::new(Vec::new()),
            trouble: RwSignal::default(),
            drawn: Drawn::new(),
        };
        this.keep_standings();
        this.keep_changes(comparison);
        this
    }

    pub(crate) fn report(&self) -> Option<Arc<Report>> {
        self.subject.get()?.ok().map(|subject| subject.report)
    }

    /// Holds the rows against whatever is chosen.
    fn keep_standings(self) {
        Effect::new(move |_| {
            self.trouble.set(String::new());
            let Some(Ok(subject)) = self.subject.get() else { return };
            let Some(lane) = self.baseline.get() else {
                return self.stand(subject.standings);
            };
            // None, while they are worked out.
            self.stand(Arc::default());
            spawn_local(async move {
                let stood = standings_against(subject.source(), lane.clone()).await;
                let is_still_asked = self.baseline.get_untracked() == Some(lane)
                    && self.subject.get_untracked() == Some(Ok(subject));
                match stood {
                    Ok(standings) if is_still_asked => self.stand(Arc::new(standings)),
                    Err(why) if is_still_asked => self.trouble.set(format!("{why}.")),
                    _ => {}
                }
            });
        });
    }

    fn stand(self, standings: Arc<Vec<Standing>>) {
        if *self.standings.read_untracked() != standings {
            self.drawn.again();
            self.standings.set(standings);
        }
    }

    /// Leaves lanes out, or takes them in again.
    pub(crate) fn hide(self, change: impl FnOnce(&mut Hidden)) {
        self.drawn.again();
        self.hidden.update(change);
    }

    /// Compares with whatever lies beside it.
    fn keep_changes(self, comparison: Comparison) {
        Effect::new(move |_| {
            let wanted = comparison.shelf.beside.get();
            let Some(Ok(subject)) = self.subject.get() else { return self.beside.set(Vec::new()) };
            let wanted = wanted.into_iter().filter(|it| !Arc::ptr_eq(&it.report, &subject.report));
            let wanted: Vec<Beside> = wanted.map(Beside::of).collect();
            if wanted.is_empty() && self.beside.read_untracked().is_empty() {
                return;
            }
            self.drawn.again();
            self.beside.set(wanted.clone());
            for Beside { held, .. } in wanted {
                let (first, source) = (subject.report.clone(), subject.source());
                spawn_local(async move {
                    let found = changes(source, held.source()).await;
                    if self.report_untracked().is_none_or(|now| !Arc::ptr_eq(&now, &first)) {
                        return;
                    }
                    match found {
                        Ok(mut found) => {
                            found.sort_by_key(|change| change.other);
                            let found = Arc::new(found);
                            self.drawn.again();
                            self.beside.update(|all| {
                                let it = all.iter_mut().find(|it| Arc::ptr_eq(&it.held, &held));
                                it.into_iter().for_each(|it| it.changes = found.clone());
                            });
                        }
                        Err(why) => self.trouble.set(format!("{}: {why}.", held.name())),
                    }
                });
            }
        });
    }

    fn report_untracked(&self) -> Option<Arc<Report>> {
        untrack(|| self.report())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_are_left_out_one_by_one_and_by_kind() {
        let mut hidden = Hidden::default();
        assert!(!hidden.has(&LaneId::PROCESS_PIPE));
        hidden.turn_kind(LaneKind::Process);
        hidden.turn_lane(&LaneId::NATIVE_THREAD);
        assert!(hidden.has(&LaneId::PROCESS_PIPE) && hidden.has(&LaneId::NATIVE_THREAD));
        assert!(!hidden.has(&LaneId::BROWSER_SHARED));
        hidden.turn_kind(LaneKind::Process);
        hidden.turn_lane(&LaneId::NATIVE_THREAD);
        assert_eq!(hidden, Hidden::default());
    }
}
