//! Connections: how many there may be, and how long each may take to say what it wants.
//!
//! Whoever opens many and says nothing loses the oldest of them to whoever comes next, so that the page goes
//! on working; where all are in the middle of an answer, the next one is told to come back.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use futures::FutureExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};
use tower::Service;

/// At once, sockets of sessions not counted: a browser opens six.
pub const MAX_CONNECTIONS: usize = 64;
/// A head that is not whole by then never will be; also how long a connection may be idle.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Bytes of a head.
const MAX_HEAD: usize = 16 << 10;
/// How long a refusal may take to be sent.
const REFUSAL_LIMIT: Duration = Duration::from_millis(200);
/// When the system gives no further descriptor, some may be free again after this.
const PAUSE: Duration = Duration::from_millis(50);
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
    Content-Type: text/plain\r\nContent-Length: 37\r\n\r\ntoo many connections: try again soon\n";

/// The connections that there are.
#[derive(Clone, Default)]
pub(super) struct Connections(Arc<Mutex<Vec<Connection>>>);

struct Connection {
    id: u64,
    stage: Arc<Stage>,
    task: AbortHandle,
}

/// Requests that began, and those that were answered.
#[derive(Default)]
struct Stage {
    begun: AtomicU64,
    answered: AtomicU64,
}

impl Stage {
    /// How little it would be missed: most of all one that has never asked for anything.
    fn standing(&self) -> Standing {
        let begun = self.begun.load(Ordering::Relaxed);
        match begun - self.answered.load(Ordering::Relaxed).min(begun) {
            0 if begun == 0 => Standing::Silent,
            0 => Standing::Idle,
            _ => Standing::Served,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Silent,
    Idle,
    Served,
}

impl Connections {
    /// Accepts whoever comes, until the listener fails for good.
    pub(super) async fn serve(&self, listener: TcpListener, router: Router) -> io::Result<()> {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => self.admit(stream, &router),
                Err(why) if is_about_one(&why) => {}
                Err(why) if why.raw_os_error().is_some() => sleep(PAUSE).await,
                Err(why) => return Err(why),
            }
        }
    }

    fn admit(&self, stream: TcpStream, router: &Router) {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mut all = self.all();
        if all.len() >= MAX_CONNECTIONS {
            let least = all.iter().enumerate().min_by_key(|(_, it)| it.stage.standing());
            match least.map(|(at, it)| (at, it.stage.standing())) {
                Some((at, Standing::Silent | Standing::Idle)) => all.remove(at).task.abort(),
                _ => {
                    tokio::spawn(refuse(stream));
                    return;
                }
            }
        }
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let stage = Arc::<Stage>::default();
        let (connections, router) = (self.clone(), router.clone());
        let talk = {
            let stage = Arc::clone(&stage);
            async move {
                talk(stream, router, stage).await;
                connections.all().retain(|it| it.id != id);
            }
        };
        // It may end before it is in the list only if it does not start: the list is locked.
        let task = tokio::spawn(talk).abort_handle();
        all.push(Connection { id, stage, task });
    }

    fn all(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn talk(stream: TcpStream, router: Router, stage: Arc<Stage>) {
    let answer = service_fn(move |request: Request<Incoming>| {
        stage.begun.fetch_add(1, Ordering::Relaxed);
        let stage = Arc::clone(&stage);
        router.clone().call(request).map(move |answer| {
            stage.answered.fetch_add(1, Ordering::Relaxed);
            answer
        })
    });
    // What goes wrong on one connection is that connection's.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_header_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), answer)
        .with_upgrades()
        .await;
}

/// Says so, to whoever listens.
async fn refuse(mut stream: TcpStream) {
    let _ = timeout(REFUSAL_LIMIT, stream.write_all(FULL)).await;
    let _ = stream.shutdown().await;
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
        stage.begun.store(1, Ordering::Relaxed);
        assert_eq!(stage.standing(), Standing::Served);
        stage.answered.store(1, Ordering::Relaxed);
        assert_eq!(stage.standing(), Standing::Idle);
        assert!(Standing::Silent < Standing::Idle && Standing::Idle < Standing::Served);
    }
}
