//! The cost model: what a lane's tasks cost, fitted to the rows of a report.
//!
//! A lane with so many workers has an overhead per task, which grows with its payload and its reply (a [`Curve`] each),
//! and a time per task that grows with its work. They were measured with enough workers and with one, and
//! [`crate::predict`] puts them together.
//!
//! The model is fitted many times: once to all blocks' medians, and then to figures of single blocks, drawn for each
//! row. So it carries along how much one run differs from the next, to the end.

use std::collections::BTreeMap;

use fastrand::Rng;
use protocol::report::{Measured, Param, Params, Report, RowOutcome, Unit};
use protocol::{LaneId, LaneKind};
use stats::Summary;

use crate::curve::Curve;
use crate::workload::{For, column_of, platform_of};
use claims::{Column, Platform};

/// Fits beside the one to all blocks.
pub(crate) const DRAWS: usize = 80;

/// What a report's lanes cost.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) lanes: Vec<LaneModel>,
    pub(crate) report: Report,
    /// What one round takes on a platform, in nanoseconds.
    rounds: BTreeMap<&'static str, f64>,
}

/// What one lane costs.
#[derive(Clone, Debug)]
pub(crate) struct LaneModel {
    pub(crate) lane: LaneId,
    /// First the fit to all blocks, then the draws.
    pub(crate) fits: Vec<Costs>,
}

/// One fit.
#[derive(Clone, Debug)]
pub(crate) struct Costs {
    /// By numbers of workers, ascending; the first is one.
    pub(crate) at: Vec<Costed>,
    /// What a worker takes, in bytes.
    pub(crate) memory: Option<f64>,
    /// From a crash until another worker answers.
    pub(crate) recovery: Option<f64>,
}

/// With so many workers. Nanoseconds by bytes, or by nanoseconds of work.
#[derive(Clone, Debug)]
pub(crate) struct Costed {
    pub(crate) workers: u32,
    /// How many times as fast as one they are where nothing but work counts. That is the processors' doing and not the
    /// lane's: it is the median over a platform's lanes.
    pub(crate) parallel: f64,
    /// The time per task of the smallest tasks, by their payload and by their reply.
    pub(crate) payload: Curve,
    pub(crate) reply: Curve,
    /// The time per task of small tasks, by their work.
    pub(crate) work: Curve,
    pub(crate) fresh: Option<Fresh>,
    /// How much longer than a time per task one takes that comes by itself: the median, and one in a hundred.
    pub(crate) late: Option<[f64; 2]>,
}

/// What starting costs.
#[derive(Clone, Debug)]
pub(crate) struct Fresh {
    /// As many as there are.
    pub(crate) start: f64,
    /// Their ends.
    pub(crate) end: f64,
    /// Whether it can be done for each task.
    pub(crate) again: bool,
    /// How much longer the first tasks take than later ones, by their work.
    pub(crate) cold: Curve,
    /// And by each byte that they carry: memory that nobody has touched before.
    pub(crate) touch: f64,
}

/// Why there is no model, in one sentence: what is missing, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The sentence.
    pub words: String,
}

impl Missing {
    fn of(report: &Report, of: For) -> Self {
        let whose = match of {
            For::Node => "Node’s",
            For::Rust => "native",
            For::Browser => "a browser’s",
            For::Any => "any",
        };
        let mut rows = report.results.iter();
        let reason = rows.find_map(|row| match &row.outcome {
            RowOutcome::Unavailable { reason }
                if row.experiment == "tasks" && of.has(&row.lane) =>
            {
                Some(reason)
            }
            _ => None,
        });
        let words = match reason {
            Some(reason) => {
                format!("what tasks cost on {whose} lanes could not be measured: {reason}")
            }
            None => format!(
                "this report says nothing of what tasks cost on {whose} lanes: run \
                 `breakeven run tasks startup memory --json FILE`{} and give that one",
                if of == For::Browser { " with --browser chromium or firefox" } else { "" },
            ),
        };
        Self { words }
    }
}

