//! The process lanes against what the system calls alone cost, as ratios in one run.
//!
//!     cargo bench --bench bare [-- --blocks N]
//!
//! Both sides take their turns in the same blocks, with the caller on one processor and the worker on
//! another. A ratio is taken inside a block; shown is the median over blocks with its 95% interval.
#![allow(clippy::disallowed_methods, reason = "a bench has a clock and children of its own")]

#[path = "../shared/blocks.rs"]
mod blocks;
mod references;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use futures::executor::block_on;
use lab::experiments::{Experiment, Extent, Sweep};
use lab::plan::Plan;
use lab::study::{Ended, Findings, Listener, Next, study};
use lab::{Effort, Lane, Op};
use native_runner::{Cancel, lanes, placement};
use protocol::report::{Measured, Param, RowOutcome};
use protocol::{LaneId, Nanos};

use references::Reference;

const USUAL_BLOCKS: u32 = 30;
const SMALL: u64 = 64;
const MIDDLE: u64 = 64 << 10;
const LARGE: u64 = 1 << 20;
const HUGE: u64 = 16 << 20;

static BARE: Experiment = Experiment {
    id: "bare",
    question: "How much more than the system calls alone do the process lanes cost?",
    prose: "The bench's own.",
    operations: |_| {
        let echo = |bytes| Op::Echo { bytes };
        vec![Op::Startup, echo(SMALL), echo(MIDDLE), echo(LARGE), echo(HUGE)]
    },
    every: 1,
    derived: |_| Vec::new(),
};

fn main() -> ExitCode {
    match blocks::blocks(USUAL_BLOCKS).and_then(measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bare: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Keeps what was found last.
#[derive(Default)]
struct Last(Findings);

impl Listener for Last {
    fn turn(&mut self, done: usize, all: usize, lane: &LaneId, _: &Experiment) {
        if stderr().is_terminal() {
            eprint!("\r{:>3}% {lane:<16}\r", 100 * done / all.max(1));
        }
    }

    fn block(&mut self, _: u32, findings: &Findings) -> Result<Next, String> {
        self.0 = findings.clone();
        Ok(Next::Go)
    }
}

fn measure(blocks: u32) -> Result<(), String> {
    // Before this thread has one processor alone.
    let machine = native_runner::describe_machine();
    let place = placement::apart().map_err(|why| why.to_string())?;
    placement::put_caller(place).map_err(|why| why.to_string())?;
    let wanted = [LaneId::PROCESS_PIPE, LaneId::PROCESS_SOCKET, LaneId::PROCESS_SHM];
    let mut all = lanes::all(&Cancel::default());
    all.retain(|lane| wanted.contains(&lane.id()));
    let mut lanes: Vec<&dyn Lane> = all.iter().map(AsRef::as_ref).collect();
    lanes.extend(Reference::ALL.iter().map(|it| it as &dyn Lane));
    let plan = Plan {
        experiments: vec![&BARE],
        sweep: Sweep { extent: Extent::Full, cores: 2, load: None },
        blocks,
        effort: Effort {
            samples: 5,
            sample_time: Nanos(2_000_000),
            turn_time: Nanos(200_000_000),
            placement: place,
        },
        seed: 4,
        limit: None,
        turns: lab::plan::Turns::Always,
        trials: 0,
    };
    let mut last = Last::default();
    let ended = block_on(study(&lanes, &plan, &mut last));
    if ended != Ended::Done {
        return Err(format!("{ended:?}"));
    }
    println!("{}, {} cores; {place}; {blocks} blocks\n", machine.cpu, machine.cores);
    print(&last.0)
}

/// A row by its lane and what its params say.
#[derive(Clone, Copy)]
struct Row {
    lane: &'static str,
    bytes: u64,
    /// How to wait and what to touch, where memory is shared.
    way: Option<(&'static str, &'static str)>,
    /// `off` where it gives up nothing.
    sandbox: Option<&'static str>,
}

fn print(findings: &Findings) -> Result<(), String> {
    let row = |lane, bytes| Row { lane, bytes, way: None, sandbox: None };
    let shm = |bytes, wait, touch| Row { way: Some((wait, touch)), ..row("process.shm", bytes) };

    line(
        findings,
        "process.socket / bare spawn, to the first answer",
        "at most 1.5",
        [row("process.socket", 0), row("bare.socket", 0)],
    )?;
    line(
        findings,
        "the same without its sandbox",
        "at most 1.5",
        [Row { sandbox: Some("off"), ..row("process.socket", 0) }, row("bare.socket", 0)],
    )?;
    for bytes in [SMALL, MIDDLE, LARGE] {
        for (lane, bare, aim) in [
            ("process.socket", "bare.socket", "at most 1.2"),
            ("process.pipe", "bare.pipe", "at most 1.2"),
            ("process.pipe", "bare.pipe-64KiB", "none"),
        ] {
            let title = format!("{lane} / {bare}, {}", lab::format::size(bytes));
            line(findings, &title, aim, [row(lane, bytes), row(bare, bytes)])?;
        }
    }
    for wait in ["block", "spin", "adaptive"] {
        let title = format!("process.shm ({wait}), hand over, 16MiB / 64");
        let pair = [shm(HUGE, wait, "hand_over"), shm(SMALL, wait, "hand_over")];
        line(findings, &title, "at most 1.2", pair)?;
    }
    // The smaller copies stay in one processor's cache, the shared bytes change from one's to the other's.
    for (bytes, aim) in [(LARGE, "none"), (HUGE, "at most 1.2")] {
        for wait in ["block", "spin", "adaptive"] {
            let size = lab::format::size(bytes);
            let title = format!("process.shm ({wait}), write and read / two memcpys, {size}");
            let pair = [shm(bytes, wait, "write_read"), row("bare.memcpy", bytes)];
            line(findings, &title, aim, pair)?;
        }
    }
    Ok(())
}

fn line(findings: &Findings, title: &str, aim: &str, [of, to]: [Row; 2]) -> Result<(), String> {
    let (of, to) = (find(findings, of)?, find(findings, to)?);
    let mut random = fastrand::Rng::with_seed(7);
    let ratio = stats::ratio(&of.by_block(), &to.by_block(), &mut random)
        .ok_or_else(|| format!("{title}: the blocks are no pairs"))?;
    println!(
        "{title:<62} {:.2} [{:.2}, {:.2}]  {} / {}  aim: {aim}",
        ratio.value,
        ratio.interval.low,
        ratio.interval.high,
        lab::format::time(of.median),
        lab::format::time(to.median)
    );
    Ok(())
}

fn find(findings: &Findings, wanted: Row) -> Result<&Measured, String> {
    let metric = if wanted.bytes == 0 { "first_answer" } else { "round_trip" };
    let bytes = (wanted.bytes > 0).then_some(Param::Number(wanted.bytes));
    let row = findings.rows.iter().find(|row| {
        let is = |name: &str, value: &str| row.params.get(name) == Some(&Param::from(value));
        row.lane.as_str() == wanted.lane
            && row.params.get("bytes") == bytes.as_ref()
            && is("metric", metric)
            && row.params.get("sandbox") == wanted.sandbox.map(Param::from).as_ref()
            && wanted.way.is_none_or(|(wait, touch)| is("wait", wait) && is("touch", touch))
    });
    match row.map(|row| &row.outcome) {
        Some(RowOutcome::Measured(measured)) => Ok(measured),
        other => Err(format!("{} of {} bytes: {other:?}", wanted.lane, wanted.bytes)),
    }
}
