//! The coordinator: gets one task, visits this build's lane, and reports what happens.

use js_sys::Uint8Array;
use lab::Observer;
use protocol::engine::{FromEngine, ToEngine};
use protocol::preview::{LONGEST_PREVIEW, Preview};
use protocol::{Failure, LaneEvent, Stage, Task};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;
use worker_link::inside::{listen, post};
use workloads::{Dimensions, Thumbnail};

use crate::{ThisLane, own_picture};

/// Says that the module is loaded, and makes the visit that the page asks for.
#[wasm_bindgen]
pub fn coordinate() {
    listen(|message| match serde_wasm_bindgen::from_value(message) {
        Ok(ToEngine::Visit { task, own }) => wasm_bindgen_futures::spawn_local(visit(task, own)),
        Err(why) => {
            let error = format!("the page's message was not understood: {why}");
            post(&FromEngine::Event(LaneEvent::Failed(Failure { stage: Stage::Prepare, error })));
        }
    });
    post(&FromEngine::Loaded);
}

async fn visit(task: Task, own: JsValue) {
    let dimensions = task.check().ok().map(|(dimensions, _)| dimensions);
    let mut page = Page { dimensions };
    let own = match (own.dyn_into::<Blob>(), dimensions) {
        (Ok(own), Some(dimensions)) => match own_picture::read(&own, dimensions).await {
            Ok(pixels) => Some(pixels),
            Err(error) => {
                return page.event(LaneEvent::Failed(Failure { stage: Stage::Prepare, error }));
            }
        },
        _ => None,
    };
    lab::visit(&ThisLane, &task, own.as_deref(), &mut page).await;
}

struct Page {
    dimensions: Option<Dimensions>,
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
        post(&FromEngine::Watch { memory, offset: out.as_ptr() as usize as u32 });
    }

    fn after_warm_up(&mut self, out: &[u8]) {
        if let Some(dimensions) = self.dimensions {
            let small = Thumbnail::of(dimensions, out, LONGEST_PREVIEW);
            let (width, height) = (small.width, small.height);
            let pixels = Uint8Array::from(small.pixels.as_slice());
            post(&FromEngine::Preview(Preview { width, height, pixels }));
        }
    }
}
