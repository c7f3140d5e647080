//! Where another lane takes over: along the payload, the time of a task, and the number of tasks.

use protocol::{LaneId, LaneKind};
use serde::Serialize;
use stats::quantile;

use crate::advice::{Standing, WORTH};
use crate::model::{DRAWS, LaneModel, Model};
use crate::workload::{Amount, Workload};

/// Along what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Bytes of each payload.
    Payload,
    /// Nanoseconds of work of each task.
    Task,
    /// How many tasks there are.
    Tasks,
}

/// What happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Below it the one is faster, above it the other.
    TakesOver,
    /// From there on the two are alike: within a twentieth.
    Alike,
    /// From there on workers that stay have paid for their start.
    PoolPays,
}

/// A point at which something changes; everything else stays as the workload has it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BreakEven {
    /// Along what.
    pub axis: Axis,
    /// What happens.
    pub change: Change,
    /// Where, in the axis's unit.
    pub at: f64,
    /// Nine of ten fits have it in there.
    pub ci90: [f64; 2],
    /// The faster lane below.
    pub below: LaneId,
    /// The faster lane above; of two that are alike, the other one.
    pub above: LaneId,
}

impl Axis {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Payload, Self::Task, Self::Tasks];

    /// From where to where one looks.
    #[must_use]
    pub const fn range(self) -> [f64; 2] {
        match self {
            Self::Payload => [64.0, 67_108_864.0],
            Self::Task => [1e3, 10e9],
            Self::Tasks => [1.0, 100_000.0],
        }
    }

    /// Where a workload stands.
    #[must_use]
    pub fn of(self, workload: &Workload) -> Option<f64> {
        match (self, workload.amount) {
            (Self::Payload, _) => Some(workload.payload as f64),
            (Self::Task, _) => Some(workload.task),
            (Self::Tasks, Amount::Tasks(tasks)) => Some(tasks.into()),
            (Self::Tasks, Amount::Rate(_)) => None,
        }
    }

    /// The workload, moved along.
    fn put(self, workload: &Workload, at: f64) -> Workload {
        let mut moved = workload.clone();
        match self {
            Self::Payload => moved.payload = at.round() as u64,
            Self::Task => moved.task = at,
            Self::Tasks => moved.amount = Amount::Tasks(at.round().max(1.0) as u32),
        }
        moved
    }
}

/// Points that are looked at along an axis.
const STEPS: usize = 48;

/// Points along an axis at which two lanes pass each other, of which no more are said: who passes again and again is
/// neither faster nor slower.
const MOST: usize = 4;

/// The first lane against its nearest rival, and against the fastest of the other kind; and a pool against workers
/// that are started for each task. One after another, as each takes some time.
pub(crate) fn break_evens<'a>(
    model: &'a Model,
    eligible: &[&Standing],
    workload: &'a Workload,
) -> impl Iterator<Item = Vec<BreakEven>> + use<'a> {
    let find = |standing: &Standing| model.lanes.iter().find(|it| it.lane == standing.lane);
    let mine = eligible.first().and_then(|first| find(first));
    let mut others: Vec<&LaneModel> = Vec::new();
    if let Some((first, rest)) = eligible.split_first() {
        let kind = |standing: &Standing| Model::kind(&standing.lane);
        let other_kind =
            rest.iter().find(|other| kind(other) != kind(first) && kind(other) != LaneKind::Main);
        for other in [other_kind, rest.first()].into_iter().flatten().filter_map(|it| find(it)) {
            if others.iter().all(|known| known.lane != other.lane) {
                others.push(other);
            }
        }
    }
    let pairs = others.into_iter().flat_map(move |other| mine.map(|mine| (mine, other)));
    let along = pairs.flat_map(|pair| Axis::ALL.map(|axis| (axis, pair)));
    let along = along.filter(move |(axis, _)| axis.of(workload).is_some());
    let along = along.map(move |(axis, (mine, other))| changes(axis, mine, other, workload));
    let pool = mine.into_iter().map(move |mine| pool_pays(mine, workload).into_iter().collect());
    along.chain(pool)
}

/// How many times as much the second takes as the first, less one, as a logarithm.
type Lead<'a> = dyn Fn(f64, usize) -> Option<f64> + 'a;

