//! What a comparison has given so far: one row per lane and number of workers.

use lab::Turn;
use protocol::{Availability, Failure, LaneEvent, LaneId, LaneInfo, Nanos, Sample, Stage};
use serde::{Deserialize, Serialize};
use stats::Summary;
use texts::tr;
use workloads::Checksum;

/// All rows, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rows(Vec<Row>);

/// One lane with one number of workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) turn: Turn,
    pub(crate) samples: Vec<Sample>,
    pub(crate) startups: Vec<Nanos>,
    pub(crate) teardowns: Vec<Nanos>,
    pub(crate) trouble: Option<Trouble>,
}

/// Why a row has fewer samples than it should.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Trouble {
    Unavailable(String),
    Failed(Failure),
}

/// What a row amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its turn has not come.
    Pending,
    Measured,
    Unavailable,
    Failed,
}

impl Outcome {
    /// The value of `data-outcome`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Measured => "measured",
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
        }
    }
}

impl Rows {
    /// An empty row for each turn that will come, and one for each lane that has none. Lanes without
    /// pictures have none.
    pub(crate) fn new(lanes: &[LaneInfo], max_workers: u32) -> Self {
        let mut rows = Vec::new();
        for lane in lanes.iter().filter(|lane| lane.pictures) {
            let row = |workers, trouble| Row {
                turn: Turn { lane: lane.id.clone(), workers },
                samples: Vec::new(),
                startups: Vec::new(),
                teardowns: Vec::new(),
                trouble,
            };
            match &lane.availability {
                Availability::Available => rows.extend((1..=max_workers).map(|n| row(n, None))),
                Availability::Unavailable { reason } => {
                    rows.push(row(1, Some(Trouble::Unavailable(reason.clone()))));
                }
            }
        }
        Self(rows)
    }

    /// Whether these are rows of the same turns.
    pub(crate) fn has_turns_of(&self, other: &Self) -> bool {
        self.0.iter().map(|row| &row.turn).eq(other.0.iter().map(|row| &row.turn))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Row> {
        self.0.iter()
    }

    /// Takes in what happened on a visit. A sample whose answer differs from the comparison's first
    /// is none: the row has failed.
    pub(crate) fn take(&mut self, turn: &Turn, event: &LaneEvent) {
        let reference = self.reference();
        let Some(row) = self.0.iter_mut().find(|row| row.turn == *turn) else { return };
        match event {
            LaneEvent::Ready { startup } => row.startups.push(*startup),
            LaneEvent::Sample(sample) => match reference {
                Some((lane, expected)) if expected != sample.checksum => {
                    let error = tr!("its picture is {}, {}'s {}", sample.checksum, lane, expected);
                    row.trouble = Some(Trouble::Failed(Failure { stage: Stage::Check, error }));
                }
                _ => row.samples.push(sample.clone()),
            },
            LaneEvent::Closed { teardown } => row.teardowns.extend(*teardown),
            LaneEvent::Failed(failure) => row.trouble = Some(Trouble::Failed(failure.clone())),
            LaneEvent::Cancelled => {}
        }
    }

    /// The first answer of the comparison and the lane that gave it.
    pub(crate) fn reference(&self) -> Option<(LaneId, Checksum)> {
        let row = self.0.iter().find(|row| !row.samples.is_empty())?;
        Some((row.turn.lane.clone(), row.samples[0].checksum))
    }

    /// The lane that the others' times are held against: `native.thread` or, while it has none, the
    /// first that has.
    pub(crate) fn yardstick(&self) -> Option<&LaneId> {
        let measured = || self.0.iter().filter(|row| row.outcome() == Outcome::Measured);
        let native = measured().find(|row| row.turn.lane == LaneId::NATIVE_THREAD);
        native.or_else(|| measured().next()).map(|row| &row.turn.lane)
    }

    /// A row's median over that of the yardstick with as many workers.
    pub(crate) fn relative(&self, row: &Row) -> Option<f64> {
        let yardstick = self.yardstick()?;
        if row.turn.lane == *yardstick {
            return None;
        }
        Some(row.total()?.median / self.median_of(yardstick, row.turn.workers)?)
    }

    /// The median of the row's lane with one worker over the row's own.
    pub(crate) fn speed_up(&self, row: &Row) -> Option<f64> {
        if row.turn.workers == 1 {
            return None;
        }
        Some(self.median_of(&row.turn.lane, 1)? / row.total()?.median)
    }

    fn median_of(&self, lane: &LaneId, workers: u32) -> Option<f64> {
        let row =
            self.0.iter().find(|row| row.turn.lane == *lane && row.turn.workers == workers)?;
        row.total().map(|total| total.median)
    }

    /// Of all samples, the longest.
    pub(crate) fn slowest(&self) -> Option<Nanos> {
        self.0.iter().flat_map(|row| &row.samples).map(|sample| sample.total).max()
    }
}

impl Row {
    pub(crate) fn outcome(&self) -> Outcome {
        match &self.trouble {
            Some(Trouble::Unavailable(_)) => Outcome::Unavailable,
            Some(Trouble::Failed(_)) => Outcome::Failed,
            None if self.samples.is_empty() => Outcome::Pending,
            None => Outcome::Measured,
        }
    }

    /// Of the runs' whole times, in nanoseconds.
    pub(crate) fn total(&self) -> Option<Summary> {
        self.summary(|sample| sample.total)
    }

