//! Bytes to a worker and back: the round trip, and the way there.

use lab::{Effort, LaneError, Op, Series};
use protocol::report::{Crossing, Param, Unit};

use super::{Workers, batches, now};

/// A way in which a worker sends bytes back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    /// Whether the bytes lie in memory that both see.
    pub(crate) is_shared: bool,
    /// What is done with them beside handing them over, where they are shared.
    pub(crate) touch: Touch,
    /// How the two wait for each other, where a lane can choose.
    pub(crate) wait: Option<&'static str>,
}

/// What is done with shared bytes beside handing them over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Touch {
    /// Nothing.
    #[default]
    HandOver,
    /// The caller writes them all, the worker reads them all.
    WriteRead,
}

impl Touch {
    /// As reports name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::HandOver => "hand_over",
            Self::WriteRead => "write_read",
        }
    }
}

impl Way {
    /// Both ways to touch shared bytes, for each of these ways to wait.
    pub(crate) fn shared(waits: impl IntoIterator<Item = &'static str>) -> Vec<Self> {
        let both = |wait| {
            [Touch::HandOver, Touch::WriteRead].map(|touch| Self {
                is_shared: true,
                touch,
                wait: Some(wait),
            })
        };
        waits.into_iter().flat_map(both).collect()
    }

    /// The way of lanes that copy.
    pub(crate) fn copied() -> Vec<Self> {
        vec![Self::default()]
    }
}

/// A worker that sends bytes back, and the bytes.
pub(crate) trait Echo {
    /// Sends them there so many times, each time until they are back; returns the nanoseconds of all of
    /// it, and of the parts of it until all bytes had arrived at the worker.
    fn batch(&mut self, count: u32) -> Result<[f64; 2], LaneError>;

    /// Whether what came back since the last call is what was sent. Outside the timed span; what came
    /// back is forgotten, so that the next call cannot see it again.
    fn is_right(&mut self) -> Result<bool, LaneError>;
}

/// Times echoes one by one; `once` returns when all bytes had arrived, on the clock of [`now`].
pub(crate) fn time(
    count: u32,
    mut once: impl FnMut() -> Result<u64, LaneError>,
) -> Result<[f64; 2], LaneError> {
    let mut there = 0;
    let began = now();
    for _ in 0..count {
        let sent = now();
        there += once()?.saturating_sub(sent);
    }
    Ok([(now() - began) as f64, there as f64])
}

/// The bytes of an echo: no two pages alike, so that nothing on the way can be clever.
pub(crate) fn request(bytes: u64) -> Result<Vec<u8>, LaneError> {
    let no_memory = || LaneError::failed(format!("no memory for an echo of {bytes} bytes"));
    let length = usize::try_from(bytes).map_err(|_| no_memory())?;
    let mut request = Vec::new();
    request.try_reserve_exact(length).map_err(|_| no_memory())?;
    request.extend((0..length).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8));
    Ok(request)
}

pub(super) fn measure(
    workers: &mut impl Workers,
    op: Op,
    bytes: u64,
    effort: &Effort,
) -> Result<Vec<Series>, LaneError> {
    let mut all = Vec::new();
    for way in workers.echoes() {
        let mut echo = workers.echo(bytes, &way)?;
        let [round_trips, one_ways] = samples(echo.as_mut(), effort)?;
        // Copies are made both ways; shared memory is the same both ways.
        let crossing = if way.is_shared {
            Crossing { copied: 0, shared: bytes }
        } else {
            Crossing { copied: 2 * bytes, shared: 0 }
        };
        let series = |metric, samples| {
            let mut series = Series::new(op, metric, Unit::Nanoseconds, samples);
            series.crossing = Some(crossing);
            if way.is_shared {
                series.params.insert("touch".into(), Param::from(way.touch.name()));
            }
            if let Some(wait) = way.wait {
                series.params.insert("wait".into(), Param::from(wait));
            }
            series
        };
        all.extend([series("round_trip", round_trips), series("one_way", one_ways)]);
    }
    Ok(all)
}

fn samples(echo: &mut dyn Echo, effort: &Effort) -> Result<[Vec<f64>; 2], LaneError> {
    batches::sample(effort, |count| {
        let times = echo.batch(count)?;
        if echo.is_right()? {
            Ok(times)
        } else {
            Err(LaneError::failed("other bytes came back than were sent"))
        }
    })
}

#[cfg(test)]
mod tests {
    use lab::Placement;
    use protocol::Nanos;

    use super::*;

    const EFFORT: Effort = Effort {
        samples: 4,
        sample_time: Nanos(20_000),
        turn_time: Nanos(10_000_000),
        placement: Placement::Unpinned,
    };

    struct Copy {
        request: Vec<u8>,
        reply: Vec<u8>,
        wrong: bool,
        count: u32,
    }

    impl Echo for Copy {
        fn batch(&mut self, count: u32) -> Result<[f64; 2], LaneError> {
            self.count += count;
            time(count, || {
                let arrived = now();
                if !self.wrong {
                    self.reply.copy_from_slice(&self.request);
                }
                Ok(arrived)
            })
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
    fn every_sample_is_there_and_the_way_there_is_shorter() {
        let mut worker = copy(false);
        let [there_and_back, there] = samples(&mut worker, &EFFORT).unwrap();
        assert!(worker.count > 5);
        assert_eq!((there_and_back.len(), there.len()), (4, 4));
        assert!(there_and_back.iter().zip(&there).all(|(both, one)| both > one));
    }

    #[test]
    fn bytes_that_come_back_wrong_are_no_sample() {
        let why = samples(&mut copy(true), &EFFORT).unwrap_err();
        assert_eq!(why, LaneError::failed("other bytes came back than were sent"));
    }
}
