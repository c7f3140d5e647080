//! Reports at their bounds, made to take long, through all that the page does with a report that is opened: none of it
//! takes more than a pass or some over its rows, samples or events. The limits of time are far beyond what was seen; what
//! compares each with each takes minutes. `--nocapture` says what each step took.

use std::hint::black_box;
use std::time::{Duration, Instant};

use advisor::{Fitting, For, Model, PRESETS};
use claims::matrix;
use flow::{Film, View, caption, structure, time};
use lab::standings::{Against, standings, standings_against};
use protocol::report::bounds::{MAX_BLOCKS, MAX_EVENTS, MAX_LANES, MAX_ROWS, MAX_SAMPLES};
use protocol::report::{Measured, Params, Report, ReportRow, RowOutcome, Unit};
use protocol::trace::{Crosses, Event, MAX_TRACKS, Recording, Track, What};
use protocol::trial::Sighting;
use protocol::{LaneId, LaneKind, desk};

const GOLDEN: &str = include_str!("../../../native-runner/tests/golden/report-v1-trace.json");
/// Of a step, unoptimised and beside other tests.
const LIMIT: Duration = Duration::from_secs(20);

/// The lanes that claims and the guide know.
const LANES: [&str; 12] = [
    "browser.shared",
    "browser.clone",
    "browser.transfer",
    "native.thread",
    "process.pipe",
    "process.socket",
    "process.shm",
    "node.worker",
    "node.worker-shared",
    "node.fork-json",
    "node.fork-advanced",
    "lane",
];

fn report(rows: usize, row: impl Fn(usize) -> ReportRow) -> Report {
    let golden = Report::parse(GOLDEN).unwrap();
    Report { results: (0..rows).map(row).collect(), trace: Vec::new(), ..golden }
}

fn row(experiment: &str, lane: &str, params: Params, samples: usize, blocks: usize) -> ReportRow {
    let figure = |at: usize| 1000.0 + (at * 37 % 101) as f64;
    let samples: Vec<f64> = (0..samples).map(figure).collect();
    let measured = Measured {
        unit: Unit::Nanoseconds,
        median: figure(params.len()),
        ci95: [900.0, 1100.0],
        crossing: None,
        n: samples.len() as u32,
        blocks: (0..samples.len()).map(|at| (at * blocks / samples.len()) as u32).collect(),
        samples,
        seen: Vec::new(),
    };
    let (experiment, lane) = (experiment.into(), LaneId::from(lane));
    ReportRow { experiment, lane, params, outcome: RowOutcome::Measured(measured) }
}

fn of(metric: &str, number: (&str, u64)) -> Params {
    lab::params([("metric", metric.into()), (number.0, number.1.into())])
}

fn task([payload, reply, rounds]: [u64; 3], workers: u64) -> Params {
    let mut params = of("period", ("payload", payload));
    params.extend(lab::params([
        ("reply", reply.into()),
        ("rounds", rounds.into()),
        ("workers", workers.into()),
        ("start", "pool".into()),
    ]));
    params
}

fn recording(events: Vec<Event>) -> Recording {
    let track = Track {
        name: "worker".into(),
        process: Some(7),
        thread: None,
        waits: "a loop".into(),
        heap: "its own".into(),
        heap_bytes: None,
        channel: "a pipe".into(),
        cost: 1.0,
        dropped: 0,
        lost: None,
    };
    let recording = Recording {
        scenario: "tasks".into(),
        lane: LaneId::PROCESS_PIPE,
        kind: LaneKind::Process,
        began: 0,
        tick: 1.0,
        tracks: vec![track; MAX_TRACKS],
        events,
    };
    recording.check().unwrap();
    recording
}

fn timed<T>(name: &str, step: &str, act: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = black_box(act());
    let took = began.elapsed();
    println!("{name:<28} {step:<12} {:8.1} ms", took.as_secs_f64() * 1e3);
    assert!(took < LIMIT, "{step} of {name} took {took:?}");
    done
}

/// Everything that the page has done with a report that it opens, the desk's part first. Says whether the guide has a
/// model of it.
fn looked_at(name: &str, report: &Report) -> bool {
    report.check_bounds().unwrap();
    let json = report.to_json().unwrap();
    timed(name, "parse", || Report::parse(&json).unwrap());
    let bounds = || report.check_bounds().unwrap();
    timed(name, "bounds", bounds);
    timed(name, "standings", || standings(report));
    let lane = &report.results.first().map_or(LaneId::NATIVE_THREAD, |row| row.lane.clone());
    timed(name, "against", || standings_against(report, Against::Lane(lane)));
    timed(name, "parts", || desk::parts::<()>(report.clone()));
    // From here on it is the page's main thread.
    timed(name, "claims", || claims::judge(report));
    timed(name, "matrix", || matrix::rows(report));
    let mut is_fitted = false;
    for of in [For::Any, For::Node] {
        timed(name, "rows", || Fitting::of(report, of).step());
        let Ok(model) = timed(name, "fit", || Model::fit(report, of)) else { continue };
        is_fitted = true;
        let workload = PRESETS[0].workload(2);
        let advice = timed(name, "advise", || model.advise(&workload, of).unwrap());
        timed(name, "map", || advisor::Map::of(&model, &advice, &workload, 30, 18));
        timed(name, "break-even", || model.break_evens(&advice, &workload));
    }
    for recording in &report.trace {
        let film = timed(name, "film", || Film::new(recording.clone()));
        timed(name, "caption", || caption(recording));
        let middle = film.length() / 2;
        let drawn =
            timed(name, "structure", || structure(&film, 500.0, Some(middle)).0.to_string());
        assert!(drawn.len() < 4 << 20, "{name}: structure of {} bytes", drawn.len());
        let view = View::whole(film.length(), 500.0);
        let drawn = timed(name, "time", || time(&film, &view).0.to_string());
        assert!(drawn.len() < 4 << 20, "{name}: time of {} bytes", drawn.len());
    }
    is_fitted
}

