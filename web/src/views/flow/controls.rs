//! Which two lanes are shown, and which moment of them.

use ::flow::PRESETS;
use lab::{format, scenarios};
use leptos::prelude::*;
use texts::tr;

use super::flow;
use crate::shelf::Region;
use crate::views::choice::{Choice, ChoiceList};

/// What none of the presets is.
const OWN: &str = "own";

#[component]
pub(super) fn Choices() -> impl IntoView {
    let flow = flow();
    let presets = PRESETS.iter().map(|it| Choice::new(it.id, tr(it.title)));
    let presets: Vec<Choice> = presets.chain([Choice::new(OWN, tr!("Your own choice"))]).collect();
    let scenarios: Vec<Choice> =
        scenarios::ALL.iter().map(|it| Choice::new(it.id, tr(it.title))).collect();
    let lanes = Signal::derive(move || {
        let known = flow.comparison.lanes();
        let choice = |id: &String| Choice::new(id, id);
        let mut all: Vec<String> = known.iter().map(|lane| lane.id.to_string()).collect();
        // What a report brings along may be of lanes that are not here.
        let recorded = flow.comparison.with_report_in(Region::Flow, |all| {
            all.trace.iter().map(|recording| recording.lane.to_string()).collect::<Vec<_>>()
        });
        let chosen = flow.lanes.map(|lane| lane.get());
        for lane in recorded.into_iter().chain(chosen) {
            if !all.contains(&lane) {
                all.push(lane);
            }
        }
        all.iter().map(choice).collect::<Vec<_>>()
    });
    let choose_preset = move |id: String| {
        if let Some(preset) = PRESETS.iter().find(|preset| preset.id == id) {
            flow.choose(preset);
        }
    };
    let choose_scenario = move |id: String| {
        if let Some(scenario) = scenarios::find(&id) {
            flow.scenario.set(scenario);
        }
    };
    let [left, right] = flow.lanes;
    view! {
        <div class="choices">
            <ChoiceList
                id="flow-preset"
                label=tr!("What to look at")
                choices=presets
                chosen=Signal::derive(move || flow.preset().map_or(OWN, |it| it.id).to_owned())
                choose=choose_preset
            />
            <ChoiceList
                id="flow-scenario"
                label=tr!("What they do")
                choices=scenarios
                chosen=Signal::derive(move || flow.scenario.get().id.to_owned())
                choose=choose_scenario
            />
            <ChoiceList id="flow-left" label=tr!("Left") choices=lanes chosen=left choose=move |id| left.set(id)/>
            <ChoiceList id="flow-right" label=tr!("Right") choices=lanes chosen=right choose=move |id| right.set(id)/>
        </div>
        <p class="hint">{move || tr(flow.scenario.get().story)}</p>
    }
}

#[component]
pub(super) fn Player() -> impl IntoView {
    let flow = flow();
    let at = move || flow.at.get().unwrap_or(0.0);
    let said = move || {
        let time = flow.at.get().map_or(tr!("the whole").to_owned(), format::time);
        tr!("{} of {}", time, format::time(flow.length()))
    };
    let scrub = move |event| {
        if let Ok(part) = event_target_value(&event).parse::<f64>() {
            flow.is_playing.set(false);
            flow.show(part / 1e4 * flow.length());
        }
    };
    view! {
        <div class="player" role="group" aria-label=tr!("Playing")>
            <button type="button" on:click=move |_| flow.play_or_pause()>
                {move || if flow.is_playing.get() { tr!("Pause") } else { tr!("Play") }}
            </button>
            <button type="button" on:click=move |_| flow.step(false)>{tr!("Back")}</button>
            <button type="button" on:click=move |_| flow.step(true)>{tr!("Next")}</button>
            <button type="button" aria-label=tr!("Zoom in") on:click=move |_| flow.zoom(true)>"+"</button>
            <button type="button" aria-label=tr!("Zoom out") on:click=move |_| flow.zoom(false)>"−"</button>
            <button type="button" on:click=move |_| flow.show_whole()>{tr!("Whole")}</button>
            <label class="scrub">
                <span>{tr!("Moment")}</span>
                <input
                    id="flow-at"
                    type="range"
                    min="0"
                    max="10000"
                    step="1"
                    prop:value=move || (at() / flow.length() * 1e4).round().to_string()
                    aria-valuetext=said
                    on:input=scrub
                />
            </label>
            <output for="flow-at">{said}</output>
            <span class="slowness">
                {move || tr!("played {} times slower", format::count(flow.slowness()))}
            </span>
        </div>
    }
}
