//! The decision guide's state: somebody's workload, and what this visit's figures say of it.

use std::sync::Arc;
use std::time::Duration;

use advisor::{Advice, BreakEven, Fitting, For, Missing, Model, PRESETS, Workload};
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use protocol::LaneId;
use protocol::report::{Param, Report, ReportRow, RowOutcome};
use protocol::study::StudyEnd;
use wasm_bindgen_futures::spawn_local;

use crate::comparison::{Comparison, Phase};
use crate::shelf::Region;
use crate::{environment, fragment};

/// How long nothing is dragged before what takes longer to say is said.
const REST: Duration = Duration::from_millis(200);

/// The state.
#[derive(Clone, Copy)]
pub(crate) struct Guide {
    pub(crate) comparison: Comparison,
    pub(crate) workload: RwSignal<Workload>,
    pub(crate) of: RwSignal<For>,
    /// What the figures so far come to.
    pub(crate) model: RwSignal<Fitted>,
    pub(crate) advice: Memo<Option<Advice>>,
    /// Where the first lane stops being it, once nothing is dragged any more.
    pub(crate) break_evens: RwSignal<Vec<BreakEven>>,
}

/// A model, or what it lacks.
type Fitted = Result<Arc<Model>, Missing>;

/// Which of several that were begun is the last one.
#[derive(Clone, Copy)]
struct Latest(StoredValue<u32>);

impl Latest {
    fn new() -> Self {
        Self(StoredValue::new(0))
    }

    /// Begins another one; says whether it still is the last.
    fn next(self) -> impl Fn() -> bool + 'static {
        let mine = self.0.get_value().wrapping_add(1);
        self.0.set_value(mine);
        move || self.0.get_value() == mine
    }
}

/// How long at a time the page does nothing but fit, in milliseconds.
const AT_ONCE: f64 = 10.0;

/// Fits, and lets the page do something else in between; none once it is not wanted any more.
async fn fit(report: &Report, of: For, is_wanted: impl Fn() -> bool) -> Option<Fitted> {
    TimeoutFuture::new(0).await;
    let mut fitting = Fitting::of(report, of);
    let mut began = now();
    while is_wanted() && fitting.step() {
        if now() - began > AT_ONCE {
            TimeoutFuture::new(0).await;
            began = now();
        }
    }
    is_wanted().then(|| fitting.model().map(Arc::new))
}

/// In milliseconds.
fn now() -> f64 {
    window().performance().map_or(0.0, |clock| clock.now())
}

impl Guide {
    pub(crate) fn new(comparison: Comparison) -> Self {
        let usual = PRESETS[0].workload(environment::cores().clamp(1, 16));
        let shared = fragment::shared();
        let linked = shared.as_deref().and_then(|shared| shared.strip_prefix(GUIDE));
        let linked = linked.and_then(|link| usual.from_link(link));
        let (workload, of) = linked.unwrap_or((usual, For::default()));
        let (workload, of) = (RwSignal::new(workload), RwSignal::new(of));
        let model = RwSignal::new(Err(Missing::Rows(of.get_untracked())));
        let wanted = Latest::new();
        // Whatever is new about the findings makes another model.
        Effect::new(move |_| {
            let of = of.get();
            let report = comparison.report_in(Region::Guide);
            let is_wanted = wanted.next();
            spawn_local(async move {
                if let Some(fitted) = fit(&report, of, is_wanted).await {
                    model.set(fitted);
                }
            });
        });
        let advice = Memo::new(move |_| {
            let model = model.get().ok()?;
            workload.with(|workload| model.advise(workload, of.get()).ok())
        });
        let break_evens = RwSignal::new(Vec::new());
        let timer = StoredValue::new(None::<TimeoutHandle>);
        let said = Latest::new();
        Effect::new(move |_| {
            let known = advice.get().zip(model.get().ok());
            let is_wanted = said.next();
            if let Some(timer) = timer.get_value() {
                timer.clear();
            }
            break_evens.set(Vec::new());
            let Some((advice, model)) = known else { return };
            let say = move || {
                let workload = workload.get_untracked();
                spawn_local(async move {
                    let mut all = Vec::new();
                    for some in model.break_evens_in_parts(&advice, &workload) {
                        all.extend(some);
                        TimeoutFuture::new(0).await;
                        if !is_wanted() {
                            return;
                        }
                    }
                    break_evens.set(all);
                });
            };
            timer.set_value(set_timeout_with_handle(say, REST).ok());
        });
        Self { comparison, workload, of, model, advice, break_evens }
    }

    /// Has the figures taken that it predicts from.
    pub(crate) fn measure(self) {
        let names = lab::experiments::guiding().iter().map(|it| it.id).collect();
        self.comparison.run_experiments(names);
        self.comparison.guided.set(true);
    }

    /// Runs this very workload on the first lane and its nearest rivals.
    pub(crate) fn prove(self) {
        let Some((advice, model)) = self.known() else { return };
        // Those of the first lane's platform: one study has one load.
        let proofs = self.workload.with_untracked(|workload| model.proofs(&advice, workload));
        if let Some(proof) = proofs.into_iter().next() {
            self.comparison.run_proof(proof);
            self.comparison.guided.set(true);
        }
    }

    fn known(&self) -> Option<(Advice, Arc<Model>)> {
        self.advice.get_untracked().zip(self.model.get_untracked().ok())
    }

    /// What goes on for the guide, in words.
    pub(crate) fn progress(&self) -> Option<String> {
        let going = self.comparison.guided.get();
        match self.comparison.phase.get() {
            Phase::Running(progress) if going => Some(progress.words()),
            _ => None,
        }
    }

    /// Why what was done for the guide could not go on.
    pub(crate) fn trouble(&self) -> Option<String> {
        if !self.comparison.guided.get() {
            return None;
        }
        self.comparison.study.with(|study| match study.as_ref()?.end.as_ref()? {
            StudyEnd::Stopped(why) => Some(why.clone()),
            StudyEnd::Done | StudyEnd::Cancelled => None,
        })
    }

    /// What a lane took when this very workload was run on it, if it was.
    pub(crate) fn proved(&self, lane: &LaneId) -> Option<RowOutcome> {
        let model = self.model.get().ok()?;
        let load = self.workload.with(|workload| model.load(lane, workload))?;
        let params = lab::Op::Load(load).params(self.workload.with(Workload::metric));
        let is_it = |row: &&ReportRow| {
            let close = |name: &String, value: &Param| match (row.params.get(name), value) {
                // What a round takes is fitted anew when there are more figures.
                (Some(Param::Number(found)), Param::Number(wanted)) if name == "rounds" => {
                    found.abs_diff(*wanted) * 50 <= *wanted
                }
                (found, wanted) => found == Some(wanted),
            };
            row.experiment == "workload"
                && row.lane == *lane
                && params.iter().all(|(name, value)| close(name, value))
        };
        self.comparison.with_report_in(Region::Guide, |all| {
            all.results.iter().find(is_it).map(|row| row.outcome.clone())
        })
    }
}

/// What stands before a workload that the address shares.
pub(crate) const GUIDE: &str = "guide,";

/// A fragment that shares a workload.
pub(crate) fn link(workload: &Workload, of: For) -> String {
    format!("#s={GUIDE}{}", workload.to_link(of))
}
