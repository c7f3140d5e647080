//! Samples of what is too short for one reading of the clock each: a sample is the mean over a batch.
//!
//! The first batches find the batch's size and warm up; they end when two in a row are alike.

use crate::op::Effort;

/// Batches that warm up at the most.
const MAX_WARM_UP: u32 = 10;
/// A batch is so many times as large as the last one at the most: that one may have been shorter than a
/// step of the clock, or lucky.
const MOST_GROWTH: u32 = 64;
/// Batches that are too short for a sample are made again, so many times at the most.
const MOST_AGAIN: u32 = 10;
/// Two batches are alike if they differ by less than this part.
const ALIKE: f64 = 0.1;

/// Says how large each batch is to be, and keeps the samples: per time that something was done, all of
/// what it took and parts of it if there are more figures.
pub struct Batches<const FIGURES: usize> {
    effort: Effort,
    stage: Stage,
    size: u32,
    /// Nanoseconds of all batches so far.
    spent: f64,
    samples: [Vec<f64>; FIGURES],
}

enum Stage {
    First,
    WarmUp {
        batches: u32,
        last: f64,
    },
    /// Batches were made again so many times.
    Samples {
        again: u32,
    },
}

impl<const FIGURES: usize> Batches<FIGURES> {
    /// Nothing has been done yet.
    #[must_use]
    pub fn new(effort: &Effort) -> Self {
        let samples = [const { Vec::new() }; FIGURES];
        Self { effort: *effort, stage: Stage::First, size: 1, spent: 0.0, samples }
    }

    /// How often it is to be done next; none when there are samples enough.
    #[must_use]
    pub fn next(&self) -> Option<u32> {
        let (count, most) = (self.samples[0].len(), self.effort.samples as usize);
        let is_over = count >= most || self.spent >= self.effort.turn_time.0 as f64;
        (count == 0 || !is_over).then_some(self.size)
    }

    /// What doing it as often as [`Batches::next`] said has taken, in nanoseconds.
    pub fn took(&mut self, times: [f64; FIGURES]) {
        self.spent += times[0];
        let each = times.map(|time| time / f64::from(self.size));
        match self.stage {
            Stage::First => self.warm_up(0, each[0]),
            Stage::WarmUp { batches, last } => {
                if (each[0] / last - 1.0).abs() < ALIKE {
                    self.begin(each[0]);
                } else {
                    self.warm_up(batches + 1, each[0]);
                }
            }
            Stage::Samples { again } if self.is_too_short(times[0]) && again < MOST_AGAIN => {
                self.size = self.fitting(each[0]);
                self.stage = Stage::Samples { again: again + 1 };
            }
            Stage::Samples { .. } => {
                for (samples, time) in self.samples.iter_mut().zip(each) {
                    samples.push(time);
                }
            }
        }
    }

    /// What was found.
    #[must_use]
    pub fn samples(self) -> [Vec<f64>; FIGURES] {
        self.samples
    }

    fn warm_up(&mut self, batches: u32, last: f64) {
        // What takes this long has had its warm-up.
        if batches == MAX_WARM_UP || self.spent > self.effort.turn_time.0 as f64 / 2.0 {
            return self.begin(last);
        }
        self.size = self.fitting(last);
        self.stage = Stage::WarmUp { batches, last };
    }

    fn begin(&mut self, each: f64) {
        self.size = self.fitting(each);
        self.stage = Stage::Samples { again: 0 };
    }

    /// Whether the batch found its size in an unlucky moment: steps of the clock would show.
    fn is_too_short(&self, time: f64) -> bool {
        time < self.effort.sample_time.0 as f64 / 4.0
    }

    fn fitting(&self, each: f64) -> u32 {
        let fitting = (self.effort.sample_time.0 as f64 / each.max(1.0)).ceil();
        fitting.clamp(1.0, (self.size.saturating_mul(MOST_GROWTH)).min(1_000_000).into()) as u32
    }
}

/// Takes samples. `batch` does it so many times and returns what that took, in nanoseconds.
///
/// # Errors
/// The first of `batch`.
pub fn sample<const FIGURES: usize, E>(
    effort: &Effort,
    mut batch: impl FnMut(u32) -> Result<[f64; FIGURES], E>,
) -> Result<[Vec<f64>; FIGURES], E> {
    let mut batches = Batches::new(effort);
    while let Some(size) = batches.next() {
        batches.took(batch(size)?);
    }
    Ok(batches.samples())
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use protocol::Nanos;

    use super::*;
    use crate::op::Placement;

    const EFFORT: Effort = Effort {
        samples: 4,
        sample_time: Nanos(1000),
        turn_time: Nanos(1_000_000),
        placement: Placement::Unpinned,
    };

    #[test]
    fn batches_are_as_long_as_a_sample_should_be() {
        let mut sizes = Vec::new();
        let [samples] = sample(&EFFORT, |size| {
            sizes.push(size);
            // The first time is cold.
            Ok::<_, Infallible>([if sizes.len() == 1 { 500.0 } else { 10.0 * f64::from(size) }])
        })
        .unwrap();
        assert_eq!(samples, [10.0; 4]);
        assert_eq!(sizes, [1, 2, 100, 100, 100, 100, 100]);
    }

    #[test]
    fn what_is_too_short_is_no_sample() {
        let mut sizes = Vec::new();
        // A hiccup while the size is found, and a clock whose steps are longer than what is left then.
        let [samples] = sample(&EFFORT, |size| {
            sizes.push(size);
            let time = 10.0 * f64::from(size);
            Ok::<_, Infallible>([match sizes.len() {
                1..=2 => 900.0 * f64::from(size),
                _ if time < 100.0 => 0.0,
                _ => time,
            }])
        })
        .unwrap();
        assert_eq!(samples, [10.0; 4], "{sizes:?}");
    }

    #[test]
    fn what_is_long_has_one_sample() {
        let mut count = 0;
        let [samples, halves] = sample(&EFFORT, |size| {
            count += size;
            Ok::<_, Infallible>([700_000.0, 350_000.0])
        })
        .unwrap();
        assert_eq!((count, samples, halves), (2, vec![700_000.0], vec![350_000.0]));
    }

    #[test]
    fn what_never_settles_is_sampled_all_the_same() {
        let mut time = 1.0;
        let [samples] = sample(&EFFORT, |_| {
            time *= 1.5;
            Ok::<_, Infallible>([time])
        })
        .unwrap();
        assert_eq!(samples.len(), 4);
    }
}
