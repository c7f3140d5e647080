//! The pictures: structure above, time below, for each of the two.

use std::sync::Arc;

use ::flow::{Film, View, caption, legend, structure, time};
use leptos::html::Div;
use leptos::prelude::*;
use protocol::LaneKind;
use texts::{text, tr};
use wasm_bindgen::JsCast;
use web_sys::{Element, PointerEvent};

use super::flow;

/// Narrower pages have the two below each other.
const SIDE_BY_SIDE: f64 = 720.0;
/// Between the two.
const BETWEEN: f64 = 24.0;

#[component]
pub(super) fn Pictures() -> impl IntoView {
    let flow = flow();
    let area = NodeRef::<Div>::new();
    let width = RwSignal::new(0.0);
    let measure = move || {
        if let Some(area) = area.get_untracked() {
            width.set(f64::from(area.client_width()));
        }
    };
    Effect::new(move |_| {
        area.track();
        measure();
    });
    let listener = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || listener.remove());
    let column = Memo::new(move |_| {
        let all = width.get();
        if all >= SIDE_BY_SIDE { (all - BETWEEN) / 2.0 } else { all }
    });
    let films = move || {
        flow.films
            .into_iter()
            .zip(flow.lanes)
            .map(|(film, lane)| {
                view! { <Side film lane column/> }
            })
            .collect_view()
    };
    let key = move || {
        let width = width.get();
        (width > 0.0).then(|| {
            let (shapes, height) = legend(width);
            view! {
                <svg
                    class="legend"
                    viewBox=format!("0 -2 {width:.1} {height:.1}")
                    role="img"
                    aria-label=tr(LEGEND)
                    inner_html=shapes.to_string()
                ></svg>
            }
        })
    };
    view! {
        <div class="sides" node_ref=area>{films()}</div>
        {key}
    }
}

const LEGEND: &str = text!(
    "What is drawn: dark blocks compute, outlined ones copy or send, dashed ones are held up, grey is \
                      awake, a thin white line waits. Arrows: solid ones are copied, dashed ones lie in shared memory or \
                      change their owner, dotted ones are within one step of the clock."
);

#[component]
fn Side(film: Memo<Option<Arc<Film>>>, lane: RwSignal<String>, column: Memo<f64>) -> impl IntoView {
    let kind = move || {
        film.with(|film| {
            film.as_ref().map(|film| match film.recording.kind {
                LaneKind::Main => tr!("the caller alone"),
                LaneKind::Thread => tr!("worker threads"),
                LaneKind::Process => tr!("child processes"),
            })
        })
    };
    let words =
        Memo::new(move |_| film.with(|film| film.as_ref().map(|film| caption(&film.recording))));
    let picture = move || {
        let film = film.get()?;
        let width = column.get();
        (width > 0.0).then(|| view! { <Drawn film width lane=lane.get_untracked()/> })
    };
    view! {
        <div
            class="side"
            data-flow=move || lane.get()
            data-copied=move || film.with(|film| film.as_ref().map(|it| it.recording.bytes_copied().to_string()))
        >
            <h3>{move || lane.get()} <span class="kind">{kind}</span></h3>
            {picture}
            <p class="caption">
                {move || words.get().unwrap_or_else(|| {
                    tr!("{} has not been recorded in this scenario.", lane.get())
                })}
            </p>
        </div>
    }
}

#[component]
fn Drawn(film: Arc<Film>, width: f64, lane: String) -> impl IntoView {
    let flow = flow();
    let (_, structure_height) = structure(&film, width, None);
    let (_, time_height) = time(&film, &View::whole(film.length(), width));
    let view = Memo::new(move |_| {
        let [from, to] = flow.window.get();
        View { from, to, ..View::whole(1, width) }
    });
    let still = Arc::clone(&film);
    let structure_shapes = move || {
        let at = flow.at.get().map(|at| at as u64);
        structure(&still, width, at).0.to_string()
    };
    let drawn = Arc::clone(&film);
    let time_shapes = move || time(&drawn, &view.get()).0.to_string();
    let head = move || {
        let at = flow.at.get()?;
        let view = view.get();
        (view.from <= at && at <= view.to).then(|| {
            let x = (view.x(at) * 10.0).round() / 10.0;
            view! { <line class="playhead" x1=x x2=x y1="0" y2=time_height - 20.0></line> }
        })
    };
    // The pointer shows a moment, and moves the part that is shown once it is dragged.
    let held = StoredValue::new(None::<(f64, [f64; 2])>);
    let at_pointer = move |event: &PointerEvent| -> Option<f64> {
        let picture = event.current_target()?.dyn_into::<Element>().ok()?;
        let place = picture.get_bounding_client_rect();
        Some((f64::from(event.client_x()) - place.left()) / place.width() * width)
    };
    let press = move |event: PointerEvent| {
        if let Some(x) = at_pointer(&event) {
            held.set_value(Some((x, flow.window.get_untracked())));
        }
    };
    let drag = move |event: PointerEvent| {
        if let (Some((start, [from, to])), Some(x)) = (held.get_value(), at_pointer(&event))
            && (x - start).abs() > 4.0
        {
            let view = View { from, to, ..View::whole(1, width) };
            flow.show_from(from - (view.at(x) - view.at(start)), to - from);
        }
    };
    let release = move |event: PointerEvent| {
        if let (Some((start, _)), Some(x)) = (held.get_value(), at_pointer(&event))
            && (x - start).abs() <= 4.0
        {
            flow.is_playing.set(false);
            flow.show(view.get_untracked().at(x));
        }
        held.set_value(None);
    };
    view! {
        <svg
            class="structure-picture"
            viewBox=format!("0 0 {width:.1} {structure_height:.1}")
            role="img"
            aria-label=tr!("Structure of {}: processes, threads, memory and channels", lane)
            inner_html=structure_shapes
        ></svg>
        <svg
            class="time-picture"
            viewBox=format!("0 0 {width:.1} {time_height:.1}")
            role="img"
            aria-label=tr!("Time of {}: what caller and workers did, as in its words below", lane)
            on:pointerdown=press
            on:pointermove=drag
            on:pointerup=release
            on:pointerleave=move |_| held.set_value(None)
        >
            <g inner_html=time_shapes></g>
            {head}
        </svg>
    }
}
