//! The decision guide against what happens: workloads are drawn at random, predicted, and run.
//!
//! The long version takes a quarter of an hour: `cargo xtask backtest`. Its last figures stand in METHODOLOGY.md.

#![allow(clippy::disallowed_methods, reason = "a study of these tests ends in time")]

use std::time::Instant;

use advisor::{Amount, For, Model, Workload};
use fastrand::Rng;
use futures::executor::block_on;
use lab::experiments::{self, Experiment, workload::WORKLOAD};
use lab::plan::{Depth, Plan};
use lab::record::Record;
use lab::study::{Ended, Findings, Listener, Next, study};
use lab::{Lane, Placement};
use native_runner::{Cancel, describe_machine, lanes};
use protocol::load::Load;
use protocol::report::{Report, ReportMachine, RowOutcome, Run};
use protocol::{LaneId, Nanos};

/// From what workloads are drawn. Written down before the first run, so that a bad draw stays one.
const SEED: u64 = 11;

struct Kept(Record, Instant);

impl Listener for Kept {
    fn turn(&mut self, _: usize, _: usize, _: &LaneId, _: &Experiment) {}

    fn block(&mut self, finished: u32, findings: &Findings) -> Result<Next, String> {
        Ok(self.0.block(finished, findings, Nanos(self.1.elapsed().as_nanos() as u64)))
    }
}

fn measured(lanes: &[&dyn Lane], plan: &Plan) -> Report {
    let record = Record::begin(plan, ReportMachine::default(), Run::default());
    let mut kept = Kept(record, Instant::now());
    assert_eq!(block_on(study(lanes, plan, &mut kept)), Ended::Done);
    kept.0.report
}

fn plan(depth: Depth, experiments: Vec<&'static Experiment>, load: Option<Load>) -> Plan {
    let cores = describe_machine().cores;
    let mut plan = depth.plan(experiments, cores, Placement::Unpinned, 40.0, SEED);
    plan.sweep.load = load;
    plan
}

/// Log-uniform from 0.1 to 20 ms of work, 256 B to 4 MiB of payload, 64 B to 1 MiB of reply, 20 to 400 tasks, one to as
/// many workers as there are processors; one of five with fresh workers and at most 40 tasks. Longer than 3 s of work
/// is drawn again.
fn draw(random: &mut Rng) -> Workload {
    let mut log = |from: f64, to: f64| from * (to / from).powf(random.f64());
    let (task, payload, reply) = (log(1e5, 2e7), log(256.0, 4_194_304.0), log(64.0, 1_048_576.0));
    let tasks = log(20.0, 400.0) as u32;
    let fresh = random.f64() < 0.2;
    let workload = Workload {
        task,
        payload: payload as u64,
        reply: reply as u64,
        amount: Amount::Tasks(if fresh { tasks.min(40) } else { tasks }),
        workers: random.u32(1..=describe_machine().cores),
        fresh,
        crash_rate: 0.0,
        memory_limit: None,
        needs: Vec::new(),
    };
    if task * f64::from(tasks) > 3e9 { draw(random) } else { workload }
}

/// One workload on one platform's lanes.
struct Case {
    /// By their predictions: predicted, its interval, measured.
    lanes: Vec<(LaneId, f64, [f64; 2], f64)>,
}

impl Case {
    fn fastest(&self) -> (&LaneId, f64, f64) {
        let mut all: Vec<_> = self.lanes.iter().map(|it| (&it.0, it.3)).collect();
        all.sort_by(|one, other| one.1.total_cmp(&other.1));
        (all[0].0, all[0].1, all[1].1)
    }

    fn is_named(&self) -> bool {
        *self.fastest().0 == self.lanes[0].0
    }

    fn regret(&self) -> f64 {
        self.lanes[0].3 / self.fastest().1 - 1.0
    }
}

fn run(model: &Model, all: &[Box<dyn Lane>], of: For, workload: &Workload) -> Case {
    let advice = model.advise(workload, of).unwrap();
    let standings: Vec<_> = advice.lanes.iter().filter(|it| it.is_eligible()).collect();
    let load = model.load(&standings[0].lane, workload);
    let chosen = all.iter().filter(|lane| standings.iter().any(|it| it.lane == lane.id()));
    let chosen: Vec<&dyn Lane> = chosen.map(AsRef::as_ref).collect();
    let report = measured(&chosen, &plan(Depth::Proof, vec![&WORKLOAD], load));
    let took = |lane: &LaneId| {
        let row = report.results.iter().find(|row| row.lane == *lane).unwrap();
        match &row.outcome {
            RowOutcome::Measured(it) => it.median,
            other => panic!("{lane}: {other:?}"),
        }
    };
    let lanes = standings.iter().map(|it| {
        let figure = it.predicted.as_ref().unwrap().figure();
        (it.lane.clone(), figure.median, figure.ci90, took(&it.lane))
    });
    Case { lanes: lanes.collect() }
}

