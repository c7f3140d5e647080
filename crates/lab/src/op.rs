//! What a lane can be asked to measure.

use std::fmt;

use protocol::load::{Amount, Load, Task};
use protocol::report::{Param, Params, Unit};
use protocol::study::WireOp;
pub use protocol::study::{Effort, Placement, Series};
use workloads::compute::{MAX_PAGES, PAGE, Workload, find};

use crate::experiments::find_trial;
use crate::trial::Trial;

/// One thing that can be measured on a lane. Closed: the vocabulary of what is measurable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A worker's life: asked for, first answer, end.
    Startup,
    /// Bytes to a worker and back.
    Echo {
        /// How many each way.
        bytes: u64,
    },
    /// A piece of work, cut into a share per worker.
    Compute {
        /// What work.
        workload: &'static Workload,
        /// How much of it.
        pages: u32,
        /// By how many workers.
        workers: u32,
    },
    /// What an idle worker takes of the machine's memory.
    Memory,
    /// Many tiny tasks through a warm pool.
    Dispatch {
        /// How many workers it has.
        workers: u32,
    },
    /// Tasks of some size, as somebody has them.
    Load(Load),
    /// Something that is done once, and looked at.
    Trial(&'static Trial),
}

impl fmt::Display for Op {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Startup => out.write_str("startup"),
            Self::Echo { bytes } => write!(out, "echo of {bytes} bytes"),
            Self::Compute { workload, pages, workers } => {
                write!(out, "{} of {pages} pages by {workers}", workload.id)
            }
            Self::Memory => out.write_str("memory"),
            Self::Dispatch { workers } => write!(out, "dispatch to {workers}"),
            Self::Load(Load { task: Task { payload, reply, rounds }, workers, .. }) => write!(
                out,
                "tasks of {payload} bytes, {rounds} rounds and {reply} bytes back to {workers}"
            ),
            Self::Trial(Trial { experiment, name, .. }) => write!(out, "{experiment} {name}"),
        }
    }
}

/// The most bytes of an echo: 400 MB, as of a picture.
pub(crate) const MAX_ECHO: u64 = protocol::frame::MAX_BODY;

/// The most workers at once.
pub(crate) const MAX_WORKERS: u32 = 64;

impl Op {
    /// Whether its sizes are within their bounds: lanes refuse what is not.
    ///
    /// # Errors
    /// Says which size is not.
    pub fn check(self) -> Result<(), String> {
        let (workers, pages) = match self {
            Self::Echo { bytes } if !(1..=MAX_ECHO).contains(&bytes) => {
                return Err(format!("an echo has 1 to {MAX_ECHO} bytes, not {bytes}"));
            }
            Self::Compute { pages, workers, .. } => (workers, pages),
            Self::Load(load) => {
                load.check()?;
                (load.workers, 1)
            }
            _ => (self.workers(), 1),
        };
        if !(1..=MAX_WORKERS).contains(&workers) {
            return Err(format!("1 to {MAX_WORKERS} workers take part, not {workers}"));
        }
        if !(1..=MAX_PAGES).contains(&pages) {
            return Err(format!("a piece of work has 1 to {MAX_PAGES} pages, not {pages}"));
        }
        Ok(())
    }

    /// How many workers it takes at once.
    #[must_use]
    pub fn workers(self) -> u32 {
        match self {
            Self::Startup | Self::Echo { .. } | Self::Memory | Self::Trial(_) => 1,
            Self::Compute { workers, .. }
            | Self::Dispatch { workers }
            | Self::Load(Load { workers, .. }) => workers,
        }
    }

    /// What it gives on every lane, as params and units: the rows of a lane that cannot do it say so in
    /// each. A lane that shares memory has more.
    #[must_use]
    pub fn rows(self) -> Vec<(Params, Unit)> {
        let rows = |metrics: &[&str], unit| {
            metrics.iter().map(|metric| (self.params(metric), unit)).collect::<Vec<_>>()
        };
        match self {
            Self::Startup => rows(&["first_answer", "exit", "blocked"], Unit::Nanoseconds),
            Self::Echo { .. } => rows(&["round_trip", "one_way"], Unit::Nanoseconds),
            Self::Compute { .. } => vec![(self.params(""), Unit::Nanoseconds)],
            Self::Memory => rows(&["rss", "pss", "uss", "wasm"], Unit::Bytes),
            Self::Dispatch { .. } => {
                let mut all = rows(&["rate"], Unit::TasksPerSecond);
                all.extend(rows(&["p50", "p90", "p99", "p999"], Unit::Nanoseconds));
                all
            }
            Self::Load(Load { amount, fresh, .. }) => match amount {
                Amount::Steady if fresh => rows(&["period", "start", "first"], Unit::Nanoseconds),
                Amount::Steady => rows(&["period"], Unit::Nanoseconds),
                Amount::Tasks(_) => rows(&["total"], Unit::Nanoseconds),
                Amount::Rate { .. } => rows(&["p50", "p99"], Unit::Nanoseconds),
            },
            Self::Trial(trial) => {
                let mut all = vec![(self.params(""), Unit::Nanoseconds)];
                if trial.is_crash() {
                    all.extend(rows(&["replaced"], Unit::Nanoseconds));
                    all.extend(rows(&["bytes_lost"], Unit::Bytes));
                }
                all
            }
        }
    }

