//! Measuring, for the commands that do: the lanes are asked, a browser's page takes part if one is named, and
//! the report is kept block by block.

use std::rc::Rc;

use futures::executor::block_on;
use lab::clocks::{Exchange, relate};
use lab::experiments::Experiment;
use lab::plan::{Depth, Plan};
use lab::recordings::record_all;
use lab::remote::Remote;
use lab::scenarios::Scenario;
use lab::study::{Ended, study};
use lab::{Lane, Placement};
use protocol::load::Load;
use protocol::report::{Browser, Report};
use texts::outside::Outside;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::End;
use crate::browser::exhaustion::OtherBrowser;
use crate::browser::page::{self, NoPage};
use crate::browser::{Browser as BrowserProcess, Kind};
use crate::cancel::Cancel;
use crate::files::{Target, last_run};
use crate::recorder::{Recorder, seed};
use crate::terminal::say;
use crate::{lanes, machine, runtime, timing};

/// What is to be measured, and where the report goes meanwhile.
pub(super) struct Measuring {
    pub(super) depth: Depth,
    pub(super) experiments: Vec<&'static Experiment>,
    pub(super) placement: Placement,
    /// What is recorded once everything is measured.
    pub(super) scenarios: Vec<&'static Scenario>,
    /// What is proved, for the experiment `workload`.
    pub(super) load: Option<Load>,
    /// Whose lanes take part, too.
    pub(super) browser: Option<Kind>,
    /// Written after each block. Without one the report is kept where the next run overwrites it.
    pub(super) file: Option<Target>,
}

/// What came of it.
pub(super) struct Measured {
    pub(super) report: Report,
    pub(super) ended: Ended,
}

impl Measuring {
    /// Of these experiments where the system puts them, without a browser, and nothing else.
    pub(super) fn of(depth: Depth, experiments: Vec<&'static Experiment>) -> Self {
        Self {
            depth,
            experiments,
            placement: Placement::Unpinned,
            scenarios: Vec::new(),
            load: None,
            browser: None,
            file: None,
        }
    }

    /// Measures on those of all lanes that are chosen. What keeps it from beginning is the command's end.
    pub(super) fn measure(
        self,
        native: Vec<Box<dyn Lane>>,
        cancel: &Cancel,
        is_chosen: impl Fn(&Plan, &dyn Lane) -> bool,
    ) -> anyhow::Result<Result<Measured, End>> {
        let runtime = Rc::new(cancel_on_signals(cancel)?);
        let visit = match self.browser.map(|kind| Visit::open(kind, &runtime, cancel)) {
            None => None,
            Some(Ok(visit)) => Some(visit),
            Some(Err(NoPage::Cancelled)) => return Ok(Err(End::Interrupted)),
            Some(Err(NoPage::Failed(why))) => return Err(why),
            Some(Err(NoPage::Unavailable(why))) => {
                say!("breakeven: {why}");
                return Ok(Err(End::Unavailable));
            }
        };
        let offered = visit.as_ref().map_or(&[][..], |visit| &visit.lanes);
        let Self { depth, experiments, placement, scenarios, load, file, .. } = self;
        let (cores, tick) = (machine::describe().cores, machine::clock().tick);
        let mut plan = depth.plan(experiments, cores, placement, tick, seed());
        plan.sweep.load = load;
        let all = offered.iter().chain(&native).map(AsRef::as_ref);
        let chosen: Vec<&dyn Lane> = all.filter(|lane| is_chosen(&plan, *lane)).collect();
        // What was not to be kept is kept all the same until the next run: somebody may pull the plug.
        let spare = if file.is_none() { spare_file() } else { None };
        let mut recorder = Recorder::begin(&plan, file.or(spare.clone()));
        lanes::describe(&chosen, cancel, &mut recorder.record.report.machine);
        recorder.record.report.machine.browser = visit.as_ref().map(|visit| visit.browser.clone());
        let mut ended = block_on(study(&chosen, &plan, &mut recorder));
        // After the figures: nothing of it can show in them.
        if ended == Ended::Done {
            // Of six scenarios, no lane has all.
            let recorded = record_all(&chosen, &scenarios, false, &mut recorder);
            let (recorded, cancelled) = block_on(recorded);
            recorder.record.traced(recorded);
            ended = if cancelled { Ended::Cancelled } else { Ended::Done };
        }
        let mut report = recorder.end();
        drop(native);
        if let Some(visit) = visit {
            visit.end(&mut report);
        }
        if let (Some(spare), Ended::Cancelled | Ended::Stopped(_)) = (&spare, &ended)
            && report.run.finished > 0
        {
            say!("breakeven: what was measured is in {}", Outside(spare.path().display()));
        }
        Ok(Ok(Measured { report, ended }))
    }
}

/// Where the report of a run is kept that was not to be written to a file, if there is a place.
fn spare_file() -> Option<Target> {
    last_run()
        .inspect_err(|why| say!("breakeven: this run is kept nowhere before its end: {why}"))
        .ok()
}

/// A browser whose page takes part.
struct Visit {
    kind: Kind,
    process: BrowserProcess,
    browser: Browser,
    remote: Remote,
    lanes: Vec<Box<dyn Lane>>,
    /// How its clock stood at the beginning.
    first: Vec<Exchange>,
}

impl Visit {
    fn open(kind: Kind, runtime: &Rc<Runtime>, cancel: &Cancel) -> Result<Self, NoPage> {
        let (process, guest) = page::open(kind, runtime, cancel)?;
        let browser = guest.offer.browser.clone();
        let infos = guest.offer.lanes.clone();
        let remote = guest.remote(cancel);
        let (runtime, cancel) = (Rc::clone(runtime), cancel.clone());
        remote.exhaust_elsewhere(Rc::new(OtherBrowser { kind, runtime, cancel }));
        let lanes = remote.lanes(&infos);
        let first = block_on(remote.exchange_times(clock));
        Ok(Self { kind, process, browser, remote, lanes, first })
    }

    /// Ends the browser, and says how its clock stood and what became of it.
    fn end(mut self, report: &mut Report) {
        let last = block_on(self.remote.exchange_times(clock));
        if let Some(browser) = &mut report.machine.browser {
            browser.relation = relate(&self.first, &last);
        }
        if let Some(why) = self.process.ended() {
            let name = self.kind.name();
            report.run.warnings.push(format!("{name} did not last until the end: {why}"));
        }
    }
}

fn clock() -> f64 {
    timing::now() as f64
}

/// Has the first SIGINT or SIGTERM end the run with what it has, for as long as the result lives.
pub(super) fn cancel_on_signals(cancel: &Cancel) -> anyhow::Result<Runtime> {
    let runtime = runtime::start(2)?;
    let cancel = cancel.clone();
    let (mut interrupt, mut terminate) = {
        let _inside = runtime.enter();
        (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
    };
    runtime.spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        cancel.ask();
    });
    Ok(runtime)
}
