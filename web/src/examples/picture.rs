//! A picture over shared memory, or not: filtered once on a lane, with what crossed and who wrote what.

use std::ops::Range;

use js_sys::{Array, Uint32Array};
use leptos::prelude::*;
use protocol::preview::Preview;
use protocol::{Filter, LaneEvent, LaneId, Nanos, Picture, Sample, Task};
use texts::tr;
use wasm_bindgen::JsValue;
use web_sys::{Blob, Url};
use workloads::Dimensions;

use super::{AWAY, Example, Examples};
use crate::environment;
use crate::links::{Cancelled, Engine, EngineMessage, drawn, encoded, shown};

/// What the visitor has chosen, and what came of it.
#[derive(Clone, Copy)]
pub(crate) struct PictureExample {
    pub(crate) filter: RwSignal<usize>,
    pub(crate) lane: RwSignal<LaneId>,
    pub(crate) workers: RwSignal<u32>,
    /// In words, while something goes on or has failed.
    pub(crate) status: RwSignal<String>,
    pub(crate) trouble: RwSignal<Option<String>>,
    /// The built-in picture, once it was drawn to be shown.
    drawn: StoredValue<Option<Preview>, LocalStorage>,
    /// In shared memory, while it appears.
    pub(crate) appearing: RwSignal<Option<AppearingPicture>, LocalStorage>,
    pub(crate) made: RwSignal<Option<MadePicture>, LocalStorage>,
    /// The address and the name of the file that was made last, and its bytes.
    pub(crate) file: RwSignal<Option<(String, String, u64)>>,
}

/// A picture that workers are writing.
#[derive(Clone)]
pub(crate) struct AppearingPicture {
    /// What it is made of.
    pub(crate) before: Preview,
    pub(crate) memory: JsValue,
    pub(crate) offset: u32,
    pub(crate) dimensions: Dimensions,
    writers: u32,
    bands: Vec<Range<u32>>,
}

/// Rows, and the worker that wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Band {
    /// From 1 on.
    pub(crate) worker: u32,
    pub(crate) rows: Range<u32>,
}

impl AppearingPicture {
    /// Who has begun to write which rows.
    pub(crate) fn bands(&self) -> Vec<Band> {
        let writers = Uint32Array::new_with_byte_offset_and_length(
            &self.memory,
            self.writers,
            self.bands.len() as u32,
        );
        let known = self.bands.iter().zip(writers.to_vec()).filter(|(_, worker)| *worker > 0);
        known.map(|(rows, worker)| Band { worker, rows: rows.clone() }).collect()
    }
}

/// A picture that was made.
#[derive(Clone)]
pub(crate) struct MadePicture {
    pub(crate) task: Task,
    pub(crate) lane: LaneId,
    pub(crate) dimensions: Dimensions,
    pub(crate) startup: Nanos,
    pub(crate) sample: Sample,
    /// How long after one thread's write another one saw it, in nanoseconds, where memory is shared.
    pub(crate) seen: Option<f64>,
    /// Where they are known.
    pub(crate) bands: Vec<Band>,
    /// What it was made of.
    pub(crate) before: Preview,
    pub(crate) preview: Preview,
    pixels: Blob,
}

impl PictureExample {
    pub(super) fn new() -> Self {
        Self {
            filter: RwSignal::new(0),
            lane: RwSignal::new(LaneId::BROWSER_SHARED),
            workers: RwSignal::new(environment::cores().clamp(1, 8)),
            status: RwSignal::new(String::new()),
            trouble: RwSignal::new(None),
            drawn: StoredValue::new_local(None),
            appearing: RwSignal::new_local(None),
            made: RwSignal::new_local(None),
            file: RwSignal::new(None),
        }
    }

    /// The filters that one can choose, for a picture of that size; resizing makes it a quarter as wide and high.
    pub(crate) fn filters(of: Dimensions) -> [Filter; 7] {
        Filter::all(3.0, [(of.width() / 4).max(1), (of.height() / 4).max(1)])
    }
}

impl Examples {
    /// Filters the picture as it is chosen.
    pub(crate) fn filter_picture(self) {
        self.alone(Example::Picture, move |cancelled| async move {
            let picture = self.picture;
            picture.trouble.set(None);
            picture.status.set(tr!("Filtering…").into());
            // What was made before stays until there is something else.
            let said = match self.filtered(cancelled).await {
                Ok(Some(made)) => {
                    picture.forget_file();
                    picture.made.set(Some(made));
                    tr!("The picture is done.")
                }
                Ok(None) => tr!("Cancelled."),
                Err(why) => {
                    picture.trouble.set(Some(why));
                    ""
                }
            };
            picture.appearing.set(None);
            picture.status.set(said.into());
        });
    }

