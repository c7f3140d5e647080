//! Reports with known costs, and the answers that follow.

use proptest::prelude::*;
use protocol::report::RowOutcome;
use protocol::{LaneId, LaneKind};

use crate::made::{Cost, report};
use crate::sketch::ALL;
use crate::{
    Amount, Axis, Change, Excluded, For, Map, Model, Need, PRESETS, Workload, answer, figures,
    reasons, sketches,
};

/// Message and bytes cost as on Node: threads start faster and copy less.
const NODE: [(&str, Cost); 4] = [
    (
        "node.worker",
        Cost { message: 5e4, there: 0.6, back: 0.6, start: 2e7, end: 1e6, memory: 8e6 },
    ),
    (
        "node.worker-shared",
        Cost { message: 6e4, there: 0.05, back: 0.05, start: 2e7, end: 1e6, memory: 8e6 },
    ),
    (
        "node.fork-json",
        Cost { message: 7e4, there: 5.0, back: 5.0, start: 5e7, end: 4e6, memory: 7e6 },
    ),
    (
        "node.fork-advanced",
        Cost { message: 9e4, there: 1.5, back: 1.5, start: 5e7, end: 4e6, memory: 7e6 },
    ),
];

fn workload() -> Workload {
    Workload {
        task: 1e6,
        payload: 64 << 10,
        reply: 64,
        amount: Amount::Tasks(100),
        workers: 1,
        fresh: false,
        crash_rate: 0.0,
        memory_limit: None,
        needs: Vec::new(),
    }
}

fn fitted(scatter: f64) -> Model {
    Model::fit(&report(&NODE, scatter), For::Node).unwrap()
}

#[test]
fn what_was_made_is_predicted() {
    let model = fitted(0.0);
    for (workers, fresh, expected) in [
        // 20 ms to start, then 100 times 1 ms, 50 µs, and 65,472 bytes there and 64 back.
        (1, false, 2e7 + 100.0 * (1e6 + 5e4 + 0.6 * (65_472.0 + 64.0))),
        (2, false, 4e7 + 50.0 * (1e6 + 5e4 + 0.6 * (65_472.0 + 64.0))),
        (1, true, 100.0 * (2e7 + 1e6 + 1e6 + 5e4 + 0.6 * (65_472.0 + 64.0))),
    ] {
        let workload = Workload { workers, fresh, ..workload() };
        let advice = model.advise(&workload, For::Node).unwrap();
        let worker = advice.lanes.iter().find(|it| it.lane == LaneId::NODE_WORKER).unwrap();
        let figure = worker.predicted.as_ref().unwrap().figure();
        assert!((figure.median / expected - 1.0).abs() < 1e-3, "{figure:?} is not {expected}");
        assert!(figure.ci90[0] < figure.median && figure.median < figure.ci90[1]);
        let names: Vec<_> =
            figures(worker.predicted.as_ref().unwrap()).into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            ["Total", "Tasks a second", "Latency, median", "Latency, one in a hundred", "Memory"]
        );
    }
}

#[test]
fn break_even_points_are_where_the_lines_cross() {
    let slow = Cost { message: 1e4, there: 1.0, ..Cost::NOTHING };
    let fast = Cost { message: 1e5, there: 0.1, ..Cost::NOTHING };
    let report = report(&[("node.worker", slow), ("node.fork-json", fast)], 0.0);
    let model = Model::fit(&report, For::Node).unwrap();
    let workload = Workload { payload: 1 << 20, ..workload() };
    let advice = model.advise(&workload, For::Node).unwrap();
    assert_eq!(advice.recommended, Some(LaneId::NODE_FORK_JSON));
    let all = model.break_evens(&advice, &workload);
    let found = all.iter().find(|it| it.axis == Axis::Payload).unwrap();
    // 10 µs and 1 ns a byte, or 100 µs and 0.1 ns a byte: from the 64 bytes that are in the message.
    assert!((found.at - 100_064.0).abs() < 2.0, "{found:?}");
    assert_eq!(found.change, Change::TakesOver);
    assert_eq!((found.below.as_str(), found.above.as_str()), ("node.worker", "node.fork-json"));
    assert!(found.ci90[0] <= found.at && found.at <= found.ci90[1]);
    let said = reasons(&advice, &all, &workload).join(" ").replace('\u{a0}', " ");
    assert!(said.contains("Below 97.7 KiB per message"), "{said}");
}

