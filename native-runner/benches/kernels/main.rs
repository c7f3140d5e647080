//! The kernels' speed as ratios in one run: wasm against native code, `native.thread` against the
//! picture libraries of npm, and what a second worker brings.
//!
//!     cargo bench --bench kernels [-- --blocks N]
//!
//! Everything is visited once per block, in an order of the block's own. A ratio is taken inside a
//! block; shown is its median over the blocks, in brackets the middle half. What cannot run says why.
//! `cargo xtask bench` installs and builds what the whole table needs.
#![allow(clippy::disallowed_methods, reason = "a bench starts Node beside the runner's lanes")]

mod accuracy;
#[path = "../shared/blocks.rs"]
mod blocks;
#[path = "../shared/script.rs"]
mod script;
mod visitors;

use std::io::{IsTerminal, stderr};
use std::process::ExitCode;

use protocol::{Filter, LaneId, Picture, Task};
use stats::Summary;
use workloads::Dimensions;

use visitors::{Visitor, Visitors};

const PICTURE: Dimensions = Dimensions::BUILT_IN;
/// Timed runs on a visit.
const RUNS: u32 = 3;
const USUAL_BLOCKS: u32 = 12;
const BLUR: Filter = Filter::Blur { sigma: 3.0 };
const RESIZE: Filter = Filter::Resize { width: 1000, height: 750 };
/// What wasm and native code are compared on.
const FILTERS: [Filter; 5] =
    [BLUR, Filter::Blur { sigma: 12.0 }, Filter::Edges, Filter::Greyscale, RESIZE];
/// What the libraries do, too.
const FOR_LIBRARIES: [Filter; 3] = [BLUR, Filter::Greyscale, RESIZE];

fn main() -> ExitCode {
    match blocks::blocks(USUAL_BLOCKS).and_then(measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("kernels: {why}");
            ExitCode::FAILURE
        }
    }
}

/// One thing that is visited in each block.
struct Entry {
    visitor: Visitor,
    filter: Filter,
    workers: u32,
    /// The median run of each block, in nanoseconds.
    blocks: Vec<f64>,
    trouble: Option<String>,
}

fn entries() -> Vec<Entry> {
    let entry = |visitor, filter, workers| Entry {
        visitor,
        filter,
        workers,
        blocks: Vec::new(),
        trouble: None,
    };
    let mut entries = Vec::new();
    for filter in FILTERS {
        for workers in [1, 2] {
            entries.push(entry(Visitor::Lane(LaneId::NATIVE_THREAD), filter, workers));
            entries.push(entry(Visitor::Lane(LaneId::NATIVE_THREAD_WIDE), filter, workers));
            entries.push(entry(Visitor::Engine("engine"), filter, workers));
        }
    }
    for filter in FOR_LIBRARIES {
        for workers in [1, 2] {
            entries.push(entry(Visitor::Library("sharp"), filter, workers));
            entries.push(entry(Visitor::Library("sharp-rgb"), filter, workers));
        }
        entries.push(entry(Visitor::Library("photon"), filter, 1));
    }
    entries
}

fn measure(blocks: u32) -> Result<(), String> {
    let picture = accuracy::picture(PICTURE);
    let mut visitors = Visitors::new(PICTURE, &picture)?;
    let mut entries = entries();
    let mut order: Vec<usize> = (0..entries.len()).collect();
    let mut random = fastrand::Rng::new();
    for block in 1..=blocks {
        random.shuffle(&mut order);
        for &at in &order {
            let entry = &mut entries[at];
            if entry.trouble.is_some() {
                continue;
            }
            progress(&format!("block {block} of {blocks}: {}", entry.name()));
            match visitors.visit(&entry.visitor, &entry.task()) {
                Ok(times) => entry.blocks.extend(Summary::of(&times).map(|times| times.median)),
                Err(why) => entry.trouble = Some(why),
            }
        }
    }
    progress("");

    let machine = native_runner::describe_machine();
    let cores = machine.cores;
    println!("{} × {} pixels on {}, {cores} cores", PICTURE.width(), PICTURE.height(), machine.cpu);
    println!(
        "{blocks} blocks of {RUNS} runs; medians of the blocks, in brackets the middle half\n"
    );
    for entry in &entries {
        println!("{:<44} {}", entry.name(), entry.time());
    }
    println!();
    ratios(&entries);
    println!();
    accuracy::print(PICTURE, &picture, &mut visitors);
    Ok(())
}

