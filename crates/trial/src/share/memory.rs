//! Buffers: written on one side, looked at on the other.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use protocol::trial::Fact;
use serde_json::json;
use shm::{Caller, NOTE, Wait, Worker};

use crate::facts::{Outcome, begin, is, now, seen};
use crate::processes::{Channel, Process, passed, received_bytes, serve};
use crate::threads::Thread;

const BUFFER: usize = 1 << 20;
const SHARED_PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn on_threads() -> Outcome {
    let worker = Thread::start()?;
    let memory: Arc<[AtomicU8]> = (0..BUFFER).map(|_| AtomicU8::new(0)).collect();
    begin();
    memory.iter().for_each(|byte| byte.store(7, Ordering::Relaxed));
    let given = Arc::clone(&memory);
    let filled = now();
    let (saw, at) = worker.run(move || {
        let saw = (given[BUFFER - 1].load(Ordering::Relaxed), now());
        given[1].store(8, Ordering::Relaxed);
        saw
    })?;
    let shared = saw == 7 && memory[1].load(Ordering::Relaxed) == 8;
    buffer(shared, 0, at - filled)
}

pub(super) fn on_processes(channel: Channel) -> Outcome {
    let mut worker = Process::start(channel, "share", "buffer")?;
    if channel == Channel::SharedMemory {
        return shared(&mut worker);
    }
    let bytes = vec![7; BUFFER];
    let began = begin();
    worker.send(&json!({ "bytes": BUFFER }))?;
    worker.send_bytes(&bytes)?;
    let answer = worker.receive()?;
    let at = answer["at"].as_f64().context("the child said no time")?;
    // The worker has changed what it has.
    ensure!(answer["changed"] == true, "the child did not write");
    let copied = answer["got"].as_u64().unwrap_or_default();
    buffer(bytes[0] != 7, copied, at - began)
}

fn shared(worker: &mut Process) -> Outcome {
    let (mut caller, descriptor) = Caller::create(1, BUFFER)?;
    worker.send(&json!({ "attach": true }))?;
    worker.pass(descriptor.as_fd())?;
    worker.receive()?;
    begin();
    caller.bytes().fill(7);
    let filled = now();
    caller.pass(0, &[0; NOTE]);
    let note = caller.receive(0, Wait::Block, SHARED_PATIENCE);
    note.context("the child did not give the turn back")?;
    let answer = worker.receive()?;
    let at = answer["at"].as_f64().context("the child said no time")?;
    buffer(answer["saw"] == 7 && caller.bytes()[1] == 8, 0, at - filled)
}

fn buffer(shared: bool, copied: u64, took: f64) -> Outcome {
    seen([("shared", is(shared)), ("bytes_copied", Fact::Count(copied))], took)
}

pub(super) fn work() -> Result<()> {
    serve(|message| {
        if message["attach"] == true {
            let mut memory = Worker::attach(passed()?, 0)?;
            crate::processes::reply(&json!({ "attached": true }))?;
            memory.receive(Wait::Block, SHARED_PATIENCE).context("no turn came")?;
            let at = now();
            let (read, write) = memory.parts(0..1, 1..2).context("the memory is too small")?;
            let saw = read[0];
            write[0] = 8;
            memory.pass(&[0; NOTE]);
            return Ok(Some(json!({ "at": at, "saw": saw })));
        }
        let mut bytes = received_bytes(message["bytes"].as_u64().context("no bytes")? as usize)?;
        let at = now();
        let got = bytes.iter().filter(|byte| **byte == 7).count();
        bytes[0] = 9;
        Ok(Some(json!({ "at": at, "got": got, "changed": bytes[0] == 9 })))
    })
}