#[test]
fn a_pool_has_paid_its_start_when_fresh_workers_have_cost_more() {
    // Starting takes 20 ms for each of two, and nothing ends at once: two tasks start as many either way.
    for (end, tasks) in [(0.0, 3.0), (1e6, 2.0)] {
        let cost = Cost { start: 2e7, end, ..Cost::NOTHING };
        let model = Model::fit(&report(&[("node.worker", cost)], 0.0), For::Node).unwrap();
        let workload = Workload { workers: 2, ..workload() };
        let advice = model.advise(&workload, For::Node).unwrap();
        let all = model.break_evens(&advice, &workload);
        let pool = all.iter().find(|it| it.change == Change::PoolPays).unwrap();
        assert_eq!((pool.at, pool.ci90), (tasks, [tasks; 2]), "{end}");
    }
}

#[test]
fn what_may_not_keep_up_has_no_upper_end() {
    // 1 ms and some of carrying on one worker, at nearly as many a second as get through.
    let cost = Cost { message: 1e4, ..Cost::NOTHING };
    let workload = Workload { amount: Amount::Rate(960.0), payload: 64, reply: 0, ..workload() };
    let of = |scatter| {
        let model = Model::fit(&report(&[("node.worker", cost)], scatter), For::Node).unwrap();
        let advice = model.advise(&workload, For::Node).unwrap();
        advice.lanes[0].predicted.clone().unwrap().p50
    };
    let (steady, scattered) = (of(0.0), of(0.3));
    assert!(steady.ci90[1].is_finite() && steady.median >= 1e6, "{steady:?}");
    assert!(scattered.ci90[1].is_infinite() && scattered.ci90[0] < steady.median, "{scattered:?}");
}

#[test]
fn the_first_lanes_are_proved_each_platform_with_a_load_of_its_own() {
    let all =
        [&NODE[..1], &[("native.thread", Cost::NOTHING), ("process.pipe", NODE[3].1)]].concat();
    let model = Model::fit(&report(&all, 0.0), For::Any).unwrap();
    let advice = model.advise(&workload(), For::Any).unwrap();
    let proofs = model.proofs(&advice, &workload());
    let lanes: Vec<_> = proofs.iter().flat_map(|proof| &proof.lanes).collect();
    assert_eq!(lanes.len(), 3);
    assert_eq!(lanes[0], &advice.lanes[0].lane);
    // 1 ms of 2 ns each.
    assert!(proofs.iter().all(|proof| proof.load.task.rounds == 500_000), "{proofs:?}");
}

#[test]
fn a_proof_outside_its_interval_says_so() {
    let model = fitted(0.0);
    let advice = model.advise(&workload(), For::Node).unwrap();
    let first = &advice.lanes[0];
    let median = first.predicted.as_ref().unwrap().figure().median;
    assert!(!first.proof(median).contains("outside"));
    assert!(first.proof(median * 2.0).ends_with(", outside the interval"));
}

#[test]
fn two_lanes_are_alike_once_the_work_outweighs_the_way() {
    let model = fitted(0.0);
    let workload = workload();
    let advice = model.advise(&workload, For::Node).unwrap();
    let all = model.break_evens(&advice, &workload);
    let alike = all.iter().find(|it| it.axis == Axis::Task && it.change == Change::Alike).unwrap();
    // More work than that, and the fork takes less than a twentieth more.
    let longer = Workload { task: alike.at * 1.1, ..workload.clone() };
    let after = model.advise(&longer, For::Node).unwrap();
    let figure = |lane: &LaneId| {
        let it = after.lanes.iter().find(|it| it.lane == *lane).unwrap();
        it.predicted.as_ref().unwrap().figure().median
    };
    assert!(figure(&alike.above) < 1.05 * figure(&alike.below), "{alike:?}");
}

#[test]
fn scatter_makes_it_too_close_to_call() {
    let near = Cost { message: 1.02e6, ..Cost::NOTHING };
    let here = Cost { message: 1e6, ..Cost::NOTHING };
    let workload = workload();
    let of = |scatter| {
        let report = report(&[("node.worker", here), ("node.fork-json", near)], scatter);
        let advice = Model::fit(&report, For::Node).unwrap().advise(&workload, For::Node).unwrap();
        (advice.recommended.clone(), answer(&advice, &workload))
    };
    assert!(of(0.0).1.starts_with("Too close to call between node.worker and node.fork-json"));
    let slower = Cost { message: 1.4e6, ..here };
    let apart = report(&[("node.worker", here), ("node.fork-json", slower)], 0.02);
    let advice = Model::fit(&apart, For::Node).unwrap().advise(&workload, For::Node).unwrap();
    assert_eq!(advice.recommended, Some(LaneId::NODE_WORKER));
    let scattered = report(&[("node.worker", here), ("node.fork-json", slower)], 0.9);
    let advice = Model::fit(&scattered, For::Node).unwrap().advise(&workload, For::Node).unwrap();
    assert_eq!(advice.recommended, None);
    assert_eq!(advice.close.len(), 2);
}