fn changes(axis: Axis, mine: &LaneModel, other: &LaneModel, workload: &Workload) -> Vec<BreakEven> {
    let lead = |at: f64, fit: usize| {
        let moved = axis.put(workload, at);
        Some((other.compared_by(&moved, fit)? / mine.compared_by(&moved, fit)?).ln())
    };
    let made = |change, at, ci90, below: &LaneModel, above: &LaneModel| BreakEven {
        axis,
        change,
        at,
        ci90,
        below: below.lane.clone(),
        above: above.lane.clone(),
    };
    // Two that are alike pass each other again and again: that says nothing.
    let crossings = zeros(axis, &lead, 0.0);
    let edges: Vec<f64> = std::iter::once(axis.range()[0])
        .chain(crossings.iter().map(|(at, _)| *at))
        .chain([axis.range()[1]])
        .collect();
    let matters: Vec<bool> =
        edges.windows(2).map(|edges| leads(&lead, edges[0], edges[1])).collect();
    let crossings = crossings.into_iter().enumerate();
    let crossings = crossings.filter(|(at, _)| matters[*at] && matters[at + 1]).map(|(_, it)| it);
    let crossings = crossings.take(MOST);
    let mut all: Vec<BreakEven> = Vec::new();
    for (at, rises) in crossings {
        let ci90 = spread(axis, &lead, 0.0, at, rises);
        // Rising, the other one is ahead below.
        let (below, above) = if rises { (other, mine) } else { (mine, other) };
        // Below two tasks there is but one.
        if says_something(ci90) && (axis != Axis::Tasks || at >= 1.5) {
            all.push(made(Change::TakesOver, at, ci90, below, above));
        }
    }
    let alike = WORTH.ln_1p();
    // The last point at which the lead falls below what is worth it, if it stays there.
    let [_, end] = axis.range();
    let falls = zeros(axis, &lead, alike).into_iter().rfind(|(_, rises)| !rises);
    if let Some((at, _)) = falls
        && all.is_empty()
        && lead(end, 0).is_some_and(|lead| lead.abs() <= alike)
    {
        let ci90 = spread(axis, &lead, alike, at, false);
        if says_something(ci90) {
            all.push(made(Change::Alike, at, ci90, mine, other));
        }
    }
    all
}

/// A point that may be anywhere within three orders of magnitude is none.
fn says_something([low, high]: [f64; 2]) -> bool {
    high < 1000.0 * low
}

/// Whether somebody leads by what is worth it between these.
fn leads(lead: &Lead<'_>, from: f64, to: f64) -> bool {
    let place = |step: u32| from * (to / from).powf(f64::from(step) / 12.0);
    (0..=12).any(|step| lead(place(step), 0).is_some_and(|lead| lead.abs() > WORTH.ln_1p()))
}

/// Where the lead passes a level, and whether it rises there.
fn zeros(axis: Axis, lead: &Lead<'_>, level: f64) -> Vec<(f64, bool)> {
    let [from, to] = axis.range();
    let place = |step: usize| from * (to / from).powf(step as f64 / STEPS as f64);
    let above = |at: f64| lead(at, 0).map(|lead| lead - level);
    let mut all = Vec::new();
    for step in 0..STEPS {
        let (low, high) = (place(step), place(step + 1));
        let (Some(one), Some(other)) = (above(low), above(high)) else { continue };
        if (one < 0.0) != (other < 0.0) {
            all.push((bisect(low, high, above), other > one));
        }
    }
    all
}

/// The same point, fit by fit; where a fit has it not, it lies at the end to which that fit leans.
fn spread(axis: Axis, lead: &Lead<'_>, level: f64, at: f64, rises: bool) -> [f64; 2] {
    let [from, to] = axis.range();
    let (low, high) = ((at / 64.0).max(from), (at * 64.0).min(to));
    let mut found: Vec<f64> = (1..=DRAWS)
        .filter_map(|fit| {
            let above = |at: f64| lead(at, fit).map(|lead| lead - level);
            let (one, other) = (above(low)?, above(high)?);
            Some(match (one < 0.0, other < 0.0) {
                (true, false) | (false, true) => bisect(low, high, above),
                // Rising, a lead that is there already has begun before.
                (false, false) => {
                    if rises {
                        low
                    } else {
                        high
                    }
                }
                (true, true) => {
                    if rises {
                        high
                    } else {
                        low
                    }
                }
            })
        })
        .collect();
    if found.is_empty() {
        return [at, at];
    }
    found.sort_by(f64::total_cmp);
    [quantile(&found, 0.05).min(at), quantile(&found, 0.95).max(at)]
}

/// Where a function of different signs at both ends is zero.
fn bisect(mut low: f64, mut high: f64, of: impl Fn(f64) -> Option<f64>) -> f64 {
    let negative = of(low).is_some_and(|it| it < 0.0);
    for _ in 0..40 {
        let middle = (low * high).sqrt();
        match of(middle) {
            Some(value) if (value < 0.0) == negative => low = middle,
            Some(_) => high = middle,
            None => break,
        }
    }
    (low * high).sqrt()
}

/// From how many tasks on workers that stay are faster than fresh ones.
fn pool_pays(lane: &LaneModel, workload: &Workload) -> Option<BreakEven> {
    Axis::Tasks.of(workload)?;
    let lead = |at: f64, fit: usize| {
        let moved = Axis::Tasks.put(workload, at);
        let of = |fresh| lane.compared_by(&Workload { fresh, ..moved.clone() }, fit);
        Some((of(true)? / of(false)?).ln())
    };
    // Tasks are whole: the first number at which it is so.
    let first = |fit| {
        (1..=64_u32).map(f64::from).find(|tasks| lead(*tasks, fit).is_some_and(|it| it > 0.0))
    };
    let at = first(0)?;
    let mut all: Vec<f64> = (1..=DRAWS).filter_map(first).collect();
    all.sort_by(f64::total_cmp);
    let ci90 = if all.is_empty() {
        [at, at]
    } else {
        [quantile(&all, 0.05).floor().min(at), quantile(&all, 0.95).ceil().max(at)]
    };
    let (below, above) = (lane.lane.clone(), lane.lane.clone());
    Some(BreakEven { axis: Axis::Tasks, change: Change::PoolPays, at, ci90, below, above })
}
