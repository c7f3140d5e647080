//! A picture of the visitor's own.

use leptos::prelude::*;
use protocol::Picture;
use texts::{tr, translated};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;
use workloads::Dimensions;

use super::{Comparison, Opening, Origin, Pixels, Shown};
use crate::links::open_picture;

impl Comparison {
    /// Opens a picture of the visitor's own; it takes the place of the one before when it is there.
    pub(crate) fn choose(self, file: File) {
        let name = file.name();
        if untrack(|| self.is_running()) {
            let why =
                tr!("a comparison is running: cancel it or wait, then choose the picture again");
            self.opening.set(Opening::Failed(format!("{name}: {why}")));
            return;
        }
        let reading = Opening::Reading(name.clone());
        if self.opening.get_untracked() == reading {
            return;
        }
        self.opening.set(reading.clone());
        spawn_local(async move {
            let opened = open_picture(file.into()).await;
            // Another one may have been chosen meanwhile.
            if self.opening.get_untracked() != reading {
                return;
            }
            match opened {
                Ok(own) => {
                    self.settings.update(|settings| {
                        (settings.picture, settings.dimensions) = (own.picture, own.dimensions);
                    });
                    self.own.set_value(Some(own.pixels));
                    self.own_preview.set_value(Some(own.preview.clone()));
                    self.own_name.set(Some(name.clone()));
                    let (origin, pixels) = (Origin::Chosen, Pixels::Still(own.preview));
                    self.shown.set(Some(Shown { origin, name: Some(name), pixels }));
                    self.opening.set(Opening::Idle);
                }
                Err(why) => {
                    self.opening.set(Opening::Failed(format!("{name}: {}", translated(&why))));
                }
            }
        });
    }

    /// Goes back to the built-in picture.
    pub(crate) fn choose_built_in(self) {
        self.settings.update(|settings| {
            (settings.picture, settings.dimensions) = (Picture::BuiltIn, Dimensions::BUILT_IN);
        });
        self.own.set_value(None);
        self.own_preview.set_value(None);
        self.own_name.set(None);
        self.shown.set(None);
        self.opening.set(Opening::Idle);
    }
}
