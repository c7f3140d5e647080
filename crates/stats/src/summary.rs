//! What a set of samples looks like: its middle and its spread. No sample is dropped.

/// The middle and the spread of a set of samples, in the samples' unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many samples.
    pub count: usize,
    /// The least.
    pub min: f64,
    /// The first quartile.
    pub q1: f64,
    /// The median.
    pub median: f64,
    /// The third quartile.
    pub q3: f64,
    /// The greatest.
    pub max: f64,
}

impl Summary {
    /// Summarises samples; `None` if there are none or one is not a finite number.
    #[must_use]
    pub fn of(samples: &[f64]) -> Option<Self> {
        if samples.is_empty() || samples.iter().any(|sample| !sample.is_finite()) {
            return None;
        }
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |part| quantile(&sorted, part);
        Some(Self {
            count: sorted.len(),
            min: at(0.0),
            q1: at(0.25),
            median: at(0.5),
            q3: at(0.75),
            max: at(1.0),
        })
    }
}

/// The quantile of sorted samples by linear interpolation (type 7 of Hyndman and Fan, "Sample
/// Quantiles in Statistical Packages", 1996: the default of R and NumPy).
///
/// # Panics
/// If there are no samples.
#[must_use]
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part.clamp(0.0, 1.0) * (sorted.len() - 1) as f64;
    let below = sorted[place.floor() as usize];
    let above = sorted[place.ceil() as usize];
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        // R: quantile(c(1, 2, 3, 4, 10)) and summary().
        let summary = Summary::of(&[10.0, 1.0, 4.0, 2.0, 3.0]).unwrap();
        assert_eq!((summary.min, summary.q1, summary.median), (1.0, 2.0, 3.0));
        assert_eq!((summary.q3, summary.max, summary.count), (4.0, 10.0, 5));
        assert_eq!(quantile(&[1.0, 2.0], 0.25), 1.25);
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[1.0, f64::NAN]), None);
    }

    proptest! {
        #[test]
        fn is_ordered_and_ignores_order(mut samples in prop::collection::vec(-1e12_f64..1e12, 1..40)) {
            let summary = Summary::of(&samples).unwrap();
            prop_assert!(summary.min <= summary.q1 && summary.q1 <= summary.median);
            prop_assert!(summary.median <= summary.q3 && summary.q3 <= summary.max);
            samples.reverse();
            prop_assert_eq!(Summary::of(&samples), Some(summary));
        }
    }
}
