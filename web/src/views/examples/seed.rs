//! The seed's programs word for word, what they write, and the size of page that its scraper loses.

use claims::seed::{self, EXAMPLES};
use leptos::prelude::*;
use protocol::example::{Ran, Swept};

use super::{Go, examples, marked};
use crate::examples::Example;
use lab::{became, format};
use texts::{text, tr};

const HEADS: [&str; 4] = [
    text!("Page"),
    text!("Arrived: send, then exit"),
    text!("Arrived: exit when sent"),
    text!("Start to page"),
];

#[component]
pub(super) fn SeedSection() -> impl IntoView {
    let examples = examples();
    let seed = examples.seed;
    let programs = EXAMPLES.each_ref().map(program);
    view! {
        <section class="example" aria-labelledby="seed-example-heading">
            <h3 id="seed-example-heading">{tr!("As they were written")}</h3>
            <p>
                {marked(tr!(
                    "The two programs letter by letter, run on this machine’s Node. The scraper sends its page and exits at \
                     once: up to some size that works. Each size is tried twenty times, as it is written, and with the exit \
                     in the callback of `process.send`."
                ))}
            </p>
            {programs}
            <Go words=tr!("Run them as written") example=Example::Seed status=seed.status trouble=seed.trouble go=move || examples.run_seed()/>
            {move || seed.found.with(|found| found.ran.iter().map(output).collect_view())}
            <Show when=move || seed.found.with(|found| !found.swept.is_empty())>
                <table class="sweep">
                    <thead>
                        <tr>{HEADS.map(|head| view! { <th scope="col">{tr(head)}</th> })}</tr>
                    </thead>
                    <tbody>
                        {move || seed.found.with(|found| found.swept.iter().map(line).collect_view())}
                    </tbody>
                </table>
            </Show>
            {move || seed.found.with(|found| {
                let filled = found.filled.iter().map(|(lane, it)| (lane.as_str(), became::filled(it)));
                outcomes(tr!("The same buffer, filled by one worker of each lane"), filled.collect())
            })}
            {move || seed.found.with(|found| {
                let read = found.read.iter().map(|(child, it)| (child.name(), became::read(it)));
                outcomes(
                    tr!("The same page, as the built-in site answers for https://example.com, from a child process in"),
                    read.collect(),
                )
            })}
        </section>
    }
}

fn program(example: &'static seed::Example) -> impl IntoView {
    let files =
        example.files.map(|(_, text)| view! { <pre tabindex="0"><code>{text}</code></pre> });
    view! {
        <details>
            <summary>{example.name}": "<span lang="en">{example.use_case}</span></summary>
            {files}
        </details>
    }
}

fn output(ran: &Ran) -> impl IntoView + use<> {
    let took = format::time(ran.took.0 as f64);
    view! {
        <p data-ran=ran.name.clone()>
            <strong>{ran.name.clone()}</strong>{tr!(", {}, Node’s start included; it wrote", took)}" "
            <code>{ran.output.clone()}</code>
        </p>
    }
}

/// What became of a program, by lane or language; nothing while there is nothing.
fn outcomes(title: &'static str, all: Vec<(&str, String)>) -> impl IntoView + use<> {
    let item = |(whose, words): (&str, String)| {
        let whose = whose.to_owned();
        view! { <div data-became=whose.clone()><dt>{whose.clone()}</dt><dd>{words}</dd></div> }
    };
    let items: Vec<_> = all.into_iter().map(item).collect();
    (!items.is_empty()).then(|| view! { <h4>{title}</h4><dl class="figures">{items}</dl> })
}

fn line(swept: &Swept) -> impl IntoView + use<> {
    let Swept { bytes, tries, as_written, corrected, took } = *swept;
    let of = |count: u32| tr!("{} of {}", count, tries);
    view! {
        <tr data-swept=bytes.to_string() data-lost=(tries - as_written).to_string()>
            <th scope="row">{format::bytes(bytes)}</th>
            <td data-column=tr(HEADS[1])>{of(as_written)}</td>
            <td data-column=tr(HEADS[2])>{of(corrected)}</td>
            <td data-column=tr(HEADS[3])>{format::time(took.0 as f64)}</td>
        </tr>
    }
}
