//! PostgreSQL: a connection is a socket and where the two ends are in their protocol.

use std::env::var;
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{DataRowBody, Message};
use postgres_protocol::message::frontend;
use protocol::trial::Facts;
use serde_json::json;

use crate::facts::{Outcome, begin, facts, is, meaningless, now, text};
use crate::processes::{Channel, Process, passed, serve};
use crate::threads::Thread;

/// How long an answer may take that goes astray.
const ASTRAY: Duration = Duration::from_millis(400);

/// A connection, as bare as it can be: what it is made of is what the trial is about.
struct Session {
    socket: UnixStream,
    unread: BytesMut,
}

impl Session {
    /// To the server whose socket lies in the folder that the environment names.
    fn open() -> Result<Self> {
        let Ok(folder) = var("BREAKEVEN_POSTGRES") else {
            return meaningless(&var("BREAKEVEN_NO_POSTGRES").unwrap_or_default());
        };
        let mut this = Self::over(UnixStream::connect(Path::new(&folder).join(".s.PGSQL.5432"))?);
        let mut request = BytesMut::new();
        let parameters = [("user", "breakeven"), ("database", "postgres")];
        frontend::startup_message(parameters, &mut request)?;
        this.socket.write_all(&request)?;
        this.answer()?;
        Ok(this)
    }

    fn over(socket: UnixStream) -> Self {
        Self { socket, unread: BytesMut::new() }
    }

    /// The first value of the last row that a query gives.
    fn query(&mut self, query: &str) -> Result<String> {
        self.ask(query)?;
        self.answer()
    }

    fn ask(&mut self, query: &str) -> Result<()> {
        let mut request = BytesMut::new();
        frontend::query(query, &mut request)?;
        Ok(self.socket.write_all(&request)?)
    }

    fn answer(&mut self) -> Result<String> {
        let mut last = String::new();
        loop {
            match Message::parse(&mut self.unread)? {
                Some(Message::ReadyForQuery(_)) => return Ok(last),
                Some(Message::DataRow(row)) => last = first_value(&row)?,
                Some(Message::ErrorResponse(_)) => bail!("the server refused"),
                Some(_) => {}
                None => {
                    let mut more = [0; 4096];
                    match self.socket.read(&mut more)? {
                        0 => bail!("the server closed the connection"),
                        count => self.unread.extend_from_slice(&more[..count]),
                    }
                }
            }
        }
    }

    fn insert(&mut self) -> Result<()> {
        self.query("BEGIN; INSERT INTO rows VALUES (1); COMMIT").map(drop)
    }

    fn count(&mut self) -> Result<String> {
        self.query("SELECT count(*) FROM rows")
    }

    fn end_with(mut self, facts: Facts, took: f64) -> Outcome {
        self.query("DROP TABLE rows")?;
        Ok(protocol::trial::Tried { facts, took, ..Default::default() })
    }
}

fn first_value(row: &DataRowBody) -> Result<String> {
    let first = row.ranges().next()?.flatten();
    let bytes = first.map_or(&[][..], |range| &row.buffer()[range]);
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

pub(super) fn on_threads() -> Outcome {
    let mut session = Session::open()?;
    session.query("CREATE TABLE rows (x int)")?;
    let version = session.query("SHOW server_version")?;
    let worker = Thread::start()?;
    let began = begin();
    let behind = Arc::new(Mutex::new(session));
    let other = Arc::clone(&behind);
    worker.run(move || other.lock().unwrap_or_else(PoisonError::into_inner).insert())??;
    let own = worker.begin(|| Session::open()?.insert())?;
    let mut mine = Session::open()?;
    mine.insert()?;
    own.recv()??;
    let locked = behind.lock().unwrap_or_else(PoisonError::into_inner).insert().is_ok();
    let counted = mine.count()?;
    let took = now() - began;
    let facts = facts([
        ("engine", engine(&version)),
        ("connection_passed", is(false)),
        ("behind_a_lock", is(locked)),
        ("own_connections_work", is(counted == "4")),
        (
            "said",
            text("a query needs the connection for itself: the compiler asks for a lock around it"),
        ),
    ]);
    mine.end_with(facts, took)
}

pub(super) fn on_processes(channel: Channel) -> Outcome {
    let mut session = Session::open()?;
    session.query("CREATE TABLE rows (x int)")?;
    let version = session.query("SHOW server_version")?;
    let mut worker = Process::start(channel, "share", "database-server")?;
    let began = begin();
    worker.ask(&json!({ "own": true }))?;
    session.insert()?;
    let counted = session.count()?;
    let took = now() - began;
    let mut facts = facts([
        ("engine", engine(&version)),
        ("connection_passed", is(false)),
        ("own_connections_work", is(counted == "2")),
    ]);
    if channel == Channel::Pipe {
        facts.insert("said".into(), text("pipes pass no descriptors, and so no connection"));
        return session.end_with(facts, took);
    }
    let damaged = speaks_twice(&mut session, &mut worker)?;
    facts.insert("socket".into(), text("passed"));
    facts.insert("stream_damaged".into(), is(damaged));
    facts.insert("said".into(), text("the socket is passed, and both speak on one connection"));
    // It is of no use any more.
    Session::open()?.end_with(facts, took)
}

/// Passes the connection's socket, has the worker ask something on it, and then asks something else itself: whose
/// answer comes first?
fn speaks_twice(session: &mut Session, worker: &mut Process) -> Result<bool> {
    session.socket.set_read_timeout(Some(ASTRAY))?;
    worker.send(&json!({ "attach": true }))?;
    worker.pass(session.socket.as_fd())?;
    worker.receive()?;
    worker.ask(&json!({ "query": true }))?;
    Ok(!session.query("SELECT 'caller'").is_ok_and(|answer| answer == "caller"))
}

pub(super) fn work() -> Result<()> {
    let mut passed_on = None;
    serve(|message| {
        if message["own"] == true {
            Session::open()?.insert()?;
        } else if message["attach"] == true {
            passed_on = Some(Session::over(UnixStream::from(passed()?)));
        } else {
            let session: &mut Session = passed_on.as_mut().context("no connection came")?;
            session.ask("SELECT 'worker'")?;
        }
        Ok(Some(json!({})))
    })
}

fn engine(version: &str) -> protocol::trial::Fact {
    text(format!("PostgreSQL {} by its protocol", version.split(' ').next().unwrap_or_default()))
}
