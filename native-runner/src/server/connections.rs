//! Connections: how many there may be, and how long each may take to say what it wants. Every port that the runner
//! opens is served here, and nowhere else.
//!
//! Whoever has shown no session has no place for good: they lose the oldest of their connections to whoever comes
//! next, so that the page goes on working. Descriptors stay in reserve whatever happens.

mod body;

use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::net::sockopt::set_tcp_user_timeout;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tower::Service;

use body::{Answer, Timely};

/// Of a port at once, sockets of sessions not counted: a browser opens six.
pub const MAX_CONNECTIONS: usize = 64;
/// Of the descriptors that the system allows, a port may take one in so many. There are four ports at most, the page's
/// and the site's of a runner and of the browser that it starts; the rest is for sockets, children and files.
const SHARE: u64 = 16;
/// So many descriptors are asked for where there are fewer.
const DESCRIPTORS: u64 = SHARE * MAX_CONNECTIONS as u64;
/// A head that is not whole by then never will be; also how long a connection may be idle.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Bytes of a head: more than all the cookies that a browser keeps of one host, which any other port of this host may
/// have set.
const MAX_HEAD: usize = 1 << 20;
/// How long what was sent may lie there without being taken, in milliseconds.
const TAKE_LIMIT: u32 = 30_000;
/// How long a refusal may take to be sent, and one that was shed to be gone.
const REFUSAL_LIMIT: Duration = Duration::from_millis(200);
/// Refusals that are being sent, at once; the next are none.
const MAX_REFUSALS: usize = 8;
/// When the system gives no further descriptor, some may be free again after this.
const PAUSE: Duration = Duration::from_millis(50);
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
    Content-Type: text/plain\r\nContent-Length: 37\r\n\r\ntoo many connections: try again soon\n";

/// The connections of a port.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Port>);

struct Port {
    all: Mutex<Vec<Connection>>,
    places: Arc<Semaphore>,
    refusals: Arc<Semaphore>,
}

struct Connection {
    id: u64,
    stage: Stage,
    task: AbortHandle,
}

/// What a connection is at. Each of its requests carries it, too.
#[derive(Clone, Default)]
pub(super) struct Stage(Arc<AtomicU8>);

impl Stage {
    fn standing(&self) -> Standing {
        match self.0.load(Ordering::Relaxed) {
            0 => Standing::Silent,
            1 => Standing::Idle,
            2 => Standing::Served,
            _ => Standing::InSession,
        }
    }

    fn is_at(&self, standing: Standing) {
        self.0.store(standing as u8, Ordering::Relaxed);
    }

    /// The request is one of a session: it is shed for nobody, and may take its time.
    pub(super) fn has_session(&self) {
        self.is_at(Standing::InSession);
    }
}

/// How much a connection would be missed: least of all one that has never asked for anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Silent,
    Idle,
    /// A request is being read or answered, of whoever it may be.
    Served,
    /// A request of a session is.
    InSession,
}

impl Connections {
    pub(crate) fn new() -> Self {
        let places = Arc::new(Semaphore::new(most()));
        let refusals = Arc::new(Semaphore::new(MAX_REFUSALS));
        Self(Arc::new(Port { all: Mutex::default(), places, refusals }))
    }

    /// Accepts whoever comes, until the listener fails for good.
    pub(crate) async fn serve(&self, listener: TcpListener, router: Router) -> io::Result<()> {
        loop {
            #[expect(clippy::disallowed_methods, reason = "this is what every port is served by")]
            let accepted = listener.accept().await;
            match accepted {
                Ok((stream, _)) => self.admit(stream, &router).await,
                Err(why) if is_about_one(&why) => {}
                Err(why) if why.raw_os_error().is_some() => sleep(PAUSE).await,
                Err(why) => return Err(why),
            }
        }
    }

    /// Ends all that there are.
    pub(crate) fn close(&self) {
        self.all().drain(..).for_each(|it| it.task.abort());
    }

