//! Bytes to a worker and back: the round trip, and the way there.
//!
//! A sample is the mean over a batch that is long enough for the clock. The first batches find the
//! batch's size and warm up; they end when two in a row are alike.

use lab::{Effort, Series, params};
use protocol::report::{Param, Unit};

use super::now;

/// Batches that warm up at the most.
const MAX_WARM_UP: u32 = 10;
/// Two batches are alike if they differ by less than this part.
const ALIKE: f64 = 0.1;

/// A worker that sends bytes back, and the bytes.
pub(crate) trait Echo {
    /// Sends them there and waits until they are back; returns when all had arrived at the worker, on the
    /// clock of [`now`].
    fn echo(&mut self) -> Result<u64, String>;

    /// Whether what came back since the last call is what was sent. Outside the timed span; what came
    /// back is forgotten, so that the next call cannot see it again.
    fn is_right(&mut self) -> bool;
}

/// The bytes of an echo: no two pages alike, so that nothing on the way can be clever.
pub(crate) fn request(bytes: u64) -> Result<Vec<u8>, String> {
    let no_memory = || format!("no memory for an echo of {bytes} bytes");
    let length = usize::try_from(bytes).map_err(|_| no_memory())?;
    let mut request = Vec::new();
    request.try_reserve_exact(length).map_err(|_| no_memory())?;
    request.extend((0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8));
    Ok(request)
}

/// `extra` are params beside `bytes` and `metric`.
pub(crate) fn measure(
    bytes: u64,
    extra: &[(&str, &str)],
    effort: &Effort,
    worker: &mut impl Echo,
) -> Result<Vec<Series>, String> {
    let mut batch = |size: u32| -> Result<Batch, String> {
        let mut there = 0;
        let began = now();
        for _ in 0..size {
            let sent = now();
            there += worker.echo()?.saturating_sub(sent);
        }
        let total = now() - began;
        if !worker.is_right() {
            return Err("other bytes came back than were sent".into());
        }
        Ok(Batch { total: total as f64, there: there as f64, size: f64::from(size) })
    };

    let size = warm_up(effort, &mut batch)?;
    let (mut round_trips, mut one_ways) = (Vec::new(), Vec::new());
    for _ in 0..effort.samples {
        let batch = batch(size)?;
        round_trips.push(batch.total / batch.size);
        one_ways.push(batch.there / batch.size);
    }
    let series = |metric: &str, samples| {
        let mut params = params([("bytes", bytes.into()), ("metric", metric.into())]);
        let extra = extra.iter().map(|(name, value)| ((*name).to_owned(), Param::from(*value)));
        params.extend(extra);
        Series { params, unit: Unit::Nanoseconds, samples }
    };
    Ok(vec![series("round_trip", round_trips), series("one_way", one_ways)])
}

/// What a batch took, in nanoseconds.
struct Batch {
    total: f64,
    there: f64,
    size: f64,
}

/// Finds how many echoes take as long as a sample should, and lets the worker get warm.
fn warm_up(
    effort: &Effort,
    batch: &mut impl FnMut(u32) -> Result<Batch, String>,
) -> Result<u32, String> {
    let wanted = effort.sample_time.0 as f64;
    let mut size = 1;
    let mut last = batch(size)?;
    for _ in 0..MAX_WARM_UP {
        let each = last.total / last.size;
        size = (wanted / each).ceil().clamp(1.0, 1e6) as u32;
        let next = batch(size)?;
        let change = (next.total / next.size) / each - 1.0;
        last = next;
        if change.abs() < ALIKE {
            break;
        }
    }
    Ok(size)
}

#[cfg(test)]
mod tests {
    use protocol::Nanos;

    use super::*;

    const EFFORT: Effort = Effort { samples: 4, sample_time: Nanos(20_000) };

    struct Copy {
        request: Vec<u8>,
        reply: Vec<u8>,
        wrong: bool,
        count: u32,
    }

    impl Echo for Copy {
        fn echo(&mut self) -> Result<u64, String> {
            self.count += 1;
            let arrived = now();
            if !self.wrong {
                self.reply.copy_from_slice(&self.request);
            }
            Ok(arrived)
        }

        fn is_right(&mut self) -> bool {
            let right = self.reply == self.request;
            self.reply.fill(0);
            right
        }
    }

    fn copy(wrong: bool) -> Copy {
        Copy { request: request(1000).unwrap(), reply: vec![0; 1000], wrong, count: 0 }
    }

    #[test]
    fn every_sample_is_there_and_the_way_there_is_shorter() {
        let mut worker = copy(false);
        let series = measure(1000, &[("touch", "none")], &EFFORT, &mut worker).unwrap();
        assert!(worker.count > 5);
        let [there_and_back, there] = series.as_slice() else { panic!("{series:?}") };
        assert_eq!(there_and_back.samples.len(), 4);
        assert_eq!(there_and_back.params["touch"], Param::from("none"));
        for (both, one) in there_and_back.samples.iter().zip(&there.samples) {
            assert!(both > one);
        }
    }

    #[test]
    fn bytes_that_come_back_wrong_are_no_sample() {
        let why = measure(1000, &[], &EFFORT, &mut copy(true)).unwrap_err();
        assert_eq!(why, "other bytes came back than were sent");
    }
}
