//! The picture, as the workers of the shared memory write it.
//!
//! Only the untimed run is watched: reading along costs the workers time, and that must not show in
//! a figure.

use leptos::html::Canvas;
use leptos::prelude::*;
use protocol::preview::LONGEST_PREVIEW;
use texts::tr;
use web_sys::HtmlCanvasElement;
use workloads::CHANNELS;

use super::canvas::{Watched, paint, paint_preview, sample};
use super::comparison;
use crate::comparison::{Comparison, Origin, Pixels, Shown};
use crate::settings::filter_name;
use lab::format;

#[component]
pub(super) fn PictureView() -> impl IntoView {
    let comparison = comparison();
    let canvas = NodeRef::<Canvas>::new();
    let partial_frames = RwSignal::new(0_u32);

    Effect::new(move |_| {
        let (Some(shown), Some(canvas)) = (comparison.shown.get(), canvas.get()) else {
            return;
        };
        match shown.pixels {
            Pixels::Still(preview) => paint_preview(&canvas, &preview),
            Pixels::Live { memory, offset, dimensions } => {
                let watched = Watched { memory, offset, dimensions };
                watch(comparison, canvas, watched, partial_frames);
            }
        }
    });
    let shown = move || comparison.shown.get().is_some();
    view! {
        <section class="picture" aria-labelledby="picture-heading" hidden=move || !shown()>
            <h2 id="picture-heading">{tr!("Picture")}</h2>
            <figure>
                <canvas
                    node_ref=canvas
                    role="img"
                    aria-label=move || comparison.shown.get().map(|it| label(&it))
                    data-partial-frames=move || partial_frames.get().to_string()
                ></canvas>
                <figcaption>
                    {move || comparison.shown.get().map(|it| caption(&it))}
                </figcaption>
            </figure>
        </section>
    }
}

fn label(shown: &Shown) -> String {
    let subject = shown.name.as_deref().unwrap_or(tr!("Hills at dusk"));
    match &shown.origin {
        Origin::Chosen => subject.to_owned(),
        Origin::Made { turn, filter } => {
            tr!("{} after {}, made by {}", subject, filter_name(*filter), turn.lane)
        }
    }
}

fn caption(shown: &Shown) -> String {
    let Origin::Made { turn, .. } = &shown.origin else {
        let name = shown.name.as_deref().unwrap_or_default();
        return tr!("{}, with at most {} pixels a side.", name, LONGEST_PREVIEW);
    };
    let by = format!("{}, {}", turn.lane, format::workers(turn.workers));
    match shown.pixels {
        Pixels::Live { .. } => {
            tr!("{}: the page reads the shared memory while the workers write their bands.", by)
        }
        Pixels::Still(_) => tr!(
            "{}: the result of the untimed run, with at most {} pixels a side.",
            by,
            LONGEST_PREVIEW
        ),
    }
}

/// Paints what is there on every frame, for as long as the comparison shows this very picture.
fn watch(
    comparison: Comparison,
    canvas: HtmlCanvasElement,
    watched: Watched,
    partial_frames: RwSignal<u32>,
) {
    request_animation_frame(move || {
        let still_shown = comparison.shown.with_untracked(|shown| {
            matches!(shown, Some(Shown { pixels: Pixels::Live { memory, .. }, .. })
                if *memory == watched.memory)
        });
        if !still_shown {
            return;
        }
        let (width, height, bytes) = sample(&watched);
        let there = bytes.chunks_exact(CHANNELS).filter(|pixel| pixel[3] != 0).count();
        if there > 0 && there < (width * height) as usize {
            partial_frames.update(|count| *count += 1);
        }
        let _ = paint(&canvas, width, height, &bytes);
        watch(comparison, canvas, watched, partial_frames);
    });
}
