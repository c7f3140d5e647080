//! Whether figures drift from block to block.

use statrs::distribution::{ContinuousCDF, Normal};

/// How a figure changes over the blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// How likely a row of blocks without a trend is to look like one (Mann, "Nonparametric Tests Against
    /// Trend", 1945; normal approximation with Kendall's correction for ties).
    pub p: f64,
    /// From the first block to the last, as a part of the median: the median slope of all pairs (Sen,
    /// "Estimates of the Regression Coefficient Based on Kendall's Tau", 1968).
    pub change: f64,
}

/// Looks for a trend in the blocks' medians; none if there are fewer than eight blocks, for which the
/// approximation is poor, or the median is zero.
#[must_use]
pub fn trend(blocks: &[Vec<f64>]) -> Option<Trend> {
    let medians: Vec<f64> = blocks
        .iter()
        .map(|block| Some(crate::Summary::of(block)?.median))
        .collect::<Option<_>>()?;
    let count = medians.len();
    let middle = crate::Summary::of(&medians)?.median;
    if count < 8 || middle == 0.0 {
        return None;
    }
    let mut score = 0.0;
    let mut slopes = Vec::new();
    for (at, one) in medians.iter().enumerate() {
        for (later, other) in medians.iter().enumerate().skip(at + 1) {
            score += (other - one).partial_cmp(&0.0).map_or(0.0, |order| f64::from(order as i8));
            slopes.push((other - one) / (later - at) as f64);
        }
    }
    let spread = |count: f64| count * (count - 1.0) * (2.0 * count + 5.0);
    let mut sorted = medians;
    sorted.sort_by(f64::total_cmp);
    let ties = sorted.chunk_by(|one, other| one == other).map(|group| spread(group.len() as f64));
    let variance = (spread(count as f64) - ties.sum::<f64>()) / 18.0;
    let p = if variance > 0.0 {
        let normal = Normal::new(0.0, 1.0).ok()?;
        // One less, because the score moves in steps of two.
        let distance = (f64::abs(score) - 1.0).max(0.0) / variance.sqrt();
        2.0 * (1.0 - normal.cdf(distance))
    } else {
        1.0
    };
    let slope = crate::Summary::of(&slopes)?.median;
    Some(Trend { p, change: slope * (count - 1) as f64 / middle.abs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(medians: impl IntoIterator<Item = f64>) -> Option<Trend> {
        trend(&medians.into_iter().map(|it| vec![it]).collect::<Vec<_>>())
    }

    #[test]
    fn a_line_is_a_trend_and_chance_is_none() {
        let line = of((0..30).map(|it| 100.0 + f64::from(it))).unwrap();
        assert!(line.p < 1e-9);
        assert!((line.change - 29.0 / 114.5).abs() < 1e-9);
        let mut random = fastrand::Rng::with_seed(3);
        let found = (0..1000).filter(|_| of((0..30).map(|_| random.f64())).unwrap().p < 0.05);
        let found = found.count();
        assert!((25..=75).contains(&found), "{found} of 1000 at 5%");
    }

    #[test]
    fn what_cannot_tell_does_not() {
        assert_eq!(of([1.0, 2.0, 3.0]), None);
        assert_eq!(of([0.0; 10]), None);
        assert_eq!(of([7.0; 10]), Some(Trend { p: 1.0, change: 0.0 }));
    }

    #[test]
    fn the_published_example_comes_out() {
        // Gilbert, "Statistical Methods for Environmental Pollution Monitoring", 1987, has S for n = 10
        // without ties distributed with variance 125.
        let rising = of((0..10).map(f64::from)).unwrap();
        let normal = Normal::new(0.0, 1.0).unwrap();
        let wanted = 2.0 * (1.0 - normal.cdf(44.0 / 125.0_f64.sqrt()));
        assert!((rising.p - wanted).abs() < 1e-12);
    }
}
