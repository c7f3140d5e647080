//! What the guide says: the sentence, the lanes, and why.

use advisor::{Advice, Cells, Standing};
use leptos::prelude::*;
use protocol::report::RowOutcome;
use texts::{text, tr, translated};

use super::guide;

const HEADS: [&str; 6] = [
    text!("Lane"),
    text!("Predicted"),
    text!("90% interval"),
    text!("Proved"),
    text!("Tasks a second"),
    text!("Memory"),
];

#[component]
pub(super) fn Answer() -> impl IntoView {
    let guide = guide();
    let sentence = move || {
        guide.workload.with(|workload| {
            guide.advice.with(|advice| match advice {
                Some(advice) => advisor::answer(advice, workload),
                None => workload.check().err().unwrap_or_default(),
            })
        })
    };
    let recommended = move || {
        let lane = guide.advice.with(|advice| advice.as_ref()?.recommended.clone());
        lane.map_or(String::new(), |lane| lane.to_string())
    };
    let rows = move || {
        guide.advice.with(|advice| {
            advice.iter().flat_map(|advice: &Advice| &advice.lanes).map(row).collect_view()
        })
    };
    let reasons = move || {
        guide.workload.with(|workload| {
            guide.advice.with(|advice| {
                let said = advice.iter().flat_map(|advice| {
                    guide.break_evens.with(|found| advisor::reasons(advice, found, workload))
                });
                said.map(|reason| view! { <li>{reason}</li> }).collect_view()
            })
        })
    };
    let every = move || {
        guide.advice.with(|advice| {
            let lanes =
                advice.iter().flat_map(|advice| &advice.lanes).filter(|it| it.is_eligible());
            lanes.map(every_figure).collect_view()
        })
    };
    view! {
        <p class="answer" role="status" data-recommended=recommended>{sentence}</p>
        <table class="advice" role="table">
            <thead role="rowgroup">
                <tr role="row">
                    {HEADS.map(|head| view! { <th scope="col" role="columnheader">{tr(head)}</th> })}
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
        <ul class="reasons">{reasons}</ul>
        <details class="all-figures">
            <summary>{tr!("Every figure with its 90% interval")}</summary>
            {every}
        </details>
    }
}

fn every_figure(standing: &Standing) -> impl IntoView + use<> {
    let all = standing.predicted.iter().flat_map(advisor::figures);
    let all = all.map(|(name, figure)| view! { <div><dt>{name}</dt><dd>{figure}</dd></div> });
    view! {
        <h3>{standing.lane.to_string()}</h3>
        <dl class="figures">{all.collect_view()}</dl>
    }
}

fn row(standing: &Standing) -> impl IntoView + use<> {
    let guide = guide();
    let Standing { lane, competes, .. } = standing.clone();
    let Cells { predicted, interval, rate, memory } = standing.cells();
    let proved = {
        let standing = standing.clone();
        move || match guide.proved(&standing.lane) {
            Some(RowOutcome::Measured(it)) => standing.proof(it.median),
            Some(RowOutcome::Unavailable { reason }) => tr!("unavailable: {}", translated(&reason)),
            Some(RowOutcome::Failed { error, .. }) => tr!("failed: {}", translated(&error)),
            None => "–".to_owned(),
        }
    };
    let note = if competes { "" } else { tr!(" (another platform’s)") };
    let eligible = standing.is_eligible().to_string();
    view! {
        <tr role="row" data-advice=lane.to_string() data-eligible=eligible>
            <th scope="row" role="rowheader">{lane.to_string()}<small>{note}</small></th>
            <td role="cell" data-column=tr(HEADS[1])>{predicted}</td>
            <td role="cell" data-column=tr(HEADS[2])>{interval}</td>
            <td role="cell" data-column=tr(HEADS[3]) data-proved>{proved}</td>
            <td role="cell" data-column=tr(HEADS[4])>{rate}</td>
            <td role="cell" data-column=tr(HEADS[5])>{memory}</td>
        </tr>
    }
}
