//! Pictures over shared memory: before and after, who wrote which rows, and what crossed.

use leptos::html::Canvas;
use leptos::prelude::*;
use protocol::{Availability, LaneId};
use texts::tr;
use web_sys::HtmlCanvasElement;
use workloads::CHANNELS;

use super::super::canvas::{Watched, paint, paint_preview, sample};
use super::super::choice::{Choice, ChoiceList};
use super::{Go, examples};
use crate::environment;
use crate::examples::{AppearingPicture, Band, Example, Examples, MadePicture, PictureExample};
use crate::settings::filter_name;
use lab::format;

/// Colours that are told apart by whoever sees few of them (Okabe and Ito's), for workers from 1 on.
const COLOURS: [[u8; 3]; 8] = [
    [230, 159, 0],
    [86, 180, 233],
    [0, 158, 115],
    [240, 228, 66],
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
    [120, 120, 120],
];
const FORMATS: [(&str, &str); 3] = [("png", "PNG"), ("jpg", "JPEG"), ("webp", "WebP")];

#[component]
pub(super) fn PictureSection() -> impl IntoView {
    let examples = examples();
    let picture = examples.picture;
    let dimensions = Memo::new(move |_| examples.comparison.settings.get().dimensions);
    let filters = move || {
        let all = PictureExample::filters(dimensions.get()).into_iter().enumerate();
        all.map(|(index, filter)| Choice::new(index, filter_name(filter))).collect()
    };
    let lanes = move || {
        let all = examples.comparison.lanes().into_iter().filter(|lane| lane.pictures);
        let choice = |lane: protocol::LaneInfo| {
            let missing = lane.availability != Availability::Available;
            let note = if missing { tr!(" (unavailable)") } else { "" };
            Choice::new(&lane.id, format!("{}{note}", lane.id)).unless(missing)
        };
        all.map(choice).collect()
    };
    let workers = Choice::numbers(environment::cores().clamp(2, 16), |count| count.to_string());
    view! {
        <section class="example" aria-labelledby="picture-example-heading">
            <h3 id="picture-example-heading">{tr!("Pictures over shared memory")}</h3>
            <p>
                {tr!("The picture that is chosen above, or the built-in one, filtered on one lane by fresh workers. \
                    Over shared memory the page sees the rows appear, in the colour of the worker that writes them; nothing is sent between the workers.")}
            </p>
            <fieldset disabled=move || examples.is_locked()>
                <legend class="hidden">{tr!("The picture’s filter and lane")}</legend>
                <ChoiceList
                    id="example-filter"
                    label=tr!("Filter")
                    choices=Signal::derive(filters)
                    chosen=Signal::derive(move || picture.filter.get().to_string())
                    choose=move |index: String| picture.filter.set(index.parse().unwrap_or(0))
                />
                <ChoiceList
                    id="example-lane"
                    label=tr!("Lane")
                    choices=Signal::derive(lanes)
                    chosen=Signal::derive(move || picture.lane.get().to_string())
                    choose=move |lane: String| picture.lane.set(LaneId::from(lane.as_str()))
                />
                <ChoiceList
                    id="example-workers"
                    label=tr!("Workers")
                    choices=workers
                    chosen=Signal::derive(move || picture.workers.get().to_string())
                    choose=move |count: String| picture.workers.set(count.parse().unwrap_or(1))
                />
            </fieldset>
            <Go
                words=tr!("Filter the picture")
                example=Example::Picture
                status=picture.status
                trouble=picture.trouble
                go=move || examples.filter_picture()
            />
            <Slider/>
            {move || picture.made.get().map(|made| figures(&made))}
            <Show when=move || picture.made.with(Option::is_some)><Download/></Show>
        </section>
    }
}

