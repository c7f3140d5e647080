//! The desk in its worker: messages, and files as browsers have them.

use std::cell::RefCell;
use std::collections::VecDeque;

use js_sys::{Array, Uint8Array};
use protocol::desk::{Form, FromDesk, Part, ToDesk};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::{Blob, BlobPropertyBag, FileReaderSync};
use worker_link::Carried;
use worker_link::inside::{listen, post, try_post};

use crate::{Files, answer};

/// Says that it listens, and does what the page asks for.
#[wasm_bindgen]
pub fn sit() {
    let left: RefCell<VecDeque<Part<Carried>>> = RefCell::default();
    listen(move |message| {
        let mut left = left.borrow_mut();
        match serde_wasm_bindgen::from_value(message) {
            Ok(ToDesk::Next) => {}
            Ok(asked) => match answer(asked, &Browser) {
                Ok(parts) => left.extend(parts),
                Err(why) => return post(&FromDesk::<Carried>::Refused(why)),
            },
            Err(why) => {
                let why = format!("the page's message was not understood: {why}");
                return post(&FromDesk::<Carried>::Refused(why));
            }
        }
        let part = left.pop_front();
        let answer = match part {
            Some(part) => FromDesk::Part { part, left: left.len() as u32 },
            // An answer may have nothing in it, such as no row that stands beside another one.
            None => FromDesk::Part { part: Part::Rows(Vec::new()), left: 0 },
        };
        // A report may have numbers that JavaScript has not.
        if let Err(why) = try_post(&answer) {
            left.clear();
            post(&FromDesk::<Carried>::Refused(format!("this report is damaged: {why}")));
        }
    });
    post(&FromDesk::<Carried>::Loaded);
}

struct Browser;

impl Files for Browser {
    type File = Carried;

    fn read(&self, file: &Carried) -> Result<Vec<u8>, String> {
        let unread = "the browser could not read it: choose it again";
        let blob: &Blob = file.0.dyn_ref().ok_or(unread)?;
        let bytes = FileReaderSync::new().and_then(|reader| reader.read_as_array_buffer(blob));
        Ok(Uint8Array::new(&bytes.map_err(|_| unread)?.into()).to_vec())
    }

    fn make(&self, text: &str, form: Form) -> Result<Carried, String> {
        let options = BlobPropertyBag::new();
        options.set_type(form.kind());
        let texts = Array::of1(&text.into());
        let blob = Blob::new_with_str_sequence_and_options(&texts, &options);
        blob.map(|blob| Carried(blob.into())).map_err(|why| worker_link::text(&why))
    }
}