impl Model {
    /// Fits what a report says of a platform's tasks.
    ///
    /// # Errors
    /// If it says nothing of them.
    pub fn fit(report: &Report, of: For) -> Result<Self, Missing> {
        let mut rows = Rows::of(report);
        let mut rounds = BTreeMap::new();
        for platform in Platform::ALL {
            let slopes = rows.lanes.iter().filter(|lane| platform_of(lane) == Some(platform));
            let slopes: Vec<f64> = slopes.filter_map(|lane| rows.nanos_per_round(lane)).collect();
            if let Some(summary) = Summary::of(&slopes) {
                rounds.insert(platform.name(), summary.median);
            }
        }
        let mut lanes = Vec::new();
        for lane in rows.lanes.clone() {
            let unit = platform_of(&lane).and_then(|it| rounds.get(it.name()).copied());
            let Some(unit) = unit else { continue };
            // The same lane of the same report is drawn alike, whatever else there is.
            let seed = lane
                .as_str()
                .bytes()
                .fold(7_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
            rows.random = Rng::with_seed(seed);
            rows.draws = false;
            let Some(fit) = rows.costs(&lane, unit) else { continue };
            rows.draws = true;
            let draws = (0..DRAWS).filter_map(|_| rows.costs(&lane, unit));
            lanes.push(LaneModel { fits: std::iter::once(fit).chain(draws).collect(), lane });
        }
        share_processors(&mut lanes);
        if !lanes.iter().any(|lane| of.has(&lane.lane)) {
            return Err(Missing::of(report, of));
        }
        Ok(Self { lanes, report: report.clone(), rounds })
    }

    /// The lanes that it knows.
    pub fn lanes(&self) -> impl Iterator<Item = &LaneId> {
        self.lanes.iter().map(|lane| &lane.lane)
    }

    /// What one round of a task takes a worker of this lane's platform, in nanoseconds.
    #[must_use]
    pub fn nanos_per_round(&self, lane: &LaneId) -> Option<f64> {
        self.rounds.get(platform_of(lane)?.name()).copied()
    }

    /// The load that a workload puts on a lane, to be measured.
    #[must_use]
    pub fn load(&self, lane: &LaneId, workload: &crate::Workload) -> Option<protocol::load::Load> {
        Some(workload.load(self.nanos_per_round(lane)?))
    }

    /// What isolates a lane's workers.
    #[must_use]
    pub fn kind(lane: &LaneId) -> LaneKind {
        match column_of(lane) {
            Some(Column::Processes) => LaneKind::Process,
            Some(Column::Threads) => LaneKind::Thread,
            None => LaneKind::Main,
        }
    }
}

/// Gives each platform's lanes the same [`Costed::parallel`].
fn share_processors(lanes: &mut [LaneModel]) {
    let mut found: BTreeMap<(&str, u32), Vec<f64>> = BTreeMap::new();
    for LaneModel { lane, fits } in &*lanes {
        let (Some(platform), Some(fit)) = (platform_of(lane), fits.first()) else { continue };
        for costed in &fit.at {
            let parallel = fit.at[0].work.last_slope() / costed.work.last_slope();
            let parallel = parallel.clamp(1.0, f64::from(costed.workers));
            found.entry((platform.name(), costed.workers)).or_default().push(parallel);
        }
    }
    for LaneModel { lane, fits } in lanes {
        let Some(platform) = platform_of(lane) else { continue };
        for costed in fits.iter_mut().flat_map(|fit| &mut fit.at) {
            let all = found.get(&(platform.name(), costed.workers));
            costed.parallel = all.and_then(|all| Summary::of(all)).map_or(1.0, |it| it.median);
        }
    }
}

/// The report's rows, and how a figure is taken from one.
struct Rows<'a> {
    report: &'a Report,
    lanes: Vec<LaneId>,
    /// Of each lane's tasks: what they are, and the blocks' medians.
    tasks: BTreeMap<LaneId, Vec<(TaskRow, Vec<f64>)>>,
    random: Rng,
    /// Whether a figure is that of one block, and not of all.
    draws: bool,
}

/// What a row of `tasks` is about.
#[derive(Clone, Debug, PartialEq)]
struct TaskRow {
    payload: u64,
    reply: u64,
    rounds: u64,
    workers: u32,
    fresh: bool,
    rate: bool,
    metric: String,
}

fn medians(measured: &Measured) -> Vec<f64> {
    let blocks = measured.by_block();
    blocks.iter().filter_map(|block| Some(Summary::of(block)?.median)).collect()
}

fn number(params: &Params, name: &str) -> Option<u64> {
    match params.get(name)? {
        Param::Number(number) => Some(*number),
        Param::Text(_) => None,
    }
}

