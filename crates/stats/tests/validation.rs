//! The intervals tell the truth: how often they contain it, on distributions whose truth is known.
//!
//! The long versions take minutes: `cargo xtask validate`. Their last figures stand in METHODOLOGY.md.

use fastrand::Rng;
use stats::{Estimate, THRESHOLD, Verdict, median, ratio, unpaired_ratio, verdicts};

/// The default run's numbers.
const BLOCKS: usize = 30;
const SAMPLES: usize = 5;

/// How the times of a lane scatter between blocks and inside one, as factors.
#[derive(Clone, Copy, Debug)]
enum Scatter {
    /// Normal, 5% between blocks, 2% inside.
    Normal,
    /// Log-normal, skewed to the right as most times are: 20% and 10%.
    LogNormal,
    /// Normal, with one block in five 30% slower: a neighbour on the machine.
    Bimodal,
    /// One sample per block, log-normal, 20%: a cold start.
    Cold,
}

const ALL: [Scatter; 4] = [Scatter::Normal, Scatter::LogNormal, Scatter::Bimodal, Scatter::Cold];

impl Scatter {
    fn block(self, random: &mut Rng) -> Vec<f64> {
        let mut normal = || {
            // Box and Muller, 1958.
            let (one, other) = (1.0 - random.f64(), random.f64());
            (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
        };
        let count = if matches!(self, Self::Cold) { 1 } else { SAMPLES };
        let level = match self {
            Self::Normal => 1.0 + 0.05 * normal(),
            Self::LogNormal | Self::Cold => (0.2 * normal()).exp(),
            Self::Bimodal => {
                let usual = 1.0 + 0.02 * normal();
                if random.f64() < 0.2 { usual * 1.3 } else { usual }
            }
        };
        (0..count)
            .map(|_| {
                let (one, other) = (1.0 - random.f64(), random.f64());
                let normal = (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos();
                100.0
                    * level
                    * match self {
                        Self::Normal | Self::Bimodal => 1.0 + 0.02 * normal,
                        Self::LogNormal => (0.1 * normal).exp(),
                        Self::Cold => 1.0,
                    }
            })
            .collect()
    }

    fn blocks(self, random: &mut Rng) -> Vec<Vec<f64>> {
        (0..BLOCKS).map(|_| self.block(random)).collect()
    }

    /// What the median of many more blocks comes to.
    fn truth(self, random: &mut Rng) -> f64 {
        let mut medians: Vec<f64> = (0..400_001)
            .map(|_| {
                let mut block = self.block(random);
                block.sort_by(f64::total_cmp);
                block[block.len() / 2]
            })
            .collect();
        medians.sort_by(f64::total_cmp);
        medians[medians.len() / 2]
    }
}

/// The part of intervals that contain the truth.
fn coverage(scatter: Scatter, repetitions: u32) -> f64 {
    let mut random = Rng::with_seed(20);
    let truth = scatter.truth(&mut random);
    let hits = (0..repetitions)
        .filter(|_| {
            let blocks = scatter.blocks(&mut random);
            median(&blocks, &mut random).unwrap().interval.contains(truth)
        })
        .count();
    hits as f64 / f64::from(repetitions)
}

type Compare = fn(&[Vec<f64>], &[Vec<f64>], &mut Rng) -> Option<Estimate>;
const COMPARE: [(&str, Compare); 2] = [("paired", ratio), ("unpaired", unpaired_ratio)];

/// The part of comparisons of a lane with itself that are called *faster* or *slower*, and of those
/// whose interval excludes 1.
fn false_positives(compare: Compare, scatter: Scatter, repetitions: u32) -> (f64, f64) {
    let mut random = Rng::with_seed(21);
    let (mut called, mut excluded) = (0, 0);
    for _ in 0..repetitions {
        let (first, second) = (scatter.blocks(&mut random), scatter.blocks(&mut random));
        let estimate = compare(&first, &second, &mut random).unwrap();
        excluded += u32::from(!estimate.interval.contains(1.0));
        let verdict = verdicts(&[estimate], THRESHOLD)[0];
        called += u32::from(matches!(verdict, Verdict::Faster | Verdict::Slower));
    }
    let part = |count: u32| f64::from(count) / f64::from(repetitions);
    (part(called), part(excluded))
}

#[test]
fn intervals_contain_the_truth_about_as_often_as_they_say() {
    for scatter in ALL {
        let coverage = coverage(scatter, 400);
        assert!((0.91..=0.985).contains(&coverage), "{scatter:?}: {coverage}");
    }
}

#[test]
fn a_lane_is_seldom_faster_than_itself() {
    for scatter in ALL {
        for (name, compare) in COMPARE {
            let (called, _) = false_positives(compare, scatter, 200);
            assert!(called <= 0.08, "{name}, {scatter:?}: {called}");
        }
    }
}

#[test]
#[ignore = "takes minutes: cargo xtask validate"]
fn long_intervals_contain_the_truth_in_95_of_100_cases() {
    for scatter in ALL {
        let coverage = coverage(scatter, 10_000);
        println!("coverage, {scatter:?}: {:.2} %", coverage * 100.0);
        assert!((0.935..=0.965).contains(&coverage), "{scatter:?}: {coverage}");
    }
}

#[test]
#[ignore = "takes minutes: cargo xtask validate"]
fn long_at_most_5_of_100_comparisons_of_a_lane_with_itself_are_wrong() {
    for scatter in ALL {
        for (name, compare) in COMPARE {
            let (called, excluded) = false_positives(compare, scatter, 4000);
            println!(
                "a lane against itself, {name}, {scatter:?}: {:.2} % called, {:.2} % of intervals \
                 exclude 1",
                called * 100.0,
                excluded * 100.0
            );
            assert!(called <= 0.05 && excluded <= 0.065, "{scatter:?}: {called}, {excluded}");
        }
    }
}
