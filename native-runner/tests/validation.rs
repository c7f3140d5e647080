//! The harness on real lanes: a lane against itself differs from itself no more often than it should, and
//! what is slower by a known part is found.
//!
//! The long versions take minutes: `cargo xtask validate`. Their last figures stand in METHODOLOGY.md.
#![allow(clippy::disallowed_methods, reason = "the lanes of this test have a clock of their own")]

use std::future::ready;
use std::sync::Mutex;
use std::time::Instant;

use fastrand::Rng;
use futures::executor::block_on;
use lab::experiments::{Experiment, Extent, Sweep};
use lab::ops::batches;
use lab::plan::Plan;
use lab::study::{Ended, Findings, Listener, Next, study};
use lab::{Effort, Found, Lane, LaneFuture, Op, Placement};
use native_runner::{Cancel, lanes};
use protocol::report::{Crossing, Params, RowOutcome, Unit};
use protocol::{Availability, LaneId, LaneKind, Nanos};
use stats::{Estimate, THRESHOLD, Verdict, verdicts};
use workloads::compute;

/// The default run's numbers.
const BLOCKS: u32 = 30;
const SAMPLES: u32 = 5;

/// A lane under another name.
struct Twin<'a>(&'a dyn Lane);

impl Lane for Twin<'_> {
    fn id(&self) -> LaneId {
        LaneId::from(format!("{}'s twin", self.0.id()).as_str())
    }

    fn kind(&self) -> LaneKind {
        self.0.kind()
    }

    fn availability(&self) -> Availability {
        self.0.availability()
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        self.0.perform(ops, effort, found)
    }
}

/// A lane that does so much work in the caller: time in proportion.
struct Worker {
    name: &'static str,
    pages: u32,
    clock: Clock,
}

/// What a [`Worker`]'s work takes.
enum Clock {
    /// What it takes here and now.
    Real,
    /// A microsecond a page, and up to 3% more or less, the same for the same seed: no neighbour changes it.
    Scripted(Mutex<Rng>),
}

impl Clock {
    fn scripted(seed: u64) -> Self {
        Self::Scripted(Mutex::new(Rng::with_seed(seed)))
    }

    /// Does work, and says how many nanoseconds that took.
    fn time(&self, pages: u32, work: impl FnOnce()) -> f64 {
        match self {
            Self::Real => {
                let began = Instant::now();
                work();
                began.elapsed().as_nanos() as f64
            }
            Self::Scripted(random) => {
                f64::from(pages) * 1e3 * (0.97 + 0.06 * random.lock().unwrap().f64())
            }
        }
    }
}

impl Lane for Worker {
    fn id(&self) -> LaneId {
        LaneId::from(self.name)
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Main
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        let sha256 = compute::find("sha256").unwrap();
        let share = sha256.shares(self.pages, 1).unwrap().remove(0);
        let mut input = vec![0; sha256.input_bytes(self.pages)];
        sha256.make_input(&mut input);
        let mut answer = vec![0; sha256.answer_bytes(self.pages)];
        Box::pin(ready(ops.iter().try_for_each(|op| {
            let [times] = batches::sample(effort, |count| {
                Ok([self.clock.time(self.pages * count, || {
                    for _ in 0..count {
                        share.run(&input, &mut answer);
                    }
                })])
            })?;
            let mut series = op.series("", Unit::Nanoseconds, Ok(times));
            series.crossing = Some(Crossing { shared: input.len() as u64, ..Crossing::default() });
            found(vec![series]);
            Ok(())
        })))
    }
}

#[derive(Default)]
struct Last(Findings);

impl Listener for Last {
    fn turn(&mut self, _: usize, _: usize, _: &LaneId, _: &Experiment) {}

    fn block(&mut self, _: u32, findings: &Findings) -> Result<Next, String> {
        self.0 = findings.clone();
        Ok(Next::Go)
    }
}

fn found(lanes: &[&dyn Lane], experiment: &'static Experiment, plan: Plan) -> Findings {
    let mut last = Last::default();
    let plan = Plan { experiments: vec![experiment], ..plan };
    assert_eq!(block_on(study(lanes, &plan, &mut last)), Ended::Done);
    last.0
}

