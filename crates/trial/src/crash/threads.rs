//! A thread crashes.

use std::any::Any;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, TryLockError, mpsc};
use std::time::Duration;

use anyhow::Result;
use protocol::trial::{Fact, Facts, Tried};

use super::{PAYLOAD, bound_memory, missing, patience};
use crate::facts::{Outcome, begin, facts, meaningless, now, outlived, text};
use crate::threads::Thread;

pub(crate) fn crash(kind: &str) -> Outcome {
    if let Some(why) = missing(kind) {
        return meaningless(why);
    }
    bound_memory(kind)?;
    // What threads say of their end on standard error is for nobody here.
    std::panic::set_hook(Box::new(|_| {}));
    let (victim, sibling) = (Thread::start()?, Thread::start()?);
    let lock = Arc::new(Mutex::new(0));
    let (payloads, inbox) = mpsc::channel();
    let began = begin();
    let (name, held) = (kind.to_owned(), Arc::clone(&lock));
    let ended = victim.begin(move || {
        let _ = payloads.send(vec![7_u8; PAYLOAD]);
        let _guard = (name == "lock").then(|| held.lock());
        super::crash(&name);
    })?;
    let told = wait(&ended, patience(kind));
    let took = now() - began;
    outlived();
    Thread::start()?;
    let replaced = Some(now() - began);
    let mut facts = match told {
        Told::Ended => joined(victim, kind)?,
        Told::Silence => facts([
            ("died", text("nobody")),
            ("told_by", text("silence")),
            ("how", text("a thread cannot be ended from outside")),
        ]),
    };
    let arrived: usize = inbox.try_iter().map(|payload| payload.len()).sum();
    let lost = sibling.run(|| ()).is_err();
    facts.insert("siblings_lost".into(), Fact::Count(lost.into()));
    if kind == "lock" {
        let state = match lock.try_lock() {
            Ok(_) => "free",
            Err(TryLockError::Poisoned(_)) => "poisoned: whoever takes it is told",
            Err(TryLockError::WouldBlock) => "held",
        };
        facts.insert("lock".into(), text(state));
    }
    Ok(Tried { facts, took, replaced, lost: Some((PAYLOAD - arrived) as f64) })
}

enum Told {
    Ended,
    Silence,
}

fn wait(ended: &Receiver<()>, patience: Duration) -> Told {
    match ended.recv_timeout(patience) {
        Err(RecvTimeoutError::Timeout) => Told::Silence,
        _ => Told::Ended,
    }
}

/// What the thread's end says, if anybody asks.
fn joined(victim: Thread, kind: &str) -> Result<Facts> {
    if kind == "throw-unheard" {
        return Ok(facts([("died", text("worker")), ("told_by", text("a closed channel"))]));
    }
    let Err(panic) = victim.handle.join() else { anyhow::bail!("the thread did not crash") };
    Ok(facts([
        ("died", text("worker")),
        ("told_by", text("join")),
        ("how", text("panic")),
        ("said", text(words(panic.as_ref()))),
    ]))
}

fn words(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().unwrap_or("a panic without words")
}
