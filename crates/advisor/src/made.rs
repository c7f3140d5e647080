//! Reports whose costs are known, for tests.

use std::collections::BTreeMap;

use lab::Op;
use protocol::LaneId;
use protocol::load::{Amount, Load, Task};
use protocol::report::{
    Measured, Params, REPORT_VERSION, Report, ReportMachine, ReportRow, RowOutcome, Run, Unit,
};

/// What a lane costs, in nanoseconds: straight lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// A task without work and with the smallest payload.
    pub(crate) message: f64,
    /// A byte of payload.
    pub(crate) there: f64,
    /// A byte of reply.
    pub(crate) back: f64,
    /// A worker's start.
    pub(crate) start: f64,
    /// Its end.
    pub(crate) end: f64,
    /// What a worker takes, in bytes.
    pub(crate) memory: f64,
}

impl Cost {
    /// As fast as can be.
    pub(crate) const NOTHING: Self =
        Self { message: 1e4, there: 0.0, back: 0.0, start: 1e6, end: 0.0, memory: 1e6 };
}

/// Blocks of each row, all alike but for this part, up and down.
const BLOCKS: usize = 8;

/// The report that lanes of such costs give, with one worker and with two, which are twice as fast.
pub(crate) fn report(lanes: &[(&str, Cost)], scatter: f64) -> Report {
    let mut results = Vec::new();
    for (lane, cost) in lanes {
        for workers in [1, 2] {
            results.extend(tasks(lane, *cost, workers, scatter));
        }
        let mut row = row(lane, "memory", Unit::Bytes, cost.memory, 0.0);
        row.params = BTreeMap::from([("metric".to_owned(), "uss".into())]);
        results.push(row);
    }
    let (machine, run) = (ReportMachine::default(), Run::default());
    Report { version: REPORT_VERSION, machine, run, results, trace: Vec::new() }
}

fn tasks(lane: &str, cost: Cost, workers: u32, scatter: f64) -> Vec<ReportRow> {
    let count = f64::from(workers);
    let period = |task: Task| {
        // A round takes 2 ns.
        (cost.message
            + cost.there * (task.payload - 64) as f64
            + cost.back * task.reply as f64
            + 2.0 * task.rounds as f64)
            / count
    };
    let small = Task { payload: 64, reply: 0, rounds: 0 };
    let sizes = [16 << 10, 256 << 10, 1 << 20, 4 << 20];
    let steady = [small]
        .into_iter()
        .chain(sizes.map(|payload| Task { payload, ..small }))
        .chain(sizes.map(|reply| Task { reply, ..small }))
        .chain([20_000, 150_000, 1_000_000].map(|rounds| Task { rounds, ..small }));
    let mut all = Vec::new();
    let mut add = |task, fresh, amount, metric: &str, value: f64| {
        let params = Op::Load(Load { task, workers, fresh, amount }).params(metric);
        all.push(ReportRow { params, ..row(lane, "tasks", Unit::Nanoseconds, value, scatter) });
    };
    for task in steady {
        add(task, false, Amount::Steady, "period", period(task));
    }
    for rounds in [0, 1_000_000] {
        let task = Task { rounds, ..small };
        let first = period(task) * count;
        let start = cost.start * count;
        add(task, true, Amount::Steady, "start", start);
        add(task, true, Amount::Steady, "first", first);
        add(task, true, Amount::Steady, "period", (start + first + cost.end) / count);
    }
    let rate = Amount::Rate { tasks: 60, interval: 1_000_000 };
    let task = Task { rounds: 150_000, ..small };
    add(task, false, rate, "p50", period(task) * count);
    add(task, false, rate, "p99", period(task) * count + 1e5);
    all
}

fn row(lane: &str, experiment: &str, unit: Unit, value: f64, scatter: f64) -> ReportRow {
    let samples: Vec<f64> = (0..BLOCKS)
        .map(|at| value * (1.0 + scatter * (at as f64 / (BLOCKS - 1) as f64 - 0.5)))
        .collect();
    ReportRow {
        experiment: experiment.into(),
        lane: LaneId::from(lane),
        params: Params::new(),
        outcome: RowOutcome::Measured(Measured {
            unit,
            median: value,
            ci95: [samples[0], samples[BLOCKS - 1]],
            crossing: None,
            n: BLOCKS as u32,
            blocks: (0..BLOCKS as u32).collect(),
            samples,
            seen: Vec::new(),
        }),
    }
}