fn plan(blocks: u32, sample_time: u64, seed: u64) -> Plan {
    Plan {
        experiments: Vec::new(),
        sweep: Sweep { extent: Extent::Quick, cores: 2, load: None },
        blocks,
        effort: Effort {
            samples: SAMPLES,
            sample_time: Nanos(sample_time),
            turn_time: Nanos(100_000_000),
            placement: Placement::Unpinned,
        },
        seed,
        limit: None,
        turns: lab::plan::Turns::Always,
        trials: 0,
    }
}

/// The same row on two lanes, block by block.
struct Pair {
    row: String,
    first: Vec<Vec<f64>>,
    second: Vec<Vec<f64>>,
}

impl Pair {
    /// How many times as long the second took, had it been slower by this part.
    fn ratio(&self, slower: f64) -> Estimate {
        let second: Vec<Vec<f64>> = self
            .second
            .iter()
            .map(|block| block.iter().map(|sample| sample * (1.0 + slower)).collect())
            .collect();
        let mut random = Rng::with_seed(11);
        stats::ratio(&second, &self.first, &mut random).unwrap()
    }
}

fn pairs(findings: &Findings, first: &LaneId, second: &LaneId) -> Vec<Pair> {
    let blocks = |lane: &LaneId, params: &Params| {
        let row = findings.rows.iter().find(|row| row.lane == *lane && row.params == *params);
        match row.map(|row| &row.outcome) {
            Some(RowOutcome::Measured(measured)) => measured.by_block(),
            other => panic!("{lane} {params:?}: {other:?}"),
        }
    };
    let mine = findings.rows.iter().filter(|row| row.lane == *first);
    mine.map(|row| Pair {
        row: row.name(),
        first: blocks(first, &row.params),
        second: blocks(second, &row.params),
    })
    .collect()
}

static SELF: Experiment = Experiment {
    id: "self",
    question: "Does a lane differ from itself?",
    prose: "The test's own.",
    operations: |_| {
        let sha256 = compute::find("sha256").unwrap();
        vec![
            Op::Startup,
            Op::Echo { bytes: 64 },
            Op::Echo { bytes: 64 << 10 },
            Op::Compute { workload: sha256, pages: 16, workers: 1 },
        ]
    },
    every: 1,
    derived: |_| Vec::new(),
};

/// Each lane against itself.
fn against_themselves(blocks: u32, seed: u64) -> Vec<Pair> {
    let all = lanes::all(&Cancel::default());
    let wanted =
        [LaneId::NATIVE_THREAD, LaneId::PROCESS_PIPE, LaneId::PROCESS_SOCKET, LaneId::PROCESS_SHM];
    let tested: Vec<&dyn Lane> =
        all.iter().map(AsRef::as_ref).filter(|lane| wanted.contains(&lane.id())).collect();
    let twins: Vec<Twin<'_>> = tested.iter().map(|lane| Twin(*lane)).collect();
    let twins = twins.iter().map(|twin| twin as &dyn Lane);
    let both: Vec<&dyn Lane> = tested.iter().copied().chain(twins).collect();
    let findings = found(&both, &SELF, plan(blocks, 200_000, seed));
    tested.iter().flat_map(|lane| pairs(&findings, &lane.id(), &Twin(*lane).id())).collect()
}

static WORK: Experiment = Experiment {
    id: "work",
    question: "Is more work found to be more?",
    prose: "The test's own.",
    operations: |_| {
        vec![Op::Compute { workload: compute::find("sha256").unwrap(), pages: 1, workers: 1 }]
    },
    every: 1,
    derived: |_| Vec::new(),
};

/// How many times as long a lane took that had this many pages for every hundred.
fn injected(
    pages: u32,
    blocks: u32,
    sample_time: u64,
    seed: u64,
    [one, other]: [Clock; 2],
) -> Estimate {
    let usual = Worker { name: "usual", pages: 100, clock: one };
    let more = Worker { name: "more", pages, clock: other };
    let findings = found(&[&usual, &more], &WORK, plan(blocks, sample_time, seed));
    pairs(&findings, &usual.id(), &more.id())[0].ratio(0.0)
}

