//! What a request and its answer hold, watched.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep};

use super::{Stage, Standing};

/// By then what a request holds must be there: a token is, at once.
const BODY_LIMIT: Duration = Duration::from_secs(3);
/// The same for whoever has a session: the largest picture takes a second.
const SESSION_BODY_LIMIT: Duration = Duration::from_secs(60);

/// What a request holds, as long as it comes in time.
pub(super) struct Timely {
    body: Incoming,
    stage: Stage,
    /// From when it was waited for first.
    late: Option<Pin<Box<Sleep>>>,
}

impl Timely {
    pub(super) fn new(body: Incoming, stage: Stage) -> Self {
        Self { body, stage, late: None }
    }
}

impl HttpBody for Timely {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)));
        }
        let limit = match self.stage.standing() {
            Standing::InSession => SESSION_BODY_LIMIT,
            _ => BODY_LIMIT,
        };
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(limit)));
        late.as_mut().poll(context).map(|()| Some(Err(axum::Error::new("it did not come in time"))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What an answer holds. When it has been passed on, the connection has nothing to do.
pub(super) struct Answer {
    body: Body,
    stage: Stage,
}

impl Answer {
    pub(super) fn new(body: Body, stage: Stage) -> Self {
        Self { body, stage }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.stage.is_at(Standing::Idle);
    }
}
