//! What a workload takes on a lane, from the lane's costs.

use serde::Serialize;
use stats::quantile;
use texts::tr;

use crate::model::{Costed, Costs, LaneModel};
use crate::workload::{Amount, Workload};

/// How far a run strays from what the same lane did while it was measured, beyond what the blocks show: one standard
/// deviation, as a part. From back-tests (METHODOLOGY.md).
const STRAY: f64 = 0.06;
/// The same where it goes beyond what was measured.
const STRAY_BEYOND: f64 = 0.12;

/// A figure with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// In the middle.
    pub median: f64,
    /// Nine of ten runs are in there.
    pub ci90: [f64; 2],
}

/// What a workload takes on a lane.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Prediction {
    /// Nanoseconds from nothing to the last answer, crashes included; none of tasks that come at a rate.
    pub total: Option<Figure>,
    /// Tasks a second: of all of them, or the most that get through.
    pub throughput: Figure,
    /// Nanoseconds from when a task is due, or given, until its answer: the median.
    pub p50: Figure,
    /// One in a hundred takes longer.
    pub p99: Option<Figure>,
    /// Bytes of all workers and what they carry.
    pub memory: Option<Figure>,
    /// Nanoseconds that crashes cost.
    pub lost: Figure,
    /// Whether what a crash costs was measured: else it is taken to be a worker's start.
    pub crash_measured: bool,
    /// What of it lies beyond what was measured, each in some words.
    pub beyond: Vec<&'static str>,
    /// The figure that lanes are compared by, of each fit: the total, or the median latency.
    #[serde(skip)]
    pub(crate) draws: Vec<f64>,
}

impl Prediction {
    /// What lanes are compared by: the total, or the median latency.
    #[must_use]
    pub fn figure(&self) -> Figure {
        self.total.unwrap_or(self.p50)
    }
}

/// One fit's figures.
struct Figures {
    total: f64,
    throughput: f64,
    p50: f64,
    p99: Option<f64>,
    memory: Option<f64>,
    lost: f64,
}

impl LaneModel {
    /// Predicts; the reason why not if something that it takes was not measured.
    pub(crate) fn predict(&self, workload: &Workload) -> Result<Prediction, String> {
        let all: Vec<Figures> =
            self.fits.iter().map(|fit| fit.figures(workload)).collect::<Result<_, _>>()?;
        let beyond = self.beyond(workload);
        let stray = if beyond.is_empty() { STRAY } else { STRAY_BEYOND };
        let figure = |of: &dyn Fn(&Figures) -> Option<f64>| -> Option<Figure> {
            let values: Vec<f64> = all.iter().map(of).collect::<Option<_>>()?;
            Some(interval(&values, stray))
        };
        let always =
            |of: &dyn Fn(&Figures) -> f64| interval(&all.iter().map(of).collect::<Vec<_>>(), stray);
        let is_counted = matches!(workload.amount, Amount::Tasks(_));
        let compared = |it: &Figures| if is_counted { it.total } else { it.p50 };
        Ok(Prediction {
            total: is_counted.then(|| always(&|it| it.total)),
            throughput: always(&|it| it.throughput),
            p50: always(&|it| it.p50),
            p99: figure(&|it| it.p99),
            memory: figure(&|it| it.memory),
            lost: always(&|it| it.lost),
            crash_measured: self.fits.first().is_some_and(|fit| fit.recovery.is_some()),
            draws: all.iter().map(compared).collect(),
            beyond,
        })
    }

    /// The figure that lanes are compared by, of the fit to all blocks alone.
    pub(crate) fn compared(&self, workload: &Workload) -> Option<f64> {
        self.compared_by(workload, 0)
    }

    /// The same of one fit.
    pub(crate) fn compared_by(&self, workload: &Workload, fit: usize) -> Option<f64> {
        let figures = self.fits.get(fit)?.figures(workload).ok()?;
        Some(if matches!(workload.amount, Amount::Tasks(_)) { figures.total } else { figures.p50 })
    }

    fn beyond(&self, workload: &Workload) -> Vec<&'static str> {
        let Some((one, most)) =
            self.fits.first().and_then(|fit| Some((fit.at.first()?, fit.at.last()?)))
        else {
            return Vec::new();
        };
        [
            (workload.payload as f64 > one.payload.reach(), tr!("the payload")),
            (workload.reply as f64 > one.reply.reach(), tr!("the reply")),
            // Twice the work takes twice as long, far beyond: only what is long enough to heat a processor does not.
            (workload.task > 1000.0 * one.work.reach(), tr!("the time of a task")),
            (workload.workers > most.workers, tr!("the number of workers")),
        ]
        .into_iter()
        .filter_map(|(is, what)| is.then_some(what))
        .collect()
    }
}

