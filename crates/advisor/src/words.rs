//! The advice in sentences.

use std::fmt;

use lab::format::{bytes, count, factor, time, workers};
use protocol::{LaneId, LaneKind};
use texts::{tr, translated};

use crate::advice::{Advice, Excluded, Standing};
use crate::break_even::{Axis, BreakEven, Change};
use crate::model::{Missing, Model};
use crate::needs::Need;
use crate::predict::{Figure, Prediction};
use crate::workload::{Amount, For, Workload};

impl fmt::Display for Missing {
    /// One sentence: what is missing, and what to do.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whose = |of: &For| match of {
            For::Node => tr!("Node’s lanes"),
            For::Rust => tr!("native lanes"),
            For::Browser => tr!("a browser’s lanes"),
            For::Any => tr!("any lanes"),
        };
        let words = match self {
            Self::Unavailable(of, reason) => {
                let reason = translated(reason);
                tr!("what tasks cost on {} could not be measured: {}", whose(of), reason)
            }
            Self::Rows(of) => {
                let browser = match of {
                    For::Browser => tr!(" with --browser chromium or firefox"),
                    _ => "",
                };
                tr!(
                    "this report says nothing of what tasks cost on {}: run \
                     `breakeven run tasks startup memory --json FILE`{} and give that one",
                    whose(of),
                    browser
                )
            }
        };
        out.write_str(&words)
    }
}

/// The seed's three questions.
#[must_use]
pub fn question(need: Need) -> &'static str {
    match need {
        Need::SharedState => tr!("Does it need shared memory?"),
        Need::Isolation => tr!("Must a crash of a worker leave everything else alone?"),
        Need::Language => tr!("Does it run other programs, or another language?"),
        Need::Database => tr!("Must workers share database connections or stateful services?"),
    }
}

/// The recommendation in one sentence.
#[must_use]
pub fn answer(advice: &Advice, workload: &Workload) -> String {
    let eligible: Vec<&Standing> = advice.lanes.iter().filter(|it| it.is_eligible()).collect();
    let Some((first, predicted)) =
        eligible.first().and_then(|it| Some((*it, it.predicted.as_ref().ok()?)))
    else {
        return match &advice.contradiction {
            Some(why) => format!("{why}."),
            None => tr!("No lane does it within these limits: see what excludes each.").into(),
        };
    };
    let what = what(workload);
    if advice.recommended.is_none() {
        let others = advice.close.iter().skip(1).map(LaneId::to_string).collect::<Vec<_>>();
        return tr!(
            "Too close to call between {} and {}: {} {} on the first; choose by what else matters.",
            first.lane,
            others.join(", "),
            what,
            takes(predicted)
        );
    }
    let rival = eligible.get(1).and_then(|it| Some((it, it.predicted.as_ref().ok()?)));
    let against = rival.map_or(String::new(), |(rival, its)| {
        let times = its.figure().median / predicted.figure().median;
        tr!("; {} takes {} as long", rival.lane, factor(times))
    });
    tr!("Use {}: {} {}{}.", first.lane, what, takes(predicted), against)
}

/// What is said of a lane in a table, each with its unit; empty where there is nothing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// What it takes.
    pub predicted: String,
    /// From where to where, or what keeps it from being chosen.
    pub interval: String,
    /// Tasks a second.
    pub rate: String,
    /// Of all its workers.
    pub memory: String,
}

impl Standing {
    /// What the lane really took, in nanoseconds, beside its prediction.
    #[must_use]
    pub fn proof(&self, took: f64) -> String {
        let [low, high] = self.predicted.as_ref().map_or([0.0, f64::MAX], |it| it.figure().ci90);
        let outside = if (low..=high).contains(&took) { "" } else { tr!(", outside the interval") };
        format!("{}{outside}", time(took))
    }

    /// For a table.
    #[must_use]
    pub fn cells(&self) -> Cells {
        let out = match (&self.ruled_out, &self.excluded) {
            (Some(out), _) => Some(tr!("ruled out by {}", out.claim)),
            (None, Some(Excluded::Memory { .. })) => Some(tr!("excluded by its memory").to_owned()),
            (None, Some(Excluded::Rate { .. })) => Some(tr!("excluded by its rate").to_owned()),
            (None, None) => None,
        };
        let alone = |predicted: String, interval| Cells {
            predicted,
            interval,
            rate: String::new(),
            memory: String::new(),
        };
        match (&self.predicted, out) {
            (Err(why), _) => alone(tr!("unknown").to_owned(), why.clone()),
            (Ok(it), Some(out)) => {
                let median = it.figure().median;
                alone(if median.is_finite() { time(median) } else { String::new() }, out)
            }
            (Ok(it), None) => {
                let Figure { median, ci90: [low, high] } = it.figure();
                Cells {
                    predicted: time(median),
                    interval: range(low, high, &time),
                    rate: count(it.throughput.median),
                    memory: it.memory.map_or(String::new(), |it| bytes(it.median as u64)),
                }
            }
        }
    }
}