/// The seed's decision table: each row leads to the seed's answer.
#[test]
fn the_seeds_three_questions_lead_to_the_seeds_answers() {
    let model = fitted(0.02);
    let of = |needs: Vec<Need>, workload: Workload| {
        model.advise(&Workload { needs, ..workload }, For::Node).unwrap()
    };
    let kind = |lane: &Option<LaneId>| lane.as_ref().map(Model::kind);
    // "Need shared memory, faster comms, low startup cost?": worker threads, by need and by figures.
    let shared = of(vec![Need::SharedState], workload());
    assert_eq!(kind(&shared.recommended), Some(LaneKind::Thread));
    let fast = of(vec![], Workload { payload: 1 << 20, reply: 1 << 20, ..workload() });
    assert_eq!(kind(&fast.recommended), Some(LaneKind::Thread));
    let short = of(vec![], Workload { amount: Amount::Tasks(1), ..workload() });
    assert!(short.lanes[..2].iter().all(|it| Model::kind(&it.lane) == LaneKind::Thread));
    // "Need strong crash isolation, running different apps or external binaries?": child processes.
    for need in [Need::Isolation, Need::Language] {
        let alone = of(vec![need], Workload { payload: 1 << 20, ..workload() });
        assert_eq!(kind(&alone.recommended), Some(LaneKind::Process), "{need:?}");
        let out = alone.lanes.iter().filter_map(|it| it.ruled_out.as_ref());
        assert!(out.clone().count() == 2 && out.clone().all(|it| it.claim.ends_with(".threads")));
    }
    // "Need DB connections or stateful services shared?": neither.
    let neither = of(vec![Need::Database], workload());
    assert_eq!(neither.recommended, None);
    assert!(answer(&neither, &workload()).starts_with("Neither: a database connection"));
    // What contradicts itself on Node has an answer natively.
    let both = of(vec![Need::Isolation, Need::SharedState], workload());
    assert_eq!(both.recommended, None);
    assert!(both.contradiction.unwrap().contains("process.shm"));
}

#[test]
fn figures_exclude_lanes_and_say_so() {
    let model = fitted(0.0);
    let little = Workload { memory_limit: Some(7_500_000), ..workload() };
    let advice = model.advise(&little, For::Node).unwrap();
    assert_eq!(advice.lanes[0].lane, LaneId::NODE_FORK_ADVANCED);
    let out = advice.lanes.iter().find(|it| it.lane == LaneId::NODE_WORKER).unwrap();
    assert!(matches!(out.excluded, Some(Excluded::Memory { limit: 7_500_000, .. })));

    let much = Workload { amount: Amount::Rate(900.0), payload: 1 << 20, ..workload() };
    let advice = model.advise(&much, For::Node).unwrap();
    let json = advice.lanes.iter().find(|it| it.lane == LaneId::NODE_FORK_JSON).unwrap();
    assert!(matches!(json.excluded, Some(Excluded::Rate { .. })));
    assert!(
        reasons(&advice, &[], &much).iter().any(|it| it.contains("tasks a second get through"))
    );

    let far = Workload { payload: 60 << 20, ..workload() };
    let advice = model.advise(&far, For::Node).unwrap();
    assert!(
        reasons(&advice, &[], &far).iter().any(|it| it.starts_with("Extrapolated: the payload"))
    );
}

#[test]
fn crashes_cost_what_it_takes_to_start_again() {
    let model = fitted(0.0);
    let crashing = Workload { crash_rate: 0.1, ..workload() };
    let lost = |workload: &Workload| {
        let advice = model.advise(workload, For::Node).unwrap();
        let worker = advice.lanes.iter().find(|it| it.lane == LaneId::NODE_WORKER).unwrap();
        worker.predicted.as_ref().unwrap().lost.median
    };
    assert_eq!(lost(&workload()), 0.0);
    let each = 2e7 + 1e6 + 5e4 + 0.6 * 65_536.0;
    assert!((lost(&crashing) / (10.0 * each) - 1.0).abs() < 1e-3);
}

