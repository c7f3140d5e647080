//! Variables, stateful objects and the environment.

use std::env::{remove_var, set_var, var};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, bail};
use serde_json::json;

use crate::facts::{Outcome, begin, is, now, seen, text};
use crate::processes::{Channel, Process, reply, serve};
use crate::threads::Thread;

static LATER: AtomicU64 = AtomicU64::new(0);
static COUNTER: AtomicU64 = AtomicU64::new(0);
/// How often each side counts.
const TIMES: u64 = 3;
const CALLER: &str = "BREAKEVEN_CALLER";
const WORKER: &str = "BREAKEVEN_WORKER";

pub(super) fn variables_on_threads() -> Outcome {
    let worker = Thread::start()?;
    LATER.store(1, Ordering::SeqCst);
    let object = Arc::new(AtomicU64::new(1));
    let began = begin();
    let given = Arc::clone(&object);
    // What is sent here is a function, and it came: its answer is there.
    let later = worker.run(move || {
        given.store(2, Ordering::SeqCst);
        LATER.load(Ordering::SeqCst) == 1
    })?;
    let took = now() - began;
    let changed = object.load(Ordering::SeqCst) == 2;
    seen(
        [
            ("later_change_seen", is(later)),
            ("change_seen", is(changed)),
            ("function", text("kept")),
        ],
        took,
    )
}

pub(super) fn variables_on_processes(channel: Channel) -> Outcome {
    let mut worker = Process::start(channel, "share", "variables")?;
    LATER.store(1, Ordering::SeqCst);
    let object = json!({ "x": 1 });
    let began = begin();
    let answer = worker.ask(&object)?;
    let took = now() - began;
    let later = is(answer["later"] == 1);
    let changed = is(object["x"] != 1);
    let function = text("none of the forms of a message can hold one");
    seen([("later_change_seen", later), ("change_seen", changed), ("function", function)], took)
}

pub(super) fn service_on_threads() -> Outcome {
    let worker = Thread::start()?;
    let began = begin();
    count();
    worker.run(count)?;
    let took = now() - began;
    let total = COUNTER.load(Ordering::SeqCst);
    let same = total == 2 * TIMES;
    seen([("same", is(same)), ("callers_count", protocol::trial::Fact::Count(total))], took)
}

pub(super) fn service_on_processes(channel: Channel) -> Outcome {
    let mut worker = Process::start(channel, "share", "service")?;
    let began = begin();
    count();
    let own = worker.ask(&json!({ "count": true }))?["own"].as_u64();
    let mine = COUNTER.load(Ordering::SeqCst);
    let mut owned = TIMES;
    worker.send(&json!({ "messages": true }))?;
    while worker.receive()?["increment"] == true {
        owned += 1;
    }
    let took = now() - began;
    seen(
        [
            ("same", is(mine != TIMES || own != Some(TIMES))),
            ("callers_count", protocol::trial::Fact::Count(mine)),
            ("workers_count", protocol::trial::Fact::Count(own.unwrap_or_default())),
            ("owner_by_messages", is(owned == 2 * TIMES)),
        ],
        took,
    )
}

fn count() {
    COUNTER.fetch_add(TIMES, Ordering::SeqCst);
}

pub(super) fn env_on_threads() -> Outcome {
    set(CALLER, Some("before"));
    let worker = Thread::start()?;
    let inherited = worker.run(|| var(CALLER).is_ok_and(|it| it == "before"))?;
    set(CALLER, Some("after"));
    let began = begin();
    let later = worker.run(|| {
        set(WORKER, Some("set"));
        var(CALLER).is_ok_and(|it| it == "after")
    })?;
    let took = now() - began;
    env(inherited, later, took)
}

pub(super) fn env_on_processes(channel: Channel) -> Outcome {
    set(CALLER, Some("before"));
    let mut worker = Process::start(channel, "share", "env")?;
    set(CALLER, Some("after"));
    let began = begin();
    let answer = worker.ask(&json!({}))?;
    let took = now() - began;
    env(!answer["caller"].is_null(), answer["caller"] == "after", took)
}

fn env(inherited: bool, later: bool, took: f64) -> Outcome {
    let workers = var(WORKER).is_ok_and(|it| it == "set");
    set(WORKER, None);
    seen(
        [
            ("inherited", is(inherited)),
            ("later_change_seen", is(later)),
            ("workers_change_seen", is(workers)),
        ],
        took,
    )
}

/// The environment belongs to the process and has no lock.
fn set(name: &str, value: Option<&str>) {
    #[expect(unsafe_code, reason = "what threads have in common here is what the trial is about")]
    // SAFETY: of the two threads the other one waits for this one, and reads nothing meanwhile.
    unsafe {
        match value {
            Some(value) => set_var(name, value),
            None => remove_var(name),
        }
    }
}

pub(super) fn work(name: &str) -> Result<()> {
    serve(|message| {
        Ok(Some(match name {
            "variables" => json!({ "later": LATER.load(Ordering::SeqCst) }),
            "service" if message["count"] == true => {
                count();
                json!({ "own": COUNTER.load(Ordering::SeqCst) })
            }
            "service" => {
                for _ in 0..TIMES {
                    reply(&json!({ "increment": true }))?;
                }
                json!({ "done": true })
            }
            "env" => {
                set(WORKER, Some("set"));
                json!({ "caller": var(CALLER).ok() })
            }
            _ => bail!("no resource {name}"),
        }))
    })
}
