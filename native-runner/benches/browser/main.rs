//! The browser lanes' speed in Chromium as ratios in one run: against each other, against the same by hand
//! without this project's code, and against native threads.
//!
//!     cargo bench --bench browser [-- --blocks N]
//!
//! Everything is measured once per block, in an order of the block's own. A ratio is taken inside a block;
//! shown is its median over the blocks, in brackets the middle half. What cannot run says why.
//! `cargo xtask bench` installs and builds what it needs.
#![allow(clippy::disallowed_methods, reason = "a bench starts Node beside the runner's lanes")]

#[path = "../shared/blocks.rs"]
mod blocks;
#[path = "../shared/script.rs"]
mod script;

use std::fmt;
use std::process::ExitCode;

use futures::executor::block_on;
use lab::{Effort, Lane, Op, Placement};
use native_runner::{Cancel, lanes};
use protocol::report::Unit;
use protocol::{LaneId, Nanos};
use serde_json::{Value, json};
use stats::Summary;
use workloads::compute::{self, PAGE, Workload};

use script::Script;

const USUAL_BLOCKS: u32 = 15;
const EFFORT: Effort = Effort {
    samples: 5,
    sample_time: Nanos(2_000_000),
    turn_time: Nanos(100_000_000),
    placement: Placement::Unpinned,
};
/// Steps of Chromium's clock on an isolated page, in nanoseconds.
const TICK: f64 = 5000.0;
/// Of every workload.
const PAGES: u32 = (512 << 10) / PAGE as u32;
/// Workers of a fresh engine.
const POOL: u32 = 2;
/// Pairs that wake each other take turns on one processor or on two, as the scheduler has it, and that alone
/// makes a difference of many times. So many fresh pairs are tried each time, and the fastest counts.
const PAIRS: u32 = 5;

fn main() -> ExitCode {
    match blocks::blocks(USUAL_BLOCKS).and_then(measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("browser: {why}");
            ExitCode::FAILURE
        }
    }
}

