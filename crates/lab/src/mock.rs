//! A lane by script: it runs the kernels in place, and misbehaves just as it is told.

use std::cell::Cell;
use std::future::ready;
use std::rc::Rc;

use protocol::report::Crossing;
use protocol::{Availability, LaneId, LaneKind, Nanos};
use workloads::Source;

use crate::lane::{Crew, Found, Job, Lane, LaneError, LaneFuture, Opened, RunTimes};
use crate::op::{Effort, Op, Series};

/// What a mock lane does wrong. Runs are counted from 0, the drawing of the picture; 1 is the
/// warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misdeed {
    /// It says it cannot run here.
    Unavailable,
    /// Its workers do not start.
    NoStart,
    /// A run fails.
    DiesInRun(u32),
    /// A run is cancelled.
    CancelledInRun(u32),
    /// A run's answer has one wrong byte.
    WrongAnswerInRun(u32),
    /// A run leaves the output as it was.
    WritesNothingInRun(u32),
    /// A run is disturbed from outside.
    VoidInRun(u32),
    /// Every run is.
    AlwaysVoid,
    /// Its workers do not end.
    NoEnd,
}

/// A lane by script. Every time it reports is fixed: 7 ns to start, 100 ns a run, 3 ns to end.
#[derive(Default)]
pub struct MockLane {
    misdeed: Option<Misdeed>,
    started: Cell<usize>,
    performed: Cell<u32>,
    alive: Rc<Cell<usize>>,
}

impl MockLane {
    /// One that behaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with a misdeed.
    #[must_use]
    pub fn with(self, misdeed: Misdeed) -> Self {
        Self { misdeed: Some(misdeed), ..self }
    }

    /// How many crews were started.
    #[must_use]
    pub fn crews_started(&self) -> usize {
        self.started.get()
    }

    /// How many crews are still there.
    #[must_use]
    pub fn crews_alive(&self) -> usize {
        self.alive.get()
    }
}

impl Lane for MockLane {
    fn id(&self) -> LaneId {
        LaneId::from("mock")
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Main
    }

    fn availability(&self) -> Availability {
        if self.misdeed == Some(Misdeed::Unavailable) {
            Availability::Unavailable { reason: "the script says so".into() }
        } else {
            Availability::Available
        }
    }

    fn open(&self, _workers: u32) -> LaneFuture<'_, Opened> {
        Box::pin(ready(if self.misdeed == Some(Misdeed::NoStart) {
            Err(LaneError::failed("no start"))
        } else {
            self.started.set(self.started.get() + 1);
            self.alive.set(self.alive.get() + 1);
            let crew = MockCrew { misdeed: self.misdeed, alive: Rc::clone(&self.alive), runs: 0 };
            Ok(Opened { crew: Box::new(crew), startup: Nanos(7) })
        }))
    }

    fn does(&self, _op: Op) -> bool {
        true
    }

    /// Operations are counted like runs, from 0; each sample is the number of its operation plus 100.
    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        let performed = ops.iter().try_for_each(|op| {
            op.check().map_err(LaneError::Failed)?;
            let number = self.performed.replace(self.performed.get() + 1);
            match self.misdeed {
                Some(Misdeed::DiesInRun(fatal)) if fatal == number => {
                    Err(LaneError::failed("died"))
                }
                Some(Misdeed::CancelledInRun(at)) if at == number => Err(LaneError::Cancelled),
                Some(Misdeed::VoidInRun(at)) if at == number => {
                    Err(LaneError::Void("hidden".into()))
                }
                Some(Misdeed::AlwaysVoid) => Err(LaneError::Void("hidden".into())),
                _ => {
                    let samples = vec![f64::from(number) + 100.0; effort.samples as usize];
                    let rows = op.rows().into_iter();
                    let has_payload = matches!(op, Op::Echo { .. } | Op::Compute { .. });
                    let crossing =
                        has_payload.then_some(Crossing { copied: 7, ..Crossing::default() });
                    let series = |(params, unit)| Series {
                        params,
                        unit,
                        crossing,
                        samples: Ok(samples.clone()),
                        seen: matches!(op, Op::Trial(_))
                            .then(|| [("same".to_owned(), protocol::trial::Fact::Is(true))].into()),
                    };
                    found(rows.map(series).collect());
                    Ok(())
                }
            }
        });
        Box::pin(ready(performed.and_then(|()| match self.misdeed {
            Some(Misdeed::NoEnd) => Err(LaneError::failed("no end")),
            _ => Ok(()),
        })))
    }
}

struct MockCrew {
    misdeed: Option<Misdeed>,
    alive: Rc<Cell<usize>>,
    runs: u32,
}

impl Drop for MockCrew {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

impl Crew for MockCrew {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        let run = self.runs;
        self.runs += 1;
        let times = RunTimes { total: Nanos(100), compute: Nanos(90), bytes_copied: 0 };
        if self.misdeed == Some(Misdeed::WritesNothingInRun(run)) {
            return Box::pin(ready(Ok(times)));
        }
        if let Ok(source) = Source::new(job.dimensions, 0, job.source) {
            job.kernel.apply(&source, 0..job.makes().height(), out);
        }
        Box::pin(ready(match self.misdeed {
            Some(Misdeed::DiesInRun(fatal)) if fatal == run => Err(LaneError::failed("died")),
            Some(Misdeed::CancelledInRun(at)) if at == run => Err(LaneError::Cancelled),
            Some(Misdeed::WrongAnswerInRun(wrong)) if wrong == run => {
                out[0] ^= 1;
                Ok(times)
            }
            _ => Ok(times),
        }))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        Box::pin(ready(if self.misdeed == Some(Misdeed::NoEnd) {
            Err(LaneError::failed("no end"))
        } else {
            Ok(Some(Nanos(3)))
        }))
    }
}