    /// Samples of one of its rows, without payload.
    #[must_use]
    pub fn series(self, metric: &str, unit: Unit, samples: Result<Vec<f64>, String>) -> Series {
        Series { params: self.params(metric), unit, crossing: None, samples, seen: None }
    }

    /// The params of one of its rows. A piece of work has one figure alone, its time, without a name.
    #[must_use]
    pub fn params(self, metric: &str) -> Params {
        let mut params = match self {
            Self::Startup | Self::Memory => Params::new(),
            Self::Echo { bytes } => params([("bytes", bytes.into())]),
            Self::Compute { workload, pages, workers } => params([
                ("workload", workload.id.into()),
                ("size", (u64::from(pages) * PAGE as u64).into()),
                ("workers", u64::from(workers).into()),
            ]),
            Self::Dispatch { workers } => params([("workers", u64::from(workers).into())]),
            Self::Load(Load { task, workers, fresh, amount }) => {
                let mut all = params([
                    ("payload", task.payload.into()),
                    ("reply", task.reply.into()),
                    ("rounds", task.rounds.into()),
                    ("workers", u64::from(workers).into()),
                    ("start", if fresh { "fresh" } else { "pool" }.into()),
                ]);
                match amount {
                    Amount::Steady => {}
                    Amount::Tasks(tasks) => {
                        all.insert("tasks".into(), u64::from(tasks).into());
                    }
                    Amount::Rate { tasks, interval } => {
                        all.insert("tasks".into(), u64::from(tasks).into());
                        all.insert("interval".into(), interval.into());
                    }
                }
                all
            }
            Self::Trial(trial) => params([(trial.param, trial.name.into())]),
        };
        if !metric.is_empty() {
            params.insert("metric".into(), metric.into());
        }
        params
    }
}

/// Params from pairs.
#[must_use]
pub fn params<const N: usize>(pairs: [(&str, Param); N]) -> Params {
    pairs.map(|(name, value)| (name.to_owned(), value)).into()
}

impl Op {
    /// On the wire.
    #[must_use]
    pub fn to_wire(self) -> WireOp {
        match self {
            Self::Startup => WireOp::Startup,
            Self::Echo { bytes } => WireOp::Echo { bytes },
            Self::Compute { workload, pages, workers } => {
                WireOp::Compute { workload: workload.id.to_owned(), pages, workers }
            }
            Self::Memory => WireOp::Memory,
            Self::Dispatch { workers } => WireOp::Dispatch { workers },
            Self::Load(load) => WireOp::Load(load),
            Self::Trial(trial) => WireOp::Trial {
                experiment: trial.experiment.to_owned(),
                name: trial.name.to_owned(),
            },
        }
    }

    /// From the wire.
    ///
    /// # Errors
    /// If its workload is none that is known here, or a size is out of bounds.
    pub fn from_wire(wire: &WireOp) -> Result<Self, String> {
        let op = match *wire {
            WireOp::Startup => Self::Startup,
            WireOp::Echo { bytes } => Self::Echo { bytes },
            WireOp::Compute { ref workload, pages, workers } => Self::Compute {
                workload: find(workload).ok_or_else(|| format!("no workload {workload}"))?,
                pages,
                workers,
            },
            WireOp::Memory => Self::Memory,
            WireOp::Dispatch { workers } => Self::Dispatch { workers },
            WireOp::Load(load) => Self::Load(load),
            WireOp::Trial { ref experiment, ref name } => Self::Trial(
                find_trial(experiment, name)
                    .ok_or_else(|| format!("no trial {name} of {experiment}"))?,
            ),
        };
        op.check().map(|()| op)
    }
}
