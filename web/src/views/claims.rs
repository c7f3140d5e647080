//! The seed's tables: a verdict on each cell, and what it is founded on.

use claims::{ALL, Column, Judged, Platform, Row, Table, Verdict, judge, seed};
use leptos::prelude::*;
use texts::{text, tr};

use super::matrix::Matrix;
use super::whose::Whose;
use super::{comparison, marked};
use crate::comparison::Comparison;
use crate::shelf::Region;

#[component]
pub(super) fn Claims() -> impl IntoView {
    let comparison = comparison();
    let judged = Memo::new(move |_| comparison.with_report_in(Region::Claims, judge));
    let tables = [
        (Table::Differences, "differences", "High-Level Difference"),
        (Table::Sharing, "sharing", "Resource Sharing"),
    ];
    let tables = tables.map(|(table, id, title)| {
        view! {
            <section aria-labelledby=format!("{id}-heading")>
                <h3 id=format!("{id}-heading") lang="en">{title}</h3>
                {move || self::table(table, &judged.read(), comparison)}
            </section>
        }
    });
    view! {
        <section class="claims" aria-labelledby="claims-heading">
            <h2 id="claims-heading">{tr!("Claims")}</h2>
            <p>
                {tr!("What a well-known comparison says of worker threads and child processes in Node, in its own words, and what this machine says to it. \
                    The verdict is Node’s; a native program’s and the browser’s stand beside it. \
                    Trials crash workers: each has a process of its own that may be lost.")}
            </p>
            <Whose/>
            <p class="summary" role="status">{move || summary(&judged.read())}</p>
            <button
                disabled=move || comparison.is_running()
                on:click=move |_| comparison.run_experiments(every_experiment())
            >{tr!("Run all claims")}</button>
            {tables}
            <Matrix/>
            {move || rests(&judged.read())}
        </section>
    }
}

fn every_experiment() -> Vec<&'static str> {
    let named = |id: &&str| ALL.iter().any(|row| row.experiments.contains(id));
    lab::experiments::ALL.into_iter().map(|it| it.id).filter(named).collect()
}

fn summary(judged: &[Judged]) -> String {
    let count = |verdict| judged.iter().filter(|claim| claim.verdict == verdict).count();
    let counts = Verdict::ALL.map(|verdict| (count(verdict), verdict));
    let told = counts.into_iter().filter(|(count, _)| *count > 0);
    let told = told.map(|(count, verdict)| format!("{count} {}", plural(verdict)));
    tr!("Of {} claims about Node: {}.", judged.len(), told.collect::<Vec<_>>().join(", "))
}

fn plural(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => tr!("hold"),
        Verdict::Nuance => tr!("hold with a nuance"),
        Verdict::Fails => tr!("do not hold here"),
        Verdict::NotMeasured => tr!("are not measured"),
    }
}

const COLUMNS: [&str; 3] = [text!("Claim"), text!("Verdict"), text!("Evidence")];

// The roles say again what the elements say: cards are no longer tables to some browsers.
fn table(table: Table, judged: &[Judged], comparison: Comparison) -> impl IntoView + use<> {
    let heads = COLUMNS.map(|name| view! { <th scope="col" role="columnheader">{tr(name)}</th> });
    let rows = ALL.into_iter().filter(|row| row.table == table);
    let groups = rows.map(|row| group(row, judged, comparison)).collect_view();
    view! {
        <table role="table">
            <thead role="rowgroup"><tr role="row">{heads}</tr></thead>
            {groups}
        </table>
    }
}

/// A row of the seed's table: its name, the button, and its two cells.
fn group(row: &'static Row, judged: &[Judged], comparison: Comparison) -> impl IntoView + use<> {
    let claims = Column::ALL.map(|column| judged.iter().find(|it| it.id == row.claim(column)));
    let lines = claims.into_iter().flatten().map(line).collect_view();
    let experiments = row.experiments.join(", ");
    view! {
        <tbody role="rowgroup">
            <tr role="row" class="feature">
                <th colspan="3" scope="rowgroup" role="rowheader">
                    <span lang="en">{row.feature}</span>
                    <button
                        data-run=row.id
                        disabled=move || comparison.is_running()
                        on:click=move |_| comparison.run_experiments(row.experiments.to_vec())
                    >{tr!("Run")}<span class="hidden">" "{tr!("the experiments of")}" "<span lang="en">{row.feature}</span></span></button>
                    <small>{experiments}</small>
                </th>
            </tr>
            {lines}
        </tbody>
    }
}

fn line(claim: &Judged) -> impl IntoView + use<> {
    let beside = [Platform::Rust, Platform::Browser].map(|platform| {
        let verdict = *claim.by_platform.of(platform);
        view! {
            <small data-platform=platform.name() data-verdict=verdict.name()>
                {format!("{}: {}", tr(platform.name()), verdict.words())}
            </small>
        }
    });
    let evidence = Platform::ALL.map(|platform| {
        let said = claim.evidence_by_platform.of(platform).join(" ");
        let measured = *claim.by_platform.of(platform) != Verdict::NotMeasured;
        let said = if measured { said } else { tr!("not measured: {}", said) };
        view! { <p><strong>{tr(platform.name())}" "</strong>{marked(&said)}</p> }
    });
    let rests = (!claim.rests_on.is_empty())
        .then(|| view! { <p>{tr!("It rests on {}.", claim.rests_on.join(", "))}</p> });
    view! {
        <tr role="row" data-claim=claim.id.clone() data-verdict=claim.verdict.name()>
            <th scope="row" role="rowheader">
                <small lang="en">{claim.column.title()}</small>
                <span class="words" lang="en">{marked(claim.text)}</span>
            </th>
            <td role="cell" class="verdict">
                <strong>{claim.verdict.words()}</strong>
                {beside}
            </td>
            <td role="cell" class="evidence">
                {evidence}
                <details>
                    <summary>{tr!("What would make it true, and what the words leave out")}</summary>
                    <p>{tr(claim.statement)}</p>
                    <p>{marked(tr(claim.nuance))}</p>
                    {rests}
                </details>
            </td>
        </tr>
    }
}

/// The seed's benefits and rules, with the verdicts that they rest on.
fn rests(judged: &[Judged]) -> impl IntoView + use<> {
    let on = |ids: &[&str]| {
        let found = ids.iter().filter_map(|id| judged.iter().find(|claim| claim.id == *id));
        let words = found.map(|claim| format!("{} {}", claim.id, claim.verdict.words()));
        words.collect::<Vec<_>>().join("; ")
    };
    let benefits = Column::ALL.into_iter().flat_map(|column| {
        seed::benefits(column)
            .map(move |(benefit, ids)| (format!("{}: {benefit}", column.title()), ids))
    });
    let rules =
        seed::rules().map(|(question, answer, ids)| (format!("{question} → {answer}"), ids));
    let items = benefits.chain(rules).map(|(words, ids)| {
        view! { <li><span lang="en">{marked(&words)}</span>" "<small>{on(ids)}</small></li> }
    });
    view! {
        <section aria-labelledby="benefits-heading">
            <h3 id="benefits-heading">{tr!("Benefits and rules, and the verdicts that they rest on")}</h3>
            <ul class="benefits">{items.collect_view()}</ul>
        </section>
    }
}