/// What is measured once per block.
#[derive(Clone, Debug, PartialEq)]
enum What {
    /// An echo on a lane, with the params that tell its rows apart.
    Echo(LaneId, u64, &'static [(&'static str, &'static str)]),
    /// One tiny task through a warm pool of one.
    Task,
    /// A piece of work by one worker, or by the caller.
    Work(LaneId, &'static Workload),
    /// A fresh engine until its pool is ready.
    Pool,
    /// The same by hand.
    Bare(&'static str, u32),
}

impl fmt::Display for What {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Echo(lane, bytes, params) => {
                let params: Vec<&str> = params.iter().map(|(_, value)| *value).collect();
                write!(out, "{lane}, {} back and forth", lab::format::bytes(*bytes))?;
                if params.is_empty() { Ok(()) } else { write!(out, " ({})", params.join(", ")) }
            }
            Self::Task => out.write_str("browser.shared, a task through the pool (adaptive)"),
            Self::Work(lane, workload) => write!(out, "{lane}, {} of 512 KiB", workload.id),
            Self::Pool => write!(out, "a fresh engine with a pool of {POOL}"),
            Self::Bare("ping-pong", _) => {
                out.write_str("bare Atomics.wait and notify, there and back")
            }
            Self::Bare("workers", count) => write!(out, "a bare worker that starts {count} others"),
            Self::Bare(_, _) => out.write_str("a Comlink call"),
        }
    }
}

const CLONE: LaneId = LaneId::BROWSER_CLONE;
const SHARED: LaneId = LaneId::BROWSER_SHARED;
const HAND_OVER: [&[(&str, &str)]; 3] = [
    &[("wait", "block"), ("touch", "hand_over")],
    &[("wait", "spin"), ("touch", "hand_over")],
    &[("wait", "adaptive"), ("touch", "hand_over")],
];

/// What is slow, what is fast, and how many times as slow it should be: at least, or at most.
struct Ratio {
    slow: What,
    fast: What,
    target: Target,
}

/// The lanes beside the browser.
type Native = [Box<dyn Lane>];

enum Target {
    AtLeast(f64),
    AtMost(f64),
}

fn ratios() -> Vec<Ratio> {
    let ratio = |slow, fast, target| Ratio { slow, fast, target };
    let [_, spin, adaptive] = HAND_OVER.map(|params| What::Echo(SHARED, 64, params));
    let clone = |bytes| What::Echo(CLONE, bytes, &[]);
    let mut all = vec![
        ratio(clone(64), adaptive, Target::AtLeast(20.0)),
        ratio(clone(64), spin, Target::AtLeast(50.0)),
        ratio(sleeping(), What::Bare("ping-pong", 2000), Target::AtMost(1.5)),
        ratio(clone(1 << 20), What::Echo(SHARED, 1 << 20, HAND_OVER[2]), Target::AtLeast(20.0)),
        ratio(What::Pool, What::Bare("workers", POOL), Target::AtMost(1.5)),
        ratio(What::Bare("comlink", 300), What::Task, Target::AtLeast(20.0)),
    ];
    all.extend(works().map(|(wasm, native)| ratio(wasm, native, Target::AtMost(2.0))));
    all
}

/// The same work as wasm and as native code.
fn works() -> impl Iterator<Item = (What, What)> {
    let both = |workload| {
        (What::Work(LaneId::BROWSER_MAIN, workload), What::Work(LaneId::NATIVE_THREAD, workload))
    };
    compute::ALL.into_iter().map(both)
}

struct Measured {
    what: What,
    /// Of each block, in nanoseconds.
    blocks: Vec<f64>,
    trouble: Option<String>,
}

fn measure(blocks: u32) -> Result<(), String> {
    let mut chromium = Script::start("browser/chromium.mjs", &[])?;
    let native = lanes::all(&Cancel::default());
    let ratios = ratios();
    let mut all: Vec<Measured> = Vec::new();
    for what in ratios.iter().flat_map(|ratio| [&ratio.slow, &ratio.fast]) {
        if !all.iter().any(|known| known.what == *what) {
            all.push(Measured { what: what.clone(), blocks: Vec::new(), trouble: None });
        }
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    let mut random = fastrand::Rng::new();
    for block in 1..=blocks {
        random.shuffle(&mut order);
        for &at in &order {
            let measured = &mut all[at];
            match measure_once(&measured.what, &mut chromium, &native) {
                Ok(time) => measured.blocks.push(time),
                Err(why) => measured.trouble = Some(why),
            }
        }
        eprintln!("block {block} of {blocks}");
    }
    let machine = native_runner::describe_machine();
    println!(
        "Chromium on {}, {} cores; {blocks} blocks, medians, in brackets the middle half\n",
        machine.cpu, machine.cores
    );
    for Measured { what, blocks, trouble } in &all {
        let time = Summary::of(blocks).map(|it| {
            format!("{} {}", lab::format::time(it.median), lab::format::time_range(it.q1, it.q3))
        });
        let trouble = trouble.as_ref().map(|why| format!("failed: {why}"));
        let parts: Vec<String> = time.into_iter().chain(trouble).collect();
        println!("{:<66} {}", what.to_string(), parts.join("; "));
    }
    println!();
    ratios.iter().for_each(|ratio| print(ratio, &all));
    geometric_mean(&all);
    Ok(())
}

/// The ratio of two of them in each block.
fn by_block(slow: &What, fast: &What, all: &[Measured]) -> Option<Summary> {
    let of = |what: &What| all.iter().find(|it| it.what == *what).map(|it| &it.blocks);
    let (slow, fast) = (of(slow)?, of(fast)?);
    let same = slow.len() == fast.len();
    let each: Vec<f64> = slow.iter().zip(fast).map(|(slow, fast)| slow / fast).collect();
    Summary::of(&each).filter(|_| same)
}

fn print(ratio: &Ratio, all: &[Measured]) {
    let Ratio { slow, fast, target } = ratio;
    let name = format!("{slow} / {fast}");
    let Some(found) = by_block(slow, fast, all) else {
        return println!("{name}: not measured");
    };
    let factor = lab::format::factor;
    let (wanted, holds) = match target {
        Target::AtLeast(least) => (format!("at least {}", factor(*least)), found.median >= *least),
        Target::AtMost(most) => (format!("at most {}", factor(*most)), found.median <= *most),
    };
    println!(
        "{name}: {} [{}, {}]; target {wanted}: {}",
        factor(found.median),
        factor(found.q1),
        factor(found.q3),
        if holds { "holds" } else { "missed" }
    );
}

fn geometric_mean(all: &[Measured]) {
    let medians: Vec<f64> = works()
        .filter_map(|(wasm, native)| by_block(&wasm, &native, all).map(|ratio| ratio.median.ln()))
        .collect();
    let mean = (medians.iter().sum::<f64>() / medians.len() as f64).exp();
    let holds = if mean <= 1.3 { "holds" } else { "missed" };
    println!("wasm over native, geometric mean: {mean:.2}×; target at most 1.30×: {holds}");
}

/// Nanoseconds.
fn measure_once(what: &What, chromium: &mut Script, native: &Native) -> Result<f64, String> {
    let sleeps = matches!(what, What::Bare("ping-pong", _)) || *what == sleeping();
    let times = (0..if sleeps { PAIRS } else { 1 }).map(|_| once(what, chromium, native));
    let times: Vec<f64> = times.collect::<Result<_, _>>()?;
    Ok(times.into_iter().fold(f64::INFINITY, f64::min))
}

/// The echo in which both sides sleep.
fn sleeping() -> What {
    What::Echo(SHARED, 64, HAND_OVER[0])
}

fn once(what: &What, chromium: &mut Script, native: &Native) -> Result<f64, String> {
    let median = |times: Vec<f64>| Summary::of(&times).map(|it| it.median).ok_or("nothing".into());
    match what {
        What::Echo(lane, bytes, params) => {
            let mut wanted = json!({ "metric": "round_trip" });
            params.iter().for_each(|(name, value)| wanted[name] = json!(value));
            median(chromium.ask(&turn(lane, Op::Echo { bytes: *bytes }, &wanted))?)
        }
        What::Task => {
            let wanted = json!({ "metric": "rate" });
            let rates = chromium.ask(&turn(&SHARED, Op::Dispatch { workers: 1 }, &wanted))?;
            median(rates).map(|rate| 1e9 / rate)
        }
        What::Work(lane, workload) => {
            let op = Op::Compute { workload, pages: PAGES, workers: 1 };
            if *lane == LaneId::BROWSER_MAIN {
                return median(chromium.ask(&turn(lane, op, &json!({})))?);
            }
            let lane = native.iter().find(|known| known.id() == *lane).ok_or("no such lane")?;
            let mut times = Vec::new();
            let mut found = |all: Vec<lab::Series>| {
                times.extend(all.into_iter().filter(|it| it.unit == Unit::Nanoseconds));
            };
            block_on(lane.perform(&[op], &EFFORT, &mut found)).map_err(|why| format!("{why:?}"))?;
            median(times.remove(0).samples?)
        }
        What::Pool => median(chromium.ask(&json!({ "pool": POOL }))?),
        What::Bare(name, count) => median(chromium.ask(&json!({ "bare": name, "count": count }))?),
    }
}

fn turn(lane: &LaneId, op: Op, wanted: &Value) -> Value {
    let engine = if *lane == SHARED { "engine" } else { "engine-plain" };
    json!({ "perform": {
        "engine": engine,
        "lane": lane,
        "op": op.to_wire(),
        "effort": EFFORT,
        "tick": TICK,
        "wanted": wanted,
    } })
}