/// Before and after, one over the other.
#[component]
fn Slider() -> impl IntoView {
    let picture = examples().picture;
    let (before, after) = (NodeRef::<Canvas>::new(), NodeRef::<Canvas>::new());
    let at = RwSignal::new(50_u32);
    let tinted = RwSignal::new(false);
    let partial = RwSignal::new(0_u32);
    Effect::new(move |_| {
        let (Some(before), Some(after)) = (before.get(), after.get()) else { return };
        if let Some(appearing) = picture.appearing.get() {
            partial.set(0);
            paint_preview(&before, &appearing.before);
            watch(picture, after, appearing, partial);
        } else if let Some(made) = picture.made.get() {
            let mut pixels = made.preview.pixels.to_vec();
            if tinted.get() {
                tint(&mut pixels, made.preview.width, made.dimensions.height(), &made.bands);
            }
            paint_preview(&before, &made.before);
            let _ = paint(&after, made.preview.width, made.preview.height, &pixels);
        }
    });
    let appears = move || picture.appearing.with(Option::is_some);
    let shown = move || appears() || picture.made.with(Option::is_some);
    let known =
        move || picture.made.with(|made| made.as_ref().is_some_and(|made| !made.bands.is_empty()));
    // While it appears, all of it is shown.
    let cut = move || if appears() { 0 } else { at.get() };
    view! {
        <div
            class="slider"
            hidden=move || !shown()
            data-appears=move || appears().then_some("")
            style=("--at", move || format!("{}%", cut()))
        >
            <div class="frame">
                <canvas node_ref=before role="img" aria-label=tr!("The picture before")></canvas>
                <canvas
                    node_ref=after
                    class="after"
                    role="img"
                    aria-label=tr!("The picture after")
                    data-partial-frames=move || partial.get().to_string()
                ></canvas>
            </div>
            <input
                type="range"
                id="before-after"
                min="0"
                max="100"
                aria-label=tr!("How much of the picture before is shown")
                aria-valuetext=move || tr!("{} % of the picture before", at.get())
                prop:value=move || at.get().to_string()
                disabled=appears
                on:input=move |event| at.set(event_target_value(&event).parse().unwrap_or(50))
            />
        </div>
        <Show when=known>
            <label class="check">
                <input
                    type="checkbox"
                    id="tint"
                    prop:checked=move || tinted.get()
                    on:change=move |event| tinted.set(event_target_checked(&event))
                />
                <span>{tr!("Rows in the colour of the worker that wrote them")}</span>
            </label>
            <ul class="workers">
                {move || picture.made.get().map(|made| legend(&made.bands))}
            </ul>
        </Show>
    }
}

fn colour(worker: u32) -> [u8; 3] {
    COLOURS[(worker.max(1) - 1) as usize % COLOURS.len()]
}

fn legend(bands: &[Band]) -> impl IntoView + use<> {
    let item = |band: &Band| {
        let [red, green, blue] = colour(band.worker);
        let colour = format!("rgb({red} {green} {blue})");
        let words =
            tr!("worker {}: rows {} to {}", band.worker, band.rows.start + 1, band.rows.end);
        view! { <li><span class="swatch" style:background=colour></span>{words}</li> }
    };
    bands.iter().map(item).collect_view()
}

/// Colours the rows of a picture scaled down, which has so many rows when it is whole.
fn tint(pixels: &mut [u8], width: u32, height: u32, bands: &[Band]) {
    let row_bytes = width as usize * CHANNELS;
    let rows = pixels.len() / row_bytes;
    for (number, row) in pixels.chunks_exact_mut(row_bytes).enumerate() {
        let at = (number as u64 * u64::from(height) / rows as u64) as u32;
        let Some(band) = bands.iter().find(|band| band.rows.contains(&at)) else { continue };
        let colour = colour(band.worker);
        for pixel in row.chunks_exact_mut(CHANNELS).filter(|pixel| pixel[3] != 0) {
            for (channel, colour) in pixel.iter_mut().zip(colour) {
                *channel = ((u16::from(*channel) * 3 + u16::from(colour) * 2) / 5) as u8;
            }
        }
    }
}

