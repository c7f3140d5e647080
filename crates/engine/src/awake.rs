//! When this worker's event loop is awake, for what it notes of itself.

use std::cell::{Cell, RefCell};

use protocol::trace::What;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageChannel, MessageEvent};

thread_local! {
    static IS_AWAKE: Cell<bool> = const { Cell::new(false) };
    static BELL: RefCell<Option<Bell>> = const { RefCell::new(None) };
}

/// A channel to itself: its message comes when what the loop does now is done, promises included.
struct Bell {
    channel: MessageChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

/// Notes that the loop is awake, and, when it is done with this turn, that it waits.
pub(crate) fn wake() {
    if !tracer::is_on() || IS_AWAKE.replace(true) {
        return;
    }
    tracer::note(What::Wake);
    BELL.with_borrow_mut(|bell| {
        if bell.is_none() {
            *bell = Bell::hang();
        }
        if let Some(bell) = bell {
            let _ = bell.channel.port2().post_message(&JsValue::NULL);
        }
    });
}

impl Bell {
    fn hang() -> Option<Self> {
        let channel = MessageChannel::new().ok()?;
        let on_message = Closure::<dyn FnMut(_)>::new(|_: MessageEvent| {
            IS_AWAKE.set(false);
            tracer::note(What::Wait);
        });
        channel.port1().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self { channel, _on_message: on_message })
    }
}
