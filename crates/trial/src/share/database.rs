//! SQLite: an open connection on the other side, and one for each.

use std::env::var_os;
use std::marker::PhantomData;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use rusqlite::Connection;
use serde_json::json;

use crate::facts::{Outcome, begin, is, now, seen, text};
use crate::processes::{Channel, Process, serve};
use crate::threads::Thread;

/// How long a transaction waits for that of another connection.
const BUSY: Duration = Duration::from_secs(5);

/// Whether the compiler lets two threads have a reference to it.
struct Shared<T>(PhantomData<T>);

trait Otherwise {
    const IS: bool = false;
}

impl<T> Otherwise for Shared<T> {}

impl<T: Sync> Shared<T> {
    // Where this constant applies it is taken before the trait's.
    #[allow(dead_code, reason = "that it does not apply is what is found")]
    const IS: bool = true;
}

pub(super) fn on_threads() -> Outcome {
    let db = open()?;
    db.execute_batch("CREATE TABLE rows (x)")?;
    let worker = Thread::start()?;
    let began = begin();
    // Given away it works: it is the worker's then.
    let db = worker.run(move || {
        insert(&db)?;
        Ok::<_, rusqlite::Error>(db)
    })??;
    let behind = Arc::new(Mutex::new(db));
    let other = Arc::clone(&behind);
    worker.run(move || insert(&other.lock().unwrap_or_else(PoisonError::into_inner)))??;
    insert(&behind.lock().unwrap_or_else(PoisonError::into_inner))?;
    let locked = count(&behind.lock().unwrap_or_else(PoisonError::into_inner))? == 3;
    let own = worker.begin(|| insert(&open()?).context("in the worker"))?;
    let mine = open()?;
    insert(&mine)?;
    own.recv()??;
    let took = now() - began;
    let is_shared = Shared::<Connection>::IS;
    let said = if is_shared {
        "rusqlite's Connection is Sync"
    } else {
        "rusqlite's Connection is not Sync: the compiler refuses that two threads have it"
    };
    seen(
        [
            ("engine", engine()),
            ("connection_passed", is(is_shared)),
            ("behind_a_lock", is(locked)),
            ("own_connections_work", is(count(&mine)? == 5)),
            ("said", text(said)),
        ],
        took,
    )
}

pub(super) fn on_processes(channel: Channel) -> Outcome {
    let db = open()?;
    db.execute_batch("CREATE TABLE rows (x)")?;
    let mut worker = Process::start(channel, "share", "database")?;
    let began = begin();
    worker.send(&json!({ "insert": true }))?;
    insert(&db)?;
    worker.receive()?;
    let own = count(&db)? == 2;
    let took = now() - began;
    seen(
        [
            ("engine", engine()),
            ("connection_passed", is(false)),
            ("own_connections_work", is(own)),
            (
                "said",
                text(
                    "a connection is memory of the process that opened it; no message has a form for it",
                ),
            ),
        ],
        took,
    )
}

pub(super) fn work() -> Result<()> {
    serve(|_| {
        insert(&open()?)?;
        Ok(Some(json!({})))
    })
}

fn engine() -> protocol::trial::Fact {
    text(format!("SQLite {} by rusqlite", rusqlite::version()))
}

/// A connection to the trial's own file.
fn open() -> Result<Connection> {
    let folder = var_os("BREAKEVEN_FOLDER").context("the runner names no folder")?;
    let db = Connection::open(PathBuf::from(folder).join("shared.db"))?;
    db.busy_timeout(BUSY)?;
    Ok(db)
}

fn insert(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch("BEGIN IMMEDIATE; INSERT INTO rows VALUES (1); COMMIT")
}

fn count(db: &Connection) -> rusqlite::Result<u32> {
    db.query_row("SELECT count(*) FROM rows", [], |row| row.get(0))
}