/// Every figure of a prediction with its 90% interval, each with its name.
#[must_use]
pub fn figures(predicted: &Prediction) -> Vec<(&'static str, String)> {
    let say = |figure: Figure, unit: &dyn Fn(f64) -> String| {
        let Figure { median, ci90: [low, high] } = figure;
        format!("{} ({})", unit(median), range(low, high, unit))
    };
    let (times, sizes) = (&|it| time(it), &|it: f64| bytes(it as u64));
    let Prediction { total, throughput, p50, p99, memory, lost, .. } = *predicted;
    let mut all = Vec::new();
    all.extend(total.map(|it| (tr!("Total"), say(it, times))));
    all.push((tr!("Tasks a second"), say(throughput, &count)));
    all.push((tr!("Latency, median"), say(p50, times)));
    all.extend(p99.map(|it| (tr!("Latency, one in a hundred"), say(it, times))));
    all.extend(memory.map(|it| (tr!("Memory"), say(it, sizes))));
    if lost.median > 0.0 {
        all.push((tr!("Lost to crashes"), say(lost, times)));
    }
    all
}

/// From where to where. What may not keep up has no upper end.
fn range(low: f64, high: f64, say: &dyn Fn(f64) -> String) -> String {
    if high.is_finite() { tr!("{} to {}", say(low), say(high)) } else { tr!("{} and up", say(low)) }
}

fn what(workload: &Workload) -> String {
    match workload.amount {
        Amount::Tasks(1) => tr!("the task").to_owned(),
        Amount::Tasks(tasks) => tr!("{} tasks with {}", tasks, workers(workload.workers)),
        Amount::Rate(rate) => {
            tr!("at {} tasks a second a task with {}", count(rate), workers(workload.workers))
        }
    }
}

fn takes(predicted: &Prediction) -> String {
    let Figure { median, ci90: [low, high] } = predicted.figure();
    let verb = if predicted.total.is_some() { tr!("take") } else { tr!("takes") };
    tr!("{} {} (90% interval {})", verb, time(median), range(low, high, &time))
}

/// Why, what would change it, and what to bear in mind: a sentence each.
#[must_use]
pub fn reasons(advice: &Advice, break_evens: &[BreakEven], workload: &Workload) -> Vec<String> {
    let mut all = Vec::new();
    for standing in advice.lanes.iter().filter(|it| it.competes) {
        if let Some(out) = &standing.ruled_out {
            all.push(tr!("{} is ruled out by {}.", standing.lane, out.words));
        }
        all.extend(standing.excluded.as_ref().map(|it| excluded(&standing.lane, it, workload)));
        if let Err(why) = &standing.predicted {
            all.push(tr!("{} cannot be predicted: {}.", standing.lane, why));
        }
    }
    all.extend(break_evens.iter().map(break_even));
    let eligible: Vec<&Standing> = advice.lanes.iter().filter(|it| it.is_eligible()).collect();
    if let [first, rest @ ..] = eligible.as_slice() {
        let kind = Model::kind(&first.lane);
        let other = rest.iter().find(|it| Model::kind(&it.lane) != kind);
        if let Some((other, (its, mine))) = other.and_then(|it| {
            Some((it, it.predicted.as_ref().ok().zip(first.predicted.as_ref().ok())?))
        }) {
            let times = factor(its.figure().median / mine.figure().median);
            let why = if kind == LaneKind::Thread {
                tr!("a crash may take the caller along, or other languages are needed")
            } else {
                tr!("memory is to be shared")
            };
            all.push(tr!("If {}, take {}: it takes {} as long.", why, other.lane, times));
        }
        if workload.crash_rate > 0.0
            && let Ok(predicted) = &first.predicted
        {
            let how = if predicted.crash_measured {
                ""
            } else {
                tr!(
                    ", if one costs a worker’s start and the task again: `breakeven run crash` measures more"
                )
            };
            all.push(tr!("Crashes cost {} of it{}.", time(predicted.lost.median), how));
        }
        let beyond = first.predicted.as_ref().map_or(&[][..], |it| &it.beyond);
        if !beyond.is_empty() {
            all.push(tr!(
                "Extrapolated: {} lies beyond what was measured.",
                beyond.join(tr!(" and "))
            ));
        }
    }
    all
}

fn excluded(lane: &LaneId, excluded: &Excluded, workload: &Workload) -> String {
    match excluded {
        Excluded::Memory { takes, limit } => tr!(
            "{} is excluded: {} take {} of memory, and {} are the limit.",
            lane,
            workers(workload.workers),
            bytes(*takes as u64),
            bytes(*limit)
        ),
        Excluded::Rate { most } => {
            tr!("{} is excluded: no more than {} tasks a second get through.", lane, count(*most))
        }
    }
}

fn break_even(it: &BreakEven) -> String {
    let say = |value: f64| match it.axis {
        Axis::Payload => bytes(value as u64),
        Axis::Task => time(value),
        Axis::Tasks => format!("{value:.0}"),
    };
    let unit = match it.axis {
        Axis::Payload => tr!(" per message"),
        Axis::Task => tr!(" of work per task"),
        Axis::Tasks => tr!(" tasks"),
    };
    let (at, [low, high]) = (say(it.at), it.ci90);
    let within = tr!("(90% interval {} to {})", say(low), say(high));
    let (below, above) = (&it.below, &it.above);
    match it.change {
        Change::TakesOver => {
            tr!("Below {}{} {} {} is faster, above it {}.", at, unit, within, below, above)
        }
        Change::Alike => {
            tr!(
                "From {}{} on {}, {} and {} are within a twentieth.",
                at,
                unit,
                within,
                below,
                above
            )
        }
        Change::PoolPays if it.at > 1.5 => tr!(
            "After {} tasks {} a pool on {} has paid its start, against workers started for each.",
            at,
            within,
            below
        ),
        Change::PoolPays => tr!(
            "After {} task {} a pool on {} has paid its start, against workers started for each.",
            at,
            within,
            below
        ),
    }
}