fn text<'a>(params: &'a Params, name: &str) -> Option<&'a str> {
    match params.get(name)? {
        Param::Text(text) => Some(text),
        Param::Number(_) => None,
    }
}

impl<'a> Rows<'a> {
    fn of(report: &'a Report) -> Self {
        let mut tasks: BTreeMap<LaneId, Vec<_>> = BTreeMap::new();
        let mut lanes = Vec::new();
        for row in report.results.iter().filter(|row| row.experiment == "tasks") {
            let RowOutcome::Measured(measured) = &row.outcome else { continue };
            let what = || {
                Some(TaskRow {
                    payload: number(&row.params, "payload")?,
                    reply: number(&row.params, "reply")?,
                    rounds: number(&row.params, "rounds")?,
                    workers: u32::try_from(number(&row.params, "workers")?).ok()?,
                    fresh: text(&row.params, "start")? == "fresh",
                    rate: row.params.contains_key("interval"),
                    metric: text(&row.params, "metric")?.to_owned(),
                })
            };
            let (Some(what), blocks) = (what(), medians(measured)) else { continue };
            if measured.unit == Unit::Nanoseconds && !blocks.is_empty() {
                if !lanes.contains(&row.lane) {
                    lanes.push(row.lane.clone());
                }
                tasks.entry(row.lane.clone()).or_default().push((what, blocks));
            }
        }
        Self { report, lanes, tasks, random: Rng::with_seed(0), draws: false }
    }

    fn take(&mut self, blocks: &[f64]) -> Option<f64> {
        if self.draws {
            blocks.get(self.random.usize(0..blocks.len().max(1))).copied()
        } else {
            Some(Summary::of(blocks)?.median)
        }
    }

    /// Figures of a lane's rows that are like this, each with what its row is about.
    fn figures(&mut self, lane: &LaneId, like: impl Fn(&TaskRow) -> bool) -> Vec<(TaskRow, f64)> {
        let rows = self.tasks.get(lane).into_iter().flatten();
        let rows: Vec<_> = rows.filter(|(row, _)| like(row)).cloned().collect();
        let figure = |(row, blocks): (TaskRow, Vec<f64>)| Some((row, self.take(&blocks)?));
        rows.into_iter().filter_map(figure).collect()
    }

    /// Of the longest tasks of one worker.
    fn nanos_per_round(&self, lane: &LaneId) -> Option<f64> {
        let rows = self.tasks.get(lane)?.iter();
        let mut times: Vec<(u64, f64)> = rows
            .filter(|(row, _)| row.is_small() && row.is_steady() && row.workers == 1)
            .filter_map(|(row, blocks)| Some((row.rounds, Summary::of(blocks)?.median)))
            .collect();
        times.sort_by_key(|(rounds, _)| *rounds);
        let [.., (fewer, short), (more, long)] = times.as_slice() else { return None };
        let slope = (long - short) / (more - fewer) as f64;
        (slope > 0.0).then_some(slope)
    }

    /// One fit.
    fn costs(&mut self, lane: &LaneId, nanos_per_round: f64) -> Option<Costs> {
        let mut counts: Vec<u32> =
            self.tasks.get(lane)?.iter().map(|(row, _)| row.workers).collect();
        counts.sort_unstable();
        counts.dedup();
        if counts.first() != Some(&1) {
            return None;
        }
        let at = counts.into_iter().map(|workers| self.costed(lane, workers, nanos_per_round));
        Some(Costs {
            at: at.collect::<Option<_>>()?,
            memory: self.memory(lane),
            recovery: self.recovery(lane),
        })
    }

