//! Leading a study for the page: what it wishes for becomes a plan, and how it goes is told.

use protocol::report::{Report, ReportMachine, Run};
use protocol::study::{StudyEnd, StudyEvent, Wish};
use protocol::trace::Recording;
use protocol::{LaneId, Nanos};

use crate::clocks::relate;
use crate::experiments::{Experiment, workload::WORKLOAD};
use crate::lane::Lane;
use crate::op::{Op, Placement};
use crate::plan::Depth;
use crate::record::Record;
use crate::recordings::{Witness, record_all};
use crate::remote::Remote;
use crate::scenarios::{self, Scenario};
use crate::standings::standings;
use crate::study::{Ended, Findings, Listener, Next, study};

/// Where a study is led.
pub struct Place<'a> {
    /// Every lane that there is.
    pub lanes: Vec<&'a dyn Lane>,
    /// The machine.
    pub machine: ReportMachine,
    /// How, with what the leader's clock can do.
    pub run: Run,
    /// Whether the load before may be the leader's own work.
    pub own_load: bool,
    /// What orders are drawn from.
    pub seed: u64,
    /// Time since some time.
    pub now: &'a dyn Fn() -> Nanos,
    /// The page, if its clock is another one.
    pub remote: Option<&'a Remote>,
}

/// Leads it. The last event is its end, and is returned.
pub async fn lead(wish: &Wish, place: Place<'_>, tell: &mut dyn FnMut(StudyEvent)) -> StudyEvent {
    let scenarios = match scenarios(wish) {
        Ok(scenarios) => scenarios,
        Err(why) => return stopped(why),
    };
    let wished = match &wish.proof {
        None if wish.experiments.is_empty() && wish.trace.is_some() => {
            Ok((Depth::Quick, Vec::new()))
        }
        None => Depth::wished(&wish.experiments),
        Some(proof) => Op::Load(proof.load).check().map(|()| (Depth::Proof, vec![&WORKLOAD])),
    };
    let (depth, experiments) = match wished {
        Ok(wished) => wished,
        Err(why) => return stopped(why),
    };
    let Place { lanes, machine, run, own_load, seed, now, remote } = place;
    let (cores, tick) = (machine.cores, run.clock.tick);
    let mut plan = depth.plan(experiments, cores, Placement::Unpinned, tick, seed);
    let mut lanes = lanes;
    if let Some(proof) = &wish.proof {
        plan.sweep.load = Some(proof.load);
        lanes.retain(|lane| proof.lanes.contains(&lane.id()));
    }
    let recorded = match &wish.trace {
        Some(trace) if !trace.lanes.is_empty() => {
            lanes.iter().copied().filter(|lane| trace.lanes.contains(&lane.id())).collect()
        }
        _ => lanes.clone(),
    };
    let lanes = plan.lanes(lanes);
    let clock = || now().0 as f64;
    let first = match remote {
        Some(remote) => remote.exchange_times(clock).await,
        None => Vec::new(),
    };
    let mut record = Record::begin(&plan, machine, run);
    record.own_load = own_load;
    let mut narrator = Narrator { record, began: now(), now, tell };
    let named = wish.trace.as_ref().is_some_and(|trace| !trace.lanes.is_empty());
    let mut ended = match plan.experiments.is_empty() {
        true => Ended::Done,
        false => study(&lanes, &plan, &mut narrator).await,
    };
    // After the figures: nothing of it can show in them.
    if ended == Ended::Done {
        let (traces, cancelled) = record_all(&recorded, &scenarios, named, &mut narrator).await;
        narrator.record.traced(traces);
        ended = if cancelled { Ended::Cancelled } else { Ended::Done };
    }
    let Record { mut report, .. } = narrator.record;
    if let (Some(remote), Some(browser)) = (remote, &mut report.machine.browser) {
        let last = remote.exchange_times(clock).await;
        // A page that was opened anew has begun a clock of its own.
        let first = if remote.successions() == 0 { &first } else { &last };
        browser.relation = relate(first, &last);
    }
    over(report, ended)
}

/// Those that are wished for.
fn scenarios(wish: &Wish) -> Result<Vec<&'static Scenario>, String> {
    let names = wish.trace.iter().flat_map(|trace| &trace.scenarios);
    let find = |name: &String| {
        scenarios::find(name).ok_or_else(|| format!("there is no scenario \"{name}\""))
    };
    names.map(find).collect()
}

