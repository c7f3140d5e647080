//! `identity`: what is the same on both sides.

use std::env::{current_dir, set_current_dir};
use std::fs;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
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
    let before = Before::look(name)?;
    let worker = Thread::start()?;
    let began = begin();
    let asked = name.to_owned();
    let answer = worker.run(move || answer(&asked))??;
    before.compare(name, &answer, began)
}

pub(crate) fn on_processes(channel: Channel, name: &str) -> Outcome {
    let before = Before::look(name)?;
    let mut worker = Process::start(channel, "identity", name)?;
    let began = begin();
    let answer = worker.ask(&json!({}))?;
    before.compare(name, &answer, began)
}

/// How the caller was before the worker started.
struct Before {
    folder: PathBuf,
    resident: usize,
    heard: Arc<AtomicBool>,
}

impl Before {
    fn look(name: &str) -> Result<Self> {
        MARK.store(1, Ordering::SeqCst);
        let heard = listen_if(name == "signals")?;
        Ok(Self { folder: current_dir()?, resident: resident()?, heard })
    }

    /// Whether what the worker did and said is so for the caller, too.
    fn compare(self, name: &str, answer: &Value, began: f64) -> Outcome {
        let mut took = now() - began;
        let same = match name {
            "process" => answer["id"] == process::id(),
            "thread" => answer["id"] == own_thread(),
            "heap" => resident()?.saturating_sub(self.resident) > FILL / 2,
            "globals" => answer["mark"] == 1,
            "cwd" => current_dir()? != self.folder,
            // A worker with a handler of its own has waited for it.
            "signals" if answer["heard"].is_boolean() => self.heard.load(Ordering::SeqCst),
            "signals" => {
                let heard = is_heard(&self.heard);
                took = now() - began;
                heard
            }
            "title" => answer["title"] == fs::read_to_string("/proc/self/comm")?.trim(),
            _ => bail!("no aspect {name}"),
        };
        let mut tried = seen([("same", is(same))], took)?;
        match name {
            "cwd" | "title" => {
                // Otherwise there had been no answer.
                tried.facts.insert("worker_can_change_it".into(), is(true));
            }
            "signals" => {
                let heard =
                    answer["heard"].as_bool().map(|heard| ("worker_heard".into(), is(heard)));
                tried.facts.extend(heard);
            }
            _ => {}
        }
        Ok(tried)
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

/// Bytes of this process that are in memory.
fn resident() -> Result<usize> {
    let pages = fs::read_to_string("/proc/self/statm")?;
    let pages = pages.split(' ').nth(1).and_then(|it| it.parse::<usize>().ok());
    Ok(pages.context("/proc/self/statm")? * rustix::param::page_size())
}