    fn costed(&mut self, lane: &LaneId, workers: u32, nanos_per_round: f64) -> Option<Costed> {
        let steady = self.figures(lane, |row| row.is_steady() && row.workers == workers);
        let work = |row: &TaskRow| row.rounds as f64 * nanos_per_round;
        let curve = |like: &dyn Fn(&TaskRow) -> bool, size: &dyn Fn(&TaskRow) -> f64| {
            let points = steady.iter().filter(|(row, _)| like(row));
            let points: Vec<_> = points.map(|(row, time)| (size(row), *time)).collect();
            (points.len() > 1).then(|| Curve::through(points))
        };
        let payload = curve(&|row| row.reply == 0 && row.rounds == 0, &|row| row.payload as f64)?;
        let smallest = steady.iter().map(|(row, _)| row.payload).min()?;
        let reply =
            curve(&|row| row.payload == smallest && row.rounds == 0, &|row| row.reply as f64)?;
        let by_work = curve(&TaskRow::is_small, &work)?;

        let fresh = self.figures(lane, |row| row.fresh && row.workers == workers);
        let of = |metric: &str| -> Vec<(f64, f64)> {
            let all = fresh.iter().filter(|(row, _)| row.metric == metric && row.is_small());
            all.map(|(row, time)| (work(row), *time)).collect()
        };
        let (starts, firsts, periods) = (of("start"), of("first"), of("period"));
        let count = f64::from(workers);
        let carried = fresh.iter().find(|(row, _)| row.metric == "first" && !row.is_small());
        let touch = carried.zip(firsts.first()).map_or(0.0, |((row, time), (_, small))| {
            let (there, back) = (row.payload as f64, row.reply as f64);
            let warm = payload.at(there) - payload.at(0.0) + reply.at(back) - reply.at(0.0);
            ((time - small - count * warm) / (count * (there + back))).max(0.0)
        });
        let fresh = Summary::of(&starts.iter().map(|(_, time)| *time).collect::<Vec<_>>())
            .zip(periods.first().zip(firsts.first()).zip(starts.first()))
            .map(|(start, ((period, first), own_start))| Fresh {
                start: start.median,
                end: (period.1 * count - first.1 - own_start.1).max(0.0),
                cold: Curve::through(
                    firsts
                        .iter()
                        .map(|(work, time)| (*work, (time - count * by_work.at(*work)).max(0.0)))
                        .collect(),
                ),
                touch,
                again: true,
            });
        // What cannot be started over and over has at least been started.
        let fresh = fresh.or_else(|| {
            let start = self.figure_of(lane, "startup", "first_answer")? * count;
            let cold = Curve::through(Vec::new());
            Some(Fresh { start, end: 0.0, again: false, cold, touch: 0.0 })
        });

        let rate = self.figures(lane, |row| row.rate && row.workers == workers);
        let late = |metric: &str| {
            let (row, time) = rate.iter().find(|(row, _)| row.metric == metric)?;
            Some((work(row), *time))
        };
        let late = late("p50").zip(late("p99")).map(|((work, p50), (_, p99))| (work, p50, p99));
        Some(Costed {
            workers,
            parallel: 1.0,
            late: late.map(|(work, p50, p99)| {
                // One task at a time, whoever does it.
                let alone = by_work.at(work) * if workers == 1 { 1.0 } else { count };
                [p50 - alone, (p99 - p50).max(0.0)]
            }),
            payload,
            reply,
            work: by_work,
            fresh,
        })
    }

    /// Bytes that a worker has to itself.
    fn memory(&mut self, lane: &LaneId) -> Option<f64> {
        let own = self.figure_of(lane, "memory", "uss");
        own.or_else(|| self.figure_of(lane, "memory", "wasm"))
    }

    /// Of the row of an experiment that has this metric, and its worker's usual sandbox.
    fn figure_of(&mut self, lane: &LaneId, experiment: &str, metric: &str) -> Option<f64> {
        let mut rows = self.report.results.iter();
        let row = rows.find(|row| {
            row.experiment == experiment
                && row.lane == *lane
                && text(&row.params, "metric") == Some(metric)
                && !row.params.contains_key("sandbox")
        })?;
        let RowOutcome::Measured(measured) = &row.outcome else { return None };
        self.take(&medians(measured))
    }

    /// The median over the kinds of crash that somebody survives.
    fn recovery(&mut self, lane: &LaneId) -> Option<f64> {
        let rows = self.report.results.iter();
        let all: Vec<f64> = rows
            .filter(|row| row.experiment == "crash" && row.lane == *lane)
            .filter(|row| text(&row.params, "metric") == Some("replaced"))
            .filter_map(|row| match &row.outcome {
                RowOutcome::Measured(measured) => Some(measured.median),
                _ => None,
            })
            .collect();
        Some(Summary::of(&all)?.median)
    }
}

impl TaskRow {
    /// Of tasks that follow each other, through workers that stay.
    fn is_steady(&self) -> bool {
        !self.fresh && !self.rate && self.metric == "period"
    }

    /// With nothing to carry.
    fn is_small(&self) -> bool {
        self.payload <= 1024 && self.reply == 0
    }
}
