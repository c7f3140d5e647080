//! Who dies of which crash, on every lane that was asked to.

use claims::matrix::{Cell, Died, lanes, rows};
use lab::format;
use leptos::prelude::*;
use texts::{tr, translated};

use super::{comparison, foreign, is_wide, shortened};
use crate::shelf::Region;

#[component]
pub(super) fn Matrix() -> impl IntoView {
    let comparison = comparison();
    view! {
            {move || comparison.with_report_in(Region::Matrix, |report| {
                let names = lanes(report);
                (!names.is_empty()).then(|| {
                    let heads: Vec<String> = names.iter().map(ToString::to_string).collect();
                    let lines = rows(report).into_iter().map(|(kind, about, cells)| line(kind, about, &cells));
                    let lines = lines.collect_view();
                    let heads = heads.into_iter().map(|name| view! { <th scope="col" role="columnheader"><code>{name}</code></th> });
                    view! {
                        <section aria-labelledby="matrix-heading">
                            <h3 id="matrix-heading">{tr!("Who dies of which crash")}</h3>
                            <p>
                                {tr!("The worker alone, its caller too, or nobody; below it how long it was until somebody knew, how long until a replacement answered, and how many bytes were lost of 256 KiB that the worker had just sent. A dash means nothing there.")}
                            </p>
                            <details open=is_wide()>
    <summary>{tr!("Crash by crash")}</summary>
    <div class="scroll" tabindex="0" role="region" aria-label=tr!("Table of crashes")>
                                <table role="table" class="matrix">
                                    <thead role="rowgroup"><tr role="row">
                                        <th scope="col" role="columnheader">{tr!("Crash")}</th>
                                        {heads.collect_view()}
                                    </tr></thead>
                                    <tbody role="rowgroup">{lines}</tbody>
                                </table>
                            </div>
    </details>
                        </section>
                    }
                })
            })}
        }
}

fn line(kind: &'static str, about: &'static str, cells: &[Cell]) -> impl IntoView + use<> {
    let cells = cells.iter().map(cell).collect_view();
    view! {
        <tr role="row" data-crash=kind>
            <th scope="row" role="rowheader"><span>{kind}</span><small>{tr(about)}</small></th>
            {cells}
        </tr>
    }
}

fn cell(cell: &Cell) -> impl IntoView + use<> {
    let [detected, replaced, lost] = cell.figures;
    let figures = [
        detected.filter(|_| cell.was_told).map(|it| tr!("known {}", format::time(it))),
        (!cell.was_told).then(|| tr!("nobody was told").to_owned()),
        replaced.map(|it| tr!("replaced {}", format::time(it))),
        lost.filter(|lost| *lost > 0.0).map(|it| tr!("{} lost", format::bytes(it as u64))),
    ];
    let figures: Vec<String> = figures.into_iter().flatten().collect();
    let why = shortened(&cell.words).into_owned();
    let words = match cell.died {
        Died::Unknown => {
            let title = translated(&why).into_owned();
            view! { <span title=title>"–"<span class="hidden">{foreign(&why)}</span></span> }
                .into_any()
        }
        died => view! {
            <strong>{died.words()}</strong>
            {figures.into_iter().map(|figure| view! { <small>{figure}</small> }).collect_view()}
            <small class="how" lang="en" title=why.clone()>{why.clone()}</small>
        }
        .into_any(),
    };
    view! {
        <td role="cell" data-column=cell.lane.to_string() data-died=cell.died.name()>
            <span>{words}</span>
        </td>
    }
}
