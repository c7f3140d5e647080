//! A report's rows of `tasks`, and a fit to them.

use std::collections::BTreeMap;

use fastrand::Rng;
use protocol::LaneId;
use protocol::report::{Measured, Params, Report, ReportRow, Unit};
use stats::Summary;

use crate::curve::Curve;
use crate::model::{Apart, Costed, Costs, Fresh};

/// The rows of a report that say what tasks cost.
pub(crate) struct Rows<'a> {
    /// In the report's order.
    pub(crate) lanes: Vec<&'a LaneId>,
    of_lane: BTreeMap<&'a LaneId, OfLane<'a>>,
}

/// What one lane's rows say, each read once: it is fitted many times.
#[derive(Default)]
struct OfLane<'a> {
    /// By numbers of workers, in the report's order: what a row is about, and its blocks' medians.
    tasks: BTreeMap<u32, Vec<(TaskRow<'a>, Vec<f64>)>>,
    /// Blocks' medians of what a worker takes, what it takes of wasm memory, and what its start takes; the first row
    /// of each.
    uss: Option<Vec<f64>>,
    wasm: Option<Vec<f64>>,
    start: Option<Vec<f64>>,
    /// Of each kind of crash, from it until a replacement answered.
    replaced: Vec<f64>,
}

/// What a row of `tasks` is about.
#[derive(Clone, Copy, Debug, PartialEq)]
struct TaskRow<'a> {
    payload: u64,
    reply: u64,
    rounds: u64,
    workers: u32,
    fresh: bool,
    rate: bool,
    metric: &'a str,
}

/// A row, and its figure in one fit.
type Figured<'a> = (TaskRow<'a>, f64);

/// Where figures of single blocks are drawn from; without it they are the medians of all blocks.
type Draw<'a> = Option<&'a mut Rng>;

impl<'a> TaskRow<'a> {
    fn of(params: &'a Params) -> Option<Self> {
        let number = |name: &str| params.get(name)?.as_number();
        let text = |name: &str| params.get(name)?.as_text();
        Some(Self {
            payload: number("payload")?,
            reply: number("reply")?,
            rounds: number("rounds")?,
            workers: u32::try_from(number("workers")?).ok()?,
            fresh: text("start")? == "fresh",
            rate: params.contains_key("interval"),
            metric: text("metric")?,
        })
    }

    /// Of tasks that follow each other, through workers that stay.
    fn is_steady(&self) -> bool {
        !self.fresh && !self.rate && self.metric == "period"
    }

    /// With nothing to carry.
    fn is_small(&self) -> bool {
        self.payload <= 1024 && self.reply == 0
    }
}

/// Block by block.
fn medians(measured: &Measured) -> Vec<f64> {
    let blocks = measured.by_block();
    blocks.iter().filter_map(|block| Some(Summary::of(block)?.median)).collect()
}

fn take(blocks: &[f64], draw: &mut Draw<'_>) -> Option<f64> {
    match draw {
        Some(random) => random.choice(blocks).copied(),
        None => Some(Summary::of(blocks)?.median),
    }
}

impl<'a> OfLane<'a> {
    /// Takes what a row says besides tasks.
    fn note(&mut self, row: &ReportRow) {
        let metric = row.params.get("metric").and_then(protocol::report::Param::as_text);
        let measured = row.measured();
        let known = match (row.experiment.as_str(), metric) {
            ("crash", Some("replaced")) => {
                return self.replaced.extend(measured.map(|measured| measured.median));
            }
            // Another sandbox than a worker's usual one.
            _ if row.params.contains_key("sandbox") => return,
            ("memory", Some("uss")) => &mut self.uss,
            ("memory", Some("wasm")) => &mut self.wasm,
            ("startup", Some("first_answer")) => &mut self.start,
            _ => return,
        };
        known.get_or_insert_with(|| measured.map(medians).unwrap_or_default());
    }

    /// Figures of the rows of so many workers that are like this.
    fn figures(
        &self,
        workers: u32,
        draw: &mut Draw<'_>,
        like: impl Fn(&TaskRow<'_>) -> bool,
    ) -> Vec<Figured<'a>> {
        let rows = self.tasks.get(&workers).into_iter().flatten().filter(|(row, _)| like(row));
        rows.filter_map(|(row, blocks)| Some((*row, take(blocks, draw)?))).collect()
    }

