//! Which lanes there are, and why one may be missing.

use leptos::prelude::*;
use protocol::{Availability, LaneInfo, LaneKind};

use super::comparison;
use super::hosted::Hosted;
use crate::links::RunnerState;

#[component]
pub(super) fn Lanes() -> impl IntoView {
    let comparison = comparison();
    view! {
        <section class="lanes" aria-labelledby="lanes-heading">
            <h2 id="lanes-heading">"Lanes"</h2>
            <p class="machine">{move || machine(&comparison.runner.get())}</p>
            <Hosted/>
            <ul>
                {move || comparison.lanes().into_iter().map(card).collect_view()}
            </ul>
        </section>
    }
}

fn machine(runner: &RunnerState) -> String {
    match runner {
        RunnerState::Connecting => "Looking for the runner…".to_owned(),
        RunnerState::Connected { machine, .. } => format!(
            "Runner {} on {}, {} {}, {}.",
            machine.runner,
            machine.cpu,
            machine.cores,
            if machine.cores == 1 { "core" } else { "cores" },
            machine.system
        ),
        RunnerState::Away(_) => "No runner: the browser’s lanes run alone.".to_owned(),
    }
}

fn card(lane: LaneInfo) -> impl IntoView {
    let (state, reason) = match lane.availability {
        Availability::Available => ("available", None),
        Availability::Unavailable { reason } => ("unavailable", Some(reason)),
    };
    let about = match lane.id.as_str() {
        "browser.shared" => "Web Workers write one shared wasm memory",
        "browser.main" => "the caller itself, without a worker",
        "browser.clone" => "Web Workers get and return structured clones",
        "browser.transfer" => "Web Workers get and return ArrayBuffers, which change their owner",
        "native.thread" => "threads of the runner share its memory; 128-bit vectors, as in wasm",
        "native.thread-wide" => "the same threads, kernels compiled for the widest vectors",
        "process.pipe" => "child processes, over pipes",
        "process.socket" => "child processes, over Unix socket pairs",
        "process.shm" => "child processes that have mapped the same memory as the runner",
        "node.worker" => "Node's worker threads, by structured clone",
        "node.worker-shared" => "Node's worker threads over a SharedArrayBuffer",
        "node.fork-json" => "Node's child processes, messages as JSON",
        "node.fork-advanced" => "Node's child processes, messages as structured clones",
        _ => "",
    };
    let kind = match lane.kind {
        LaneKind::Main => "main",
        LaneKind::Thread => "thread",
        LaneKind::Process => "process",
    };
    view! {
        <li class="lane" data-lane-card=lane.id.to_string() data-state=state>
            <h3><code>{lane.id.to_string()}</code></h3>
            <p class="kind">{kind}<span class="state">{state}</span></p>
            <p>{about}</p>
            {reason.map(|reason| view! {
                <p class="reason">"Unavailable: " {reason} "."</p>
            })}
        </li>
    }
}