#[test]
fn what_is_missing_or_cannot_be_is_said() {
    let empty = report(&[], 0.0);
    let missing = Model::fit(&empty, For::Rust).unwrap_err();
    assert!(missing.to_string().contains("breakeven run tasks startup memory --json FILE"));
    let mut away = report(&NODE[..1], 0.0);
    for row in &mut away.results {
        row.outcome = RowOutcome::Unavailable { reason: "there is no node".into() };
    }
    let missing = Model::fit(&away, For::Node).unwrap_err();
    assert!(
        missing.to_string().ends_with("could not be measured: there is no node"),
        "{missing:?}"
    );
    assert!(
        Model::fit(&report(&NODE, 0.0), For::Browser)
            .unwrap_err()
            .to_string()
            .contains("--browser")
    );
    for (wrong, says) in [
        (Workload { workers: 0, ..workload() }, "1 to 64 workers"),
        (Workload { amount: Amount::Tasks(0), ..workload() }, "tasks"),
        (Workload { task: f64::NAN, ..workload() }, "0 ms to 10 s"),
        (Workload { payload: 1 << 40, ..workload() }, "at most 64.0"),
        (Workload { amount: Amount::Rate(5.0), fresh: true, ..workload() }, "--fresh"),
        (Workload { crash_rate: 1.0, ..workload() }, "less than 1"),
    ] {
        let why = fitted(0.0).advise(&wrong, For::Node).unwrap_err();
        assert!(why.contains(says), "{why}");
    }
}

#[test]
fn the_map_has_a_winner_everywhere_and_knows_where_it_is() {
    let model = fitted(0.0);
    let workload = workload();
    let advice = model.advise(&workload, For::Node).unwrap();
    let map = Map::of(&model, &advice, &workload, 20, 12);
    assert_eq!(map.winners.len(), 240);
    // Little to carry and little to do: the cheapest message. Much to carry: shared memory.
    assert_eq!(map.lanes[map.winners[0].lane], LaneId::NODE_WORKER);
    assert_eq!(map.lanes[map.winners[220].lane], LaneId::NODE_WORKER_SHARED);
    let [across, up] = Map::place(&workload);
    let again = Map::at(&workload, [across, up]);
    assert!((again.task / workload.task - 1.0).abs() < 1e-9);
    assert!(again.payload.abs_diff(workload.payload) <= 1);
}

#[test]
fn every_lane_has_programs_and_every_preset_is_a_workload() {
    for lane in NODE.map(|(lane, _)| LaneId::from(lane)) {
        let all = sketches(&lane);
        assert_eq!(all[0].platform, "node", "{lane}");
        assert!(all.iter().any(|sketch| sketch.platform == "rust"));
    }
    assert_eq!(sketches(&LaneId::BROWSER_SHARED)[0].name, "worker-shared.js");
    for preset in PRESETS {
        assert_eq!(preset.workload(4).check(), Ok(()), "{}", preset.id);
    }
    for sketch in ALL {
        assert!(sketch.text.starts_with("// "), "{}", sketch.name);
    }
}

proptest! {
    #[test]
    fn more_to_carry_never_makes_a_copying_lane_cheaper(
        message in 1e3_f64..1e6, there in 0.01_f64..10.0, back in 0.01_f64..10.0, scatter in 0.0_f64..0.9,
        payload in 64_u64..8_000_000, more in 0_u64..8_000_000, task in 0.0_f64..1e8, workers in 1_u32..8,
        fresh in any::<bool>(),
    ) {
        let cost = Cost { message, there, back, ..Cost::NOTHING };
        let model = Model::fit(&report(&[("node.worker", cost)], scatter), For::Node).unwrap();
        let takes = |payload| {
            let workload = Workload { task, payload, workers, fresh, ..workload() };
            let advice = model.advise(&workload, For::Node).unwrap();
            advice.lanes[0].predicted.as_ref().unwrap().figure().median
        };
        prop_assert!(takes(payload + more) >= takes(payload) * (1.0 - 1e-9));
    }

    #[test]
    fn more_tasks_never_take_less_time(one in 1_u32..500, more in 0_u32..500, workers in 1_u32..5) {
        let model = fitted(0.1);
        let takes = |tasks| {
            let workload = Workload { amount: Amount::Tasks(tasks), workers, ..workload() };
            model.advise(&workload, For::Node).unwrap().lanes[0].predicted.as_ref().unwrap().figure().median
        };
        prop_assert!(takes(one + more) >= takes(one) * 0.999);
    }
}
