//! What something costs by how much of it there is: straight between what was measured, and never falling.

/// Costs at sizes, in ascending order of both. Between two sizes it is a straight line: a cost per byte of its own for
/// each stretch, as caches and buffers make it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve(Vec<(f64, f64)>);

impl Curve {
    /// Through these points, of sizes that differ. What falls between two is evened out: more of something costs no
    /// less, so it is noise (pool adjacent violators).
    pub(crate) fn through(mut points: Vec<(f64, f64)>) -> Self {
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        // Runs of points that were evened out: how many, and their mean.
        let mut runs: Vec<(usize, f64)> = Vec::new();
        for (_, cost) in &points {
            let mut run = (1, *cost);
            while let Some((count, mean)) = runs.last().copied()
                && mean > run.1
            {
                runs.pop();
                let both = count + run.0;
                run = (both, (mean * count as f64 + run.1 * run.0 as f64) / both as f64);
            }
            runs.push(run);
        }
        let levels = runs.into_iter().flat_map(|(count, mean)| vec![mean; count]);
        for (point, level) in points.iter_mut().zip(levels) {
            point.1 = level;
        }
        Self(points)
    }

    /// At this size. Beyond the largest that was measured it goes on as between the last two.
    pub(crate) fn at(&self, size: f64) -> f64 {
        self.at_with(size, self.last_slope())
    }

    /// The same, going on with this slope.
    pub(crate) fn at_with(&self, size: f64, slope: f64) -> f64 {
        let points = &self.0;
        let Some((first, last)) = points.first().zip(points.last()) else { return 0.0 };
        if size <= first.0 {
            return first.1;
        }
        let next = points.partition_point(|point| point.0 < size);
        match points.get(next) {
            Some((to, high)) => {
                let (from, low) = points[next - 1];
                low + (high - low) * (size - from) / (to - from)
            }
            None => last.1 + slope * (size - last.0),
        }
    }

    /// What one more costs beyond what was measured.
    pub(crate) fn last_slope(&self) -> f64 {
        match self.0.as_slice() {
            [.., (from, low), (to, high)] => (high - low) / (to - from),
            _ => 0.0,
        }
    }

    /// The largest size that was measured.
    pub(crate) fn reach(&self) -> f64 {
        self.0.last().map_or(0.0, |(size, _)| *size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Curve;

    #[test]
    fn it_goes_through_its_points_and_straight_between_and_beyond() {
        let curve = Curve::through(vec![(100.0, 30.0), (0.0, 10.0), (200.0, 230.0)]);
        for (size, cost) in [
            (0.0, 10.0),
            (50.0, 20.0),
            (100.0, 30.0),
            (150.0, 130.0),
            (200.0, 230.0),
            (300.0, 430.0),
        ] {
            assert!((curve.at(size) - cost).abs() < 1e-9, "{size}");
        }
        assert_eq!(curve.reach(), 200.0);
    }

    proptest! {
        #[test]
        fn more_never_costs_less(
            costs in prop::collection::vec(0.0_f64..1e9, 1..9),
            one in 0.0_f64..2e3,
            more in 0.0_f64..2e3,
        ) {
            let points = costs.into_iter().enumerate();
            let curve = Curve::through(points.map(|(at, cost)| (at as f64 * 100.0, cost)).collect());
            prop_assert!(curve.at(one + more) >= curve.at(one) - 1e-6);
        }
    }
}
