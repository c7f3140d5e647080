//! Which lanes are shown, against which one they are held, and whether every sample is shown.

use std::collections::BTreeSet;

use leptos::prelude::*;
use protocol::{LaneId, LaneKind};
use texts::{text, tr};

use super::look;
use crate::views::choice::{Choice, ChoiceList};

const BEST: &str = text!("the best");

const KINDS: [(LaneKind, &str); 3] = [
    (LaneKind::Main, text!("the caller alone")),
    (LaneKind::Thread, text!("threads")),
    (LaneKind::Process, text!("processes")),
];

#[component]
pub(super) fn Controls() -> impl IntoView {
    let look = look();
    let lanes = Memo::new(move |_| {
        let report = look.report();
        let lanes = report.iter().flat_map(|report| report.results.iter().map(|row| &row.lane));
        // Each is there once before it is copied.
        let lanes: BTreeSet<&LaneId> = lanes.collect();
        lanes.into_iter().cloned().collect::<BTreeSet<LaneId>>()
    });
    let baselines = Signal::derive(move || {
        let lanes = lanes.get();
        let lane = |lane: &LaneId| Choice::new(lane, lane);
        std::iter::once(Choice::new(BEST, tr(BEST)))
            .chain(lanes.iter().map(lane))
            .collect::<Vec<_>>()
    });
    let kinds = KINDS.map(|(kind, words)| {
        let shown = move || !look.hidden.read().kinds.contains(&kind);
        let turn = move |_| look.hide(|hidden| hidden.turn_kind(kind));
        check(tr(words).to_owned(), shown, turn)
    });
    let each = move || {
        let lane = |lane: LaneId| {
            let (own, turned) = (lane.clone(), lane.clone());
            let shown = move || !look.hidden.read().lanes.contains(&own);
            let turn = move |_| look.hide(|hidden| hidden.turn_lane(&turned));
            check(lane.to_string(), shown, turn)
        };
        lanes.get().into_iter().map(lane).collect_view()
    };
    view! {
        <div class="look" hidden=move || look.report().is_none()>
            <fieldset>
                <legend class="hidden">{tr!("Which lanes are shown")}</legend>
                {kinds}
            </fieldset>
            <details>
                <summary>{tr!("Lane by lane")}</summary>
                <fieldset>
                    <legend class="hidden">{tr!("Which lanes are shown, one by one")}</legend>
                    {each}
                </fieldset>
            </details>
            <fieldset>
                <legend class="hidden">{tr!("How they are shown")}</legend>
                <ChoiceList
                    id="baseline"
                    label=tr!("Held against")
                    choices=baselines
                    chosen=Signal::derive(move || {
                        look.baseline.get().map_or(BEST.to_owned(), |lane| lane.to_string())
                    })
                    choose=move |chosen: String| {
                        let lane = (chosen != BEST).then(|| LaneId::from(chosen.as_str()));
                        look.baseline.set(lane);
                    }
                />
                {check(
                    tr!("every sample").to_owned(),
                    move || look.has_samples.get(),
                    move |_| look.has_samples.update(|it| *it = !*it),
                )}
            </fieldset>
            <p role="alert" class="trouble">{move || look.trouble.get()}</p>
        </div>
    }
}

fn check(
    words: String,
    shown: impl Fn() -> bool + Send + Sync + 'static,
    turn: impl FnMut(leptos::ev::Event) + 'static,
) -> impl IntoView {
    view! {
        <label class="check"><input type="checkbox" prop:checked=shown on:change=turn/>{words}</label>
    }
}