    async fn admit(&self, stream: TcpStream, router: &Router) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let Some(place) = self.place().await else { return self.refuse(stream) };
        // Where the system knows no such limit, whoever takes nothing is still shed when others come.
        let _ = set_tcp_user_timeout(&stream, TAKE_LIMIT);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let stage = Stage::default();
        let talk = {
            let (connections, router, stage) = (self.clone(), router.clone(), stage.clone());
            async move {
                talk(stream, router, stage).await;
                connections.all().retain(|it| it.id != id);
                drop(place);
            }
        };
        // It may end before it is in the list only if it does not start: the list is locked.
        let mut all = self.all();
        let task = tokio::spawn(talk).abort_handle();
        all.push(Connection { id, stage, task });
    }

    /// A place for one more, if need be that of whoever would be missed least: among equals, who came first.
    async fn place(&self) -> Option<OwnedSemaphorePermit> {
        let places = &self.0.places;
        if let Ok(place) = Arc::clone(places).try_acquire_owned() {
            return Some(place);
        }
        {
            let mut all = self.all();
            let least = all.iter().enumerate().min_by_key(|(_, it)| it.stage.standing());
            match least.map(|(at, it)| (at, it.stage.standing())) {
                Some((_, Standing::InSession)) => return None,
                Some((at, _)) => all.remove(at).task.abort(),
                // All have just been told to go.
                None => {}
            }
        }
        // Its descriptor is closed by then, so that there are never more.
        timeout(REFUSAL_LIMIT, Arc::clone(places).acquire_owned()).await.ok()?.ok()
    }

    /// Says so, to whoever listens.
    fn refuse(&self, mut stream: TcpStream) {
        let Ok(turn) = Arc::clone(&self.0.refusals).try_acquire_owned() else { return };
        tokio::spawn(async move {
            let _ = timeout(REFUSAL_LIMIT, stream.write_all(FULL)).await;
            let _ = timeout(REFUSAL_LIMIT, stream.shutdown()).await;
            drop(turn);
        });
    }

    fn all(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many connections a port may have, with what the system allows.
fn most() -> usize {
    let before = getrlimit(Resource::Nofile);
    let enough = before.maximum.map_or(DESCRIPTORS, |most| most.min(DESCRIPTORS));
    if before.current.is_some_and(|current| current < enough) {
        // Where it is not given, there is less for everybody.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(enough), ..before });
    }
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(descriptors / SHARE)
        .map_or(MAX_CONNECTIONS, |share| share.clamp(1, MAX_CONNECTIONS))
}

async fn talk(stream: TcpStream, router: Router, stage: Stage) {
    let answer = service_fn(move |request: Request<Incoming>| {
        stage.is_at(Standing::Served);
        let mut request = request.map(|body| Timely::new(body, stage.clone()));
        request.extensions_mut().insert(stage.clone());
        let (answer, stage) = (router.clone().call(request), stage.clone());
        async move { answer.await.map(|answer| answer.map(|body| Answer::new(body, stage))) }
    });
    // What goes wrong on one connection is that connection's.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(MAX_HEAD)
        .max_header_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), answer)
        .with_upgrades()
        .await;
}

/// Whether accepting failed because of the one that came.
fn is_about_one(why: &io::Error) -> bool {
    matches!(
        why.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_as_long_as_it_says() {
        let text = String::from_utf8_lossy(FULL);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }

    #[test]
    fn whoever_has_said_nothing_goes_first() {
        let stage = Stage::default();
        assert_eq!(stage.standing(), Standing::Silent);
        for standing in [Standing::Served, Standing::InSession, Standing::Idle, Standing::Silent] {
            stage.is_at(standing);
            assert_eq!(stage.standing(), standing);
        }
        assert!(Standing::Silent < Standing::Idle && Standing::Idle < Standing::Served);
        assert!(Standing::Served < Standing::InSession);
    }

    #[test]
    fn half_of_the_descriptors_stay_for_others() {
        let connections = 4 * most() as u64;
        let sockets = 2 * (super::super::MAX_SOCKETS + super::super::MAX_PAIRED + 16) as u64;
        let all = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        assert!(connections + sockets <= all / 2, "{connections} and {sockets} of {all}");
    }
}
