//! The driver: a Node process that starts the lane's workers and times them.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use lab::LaneError;
use serde_json::{Value, json};

use super::program::{Node, Scripts};
use crate::cancel::Cancel;
use crate::children::{ChildProcess, KeptProgram};

/// How long the driver may be silent; a worker that is silent for a minute it reports itself.
const PATIENCE: Duration = Duration::from_secs(180);

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
        ours.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        let output = theirs.try_clone().map_err(failed)?;
        let program = KeptProgram {
            files: scripts.paths(),
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
        let mut reply = String::new();
        let talk = self.replies.get_mut().write_all(line.as_bytes());
        match talk.and_then(|()| self.replies.read_line(&mut reply)) {
            Ok(0) => Err(self.failure("node ended")),
            Err(why) => Err(self.failure(&why.to_string())),
            Ok(_) => match serde_json::from_str(&reply) {
                Ok(Value::Object(reply)) => match reply.get("error") {
                    Some(why) => Err(LaneError::failed(why.as_str().unwrap_or_default())),
                    None => Ok(Value::Object(reply)),
                },
                _ => Err(self.failure(&format!("node said {reply:?}"))),
            },
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
