//! What is there of all that a comparison can use, and how to get the rest.

use gloo_timers::future::TimeoutFuture;
use lab::format;
use leptos::prelude::*;
use protocol::report::Clock;
use protocol::{Availability, LaneId};
use texts::tr;
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
            {move || fact(tr!("Runner"), "machine", runner(&comparison.runner.get()))}
            {move || fact(tr!("Node"), "node", node(comparison))}
            {fact(tr!("Isolation"), "isolation", isolation())}
            {move || fact(tr!("Clock"), "clock", tick(clock.get()))}
            {fact(tr!("Processors"), "cores", (Mark::There, tr!("{}, says the browser.", cores)))}
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
        RunnerState::Connecting => (Mark::Unknown, tr!("Looking for the runner…").to_owned()),
        RunnerState::Connected { machine, .. } => {
            let cores = match machine.cores {
                1 => tr!("1 core").to_owned(),
                cores => tr!("{} cores", cores),
            };
            let words =
                tr!("Runner {} on {}, {}, {}.", machine.runner, machine.cpu, cores, machine.system);
            (Mark::There, words)
        }
        RunnerState::Asking(code) => {
            let words = tr!("Type the code {} at the runner’s terminal.", code);
            (Mark::Unknown, words)
        }
        RunnerState::Away(why) => {
            let words = tr!("No runner: the browser’s lanes run alone. {}", sentence(why));
            (Mark::Missing, words)
        }
    }
}

fn node(comparison: Comparison) -> (Mark, String) {
    let RunnerState::Connected { machine, lanes, .. } = comparison.runner.get() else {
        return (Mark::Unknown, tr!("The runner would tell.").to_owned());
    };
    let lane = lanes.into_iter().find(|lane| lane.id == LaneId::NODE_WORKER);
    match lane.map(|lane| lane.availability) {
        Some(Availability::Available) => {
            let version = machine.node.unwrap_or(tr!("there").into());
            (Mark::There, tr!("{}, as the runner found it.", version))
        }
        Some(Availability::Unavailable { reason }) => (Mark::Missing, sentence(&reason)),
        None => (Mark::Unknown, tr!("This runner has no such lanes.").to_owned()),
    }
}

fn isolation() -> (Mark, String) {
    match environment::shared_memory() {
        Availability::Available => {
            (Mark::There, tr!("The page is isolated: its workers may share memory.").to_owned())
        }
        Availability::Unavailable { reason } => (Mark::Missing, sentence(&reason)),
    }
}

fn tick(clock: Option<Clock>) -> (Mark, String) {
    match clock {
        None => (Mark::Unknown, tr!("Being measured…").to_owned()),
        Some(clock) => {
            let words = tr!("The browser’s goes in steps of {}.", format::time(clock.tick));
            (Mark::There, words)
        }
    }
}