    /// Of the longest times in the kernel, in nanoseconds.
    pub(crate) fn compute(&self) -> Option<Summary> {
        self.summary(|sample| sample.compute)
    }

    /// Of what the runs took beside the kernel, in nanoseconds.
    pub(crate) fn transfer(&self) -> Option<Summary> {
        self.summary(|sample| Nanos(sample.total.0.saturating_sub(sample.compute.0)))
    }

    /// Of the start-ups, in nanoseconds.
    pub(crate) fn startup(&self) -> Option<Summary> {
        summary(self.startups.iter().copied())
    }

    /// Of the ends, in nanoseconds; none where the platform does not tell.
    pub(crate) fn end(&self) -> Option<Summary> {
        summary(self.teardowns.iter().copied())
    }

    fn summary(&self, time: impl Fn(&Sample) -> Nanos) -> Option<Summary> {
        summary(self.samples.iter().map(time))
    }
}

fn summary(times: impl Iterator<Item = Nanos>) -> Option<Summary> {
    Summary::of(&times.map(|time| time.0 as f64).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use protocol::LaneKind;

    use super::*;

    fn lane(id: LaneId, availability: Availability) -> LaneInfo {
        LaneInfo { id, kind: LaneKind::Thread, pictures: true, availability }
    }

    fn sample(total: u64, checksum: u64) -> LaneEvent {
        LaneEvent::Sample(Sample {
            total: Nanos(total),
            compute: Nanos(total - 10),
            bytes_copied: 0,
            checksum: Checksum(checksum),
        })
    }

    fn two_lanes() -> (Rows, Turn, Turn) {
        let lanes = [
            lane(LaneId::BROWSER_SHARED, Availability::Available),
            lane(LaneId::NATIVE_THREAD, Availability::Available),
        ];
        let turn = |lane| Turn { lane, workers: 2 };
        let rows = Rows::new(&lanes, 2);
        (rows, turn(LaneId::BROWSER_SHARED), turn(LaneId::NATIVE_THREAD))
    }

    #[test]
    fn what_cannot_run_has_a_row_that_says_why() {
        let reason = "no runner".to_owned();
        let lanes = [
            lane(LaneId::BROWSER_CLONE, Availability::Available),
            lane(LaneId::NATIVE_THREAD, Availability::Unavailable { reason: reason.clone() }),
        ];
        let rows = Rows::new(&lanes, 3);
        let outcomes: Vec<_> = rows.iter().map(Row::outcome).collect();
        let pending = Outcome::Pending;
        assert_eq!(outcomes, [pending, pending, pending, Outcome::Unavailable]);
        assert_eq!(rows.iter().last().unwrap().trouble, Some(Trouble::Unavailable(reason)));
    }

    #[test]
    fn samples_gather_over_visits() {
        let (mut rows, shared, _) = two_lanes();
        for total in [100, 300, 200] {
            rows.take(&shared, &LaneEvent::Ready { startup: Nanos(5) });
            rows.take(&shared, &sample(total, 1));
            rows.take(&shared, &LaneEvent::Closed { teardown: None });
        }
        let row = rows.iter().find(|row| row.turn == shared).unwrap();
        assert_eq!(row.outcome(), Outcome::Measured);
        assert_eq!(row.total().unwrap().median, 200.0);
        assert_eq!(row.transfer().unwrap().median, 10.0);
        assert_eq!(row.startup().unwrap().count, 3);
        assert!(row.teardowns.is_empty());
        assert_eq!(rows.slowest(), Some(Nanos(300)));
    }

    #[test]
    fn times_are_held_against_the_yardstick_and_one_worker() {
        let (mut rows, shared, native) = two_lanes();
        let one = |turn: &Turn| Turn { workers: 1, ..turn.clone() };
        for (turn, total) in
            [(&shared, 60), (&one(&shared), 100), (&native, 40), (&one(&native), 80)]
        {
            rows.take(turn, &sample(total, 1));
        }
        let row = |turn: &Turn| rows.iter().find(|row| row.turn == *turn).unwrap();
        assert_eq!(rows.yardstick(), Some(&LaneId::NATIVE_THREAD));
        assert_eq!(rows.relative(row(&shared)), Some(1.5));
        assert_eq!(rows.relative(row(&one(&shared))), Some(1.25));
        assert_eq!(rows.relative(row(&native)), None, "nothing is held against itself");
        assert_eq!(rows.speed_up(row(&native)), Some(2.0));
        assert_eq!(rows.speed_up(row(&one(&native))), None);

        let (mut alone, shared, _) = two_lanes();
        alone.take(&shared, &sample(60, 1));
        assert_eq!(alone.yardstick(), Some(&LaneId::BROWSER_SHARED));
    }

    #[test]
    fn an_answer_that_differs_is_no_sample_and_fails_its_row() {
        let (mut rows, shared, native) = two_lanes();
        rows.take(&native, &sample(100, 1));
        rows.take(&shared, &sample(100, 2));
        let row = rows.iter().find(|row| row.turn == shared).unwrap();
        assert_eq!(row.outcome(), Outcome::Failed);
        assert!(row.samples.is_empty());
        let Some(Trouble::Failed(failure)) = &row.trouble else { panic!() };
        assert_eq!(failure.stage, Stage::Check);
        assert!(failure.error.contains("native.thread"), "{failure}");
    }
}
