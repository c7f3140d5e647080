//! The coordinator: gets one task, visits this build's lane, and reports what happens.

use lab::Observer;
use protocol::engine::{FromEngine, ToEngine};
use protocol::{Failure, LaneEvent, Stage, Task};
use wasm_bindgen::prelude::wasm_bindgen;
use workloads::Dimensions;

use crate::ThisLane;
use crate::post::{listen, post};
use crate::preview::preview;

/// Says that the module is loaded, and makes the visit that the page asks for.
#[wasm_bindgen]
pub fn coordinate() {
    listen(|message| match serde_wasm_bindgen::from_value(message) {
        Ok(ToEngine::Visit(task)) => wasm_bindgen_futures::spawn_local(visit(task)),
        Err(why) => {
            let error = format!("the page's message was not understood: {why}");
            post(&FromEngine::Event(LaneEvent::Failed(Failure { stage: Stage::Prepare, error })));
        }
    });
    post(&FromEngine::Loaded);
}

async fn visit(task: Task) {
    let mut page = Page { dimensions: task.check().ok().map(|(dimensions, _)| dimensions) };
    lab::visit(&ThisLane, &task, &mut page).await;
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
        use wasm_bindgen::JsCast;

        let memory = wasm_bindgen::memory().unchecked_into::<Memory>().buffer();
        // wasm32 addresses are 32 bits wide.
        post(&FromEngine::Watch { memory, offset: out.as_ptr() as usize as u32 });
    }

    fn after_warm_up(&mut self, out: &[u8]) {
        if let Some(dimensions) = self.dimensions {
            post(&preview(dimensions, out));
        }
    }
}