/// The middle nine tenths, once what no block shows is added.
fn interval(values: &[f64], stray: f64) -> Figure {
    let Some((first, draws)) = values.split_first() else {
        return Figure { median: f64::NAN, ci90: [f64::NAN; 2] };
    };
    if !first.is_finite() {
        return Figure { median: *first, ci90: [*first; 2] };
    }
    // What does not keep up takes for ever: in some fits, or in all.
    let mut sorted: Vec<f64> = draws.iter().copied().filter(|it| it.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let edge = |part: f64| {
        let is_among = (sorted.len() as f64) > part * draws.len() as f64;
        if is_among { quantile(&sorted, part) } else { f64::INFINITY }
    };
    let (low, high) = if draws.is_empty() { (*first, *first) } else { (edge(0.05), edge(0.95)) };
    // Two things that do not depend on each other add up as squares; 1.645 deviations are half of nine tenths.
    let widen = |edge: f64| {
        let part = if *first > 0.0 { (edge / first).max(1e-9).ln() } else { 0.0 };
        (part * part + (1.645 * stray) * (1.645 * stray)).sqrt()
    };
    Figure {
        median: *first,
        ci90: [first * (-widen(low.min(*first))).exp(), first * widen(high.max(*first)).exp()],
    }
}

impl Costs {
    fn figures(&self, workload: &Workload) -> Result<Figures, String> {
        let (task, payload, reply) =
            (workload.task, workload.payload as f64, workload.reply as f64);
        let workers = workload.workers;
        let period = |workers| self.period(workers, task, payload, reply);
        let each = period(workers) * f64::from(workers);
        let alone = period(1);
        let copies = f64::from(workers) * (payload + reply);
        let memory = self.memory.map(|bytes| bytes * f64::from(workers) + copies);
        // How late the median is beside a task that comes by itself, and one in a hundred.
        let late = self.near(workers).apart.as_ref().map(|apart| {
            let alone = self.at[0].work.at_with(apart.work, 1.0);
            [apart.median - alone, apart.tail]
        });
        let recover = match self.recovery {
            Some(time) => time,
            None => self.fresh(1)?.start,
        };
        let crash = recover + alone;
        Ok(match workload.amount {
            Amount::Rate(rate) => {
                let capacity = 1e9 / period(workers);
                let busy = (rate / capacity).min(1.0);
                // As many as come at once hold each other up.
                let service = alone.max(busy * each);
                let [late, tail] = late.unwrap_or([0.0, 0.0]);
                let p50 = (service + late).max(task);
                // A task that dies is done again: some wait for it, few enough not to show in the median.
                let p50 = if rate > capacity { f64::INFINITY } else { p50 };
                Figures {
                    total: f64::INFINITY,
                    throughput: capacity,
                    p50,
                    p99: Some(p50 + tail),
                    memory,
                    lost: workload.crash_rate * crash,
                }
            }
            Amount::Tasks(tasks) => {
                let lost = f64::from(tasks) * workload.crash_rate * crash / f64::from(workers);
                let (whole, rest) = (tasks / workers, tasks % workers);
                let (total, latency) = if workload.fresh {
                    if !self.fresh(workers)?.again {
                        return Err(tr!("its workers cannot be started for each task").into());
                    }
                    let wave = |count: u32| -> Result<f64, String> {
                        let Started { start, end, cold } = self.started(count, workload)?;
                        Ok(start + cold + f64::from(count) * period(count) + end)
                    };
                    let last = if rest > 0 { wave(rest)? } else { 0.0 };
                    let full = wave(workers)?;
                    (f64::from(whole) * full + last, full)
                } else {
                    let Started { start, cold, .. } = self.started(workers, workload)?;
                    let last = if rest > 0 { f64::from(rest) * period(rest) } else { 0.0 };
                    (start + cold + f64::from(whole) * each + last, each)
                };
                let total = total + lost;
                let tail = late.map(|[_, tail]| latency + tail);
                Figures {
                    total,
                    throughput: f64::from(tasks) * 1e9 / total,
                    p50: latency,
                    p99: tail,
                    memory,
                    lost,
                }
            }
        })
    }

    /// What was measured with so many workers, or with the next fewer.
    fn near(&self, workers: u32) -> &Costed {
        let fewer = self.at.partition_point(|it| it.workers <= workers);
        &self.at[fewer.saturating_sub(1)]
    }

    /// The time per task when so many workers always have one.
    fn period(&self, workers: u32, task: f64, payload: f64, reply: f64) -> f64 {
        let of = |costed: &Costed| {
            let one = &self.at[0];
            let extra = one.extra(payload, reply);
            if costed.workers == 1 {
                // Beyond what was measured, work takes as long as it takes.
                return one.work.at_with(task, 1.0) + extra;
            }
            // Work and carrying side by side: whichever holds up the other.
            let working =
                costed.work.at_with(task, 1.0 / costed.parallel) + extra / costed.parallel;
            let carrying = costed.work.at(0.0) + costed.extra(payload, reply);
            working.max(carrying)
        };
        let below = self.near(workers);
        let above = self.at.get(self.at.partition_point(|it| it.workers <= workers));
        match above {
            Some(above) if below.workers < workers => {
                let part =
                    f64::from(workers - below.workers) / f64::from(above.workers - below.workers);
                of(below) * (1.0 - part) + of(above) * part
            }
            _ => of(below),
        }
    }

    fn fresh(&self, workers: u32) -> Result<&crate::model::Fresh, String> {
        self.near(workers)
            .fresh
            .as_ref()
            .ok_or_else(|| tr!("what starting workers costs was not measured").to_owned())
    }

    fn started(&self, workers: u32, workload: &Workload) -> Result<Started, String> {
        let near = self.near(workers);
        let fresh = self.fresh(workers)?;
        // More than were measured start one after the other.
        let times = f64::from(workers) / f64::from(near.workers);
        let carried = f64::from(near.workers) * (workload.payload + workload.reply) as f64;
        let cold = fresh.cold.at(workload.task.min(fresh.cold.reach())) + fresh.touch * carried;
        Ok(Started { start: fresh.start * times, end: fresh.end * times, cold: cold * times })
    }
}

/// What starting so many, and their first tasks, add.
struct Started {
    start: f64,
    end: f64,
    cold: f64,
}

impl Costed {
    /// What payload and reply add to a small task.
    pub(crate) fn extra(&self, payload: f64, reply: f64) -> f64 {
        let more = |curve: &crate::curve::Curve, bytes: f64| curve.at(bytes) - curve.at(0.0);
        more(&self.payload, payload) + more(&self.reply, reply)
    }
}
