//! The coordinator: gets one visit or one turn of a study, makes it on this build's lanes, and tells what
//! happens.

use js_sys::Uint8Array;
use lab::{Effort, LaneError, Observer, Op, Series, scenarios};
use protocol::engine::{FromEngine, ToEngine};
use protocol::preview::{LONGEST_PREVIEW, Preview};
use protocol::study::{TurnEnd, WireOp};
use protocol::trace::Played;
use protocol::{Failure, LaneEvent, LaneId, Nanos, Stage, Task};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;
use worker_link::ends;
use worker_link::inside::{listen, post};
use workloads::{Dimensions, Thumbnail};

use crate::{clock, lanes, own_picture};

/// Says that the module is loaded, and does what the page asks for.
pub(crate) fn coordinate() {
    listen(|message| match serde_wasm_bindgen::from_value(message) {
        Ok(ToEngine::Visit { task, own, keep }) => spawn_local(visit(task, own, keep)),
        Ok(ToEngine::Perform { lane, ops, effort, tick, trials }) => spawn_local(async move {
            crate::trials::set_script(trials);
            let end = turn(&lane, &ops, effort, tick).await;
            post(&FromEngine::Performed(end));
        }),
        Ok(ToEngine::Record { lane, scenario, tick }) => spawn_local(async move {
            let end = match record(&lane, &scenario, tick).await {
                Ok(played) => {
                    post(&FromEngine::Played(Box::new(played)));
                    TurnEnd::Done
                }
                Err(why) => ended(why),
            };
            post(&FromEngine::Performed(end));
        }),
        Ok(ToEngine::Clock) => post(&FromEngine::Clock(clock::measure())),
        Err(why) => {
            let error = format!("the page's message was not understood: {why}");
            post(&FromEngine::Event(LaneEvent::Failed(Failure { stage: Stage::Prepare, error })));
        }
    });
    spawn_local(async {
        let lock = ends::hold().await.ok();
        post(&FromEngine::Loaded { lock });
    });
}

async fn turn(lane: &LaneId, ops: &[WireOp], mut effort: Effort, tick: f64) -> TurnEnd {
    let ops: Vec<Op> = match ops.iter().map(Op::from_wire).collect() {
        Ok(ops) => ops,
        Err(why) => return TurnEnd::Failed(why),
    };
    let lanes = lanes(tick);
    let Some(lane) = lanes.iter().find(|known| known.id() == *lane) else {
        return TurnEnd::Failed(format!("this engine has no lane {lane}"));
    };
    // Steps of the clock must not show.
    let fair = (tick * lab::plan::TICKS) as u64;
    effort.sample_time = Nanos(effort.sample_time.0.max(fair));
    let mut found = |series: Vec<Series>| post(&FromEngine::Found { series });
    lane.perform(&ops, &effort, &mut found).await.map_or_else(ended, |()| TurnEnd::Done)
}

async fn record(lane: &LaneId, scenario: &str, tick: f64) -> Result<Played, LaneError> {
    let unknown = |what: &str| LaneError::Failed(format!("this engine has no {what}"));
    let scenario =
        scenarios::find(scenario).ok_or_else(|| unknown(&format!("scenario {scenario}")))?;
    let lanes = lanes(tick);
    let found = lanes.iter().find(|known| known.id() == *lane);
    found.ok_or_else(|| unknown(&format!("lane {lane}")))?.record(scenario).await
}

fn ended(why: LaneError) -> TurnEnd {
    match why {
        LaneError::Cancelled => TurnEnd::Cancelled,
        LaneError::Unavailable(why) => TurnEnd::Unavailable(why),
        LaneError::Failed(why) => TurnEnd::Failed(why),
        LaneError::Void(why) => TurnEnd::Void(why),
    }
}

async fn visit(task: Task, own: JsValue, keep: bool) {
    let checked = task.check().ok();
    let makes = checked.map(|(dimensions, kernel)| kernel.makes(dimensions));
    let mut page = Page { makes, keep };
    let own = match (own.dyn_into::<Blob>(), checked) {
        (Ok(own), Some((dimensions, _))) => match own_picture::read(&own, dimensions).await {
            Ok(pixels) => Some(pixels),
            Err(error) => {
                return page.event(LaneEvent::Failed(Failure { stage: Stage::Prepare, error }));
            }
        },
        _ => None,
    };
    lab::visit(lanes(0.0)[0].as_ref(), &task, own.as_deref(), &mut page).await;
}

struct Page {
    /// The result's shape.
    makes: Option<Dimensions>,
    /// Whether it is wanted.
    keep: bool,
}

impl Observer for Page {
    fn event(&mut self, event: LaneEvent) {
        post(&FromEngine::Event(event));
    }

    #[cfg(feature = "threads")]
    fn before_warm_up(&mut self, out: &[u8]) {
        use js_sys::WebAssembly::Memory;

        let memory = wasm_bindgen::memory().unchecked_into::<Memory>().buffer();
        // wasm32 addresses are 32 bits wide.
        let (offset, writers) = (out.as_ptr() as usize as u32, crate::shared::writers());
        post(&FromEngine::Watch { memory, offset, writers });
    }

    fn after_warm_up(&mut self, out: &[u8]) {
        if let Some(makes) = self.makes {
            let small = Thumbnail::of(makes, out, LONGEST_PREVIEW);
            let (width, height) = (small.width, small.height);
            let pixels = Uint8Array::from(small.pixels.as_slice());
            post(&FromEngine::Preview(Preview { width, height, pixels }));
        }
        if self.keep {
            #[cfg(feature = "threads")]
            let seen = crate::shared::seen();
            #[cfg(not(feature = "threads"))]
            let seen = None;
            post(&FromEngine::Result { pixels: Uint8Array::from(out), seen });
        }
    }
}