#[test]
fn many_rows_take_no_time_for_each_other_row() {
    let lane = |at: usize| LANES[at % LANES.len()];
    let echo = |at: usize| row("echo", lane(at), of("round_trip", ("bytes", at as u64)), 40, 10);
    looked_at("each a question", &report(MAX_ROWS, echo));
    let one = |at: usize| {
        let params = lab::params([("touch", format!("in way {at}").as_str().into())]);
        row("echo", lane(at), params, 50, 25)
    };
    looked_at("all one question", &report(MAX_ROWS, one));
    let own = |at: usize| format!("lane {}", at % MAX_LANES);
    let crash = |at: usize| {
        let mut row = row("crash", &own(at), of("x", ("kind", at as u64)), 3, 3);
        row.params.remove("metric");
        let facts = [("died".to_owned(), protocol::trial::Fact::Text("caller".into()))].into();
        row.measured_mut().unwrap().seen = vec![Sighting { facts, times: 3 }];
        row
    };
    looked_at("crashes", &report(MAX_ROWS, crash));
    let known =
        |at: usize| row("echo", "node.worker", of("round_trip", ("bytes", at as u64)), 4, 4);
    looked_at("all of one lane", &report(MAX_ROWS, known));
}

#[test]
fn many_tasks_are_fitted_in_one_pass_each() {
    // What carries more and works longer takes longer, or there is nothing to fit.
    let slower = |row: ReportRow, times: f64| {
        let mut row = row;
        let samples = &mut row.measured_mut().unwrap().samples;
        samples.iter_mut().for_each(|sample| *sample *= times);
        row
    };
    let start = |lane| row("startup", lane, lab::params([("metric", "first_answer".into())]), 8, 4);
    let payloads = |at: usize| {
        if at < 4 {
            return start(LANES[at + 7]);
        }
        let number = at as u64 / 4;
        let task = task([[64 + number, 0, 0], [64, number, 0], [64, 0, number]][at % 3], 1);
        slower(row("tasks", LANES[at % 4 + 7], task, 8, 4), 1.0 + number as f64)
    };
    let found = looked_at("tasks by payload", &report(MAX_ROWS, payloads));
    assert!(found, "there is a model");
    let workers = |at: usize| {
        if at == MAX_ROWS - 1 {
            return start("node.worker");
        }
        let kind = at % 4;
        let task =
            task([[64, 0, 0], [128, 0, 0], [64, 8, 0], [64, 0, 1000]][kind], 1 + at as u64 / 4);
        slower(row("tasks", "node.worker", task, 8, 4), 1.0 + kind as f64)
    };
    let found = looked_at("tasks by workers", &report(MAX_ROWS, workers));
    assert!(found, "there is a model");
}

#[test]
fn many_samples_and_blocks_are_drawn_from_and_counted() {
    let startup = |lane, samples| {
        row("startup", lane, lab::params([("metric", "first_answer".into())]), samples, MAX_BLOCKS)
    };
    let two = |at: usize| startup(["node.worker", "node.fork-json"][at], MAX_SAMPLES / 2);
    looked_at("two long rows", &report(2, two));
    let blocks = |at: usize| {
        let params = of("round_trip", ("bytes", at as u64 / 2));
        row("echo", ["node.worker", "process.pipe"][at % 2], params, MAX_BLOCKS, MAX_BLOCKS)
    };
    looked_at("many blocks", &report(MAX_SAMPLES / MAX_BLOCKS, blocks));
}

#[test]
fn many_events_are_drawn_as_a_picture_s_room() {
    let event = |at: usize, what| Event {
        at: at as u64 * 100,
        track: (at / 2 % MAX_TRACKS) as u32,
        message: Some(at as u32 / 2),
        what,
    };
    let peer = |at: usize| (at * 7 / 3 % MAX_TRACKS) as u32;
    type Makes<'a> = &'a dyn Fn(usize) -> What;
    let all: [(&str, Makes<'_>); 4] = [
        ("messages of each to each", &|at| match at % 2 {
            0 => What::Send { peer: peer(at), bytes: at as u64, crosses: Crosses::Copied },
            _ => What::Receive { peer: peer(at), bytes: at as u64 },
        }),
        ("spans", &|at| if at % 2 == 0 { What::Compute } else { What::Computed }),
        ("memory", &|at| What::Map { region: at as u64 % 50_000, bytes: 1 }),
        ("crashes told", &|at| match at % 3 {
            0 => What::Crash { peer: peer(at), how: "it is gone".into() },
            1 => What::Spawn { peer: peer(at) },
            _ => What::Ready,
        }),
    ];
    for (name, what) in all {
        let events = (0..MAX_EVENTS).map(|at| event(at, what(at))).collect();
        let mut report = report(0, |_| unreachable!());
        report.trace = vec![recording(events)];
        looked_at(name, &report);
    }
}
