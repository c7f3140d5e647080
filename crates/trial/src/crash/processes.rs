//! A child process crashes.

use std::os::fd::AsFd;
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context, Result};
use protocol::trial::{Fact, Tried};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;
use shm::{Caller, NOTE, Wait, Worker};

use super::{PAYLOAD, bound_memory, missing, patience};
use crate::facts::{Outcome, begin, facts, meaningless, now, outlived, text};
use crate::processes::{Channel, Heard, Process, passed, reply, serve};

/// How long a caller waits for a turn that does not come.
const TURN: Duration = Duration::from_millis(200);

pub(crate) fn crash(channel: Channel, kind: &str) -> Outcome {
    if let Some(why) = missing(kind) {
        return meaningless(why);
    }
    if kind == "lock" && channel != Channel::SharedMemory {
        return meaningless("its workers share no memory, and so no lock");
    }
    let start = || Process::start(channel, "crash", kind);
    let (mut victim, mut sibling) = (start()?, start()?);
    let memory = if kind == "lock" { Some(share(&mut victim)?) } else { None };
    let began = begin();
    victim.send(&json!({ "crash": kind }))?;
    let (mut arrived, mut how) = (0, None);
    let (took, told_by) = loop {
        match victim.hear(patience(kind)) {
            Some(Heard::Message(message)) => {
                arrived += message["payload"].as_str().map_or(0, str::len);
            }
            Some(Heard::Ended(at)) => break (at - began, "the end of its stream"),
            None => {
                let took = now() - began;
                victim.child.kill()?;
                how = Some("ended by its caller".to_owned());
                break (took, "silence");
            }
        }
    };
    outlived();
    let status = victim.child.wait()?;
    let how = how.unwrap_or_else(|| ended(status));
    start()?;
    let replaced = Some(now() - began);
    let mut facts =
        facts([("died", text("worker")), ("told_by", text(told_by)), ("how", text(how))]);
    let lost = sibling.ask(&json!({})).is_err();
    facts.insert("siblings_lost".into(), Fact::Count(lost.into()));
    if let Some(mut memory) = memory {
        let free = memory.receive(0, Wait::Block, TURN).is_some();
        facts.insert("lock".into(), text(if free { "free" } else { "held" }));
    }
    Ok(Tried { facts, took, replaced, lost: Some((PAYLOAD - arrived) as f64) })
}

/// `SIGABRT`, `exit code 3`.
fn ended(status: ExitStatus) -> String {
    if let Some(code) = status.code() {
        return format!("exit code {code}");
    }
    // std knows the names: `signal: 6 (SIGABRT) (core dumped)`.
    let words = status.to_string();
    words.split(['(', ')']).find(|word| word.starts_with("SIG")).unwrap_or(&words).to_owned()
}

/// Memory whose turn word is the lock: whoever has the turn may write.
fn share(victim: &mut Process) -> Result<Caller> {
    let (mut memory, descriptor) = Caller::create(1, 64)?;
    victim.send(&json!({ "attach": true }))?;
    victim.pass(descriptor.as_fd())?;
    victim.receive()?;
    memory.pass(0, &[0; NOTE]);
    Ok(memory)
}

pub(crate) fn work() -> Result<()> {
    let mut memory = None;
    serve(|message| {
        if message["attach"] == true {
            memory = Some(Worker::attach(passed()?, 0)?);
        } else if let Some(kind) = message["crash"].as_str() {
            bound_memory(kind)?;
            reply(&json!({ "payload": "7".repeat(PAYLOAD) }))?;
            if kind == "lock" {
                let memory: &mut Worker = memory.as_mut().context("no memory came")?;
                memory.receive(Wait::Block, TURN).context("no turn came")?;
                kill_process(getpid(), Signal::KILL)?;
            }
            super::crash(kind);
        }
        Ok(Some(json!({ "alive": true })))
    })
}
