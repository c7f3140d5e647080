//! Bytes to a worker and back: the round trip, and the way there.

use protocol::report::{Param, Unit};
pub use protocol::trace::Crosses;

use super::batches::Batches;
use super::{Workers, too_short};
use crate::lane::{LaneError, LaneFuture};
use crate::op::{Effort, Op, Series};

/// A way in which a worker sends bytes back.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// How the bytes get across.
    pub crosses: Crosses,
    /// What is done with them beside handing them over, where they are shared.
    pub touch: Touch,
    /// How the two wait for each other, where a lane can choose.
    pub wait: Option<&'static str>,
}

/// What is done with shared bytes beside handing them over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Touch {
    /// Nothing.
    #[default]
    HandOver,
    /// The caller writes them all, the worker reads them all.
    WriteRead,
}

impl Touch {
    /// As reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HandOver => "hand_over",
            Self::WriteRead => "write_read",
        }
    }
}

impl Way {
    /// Both ways to touch shared bytes, for each of these ways to wait.
    #[must_use]
    pub fn shared(waits: impl IntoIterator<Item = Option<&'static str>>) -> Vec<Self> {
        let both = |wait| {
            [Touch::HandOver, Touch::WriteRead].map(|touch| Self {
                crosses: Crosses::Shared,
                touch,
                wait,
            })
        };
        waits.into_iter().flat_map(both).collect()
    }

    /// The way of lanes that copy.
    #[must_use]
    pub fn copied() -> Vec<Self> {
        vec![Self::default()]
    }

    /// The way of lanes that give memory away.
    #[must_use]
    pub fn moved() -> Vec<Self> {
        vec![Self { crosses: Crosses::Moved, ..Self::default() }]
    }
}

/// A worker that sends bytes back, and the bytes.
pub trait Echo {
    /// Sends them there so many times, each time until they are back; returns the nanoseconds of all of
    /// it, and of the parts of it until all bytes had arrived at the worker.
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]>;

    /// Whether what came back since the last call is what was sent. Outside the timed span; what came
    /// back is forgotten, so that the next call cannot see it again.
    fn is_right(&mut self) -> Result<bool, LaneError>;

    /// A way there shorter than so many nanoseconds is not to be believed.
    fn shortest(&self) -> f64 {
        0.0
    }
}

/// The bytes of an echo: no two pages alike, so that nothing on the way can be clever.
///
/// # Errors
/// If there is no memory for them.
pub fn request(bytes: u64) -> Result<Vec<u8>, LaneError> {
    let no_memory = || LaneError::failed(format!("no memory for an echo of {bytes} bytes"));
    let length = usize::try_from(bytes).map_err(|_| no_memory())?;
    let mut request = Vec::new();
    request.try_reserve_exact(length).map_err(|_| no_memory())?;
    request.extend((0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8));
    Ok(request)
}

pub(super) async fn measure(
    workers: &mut impl Workers,
    op: Op,
    bytes: u64,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let mut all = Vec::new();
    for way in workers.echoes() {
        let mut echo = workers.echo(bytes, &way).await?;
        let [round_trips, one_ways] = samples(echo.as_mut(), effort).await?;
        // What is copied or moved goes both ways; shared memory is the same both ways.
        let ways = if way.crosses == Crosses::Shared { 1 } else { 2 };
        let crossing = way.crosses.crossing(ways * bytes);
        let series = |metric, samples| {
            let mut series = op.series(metric, Unit::Nanoseconds, samples);
            series.crossing = Some(crossing);
            if way.crosses == Crosses::Shared {
                series.params.insert("touch".into(), Param::from(way.touch.name()));
            }
            if let Some(wait) = way.wait {
                series.params.insert("wait".into(), Param::from(wait));
            }
            series
        };
        let shortest = echo.shortest();
        let one_ways = if one_ways.iter().all(|time| *time > shortest) {
            Ok(one_ways)
        } else {
            Err(too_short(shortest))
        };
        all.extend([series("round_trip", Ok(round_trips)), series("one_way", one_ways)]);
    }
    Ok(all)
}

async fn samples(echo: &mut dyn Echo, effort: &Effort) -> Result<[Vec<f64>; 2], LaneError> {
    let mut batches = Batches::new(effort);
    while let Some(count) = batches.next() {
        batches.took(echo.batch(count).await?);
        if !echo.is_right()? {
            return Err(LaneError::failed("other bytes came back than were sent"));
        }
    }
    Ok(batches.samples())
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use futures::executor::block_on;
    use protocol::Nanos;

    use super::*;
    use crate::op::Placement;

    const EFFORT: Effort = Effort {
        samples: 4,
        sample_time: Nanos(20_000),
        turn_time: Nanos(10_000_000),
        placement: Placement::Unpinned,
    };

    /// 100 ns an echo, 40 of them there.
    struct Copy {
        request: Vec<u8>,
        reply: Vec<u8>,
        wrong: bool,
        count: u32,
    }

    impl Echo for Copy {
        fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
            self.count += count;
            if !self.wrong {
                self.reply.copy_from_slice(&self.request);
            }
            Box::pin(ready(Ok([100.0, 40.0].map(|time| time * f64::from(count)))))
        }

        fn is_right(&mut self) -> Result<bool, LaneError> {
            let right = self.reply == self.request;
            self.reply.fill(0);
            Ok(right)
        }
    }

    fn copy(wrong: bool) -> Copy {
        Copy { request: request(1000).unwrap(), reply: vec![0; 1000], wrong, count: 0 }
    }

    #[test]
    fn every_sample_is_there() {
        let mut worker = copy(false);
        let found = block_on(samples(&mut worker, &EFFORT)).unwrap();
        assert_eq!(worker.count, 1 + 64 + 4 * 200);
        assert_eq!(found, [vec![100.0; 4], vec![40.0; 4]]);
    }

    #[test]
    fn bytes_that_come_back_wrong_are_no_sample() {
        let why = block_on(samples(&mut copy(true), &EFFORT)).unwrap_err();
        assert_eq!(why, LaneError::failed("other bytes came back than were sent"));
    }
}
