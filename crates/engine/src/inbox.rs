//! Answers to tiny tasks, and waiting for the next one without a timer: timers are milliseconds coarse.

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use lab::LaneError;

use crate::clock;

type Answer = Result<(usize, u32), LaneError>;

/// Answers, each with its worker.
pub(crate) struct Inbox {
    sender: UnboundedSender<Answer>,
    answers: UnboundedReceiver<Answer>,
}

/// Where answers go.
pub(crate) struct Sender(UnboundedSender<Answer>);

impl Sender {
    pub(crate) fn send(&self, answer: Answer) {
        // Nobody listens any more once the pool is gone.
        let _ = self.0.unbounded_send(answer);
    }
}

impl Inbox {
    pub(crate) fn new() -> Self {
        let (sender, answers) = unbounded();
        Self { sender, answers }
    }

    pub(crate) fn sender(&self) -> Sender {
        Sender(self.sender.clone())
    }

    /// The next answer, if one is to come; else waits until then on this worker's clock.
    ///
    /// A caller that is told of answers by its event loop cannot be woken on time as well: with a task
    /// under way it looks at the clock when the answer comes, without one it watches the clock.
    pub(crate) async fn next(
        &mut self,
        under_way: usize,
        until: u64,
    ) -> Result<Option<(usize, u32)>, LaneError> {
        if under_way == 0 {
            while clock::now() < until {}
            return Ok(None);
        }
        let gone = || LaneError::failed("the inbox is gone");
        self.answers.next().await.ok_or_else(gone)?.map(Some)
    }
}