/// On one line of a terminal; elsewhere nobody watches.
fn progress(what: &str) {
    if stderr().is_terminal() {
        eprint!("\r{what:<80}\r");
    }
}

fn ratios(entries: &[Entry]) {
    let find = |visitor: Visitor, filter, workers| {
        let wanted = |entry: &&Entry| {
            entry.visitor == visitor && entry.filter == filter && entry.workers == workers
        };
        entries.iter().find(wanted).map_or(&[][..], |entry| &entry.blocks)
    };
    let native = |filter, workers| find(Visitor::Lane(LaneId::NATIVE_THREAD), filter, workers);
    let wide = |filter, workers| find(Visitor::Lane(LaneId::NATIVE_THREAD_WIDE), filter, workers);
    let wasm = |filter, workers| find(Visitor::Engine("engine"), filter, workers);

    let mut logarithms = Vec::new();
    for filter in FILTERS {
        let against = ratio(wasm(filter, 1), native(filter, 1));
        line(&format!("wasm / native.thread, {}, 1 worker", name(filter)), &against, "");
        logarithms.extend(Summary::of(&against).map(|ratio| ratio.median.ln()));
    }
    if logarithms.len() == FILTERS.len() {
        let mean = (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp();
        println!(
            "{:<58} {mean:.2}{:<18} aim: at most 1.3",
            "wasm / native.thread, geometric mean", ""
        );
    }
    for filter in FILTERS {
        let against = ratio(wide(filter, 1), native(filter, 1));
        line(&format!("native.thread-wide / native.thread, {}", name(filter)), &against, "");
    }
    for filter in FOR_LIBRARIES {
        for workers in [1, 2] {
            let plural = if workers == 1 { "" } else { "s" };
            for (library, aim) in [("sharp", "aim: at most 1.2"), ("sharp-rgb", "")] {
                let sharp = find(Visitor::Library(library), filter, workers);
                let against = ratio(native(filter, workers), sharp);
                let filter = name(filter);
                line(
                    &format!("native.thread / {library}, {filter}, {workers} thread{plural}"),
                    &against,
                    aim,
                );
            }
        }
        let against = ratio(wasm(filter, 1), find(Visitor::Library("photon"), filter, 1));
        line(&format!("wasm / photon, {}, 1 worker", name(filter)), &against, "aim: at most 0.4");
    }
    for filter in FILTERS {
        let wasm = ratio(wasm(filter, 1), wasm(filter, 2));
        let native = ratio(native(filter, 1), native(filter, 2));
        line(&format!("speed-up of 2 wasm workers, {}", name(filter)), &wasm, "");
        line(&format!("speed-up of 2 native threads, {}", name(filter)), &native, "");
        line(
            &format!("of these, wasm / native, {}", name(filter)),
            &ratio(&wasm, &native),
            "aim: at least 0.9",
        );
    }
}

/// Block by block.
fn ratio(of: &[f64], to: &[f64]) -> Vec<f64> {
    of.iter().zip(to).map(|(of, to)| of / to).collect()
}

fn line(title: &str, ratios: &[f64], aim: &str) {
    let figures = Summary::of(ratios).map_or("not measured".to_owned(), |it| {
        format!("{:.2} [{:.2}–{:.2}]", it.median, it.q1, it.q3)
    });
    println!("{}", format!("{title:<58} {figures:<22} {aim}").trim_end());
}

fn name(filter: Filter) -> String {
    match filter {
        Filter::Blur { sigma } => format!("blur:{sigma}"),
        Filter::Resize { width, height } => format!("resize:{width}x{height}"),
        other => other.name().into(),
    }
}

impl Entry {
    fn name(&self) -> String {
        format!("{}, {}, {} at once", self.visitor, name(self.filter), self.workers)
    }

    fn task(&self) -> Task {
        Task {
            filter: self.filter,
            picture: Picture::BuiltIn,
            width: PICTURE.width(),
            height: PICTURE.height(),
            workers: self.workers,
            runs: RUNS,
        }
    }

    fn time(&self) -> String {
        if let Some(why) = &self.trouble {
            return format!("unavailable: {why}");
        }
        Summary::of(&self.blocks.iter().map(|time| time / 1e6).collect::<Vec<_>>())
            .map_or("not measured".into(), |it| {
                format!("{:.1} ms [{:.1}–{:.1}]", it.median, it.q1, it.q3)
            })
    }
}
