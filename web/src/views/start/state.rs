//! What is there of all that a comparison can use, and how to get the rest.

use gloo_timers::future::TimeoutFuture;
use lab::format;
use leptos::prelude::*;
use protocol::report::Clock;
use protocol::{Availability, LaneId};
use wasm_bindgen_futures::spawn_local;

use super::hosted::Hosted;
use super::{comparison, sentence};
use crate::comparison::Comparison;
use crate::environment;
use crate::links::RunnerState;

/// The page is shown first: its clock is measured in a worker, which has to be fetched.
const PATIENCE_MS: u32 = 500;

/// Whether something is there.
#[derive(Clone, Copy)]
enum Mark {
    There,
    Missing,
    Unknown,
}

#[component]
pub(super) fn State() -> impl IntoView {
    let comparison = comparison();
    let clock = RwSignal::new(None);
    spawn_local(async move {
        TimeoutFuture::new(PATIENCE_MS).await;
        clock.set(Some(environment::offer().await.browser.clock));
    });
    let cores = environment::cores();
    view! {
        <dl class="facts">
            {move || fact("Runner", "machine", runner(&comparison.runner.get()))}
            {move || fact("Node", "node", node(comparison))}
            {fact("Isolation", "isolation", isolation())}
            {move || fact("Clock", "clock", tick(clock.get()))}
            {fact("Processors", "cores", (Mark::There, format!("{cores}, says the browser.")))}
        </dl>
        <Hosted/>
    }
}

fn fact(name: &'static str, class: &'static str, (mark, words): (Mark, String)) -> impl IntoView {
    let (state, sign) = match mark {
        Mark::There => ("there", "✓ "),
        Mark::Missing => ("missing", "✕ "),
        Mark::Unknown => ("unknown", ""),
    };
    view! {
        <div data-fact=class data-state=state>
            <dt><span aria-hidden="true">{sign}</span>{name}</dt>
            <dd class=class>{words}</dd>
        </div>
    }
}

fn runner(runner: &RunnerState) -> (Mark, String) {
    match runner {
        RunnerState::Connecting => (Mark::Unknown, "Looking for the runner…".to_owned()),
        RunnerState::Connected { machine, .. } => {
            let cores = if machine.cores == 1 { "core" } else { "cores" };
            let words = format!(
                "Runner {} on {}, {} {cores}, {}.",
                machine.runner, machine.cpu, machine.cores, machine.system
            );
            (Mark::There, words)
        }
        RunnerState::Asking(code) => {
            let words = format!("Say yes at the runner’s terminal, if it shows the code {code}.");
            (Mark::Unknown, words)
        }
        RunnerState::Away(why) => {
            let words = format!("No runner: the browser’s lanes run alone. {}", sentence(why));
            (Mark::Missing, words)
        }
    }
}

fn node(comparison: Comparison) -> (Mark, String) {
    let RunnerState::Connected { machine, lanes, .. } = comparison.runner.get() else {
        return (Mark::Unknown, "The runner would tell.".to_owned());
    };
    let lane = lanes.into_iter().find(|lane| lane.id == LaneId::NODE_WORKER);
    match lane.map(|lane| lane.availability) {
        Some(Availability::Available) => {
            let version = machine.node.unwrap_or("there".into());
            (Mark::There, format!("{version}, as the runner found it."))
        }
        Some(Availability::Unavailable { reason }) => (Mark::Missing, sentence(&reason)),
        None => (Mark::Unknown, "This runner has no such lanes.".to_owned()),
    }
}

fn isolation() -> (Mark, String) {
    match environment::shared_memory() {
        Availability::Available => {
            (Mark::There, "The page is isolated: its workers may share memory.".to_owned())
        }
        Availability::Unavailable { reason } => (Mark::Missing, sentence(&reason)),
    }
}

fn tick(clock: Option<Clock>) -> (Mark, String) {
    match clock {
        None => (Mark::Unknown, "Being measured…".to_owned()),
        Some(clock) => {
            let words = format!("The browser’s goes in steps of {}.", format::time(clock.tick));
            (Mark::There, words)
        }
    }
}