    fn costed(&self, workers: u32, nanos_per_round: f64, draw: &mut Draw<'_>) -> Option<Costed> {
        #[allow(
            clippy::redundant_closure_for_method_calls,
            reason = "the method is of one lifetime, and a row of any is asked about"
        )]
        let steady = self.figures(workers, draw, |row| row.is_steady());
        let time = |row: &TaskRow<'_>| row.rounds as f64 * nanos_per_round;
        let curve = |like: &dyn Fn(&TaskRow<'_>) -> bool, size: &dyn Fn(&TaskRow<'_>) -> f64| {
            let points = steady.iter().filter(|(row, _)| like(row));
            let points: Vec<_> = points.map(|(row, time)| (size(row), *time)).collect();
            (points.len() > 1).then(|| Curve::through(points))
        };
        let smallest = steady.iter().map(|(row, _)| row.payload).min()?;
        let is_idle = |row: &TaskRow<'_>| row.rounds == 0;
        let mut costed = Costed {
            workers,
            parallel: 1.0,
            payload: curve(&|row| is_idle(row) && row.reply == 0, &|row| row.payload as f64)?,
            reply: curve(&|row| is_idle(row) && row.payload == smallest, &|row| row.reply as f64)?,
            work: curve(&|row| row.is_small(), &time)?,
            fresh: None,
            apart: None,
        };
        let fresh = self.figures(workers, draw, |row| row.fresh);
        costed.fresh = fresh_of(&costed, &fresh, time).or_else(|| {
            // What cannot be started over and over has at least been started.
            let one = take(self.start.as_deref()?, draw)?;
            let cold = Curve::through(Vec::new());
            let start = one * f64::from(workers);
            Some(Fresh { start, end: 0.0, again: false, cold, touch: 0.0 })
        });
        let apart = self.figures(workers, draw, |row| row.rate);
        let of = |metric| apart.iter().find(|(row, _)| row.metric == metric);
        costed.apart = of("p50").zip(of("p99")).map(|((row, median), (_, p99))| Apart {
            work: time(row),
            median: *median,
            tail: (p99 - median).max(0.0),
        });
        Some(costed)
    }
}

impl<'a> Rows<'a> {
    pub(crate) fn of(report: &'a Report) -> Self {
        let mut of_lane: BTreeMap<&LaneId, OfLane<'_>> = BTreeMap::new();
        let mut lanes = Vec::new();
        for row in &report.results {
            let known = of_lane.entry(&row.lane).or_default();
            if row.experiment != "tasks" {
                known.note(row);
                continue;
            }
            let Some((what, measured)) = TaskRow::of(&row.params).zip(row.measured()) else {
                continue;
            };
            let blocks = medians(measured);
            if measured.unit == Unit::Nanoseconds && !blocks.is_empty() {
                if known.tasks.is_empty() {
                    lanes.push(&row.lane);
                }
                known.tasks.entry(what.workers).or_default().push((what, blocks));
            }
        }
        Self { lanes, of_lane }
    }

    /// What one round takes: how much longer the longest tasks of one worker are than the next longest.
    pub(crate) fn nanos_per_round(&self, lane: &LaneId) -> Option<f64> {
        let alone = |row: &TaskRow<'_>| row.is_small() && row.is_steady();
        let mut rows = self.of_lane.get(lane)?.figures(1, &mut None, alone);
        rows.sort_by_key(|(row, _)| row.rounds);
        let [.., (fewer, short), (more, long)] = rows.as_slice() else { return None };
        let slope = (long - short) / (more.rounds - fewer.rounds) as f64;
        (slope > 0.0).then_some(slope)
    }

    /// One fit; none without what one worker costs.
    pub(crate) fn costs(
        &self,
        lane: &LaneId,
        nanos_per_round: f64,
        mut draw: Draw<'_>,
    ) -> Option<Costs> {
        let draw = &mut draw;
        let known = self.of_lane.get(lane)?;
        if known.tasks.keys().next() != Some(&1) {
            return None;
        }
        let at = known.tasks.keys();
        let at = at.map(|workers| known.costed(*workers, nanos_per_round, draw));
        let at = at.collect::<Option<_>>()?;
        let mut figure = |blocks: &Option<Vec<f64>>| take(blocks.as_deref()?, draw);
        let memory = figure(&known.uss).or_else(|| figure(&known.wasm));
        let recovery = Summary::of(&known.replaced).map(|it| it.median);
        Some(Costs { at, memory, recovery })
    }
}

/// What starting costs with so many workers, if that was measured.
fn fresh_of(
    costed: &Costed,
    rows: &[Figured<'_>],
    time: impl Fn(&TaskRow<'_>) -> f64,
) -> Option<Fresh> {
    let count = f64::from(costed.workers);
    let of = |metric: &str| -> Vec<(f64, f64)> {
        let small = rows.iter().filter(|(row, _)| row.metric == metric && row.is_small());
        small.map(|(row, figure)| (time(row), *figure)).collect()
    };
    let (starts, firsts, periods) = (of("start"), of("first"), of("period"));
    let [start, first, period] = [starts.first()?.1, firsts.first()?.1, periods.first()?.1 * count];
    let colder = |(work, time): (f64, f64)| (work, (time - count * costed.work.at(work)).max(0.0));
    let carried = rows.iter().find(|(row, _)| row.metric == "first" && !row.is_small());
    let touch = carried.map_or(0.0, |(row, time)| {
        let (there, back) = (row.payload as f64, row.reply as f64);
        let warm = count * costed.extra(there, back);
        ((time - first - warm) / (count * (there + back))).max(0.0)
    });
    let all: Vec<f64> = starts.iter().map(|(_, time)| *time).collect();
    Some(Fresh {
        start: Summary::of(&all)?.median,
        end: (period - first - start).max(0.0),
        again: true,
        cold: Curve::through(firsts.into_iter().map(colder).collect()),
        touch,
    })
}
