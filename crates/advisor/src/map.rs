//! The map: who is the fastest, over the time of a task and its payload.

use protocol::LaneId;

use crate::advice::{Advice, WORTH};
use crate::break_even::Axis;
use crate::model::Model;
use crate::workload::Workload;

/// The fastest at a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Winner {
    /// Its place in [`Map::lanes`].
    pub lane: usize,
    /// Whether another one is within a twentieth.
    pub close: bool,
}

/// The fastest lanes over a grid, both axes logarithmic.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// Those that can be chosen.
    pub lanes: Vec<LaneId>,
    /// Times of a task in nanoseconds: where columns begin and the last one ends.
    pub tasks: Vec<f64>,
    /// Bytes: where rows begin and the last one ends.
    pub payloads: Vec<f64>,
    /// Row by row.
    pub winners: Vec<Winner>,
}

/// From 10 µs to 1 s, and from 64 B to 16 MiB.
const RANGES: [[f64; 2]; 2] = [[1e4, 1e9], [64.0, 16_777_216.0]];

impl Map {
    /// Of the lanes that an advice leaves, by the fit to all blocks.
    #[must_use]
    pub fn of(
        model: &Model,
        advice: &Advice,
        workload: &Workload,
        columns: usize,
        rows: usize,
    ) -> Self {
        // What a point of the map changes may bring back a lane that figures exclude here.
        let allowed = advice.lanes.iter().filter(|it| it.competes && it.ruled_out.is_none());
        let allowed: Vec<&LaneId> = allowed.map(|it| &it.lane).collect();
        let models: Vec<_> =
            model.lanes.iter().filter(|lane| allowed.contains(&&lane.lane)).collect();
        let edges = |[from, to]: [f64; 2], count: usize| -> Vec<f64> {
            (0..=count).map(|at| from * (to / from).powf(at as f64 / count as f64)).collect()
        };
        let (tasks, payloads) = (edges(RANGES[0], columns), edges(RANGES[1], rows));
        let middle = |pair: &[f64]| (pair[0] * pair[1]).sqrt();
        let mut winners = Vec::with_capacity(columns * rows);
        for payload in payloads.windows(2).map(middle) {
            for task in tasks.windows(2).map(middle) {
                let point = Workload { task, payload: payload as u64, ..workload.clone() };
                let mut all: Vec<(usize, f64)> = models
                    .iter()
                    .enumerate()
                    .filter_map(|(at, lane)| Some((at, lane.compared(&point)?)))
                    .collect();
                all.sort_by(|one, other| one.1.total_cmp(&other.1));
                let (lane, first) = all.first().copied().unwrap_or((0, 0.0));
                let close = all.get(1).is_some_and(|(_, second)| *second < first * (1.0 + WORTH));
                winners.push(Winner { lane, close });
            }
        }
        Self { lanes: models.iter().map(|it| it.lane.clone()).collect(), tasks, payloads, winners }
    }

    /// Where a workload stands on it, as parts of its width and height, within it.
    #[must_use]
    pub fn place(workload: &Workload) -> [f64; 2] {
        let part = |value: Option<f64>, [from, to]: [f64; 2]| {
            let value = value.unwrap_or(from).clamp(from, to);
            (value / from).ln() / (to / from).ln()
        };
        [part(Axis::Task.of(workload), RANGES[0]), part(Axis::Payload.of(workload), RANGES[1])]
    }

    /// The workload that stands there.
    #[must_use]
    pub fn at(workload: &Workload, [across, up]: [f64; 2]) -> Workload {
        let value = |part: f64, [from, to]: [f64; 2]| from * (to / from).powf(part.clamp(0.0, 1.0));
        Workload {
            task: value(across, RANGES[0]),
            payload: value(up, RANGES[1]) as u64,
            ..workload.clone()
        }
    }
}
