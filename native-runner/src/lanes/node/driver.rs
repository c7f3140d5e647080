//! The driver: a Node process that starts the lane's workers and times them.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use lab::LaneError;
use serde_json::{Value, json};

use super::program::{Node, Scripts};
use crate::cancel::Cancel;
use crate::children::{ChildProcess, KeptProgram};

/// A Node process. Dropping it ends it and its forked workers.
pub(super) struct Driver {
    process: ChildProcess,
    replies: BufReader<UnixStream>,
}

impl Driver {
    /// Starts one for a lane's kind: `worker`, `worker-shared`, `fork-json` or `fork-advanced`.
    pub(super) fn start(node: &Node, kind: &str, cancel: &Cancel) -> Result<Self, LaneError> {
        let failed = |why| LaneError::failed(format!("node could not be started: {why}"));
        let scripts = Scripts::get().map_err(failed)?;
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        // The watchdog ends a driver that is silent. This is for a case in which it could not.
        let patience = cancel.patience();
        ours.set_read_timeout(Some(2 * patience)).map_err(failed)?;
        ours.set_write_timeout(Some(2 * patience)).map_err(failed)?;
        let output = theirs.try_clone().map_err(failed)?;
        let program = KeptProgram {
            files: scripts.paths(),
            // It says that it is at work, and reports a worker that is silent, well before it is given up itself.
            environment: vec![("BREAKEVEN_PATIENCE", patience.as_millis().to_string().into())],
            ..KeptProgram::new(&node.program, Scripts::words(kind))
        };
        let process = program.spawn(theirs.into(), output.into(), cancel).map_err(failed)?;
        Ok(Self { process, replies: BufReader::new(ours) })
    }

    /// The id of the driver or of one of its workers, which know only the one that they have in their own
    /// namespace.
    pub(super) fn outer_id(&self, inner: &Value) -> Result<u32, LaneError> {
        let inner = inner.as_u64().and_then(|id| u32::try_from(id).ok());
        let outer = inner.and_then(|id| self.process.outer_id(id));
        outer.ok_or_else(|| LaneError::failed("a process of node's was not found"))
    }

    /// Has it do something; returns its answer.
    pub(super) fn ask(&mut self, command: &str, mut words: Value) -> Result<Value, LaneError> {
        words["command"] = json!(command);
        let mut line = words.to_string();
        line.push('\n');
        if let Err(why) = self.replies.get_mut().write_all(line.as_bytes()) {
            return Err(self.failure(&why.to_string()));
        }
        loop {
            let mut reply = String::new();
            let talking = self.process.talking();
            let read = self.replies.read_line(&mut reply);
            drop(talking);
            match read {
                Ok(0) => return Err(self.failure("node ended")),
                Err(why) => return Err(self.failure(&why.to_string())),
                Ok(_) => {}
            }
            return match serde_json::from_str(&reply) {
                Ok(Value::Object(reply)) if reply.contains_key("busy") => continue,
                Ok(Value::Object(reply)) => match reply.get("error") {
                    Some(why) => Err(LaneError::failed(why.as_str().unwrap_or_default())),
                    None => Ok(Value::Object(reply)),
                },
                _ => Err(self.failure(&format!("node said {reply:?}"))),
            };
        }
    }

    fn failure(&mut self, why: &str) -> LaneError {
        LaneError::Failed(format!("{why}; {}", self.process.post_mortem()))
    }
}

/// A number in an answer.
pub(super) fn number(reply: &Value, name: &str) -> Result<f64, LaneError> {
    reply[name].as_f64().ok_or_else(|| LaneError::failed(format!("node did not say {name}")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::process::{Pid, Signal, kill_process};

    use super::*;
    use crate::lanes::node;
    use crate::timing;

    /// Long enough for Node to start on a busy machine, and short enough to be waited for.
    const PATIENCE: Duration = Duration::from_secs(6);

    fn start() -> Option<Driver> {
        match node() {
            Ok(node) => {
                Some(Driver::start(node, "fork-json", &Cancel::with_patience(PATIENCE)).unwrap())
            }
            Err(why) => {
                eprintln!("left out: {why}");
                None
            }
        }
    }

    fn stop(id: u32) {
        kill_process(Pid::from_raw(id as i32).unwrap(), Signal::STOP).unwrap();
    }

    fn why(result: Result<Value, LaneError>) -> String {
        match result {
            Err(LaneError::Failed(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_driver_that_is_stopped_is_given_up_after_the_patience() {
        let Some(mut driver) = start() else { return };
        let started = driver.ask("start", json!({ "workers": 1 })).unwrap();
        stop(driver.outer_id(&started["driver"]).unwrap());
        let began = timing::now();
        let why = why(driver.ask("end", json!({})));
        let took = Duration::from_nanos(timing::now() - began);
        assert!(why.contains("it was silent for too long and was killed"), "{why}");
        assert!(took < 2 * PATIENCE, "{took:?}");
    }

    #[test]
    fn one_that_is_at_work_for_longer_is_not_and_a_stopped_worker_is_reported() {
        let Some(mut driver) = start() else { return };
        let started = driver.ask("start", json!({ "workers": 1 })).unwrap();
        let task = json!({ "payload": 8, "reply": 0, "rounds": 0, "result": workloads::rounds(0) });
        driver.ask("prepare_tasks", task.clone()).unwrap();
        // One task every half second, for twice as long as it may be silent.
        let (tasks, interval) = (4 * PATIENCE.as_secs(), 500_000_000);
        let reply = driver.ask("open", json!({ "tasks": tasks, "interval": interval })).unwrap();
        assert_eq!(reply["latencies"].as_array().unwrap().len() as u64, tasks);

        stop(driver.outer_id(&started["pids"][0]).unwrap());
        let why = why(driver.ask("closed", json!({ "tasks": 1 })));
        assert!(why.contains("a worker was silent"), "{why}");
    }
}