/// Paints what is there on every frame, for as long as this very picture appears.
fn watch(
    picture: PictureExample,
    canvas: HtmlCanvasElement,
    appearing: AppearingPicture,
    partial: RwSignal<u32>,
) {
    request_animation_frame(move || {
        let still = picture
            .appearing
            .with_untracked(|now| now.as_ref().is_some_and(|now| now.memory == appearing.memory));
        if !still {
            return;
        }
        let AppearingPicture { memory, offset, dimensions, .. } = appearing.clone();
        let (width, height, mut pixels) = sample(&Watched { memory, offset, dimensions });
        let there = pixels.chunks_exact(CHANNELS).filter(|pixel| pixel[3] != 0).count();
        if there > 0 && there < (width * height) as usize {
            partial.update(|count| *count += 1);
        }
        tint(&mut pixels, width, dimensions.height(), &appearing.bands());
        let _ = paint(&canvas, width, height, &pixels);
        watch(picture, canvas, appearing, partial);
    });
}

fn figures(made: &MadePicture) -> impl IntoView + use<> {
    let MadePicture { task, lane, dimensions, startup, sample, seen, .. } = made;
    let time = |nanos: f64| format::time(nanos);
    let pixels = u64::from(task.width) * u64::from(task.height);
    let seen = match seen {
        Some(nanos) => tr!("{} after it was written", time(*nanos)),
        None if lane.as_str().starts_with("browser") && *lane != LaneId::BROWSER_SHARED => {
            tr!("not at all: what a worker writes comes back as a message").to_owned()
        }
        None => tr!("not measured here: the experiment share does").to_owned(),
    };
    let shared = *lane == LaneId::BROWSER_SHARED || lane.as_str().starts_with("native.thread");
    let between = if shared {
        tr!("between the caller and its workers")
    } else {
        tr!("to the workers and back")
    };
    let rows = [
        (tr!("Lane"), format!("{lane}, {}", format::workers(task.workers))),
        (
            tr!("Time"),
            format!(
                "{}, {}",
                time(sample.total.0 as f64),
                format::throughput(pixels, sample.total.0 as f64)
            ),
        ),
        (tr!("In the kernel"), time(sample.compute.0 as f64)),
        (tr!("Workers’ start"), time(startup.0 as f64)),
        (tr!("Bytes copied"), format!("{} {between}", format::bytes(sample.bytes_copied))),
        (tr!("A change is seen by another thread"), seen),
        (
            tr!("Result"),
            tr!(
                "{} × {} pixels, checksum {}",
                dimensions.width(),
                dimensions.height(),
                sample.checksum
            ),
        ),
    ];
    let rows = rows.map(|(name, value)| {
        view! { <div><dt>{name}</dt><dd data-figure=name>{value}</dd></div> }
    });
    view! { <dl class="figures" id="picture-figures">{rows}</dl> }
}

#[component]
fn Download() -> impl IntoView {
    let examples: Examples = examples();
    let picture = examples.picture;
    let format = RwSignal::new("png");
    let formats = FORMATS.map(|(end, name)| Choice::new(end, name)).to_vec();
    view! {
        <div class="ways">
            <ChoiceList
                id="example-format"
                label=tr!("File")
                choices=formats
                chosen=Signal::derive(move || format.get().to_owned())
                choose=move |chosen: String| {
                    let known = FORMATS.into_iter().find(|(end, _)| *end == chosen);
                    format.set(known.map_or("png", |(end, _)| end));
                }
            />
            <button
                type="button"
                disabled=move || examples.is_locked()
                on:click=move |_| examples.make_file(format.get_untracked())
            >{tr!("Make the file")}</button>
            {move || picture.file.get().map(|(address, name, bytes)| {
                let words = tr!("Download {} ({})", name, format::bytes(bytes));
                view! { <a id="example-file" href=address download=name>{words}</a> }
            })}
        </div>
    }
}
