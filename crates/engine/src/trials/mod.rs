//! Trials in a browser. Each has a caller of its own, a worker that may be lost: a script in plain JavaScript
//! (`js/trial/`), as it is JavaScript's own rules that are looked at. The page fetches it when there are trials to
//! make. What concerns the shared wasm memory is `lock`.

#[cfg(feature = "threads")]
pub(crate) mod lock;

use std::cell::RefCell;

use futures::StreamExt;
use futures::channel::mpsc::unbounded;
use lab::{LaneError, Trial};
use protocol::LaneId;
use protocol::trial::{TrialNews, Tried};
use serde::Serialize;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{ErrorEvent, Event, MessageEvent, Worker};
use worker_link::{module_worker, text};

thread_local! {
    /// Where the script is.
    static SCRIPT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Says where the trials' script is, for those of this turn.
pub(crate) fn set_script(address: Option<String>) {
    SCRIPT.set(address);
}

/// What the script is told first.
#[derive(Serialize)]
struct First<'a> {
    role: &'a str,
    lane: &'a str,
    experiment: &'a str,
    name: &'a str,
}

/// Makes a trial.
pub(crate) async fn make(lane: &LaneId, trial: &Trial) -> Result<Tried, LaneError> {
    let Trial { experiment, name, .. } = *trial;
    let first = First { role: "caller", lane: lane.as_str(), experiment, name };
    let first = serde_wasm_bindgen::to_value(&first).map_err(LaneError::failed)?;
    let (news, mut heard) = unbounded();
    let on_message = {
        let news = news.clone();
        Closure::<dyn FnMut(_)>::new(move |event: MessageEvent| {
            let one = serde_wasm_bindgen::from_value(event.data()).map_err(LaneError::failed);
            let _ = news.unbounded_send(one);
        })
    };
    // An error that nobody below has heard comes up to here. In a browser it ends nobody, and is not to reach the
    // page.
    let on_error = Closure::<dyn FnMut(_)>::new(move |event: Event| {
        event.prevent_default();
        if event.dyn_ref::<ErrorEvent>().is_none() {
            let why = LaneError::failed("a trial's script could not be loaded");
            let _ = news.unbounded_send(Err(why));
        }
    });
    let caller = Caller::start(&on_message, &on_error).map_err(|why| failed(&why))?;
    caller.0.post_message(&first).map_err(|why| failed(&why))?;
    loop {
        match heard.next().await.unwrap_or_else(|| Err(LaneError::failed("a trial is gone")))? {
            TrialNews::Begun { .. } | TrialNews::Outlived => {}
            TrialNews::Tried(tried) => return Ok(tried),
            TrialNews::Unavailable(why) => return Err(LaneError::Unavailable(why)),
            TrialNews::Failed(why) => {
                return Err(LaneError::Failed(format!("{experiment} {name}: {why}")));
            }
        }
    }
}

/// The caller of a trial. Dropping it ends it, and its workers with it.
struct Caller(Worker);

impl Caller {
    fn start(
        on_message: &Closure<dyn FnMut(MessageEvent)>,
        on_error: &Closure<dyn FnMut(Event)>,
    ) -> Result<Self, JsValue> {
        let address = SCRIPT.with_borrow(Clone::clone);
        let worker = module_worker(&address.ok_or("the page named no script")?)?;
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self(worker))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.0.terminate();
    }
}

fn failed(why: &JsValue) -> LaneError {
    LaneError::Failed(format!("a trial could not be started: {}", text(why)))
}
