//! Which lanes there are, and why some may be missing.

use leptos::prelude::*;
use protocol::{Availability, LaneInfo, LaneKind};
use texts::tr;

use super::{comparison, sentence};

#[component]
pub(super) fn Lanes() -> impl IntoView {
    let comparison = comparison();
    let lanes = Memo::new(move |_| comparison.lanes());
    let count = move || {
        lanes.with(|lanes| {
            let there = lanes.iter().filter(|lane| lane.availability.is_available()).count();
            tr!("{} of {} lanes are available", there, lanes.len())
        })
    };
    let there = move || {
        let there = lanes.get().into_iter().filter(|lane| lane.availability.is_available());
        there.map(card).collect_view()
    };
    let missing = move || {
        let groups = by_reason(lanes.get()).into_iter();
        groups.map(|(reason, lanes)| group(&reason, lanes)).collect_view()
    };
    view! {
        <details class="lanes">
            <summary>{count}</summary>
            <ul>{there}</ul>
            {missing}
        </details>
    }
}

/// Those that are missing for one reason, in the lanes' order.
fn by_reason(lanes: Vec<LaneInfo>) -> Vec<(String, Vec<LaneInfo>)> {
    let mut groups: Vec<(String, Vec<LaneInfo>)> = Vec::new();
    for lane in lanes {
        let Availability::Unavailable { reason } = &lane.availability else { continue };
        match groups.iter_mut().find(|(known, _)| known == reason) {
            Some((_, group)) => group.push(lane),
            None => groups.push((reason.clone(), vec![lane])),
        }
    }
    groups
}

fn group(reason: &str, lanes: Vec<LaneInfo>) -> impl IntoView + use<> {
    view! {
        <div class="missing">
            <p class="reason">{tr!("Unavailable: {}", sentence(reason))}</p>
            <ul>{lanes.into_iter().map(card).collect_view()}</ul>
        </div>
    }
}

fn card(lane: LaneInfo) -> impl IntoView {
    let (state, said) = if lane.availability.is_available() {
        ("available", tr!("available"))
    } else {
        ("unavailable", tr!("unavailable"))
    };
    let about = match lane.id.as_str() {
        "browser.shared" => tr!("Web Workers write one shared wasm memory"),
        "browser.main" => tr!("the caller itself, without a worker"),
        "browser.clone" => tr!("Web Workers get and return structured clones"),
        "browser.transfer" => {
            tr!("Web Workers get and return ArrayBuffers, which change their owner")
        }
        "native.thread" => {
            tr!("threads of the runner share its memory; 128-bit vectors, as in wasm")
        }
        "native.thread-wide" => tr!("the same threads, kernels compiled for the widest vectors"),
        "process.pipe" => tr!("child processes, over pipes"),
        "process.socket" => tr!("child processes, over Unix socket pairs"),
        "process.shm" => tr!("child processes that have mapped the same memory as the runner"),
        "node.worker" => tr!("Node's worker threads, by structured clone"),
        "node.worker-shared" => tr!("Node's worker threads over a SharedArrayBuffer"),
        "node.fork-json" => tr!("Node's child processes, messages as JSON"),
        "node.fork-advanced" => tr!("Node's child processes, messages as structured clones"),
        _ => "",
    };
    let kind = match lane.kind {
        LaneKind::Main => tr!("main"),
        LaneKind::Thread => tr!("thread"),
        LaneKind::Process => tr!("process"),
    };
    view! {
        <li class="lane" data-lane-card=lane.id.to_string() data-state=state>
            <h3><code>{lane.id.to_string()}</code></h3>
            <p class="kind">{kind}<span class="state">{said}</span></p>
            <p>{about}</p>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use protocol::LaneId;

    use super::*;

    #[test]
    fn what_is_missing_for_one_reason_is_said_once() {
        let lane = |id, reason: Option<&str>| LaneInfo {
            id,
            kind: LaneKind::Process,
            pictures: false,
            availability: reason.map_or(Availability::Available, |reason| {
                Availability::Unavailable { reason: reason.into() }
            }),
        };
        let groups = by_reason(vec![
            lane(LaneId::PROCESS_PIPE, Some("no runner")),
            lane(LaneId::NATIVE_THREAD, None),
            lane(LaneId::NODE_WORKER, Some("no Node")),
            lane(LaneId::PROCESS_SHM, Some("no runner")),
        ]);
        let told: Vec<_> =
            groups.iter().map(|(reason, lanes)| (reason.as_str(), lanes.len())).collect();
        assert_eq!(told, [("no runner", 2), ("no Node", 1)]);
    }
}
