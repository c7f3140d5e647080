//! What the region *Examples* asks of the runner.

use gloo_net::http::Request;
use protocol::example::ExampleEvent;
use protocol::runner::{FromRunner, RESULT_PATH, ToRunner};
use protocol::scrape::{ScrapeEvent, ScrapeWish};
use texts::tr;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Response};

use super::{ENDED, Heard, RunnerLink, next};
use crate::links::Cancelled;

impl RunnerLink {
    /// What the last visit made whose result was kept.
    ///
    /// # Errors
    /// Says why it could not be had.
    pub(crate) async fn result(&self) -> Result<Blob, String> {
        let authorization = self.authorization()?;
        let gone = |_| ENDED.to_owned();
        let request = Request::post(RESULT_PATH).header("authorization", &authorization);
        let answer = request.send().await;
        let answer = answer.map_err(|_| ENDED.to_owned())?;
        if !answer.ok() {
            return Err(tr!("the runner has kept no picture: {}", answer.status()));
        }
        let answer: Response = answer.into();
        let blob = JsFuture::from(answer.blob().map_err(gone)?).await.map_err(gone)?;
        blob.dyn_into().map_err(gone)
    }

    /// Has pages scraped; the last event is one that is the last.
    pub(crate) async fn scrape(
        &self,
        wish: ScrapeWish,
        cancelled: Cancelled,
        mut tell: impl FnMut(ScrapeEvent),
    ) {
        let end = self.ask(ToRunner::Scrape(wish), cancelled, |message| match message {
            FromRunner::Scrape(event) => {
                let last = event.is_last();
                tell(event);
                last
            }
            _ => false,
        });
        if let Err(error) = end.await {
            tell(ScrapeEvent::Failed { error, unavailable: false });
        }
    }

    /// Has the seed's examples run; the last event is one that is the last.
    pub(crate) async fn examples(&self, cancelled: Cancelled, mut tell: impl FnMut(ExampleEvent)) {
        let end = self.ask(ToRunner::Examples, cancelled, |message| match message {
            FromRunner::Example(event) => {
                let last = event.is_last();
                tell(event);
                last
            }
            _ => false,
        });
        if let Err(error) = end.await {
            tell(ExampleEvent::Failed { error, unavailable: false });
        }
    }

    /// Asks for something, and hears what is said until `is_last` says that it was the last.
    async fn ask(
        &self,
        wish: ToRunner,
        cancelled: Cancelled,
        mut is_last: impl FnMut(FromRunner) -> bool,
    ) -> Result<(), String> {
        let gone = || ENDED.to_owned();
        self.outbox.unbounded_send(wish).map_err(|_| gone())?;
        let mut inbox = self.inbox.lock().await;
        let mut cancelled = Some(cancelled);
        loop {
            match next(&mut inbox, &mut cancelled).await {
                Heard::Cancel => drop(self.outbox.unbounded_send(ToRunner::Cancel)),
                Heard::Gone => return Err(gone()),
                Heard::Message(FromRunner::Refused { visit: None, reason }) => {
                    return Err(tr!("the runner refused: {}", reason));
                }
                Heard::Message(message) => {
                    if is_last(message) {
                        return Ok(());
                    }
                }
            }
        }
    }
}