    async fn filtered(&self, cancelled: Cancelled) -> Result<Option<MadePicture>, String> {
        let (comparison, picture) = (self.comparison, self.picture);
        let settings = comparison.settings.get_untracked();
        let lane = picture.lane.get_untracked();
        let filter =
            PictureExample::filters(settings.dimensions)[picture.filter.get_untracked().min(6)];
        let workers =
            if lane == LaneId::BROWSER_MAIN { 1 } else { picture.workers.get_untracked() };
        let task = Task { filter, workers, runs: 1, ..settings.task(workers) };
        let (dimensions, kernel) = task.check().map_err(|why| why.to_string())?;
        let before = match (comparison.own_preview.get_value(), picture.drawn.get_value()) {
            (Some(own), _) => own,
            (None, Some(drawn)) => drawn,
            (None, None) => drawn(small(dimensions)).await?,
        };
        if task.picture == Picture::BuiltIn {
            picture.drawn.set_value(Some(before.clone()));
        }

        let made = Made::default();
        let hear = |event: LaneEvent| made.take(event);
        let own = comparison.own.get_value();
        let (mut pixels, mut preview, mut bands) = (None, None, Vec::new());
        if let Some(engine) = Engine::of(&lane) {
            let tell = |message| match message {
                EngineMessage::Event(event) => hear(event),
                EngineMessage::Watch { memory, offset, writers } => {
                    let bands = kernel.bands(dimensions, workers);
                    let dimensions = kernel.makes(dimensions);
                    let before = before.clone();
                    let appearing =
                        AppearingPicture { before, memory, offset, dimensions, writers, bands };
                    picture.appearing.set(Some(appearing));
                }
                EngineMessage::Result { pixels: result, seen } => {
                    let parts = Array::of1(&result);
                    pixels = Blob::new_with_u8_array_sequence(&parts).ok();
                    made.seen.set_value(seen);
                }
                // Nobody looks into the memory while figures are taken.
                EngineMessage::Preview(small) => {
                    preview = Some(small);
                    let appeared = picture.appearing.with_untracked(Option::clone);
                    bands = appeared.map_or_else(Vec::new, |it| it.bands());
                    picture.appearing.set(None);
                }
            };
            engine.visit(task.clone(), own, true, cancelled, tell).await;
        } else {
            let link = comparison.link.get_value().ok_or(AWAY)?;
            if let Some(own) = own {
                link.send_picture(task.picture, &own).await?;
            }
            link.visit(lane.clone(), task.clone(), true, cancelled, hear).await;
            if made.sample.get_value().is_some() {
                pixels = Some(link.result().await?);
            }
        }
        match made.end.get_value() {
            Some(LaneEvent::Cancelled) => return Ok(None),
            Some(LaneEvent::Failed(failure)) => return Err(failure.error),
            _ => {}
        }
        let sample = made.sample.get_value().ok_or(tr!("no picture came"))?;
        let pixels = pixels.ok_or(tr!("no picture came"))?;
        let dimensions = kernel.makes(dimensions);
        let preview = match preview {
            Some(preview) => preview,
            None => shown(dimensions, &pixels).await?,
        };
        let (startup, seen) = (made.startup.get_value(), made.seen.get_value());
        Ok(Some(MadePicture {
            task,
            lane,
            dimensions,
            startup,
            sample,
            seen,
            bands,
            before,
            preview,
            pixels,
        }))
    }

    /// Makes a file of the picture, of the format that ends a name so.
    pub(crate) fn make_file(self, format: &'static str) {
        self.alone(Example::Picture, move |_| async move {
            let picture = self.picture;
            let Some(made) = picture.made.get_untracked() else { return };
            picture.forget_file();
            picture.status.set(tr!("Making the file…").into());
            let file = encoded(made.dimensions, &made.pixels, format).await;
            let address = file.and_then(|file| {
                let address = Url::create_object_url_with_blob(&file);
                address
                    .map(|address| (address, file.size() as u64))
                    .map_err(|why| format!("{why:?}"))
            });
            match address {
                Ok((address, bytes)) => {
                    let name = self.comparison.own_name.get_untracked();
                    let name = name
                        .as_deref()
                        .and_then(|name| name.rsplit_once('.'))
                        .map_or("hills", |(name, _)| name);
                    let name = format!("{name}-{}.{format}", made.task.filter.name());
                    picture.file.set(Some((address, name, bytes)));
                    picture.status.set(tr!("The file is ready.").into());
                }
                Err(why) => {
                    picture.status.set(String::new());
                    picture.trouble.set(Some(why));
                }
            }
        });
    }
}

impl PictureExample {
    fn forget_file(&self) {
        if let Some((address, ..)) = self.file.get_untracked() {
            let _ = Url::revoke_object_url(&address);
        }
        self.file.set(None);
    }
}

/// What a visit tells.
#[derive(Clone, Copy)]
struct Made {
    startup: StoredValue<Nanos>,
    sample: StoredValue<Option<Sample>>,
    seen: StoredValue<Option<f64>>,
    end: StoredValue<Option<LaneEvent>>,
}

impl Default for Made {
    fn default() -> Self {
        Self {
            startup: StoredValue::new(Nanos(0)),
            sample: StoredValue::new(None),
            seen: StoredValue::new(None),
            end: StoredValue::new(None),
        }
    }
}

impl Made {
    fn take(&self, event: LaneEvent) {
        match event {
            LaneEvent::Ready { startup } => self.startup.set_value(startup),
            LaneEvent::Sample(sample) => self.sample.set_value(Some(sample)),
            last => self.end.set_value(Some(last)),
        }
    }
}

/// The built-in picture is drawn as large as it is shown: it is the same at every size.
fn small(dimensions: Dimensions) -> Dimensions {
    let step =
        dimensions.width().max(dimensions.height()).div_ceil(protocol::preview::LONGEST_PREVIEW);
    Dimensions::new(dimensions.width().div_ceil(step), dimensions.height().div_ceil(step))
        .unwrap_or(dimensions)
}

#[cfg(test)]
mod tests {
    use workloads::Kernel;

    use super::*;

    #[test]
    fn every_filter_of_every_picture_is_a_task() {
        for (width, height) in [(1, 1), (3, 5000), (4000, 3000), (8000, 8000)] {
            for filter in PictureExample::filters(Dimensions::new(width, height).unwrap()) {
                assert!(Kernel::try_from(filter).is_ok(), "{filter:?}");
            }
        }
    }

    #[test]
    fn what_is_drawn_fits_the_page() {
        let drawn = small(Dimensions::BUILT_IN);
        assert_eq!((drawn.width(), drawn.height()), (800, 600));
    }
}