#[test]
fn half_more_work_is_found_and_has_about_that_ratio() {
    let ratio = injected(150, 8, 200_000, 1, [2, 3].map(Clock::scripted));
    assert!(ratio.interval.low > 1.4, "{:?}", ratio.interval);
    assert!((1.45..1.55).contains(&ratio.value), "{}", ratio.value);
}

#[test]
fn every_row_of_a_lane_has_its_twin() {
    let pairs = against_themselves(3, 2);
    // Thread and shared memory echo in several ways, and processes start with and without a sandbox.
    assert_eq!(pairs.len(), (3 + 8 + 1) + 2 * (6 + 4 + 1) + (6 + 24 + 1));
    for pair in pairs {
        let interval = pair.ratio(0.0).interval;
        assert!(0.0 < interval.low && interval.high.is_finite(), "{}: {interval:?}", pair.row);
    }
}

#[test]
#[ignore = "long: cargo xtask validate"]
fn a_lane_against_itself_at_length() {
    const STUDIES: u64 = 20;
    let mut all: Vec<Pair> = Vec::new();
    for seed in 0..STUDIES {
        all.extend(against_themselves(BLOCKS, seed));
    }
    let ratios: Vec<Estimate> = all.iter().map(|pair| pair.ratio(0.0)).collect();
    let excluded = ratios.iter().filter(|ratio| !ratio.interval.contains(1.0)).count();
    // Each comparison as if it were made alone, which is when most are called.
    let called = ratios.iter().filter(|ratio| {
        let verdict = verdicts(std::slice::from_ref(ratio), THRESHOLD)[0];
        matches!(verdict, Verdict::Faster | Verdict::Slower)
    });
    let (count, called) = (all.len(), called.count());
    println!(
        "a lane against itself, {count} comparisons: the interval excludes 1 in {excluded}, \
         {called} called faster or slower"
    );
    assert!(count >= 1000);
    assert!(called * 100 <= count * 5, "{called} of {count}");

    for (title, is_it) in [
        (
            "startup, first answer",
            &(|row: &str| row.contains("first_answer")) as &dyn Fn(&str) -> bool,
        ),
        ("echo, round trip, asleep", &|row| {
            row.contains("round_trip") && !row.contains("spin") && !row.contains("wait adaptive")
        }),
        ("echo, round trip, process.shm spinning", &|row| {
            row.contains("round_trip") && row.contains("spin")
        }),
        ("sha256 of 64 KiB", &|row| row.contains("sha256")),
    ] {
        let pairs: Vec<&Pair> = all.iter().filter(|pair| is_it(&pair.row)).collect();
        println!("{title}: smallest slowdown found in 90 of 100: {}", smallest(&pairs));
    }
}

/// The smallest slowdown that at least 90% of these comparisons would have found.
fn smallest(pairs: &[&Pair]) -> String {
    let steps = [0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0, 2.0, 4.0];
    let found = |slower: f64| {
        let found = pairs.iter().filter(|pair| pair.ratio(slower).interval.low > 1.0).count();
        found * 10 >= pairs.len() * 9
    };
    let count = pairs.len();
    match steps.into_iter().find(|slower| found(*slower)) {
        Some(slower) => format!("{:.0}% ({count} comparisons)", slower * 100.0),
        None => format!("more than {:.0}% ({count} comparisons)", steps[steps.len() - 1] * 100.0),
    }
}

#[test]
#[ignore = "long: cargo xtask validate"]
fn two_percent_more_work_is_found() {
    const TRIALS: u64 = 50;
    // Ten default runs' blocks, short ones: the two are compared while the machine is the same.
    const MANY_BLOCKS: u32 = 10 * BLOCKS;
    let mut found = 0;
    let mut longest = 0.0_f64;
    for seed in 0..TRIALS {
        let began = Instant::now();
        let ratio = injected(102, MANY_BLOCKS, 2_000_000, seed, [Clock::Real, Clock::Real]);
        longest = longest.max(began.elapsed().as_secs_f64());
        found += u64::from(ratio.interval.low > 1.0);
    }
    println!("2% more work is found in {found} of {TRIALS} trials, the longest of {longest:.1} s");
    assert!(longest <= 60.0);
    assert!(found * 10 >= TRIALS * 9, "{found} of {TRIALS}");
}
