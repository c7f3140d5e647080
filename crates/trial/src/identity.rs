//! `identity`: what is the same on both sides.

use std::env::{current_dir, set_current_dir};
use std::fs;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use protocol::trial::Fact;
use rustix::process::{Signal, getpid, kill_process};
use rustix::thread::{gettid, set_name};
use serde_json::{Value, json};
use signal_hook::consts::SIGUSR2;

use crate::facts::{Outcome, begin, is, now, seen};
use crate::processes::{Channel, Process, serve};
use crate::threads::Thread;

static MARK: AtomicU64 = AtomicU64::new(0);
const FILL: usize = 64 << 20;
/// A signal is handled within this time.
const SOON: Duration = Duration::from_millis(20);
const LOOK: Duration = Duration::from_micros(20);

pub(crate) fn on_threads(name: &str) -> Outcome {
    if name == "globals" {
        MARK.store(1, Ordering::SeqCst);
    }
    let heard = listen_if(name == "signals")?;
    let (folder, before) = (current_dir()?, resident()?);
    let worker = Thread::start()?;
    let began = begin();
    let asked = name.to_owned();
    let answer = worker.run(move || answer(&asked))??;
    let took = now() - began;
    match name {
        "process" => seen([("same", is(answer["id"] == process::id()))], took),
        "thread" => seen([("same", is(answer["id"] == own_thread()))], took),
        "heap" => seen([("same", is(resident()?.saturating_sub(before) > FILL / 2))], took),
        "globals" => seen([("same", is(answer["mark"] == 1))], took),
        "cwd" => {
            let moved = current_dir()? != folder;
            seen([("same", is(moved)), ("worker_can_change_it", is(true))], took)
        }
        "signals" => {
            let same = is_heard(&heard);
            seen([("same", is(same))], now() - began)
        }
        "title" => seen([("same", title_is(&answer)?), ("worker_can_change_it", is(true))], took),
        _ => bail!("no aspect {name}"),
    }
}

pub(crate) fn on_processes(channel: Channel, name: &str) -> Outcome {
    MARK.store(1, Ordering::SeqCst);
    let heard = listen_if(name == "signals")?;
    let (folder, before) = (current_dir()?, resident()?);
    let mut worker = Process::start(channel, "identity", name)?;
    let began = begin();
    let answer = worker.ask(&json!({}))?;
    let took = now() - began;
    match name {
        "process" => seen([("same", is(answer["id"] == process::id()))], took),
        "thread" => seen([("same", is(answer["id"] == own_thread()))], took),
        "heap" => seen([("same", is(resident()?.saturating_sub(before) > FILL / 2))], took),
        "globals" => seen([("same", is(answer["mark"] == 1))], took),
        "cwd" => {
            let moved = current_dir()? != folder;
            seen([("same", is(moved)), ("worker_can_change_it", is(true))], took)
        }
        "signals" => {
            let heard = heard.load(Ordering::SeqCst);
            seen([("same", is(heard)), ("worker_heard", is(answer["heard"] == true))], took)
        }
        "title" => seen([("same", title_is(&answer)?), ("worker_can_change_it", is(true))], took),
        _ => bail!("no aspect {name}"),
    }
}

pub(crate) fn work(name: &str) -> Result<()> {
    let heard = listen_if(name == "signals")?;
    serve(|_| {
        let mut answer = answer(name)?;
        if name == "signals" {
            answer["heard"] = is_heard(&heard).into();
        }
        Ok(Some(answer))
    })
}

/// What the worker does and says.
fn answer(name: &str) -> Result<Value> {
    Ok(match name {
        "process" => json!({ "id": process::id() }),
        "thread" => json!({ "id": own_thread() }),
        "heap" => {
            // It stays until the process ends.
            std::hint::black_box(vec![1_u8; FILL].leak());
            json!({})
        }
        "globals" => json!({ "mark": MARK.load(Ordering::SeqCst) }),
        "cwd" => {
            set_current_dir("/")?;
            json!({})
        }
        "signals" => {
            kill_process(getpid(), Signal::USR2)?;
            json!({})
        }
        "title" => {
            set_name(c"the-worker")?;
            json!({ "title": "the-worker" })
        }
        _ => bail!("no aspect {name}"),
    })
}

fn own_thread() -> i32 {
    gettid().as_raw_nonzero().get()
}

fn listen_if(wanted: bool) -> Result<Arc<AtomicBool>> {
    let heard = Arc::new(AtomicBool::new(false));
    if wanted {
        signal_hook::flag::register(SIGUSR2, Arc::clone(&heard))?;
    }
    Ok(heard)
}

/// Whether the signal comes soon.
fn is_heard(heard: &AtomicBool) -> bool {
    let began = now();
    while !heard.load(Ordering::SeqCst) && now() - began < SOON.as_nanos() as f64 {
        sleep(LOOK);
    }
    heard.load(Ordering::SeqCst)
}

/// Whether the caller's title is the worker's.
fn title_is(answer: &Value) -> Result<Fact> {
    let own = fs::read_to_string(format!("/proc/{}/comm", process::id()))?;
    Ok(is(answer["title"] == own.trim()))
}

/// Bytes of this process that are in memory.
fn resident() -> Result<usize> {
    let pages = fs::read_to_string("/proc/self/statm")?;
    let pages = pages.split(' ').nth(1).and_then(|it| it.parse::<usize>().ok());
    Ok(pages.context("/proc/self/statm")? * rustix::param::page_size())
}