/// It could not begin.
fn stopped(why: String) -> StudyEvent {
    StudyEvent::Ended { report: None, standings: Vec::new(), end: StudyEnd::Stopped(why) }
}

fn over(report: Report, ended: Ended) -> StudyEvent {
    let end = match ended {
        Ended::Done => StudyEnd::Done,
        Ended::Cancelled => StudyEnd::Cancelled,
        Ended::Stopped(why) => StudyEnd::Stopped(why),
    };
    StudyEvent::Ended { standings: standings(&report), report: Some(Box::new(report)), end }
}

struct Narrator<'a> {
    record: Record,
    began: Nanos,
    now: &'a dyn Fn() -> Nanos,
    tell: &'a mut dyn FnMut(StudyEvent),
}

impl Narrator<'_> {
    fn spent(&self) -> Nanos {
        Nanos((self.now)().0 - self.began.0)
    }
}

impl Witness for Narrator<'_> {
    fn begins(&mut self, done: usize, all: usize, lane: &LaneId, scenario: &Scenario) {
        (self.tell)(StudyEvent::Turn {
            done: done as u32,
            all: all as u32,
            seconds_left: None,
            lane: lane.clone(),
            experiment: format!("a trace of {}", scenario.id),
        });
    }

    fn recorded(&mut self, recording: &Recording) {
        (self.tell)(StudyEvent::Recorded(Box::new(recording.clone())));
    }
}

impl Listener for Narrator<'_> {
    fn turn(&mut self, done: usize, all: usize, lane: &LaneId, experiment: &Experiment) {
        let seconds_left = self.record.seconds_left(self.spent());
        (self.tell)(StudyEvent::Turn {
            done: done as u32,
            all: all as u32,
            seconds_left,
            lane: lane.clone(),
            experiment: experiment.id.to_owned(),
        });
    }

    fn block(&mut self, finished: u32, findings: &Findings) -> Result<Next, String> {
        let next = self.record.block(finished, findings, self.spent());
        (self.tell)(StudyEvent::Block(Box::new(self.record.report.without_samples())));
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures::executor::block_on;

    use super::*;
    use crate::mock::MockLane;

    fn led(experiments: &[&str]) -> (Vec<StudyEvent>, StudyEvent) {
        let lane = MockLane::new();
        let time = Cell::new(0);
        // A second a look.
        let now = || {
            time.set(time.get() + 1_000_000_000);
            Nanos(time.get())
        };
        let place = Place {
            lanes: vec![&lane],
            machine: ReportMachine { cores: 2, ..ReportMachine::default() },
            run: Run::default(),
            own_load: false,
            seed: 1,
            now: &now,
            remote: None,
        };
        let experiments = experiments.iter().map(|name| (*name).to_owned()).collect();
        let mut events = Vec::new();
        let last = block_on(lead(&Wish { experiments, ..Wish::default() }, place, &mut |it| {
            events.push(it);
        }));
        (events, last)
    }

    #[test]
    fn a_wish_becomes_turns_blocks_and_a_report() {
        let (events, last) = led(&["startup"]);
        let blocks = events.iter().filter(|event| matches!(event, StudyEvent::Block(_))).count();
        let turns = events.iter().filter(|event| matches!(event, StudyEvent::Turn { .. })).count();
        assert!(blocks >= 3 && turns == blocks, "{blocks} blocks, {turns} turns");
        let StudyEvent::Block(report) = &events[1] else { panic!("{:?}", events[1]) };
        assert!(!report.results.is_empty());
        let StudyEvent::Ended { report: Some(report), end: StudyEnd::Done, .. } = last else {
            panic!("{last:?}")
        };
        assert_eq!(report.run.finished as usize, blocks);
        assert!(report.run.finished < report.run.blocks, "a minute is over");
    }

    #[test]
    fn an_unknown_name_ends_it_before_it_begins() {
        let (events, last) = led(&["rm"]);
        assert!(events.is_empty());
        let end = StudyEnd::Stopped("there is no experiment \"rm\"".into());
        assert_eq!(last, StudyEvent::Ended { report: None, standings: Vec::new(), end });
    }
}
