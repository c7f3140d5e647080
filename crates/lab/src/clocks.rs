//! How two clocks stand to each other, from exchanges of messages.

use protocol::report::Relation;

/// A question for the other clock's time, in nanoseconds of each one's own clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exchange {
    /// When it was asked.
    pub asked: f64,
    /// The other clock's time, read some time in between.
    pub other: f64,
    /// When the answer came.
    pub answered: f64,
}

impl Exchange {
    /// What to add to the other clock's time, if it was read in the middle; and how far off that may be,
    /// because it was read at some time between.
    fn offset(self) -> (f64, f64) {
        let middle = f64::midpoint(self.asked, self.answered);
        (middle - self.other, (self.answered - self.asked) / 2.0)
    }
}

/// From exchanges at the beginning of a run and at its end, by the quickest of each: the one whose error
/// is smallest (Cristian, "Probabilistic Clock Synchronization", 1989). None without any at the beginning.
#[must_use]
pub fn relate(first: &[Exchange], last: &[Exchange]) -> Option<Relation> {
    let best = |exchanges: &[Exchange]| {
        let offsets = exchanges.iter().map(|exchange| exchange.offset());
        offsets.min_by(|(_, one), (_, other)| one.total_cmp(other))
    };
    let (offset, error) = best(first)?;
    let drift = best(last).map_or(0.0, |(later, more)| {
        let change = later - offset;
        change.signum() * (change.abs() - error - more).max(0.0)
    });
    Some(Relation { offset, error, drift })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An exchange at a time on this clock, with what each way takes.
    fn exchange(asked: f64, there: f64, back: f64, offset: f64) -> Exchange {
        Exchange { asked, other: asked + there - offset, answered: asked + there + back }
    }

    proptest! {
        #[test]
        fn the_true_offset_lies_within_the_error(
            offset in -1e15..1e15_f64,
            ways in prop::collection::vec((1.0..1e6_f64, 1.0..1e6_f64), 1..20),
        ) {
            let first: Vec<_> =
                ways.iter().map(|(there, back)| exchange(1e9, *there, *back, offset)).collect();
            let relation = relate(&first, &[]).unwrap();
            let rounding = 1.0;
            prop_assert!((relation.offset - offset).abs() <= relation.error + rounding);
            let quickest = ways.iter().map(|(a, b)| (a + b) / 2.0).fold(f64::MAX, f64::min);
            prop_assert!((relation.error - quickest).abs() <= rounding);
        }
    }

    #[test]
    fn drift_is_what_errors_do_not_explain() {
        let first = [exchange(0.0, 100.0, 100.0, 5000.0)];
        let steady = [exchange(1e9, 150.0, 50.0, 5000.0)];
        let moved = [exchange(1e9, 100.0, 100.0, 5900.0)];
        assert_eq!(relate(&first, &steady).unwrap().drift, 0.0);
        assert_eq!(relate(&first, &moved).unwrap().drift, 700.0);
        assert_eq!(relate(&[], &moved), None);
    }
}
