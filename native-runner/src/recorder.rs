//! The report of a run on the command line: in memory, in its file, and as progress on a terminal.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lab::experiments::Experiment;
use lab::plan::Plan;
use lab::record::Record;
use lab::recordings::Witness;
use lab::scenarios::Scenario;
use lab::study::{Findings, Listener, Next};
use protocol::LaneId;
use protocol::report::{Report, Run};
use protocol::trace::Recording;

use crate::files::Target;
use crate::machine;
use crate::terminal::{Progress, say};
use crate::timing::Clock;

/// Keeps the report up to date.
pub(crate) struct Recorder {
    pub(crate) record: Record,
    file: Option<Target>,
    /// Why the last block is not in the file, if it is not.
    trouble: Option<String>,
    bar: Progress,
    began: Clock,
    migrations: Option<u64>,
}

impl Recorder {
    /// An empty report. `file` is written after each block; a disk that does not take it ends nothing, since
    /// the report is still there and may be taken after the next.
    pub(crate) fn begin(plan: &Plan, file: Option<Target>) -> Self {
        Self {
            record: Record::begin(plan, machine::for_report(), begin_run()),
            file,
            trouble: None,
            bar: Progress::bar(),
            began: Clock::start(),
            migrations: machine::migrations(),
        }
    }

    /// The report.
    pub(crate) fn end(self) -> Report {
        self.bar.end();
        self.record.report
    }
}

/// How a run is made, as far as it is known when it begins.
pub(crate) fn begin_run() -> Run {
    let load = machine::load();
    Run {
        command: std::env::args_os().map(|it| it.to_string_lossy().into_owned()).collect(),
        revision: option_env!("BREAKEVEN_REVISION").map(str::to_owned),
        started: since_1970().as_secs(),
        clock: machine::clock(),
        load: [load, load],
        ..Run::default()
    }
}

impl Witness for Recorder {
    fn begins(&mut self, done: usize, all: usize, lane: &LaneId, scenario: &Scenario) {
        self.bar.set(done, all);
        self.bar.say(format_args!("a trace of {} on {lane}", scenario.id));
    }

    fn recorded(&mut self, _recording: &Recording) {}
}

impl Listener for Recorder {
    fn turn(&mut self, done: usize, all: usize, lane: &LaneId, experiment: &Experiment) {
        self.bar.set(done, all);
        self.bar.say(format_args!("{} on {lane}", experiment.id));
    }

    fn block(&mut self, finished: u32, findings: &Findings) -> Result<Next, String> {
        let migrations = self.migrations.zip(machine::migrations());
        let run = &mut self.record.report.run;
        run.load[1] = machine::load();
        run.migrations = migrations.map(|(before, after)| after - before);
        let next = self.record.block(finished, findings, self.began.elapsed());
        if let Some(file) = &self.file {
            let json = self.record.report.to_json().map_err(|why| why.to_string())?;
            let trouble = file.keep(&json).err().map(|why| format!("{why:#}"));
            if let (Some(why), None) = (&trouble, &self.trouble) {
                self.bar.suspend(|| {
                    say!(
                        "breakeven: {why}. The run goes on, and the report is written after the next \
                         block: make room meanwhile"
                    );
                });
            }
            self.trouble = trouble;
        }
        Ok(next)
    }
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Another one each time, of at most 53 bits: more would not survive a program that reads JSON's numbers
/// as floats.
pub(crate) fn seed() -> u64 {
    since_1970().as_nanos() as u64 & ((1 << 53) - 1)
}
