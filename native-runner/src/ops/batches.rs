//! Samples of what is too short for one reading of the clock each: a sample is the mean over a batch.
//!
//! The first batches find the batch's size and warm up; they end when two in a row are alike.

use lab::{Effort, LaneError};

/// Batches that warm up at the most.
const MAX_WARM_UP: u32 = 10;
/// Two batches are alike if they differ by less than this part.
const ALIKE: f64 = 0.1;

/// Takes samples. `batch` does it so many times and returns what that took, in nanoseconds: all of it,
/// and parts of it if there are more figures. Each sample is per time that it was done.
///
/// # Errors
/// The first of `batch`.
pub fn sample<const FIGURES: usize>(
    effort: &Effort,
    mut batch: impl FnMut(u32) -> Result<[f64; FIGURES], LaneError>,
) -> Result<[Vec<f64>; FIGURES], LaneError> {
    let most = effort.turn_time.0 as f64;
    let mut spent = 0.0;
    let mut each = |size: u32, spent: &mut f64| {
        let times = batch(size)?;
        *spent += times[0];
        Ok::<_, LaneError>(times.map(|time| time / f64::from(size)))
    };
    let fitting =
        |each: f64| (effort.sample_time.0 as f64 / each.max(1.0)).ceil().clamp(1.0, 1e6) as u32;

    let mut last = each(1, &mut spent)?[0];
    for _ in 0..MAX_WARM_UP {
        // What takes this long has had its warm-up.
        if spent > most / 2.0 {
            break;
        }
        let next = each(fitting(last), &mut spent)?[0];
        let change = next / last - 1.0;
        last = next;
        if change.abs() < ALIKE {
            break;
        }
    }
    let size = fitting(last);
    let mut samples = [const { Vec::new() }; FIGURES];
    while samples[0].is_empty() || (samples[0].len() < effort.samples as usize && spent < most) {
        for (samples, time) in samples.iter_mut().zip(each(size, &mut spent)?) {
            samples.push(time);
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use lab::Placement;
    use protocol::Nanos;

    use super::*;

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
            Ok([if sizes.len() == 1 { 500.0 } else { 10.0 * f64::from(size) }])
        })
        .unwrap();
        assert_eq!(samples, [10.0; 4]);
        assert_eq!(sizes, [1, 2, 100, 100, 100, 100, 100]);
    }

    #[test]
    fn what_is_long_has_one_sample() {
        let mut count = 0;
        let [samples, halves] = sample(&EFFORT, |size| {
            count += size;
            Ok([700_000.0, 350_000.0])
        })
        .unwrap();
        assert_eq!((count, samples, halves), (2, vec![700_000.0], vec![350_000.0]));
    }
}