fn backtest(count: usize) -> Vec<Case> {
    let cancel = Cancel::default();
    let all = lanes::all(&cancel);
    let guide = plan(Depth::Guide, experiments::guiding(), None);
    let concerned: Vec<&dyn Lane> = guide.lanes(all.iter().map(AsRef::as_ref).collect());
    let report = measured(&concerned, &guide);
    if let Ok(file) = std::env::var("BACKTEST_REPORT") {
        std::fs::write(file, report.to_json().unwrap()).unwrap();
    }
    let mut random = Rng::with_seed(SEED);
    let mut cases = Vec::new();
    for number in 0..count {
        let workload = draw(&mut random);
        let Amount::Tasks(tasks) = workload.amount else { unreachable!() };
        println!(
            "{number}: {tasks} tasks of {}, {} there, {} back, {} workers{}",
            lab::format::time(workload.task),
            lab::format::bytes(workload.payload),
            lab::format::bytes(workload.reply),
            workload.workers,
            if workload.fresh { ", fresh" } else { "" }
        );
        for of in [For::Node, For::Rust] {
            let model = match Model::fit(&report, of) {
                Ok(model) => model,
                // Without Node there are the native lanes: it is said, and not counted.
                Err(missing) => {
                    println!("    left out: {missing}");
                    continue;
                }
            };
            let case = run(&model, &all, of, &workload);
            for (lane, predicted, [low, high], took) in &case.lanes {
                println!(
                    "    {:<20} predicted {:>8} ({:>8} to {:>8})  took {:>8}  {:+.0} %{}",
                    lane.as_str(),
                    lab::format::time(*predicted),
                    lab::format::time(*low),
                    lab::format::time(*high),
                    lab::format::time(*took),
                    100.0 * (predicted / took - 1.0),
                    if (low..=high).contains(&took) { "" } else { "  outside" }
                );
            }
            cases.push(case);
        }
    }
    cases
}

#[test]
fn a_workload_is_predicted_and_run() {
    // Whether it works: how well is a matter of the long version.
    let cases = backtest(1);
    let lanes: Vec<_> = cases.iter().flat_map(|case| &case.lanes).collect();
    let native = lanes.iter().filter(|(lane, ..)| !lane.as_str().starts_with("node."));
    assert_eq!(native.count(), 4, "every native lane");
    for (lane, predicted, _, took) in lanes {
        let times = predicted / took;
        assert!((0.1..10.0).contains(&times), "{lane}: {times} times what it took");
    }
}

#[test]
#[ignore = "a quarter of an hour: cargo xtask backtest"]
fn forty_workloads_are_predicted_well() {
    let cases = backtest(40);
    let pairs: Vec<_> = cases.iter().flat_map(|case| &case.lanes).collect();
    let part = |count: usize, of: usize| 100.0 * count as f64 / of.max(1) as f64;
    let apart: Vec<&Case> = cases
        .iter()
        .filter(|case| {
            let (_, first, second) = case.fastest();
            second > 1.1 * first
        })
        .collect();
    let named = part(apart.iter().filter(|case| case.is_named()).count(), apart.len());
    let inside = pairs.iter().filter(|(_, _, [low, high], took)| low <= took && took <= high);
    let covered = part(inside.count(), pairs.len());
    let mut errors: Vec<f64> = pairs
        .iter()
        .map(|(_, predicted, _, took)| 100.0 * (predicted / took - 1.0).abs())
        .collect();
    errors.sort_by(f64::total_cmp);
    let error = stats::quantile(&errors, 0.5);
    let regret = 100.0 * cases.iter().map(Case::regret).sum::<f64>() / cases.len() as f64;
    println!(
        "{} workloads on {} lanes: the fastest was named in {named:.1} % of {} where it leads by more than 10 %, \
         coverage {covered:.1} %, median error {error:.1} %, mean regret {regret:.1} %",
        cases.len(),
        pairs.len(),
        apart.len(),
    );
    for (what, is) in [
        ("the fastest is named in 95 %", named >= 95.0),
        ("90 % are covered", covered >= 90.0),
        ("the median error is at most 10 %", error <= 10.0),
        ("the regret is at most 5 %", regret <= 5.0),
    ] {
        assert!(is, "not reached: {what}");
    }
}
