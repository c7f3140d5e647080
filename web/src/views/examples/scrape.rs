//! A scraper that may crash: pages as they come in, and what a crash costs.

use leptos::prelude::*;
use protocol::scrape::{Answer, Child, ScrapeResult, ScrapeSummary, Scraped};
use protocol::{LaneId, Nanos};

use super::super::choice::{Choice, ChoiceList};
use super::{Go, examples};
use crate::environment;
use crate::examples::{Example, ScrapeRow};
use crate::links::RunnerState;
use lab::{format, scraped};
use texts::{text, tr};

const LANES: [(LaneId, &str); 3] = [
    (LaneId::PROCESS_SOCKET, text!("process.socket: a child process each")),
    (LaneId::PROCESS_PIPE, text!("process.pipe: a child process each")),
    (LaneId::NATIVE_THREAD, text!("native.thread: threads of one process, without isolation")),
];

#[component]
pub(super) fn ScrapeSection() -> impl IntoView {
    let examples = examples();
    let scrape = examples.scrape;
    let lanes = LANES.map(|(lane, words)| Choice::new(lane, tr(words))).to_vec();
    let children = Child::ALL.map(|child| Choice::new(child.name(), child.name())).to_vec();
    let workers = Choice::numbers(environment::cores().clamp(2, 16), |count| count.to_string());
    let scrapes = Memo::new(move |_| {
        matches!(examples.comparison.runner.get(), RunnerState::Connected { scrapes: true, .. })
    });
    let done = move || {
        scrape.rows.with(|rows| rows.iter().filter(|row| matches!(row, ScrapeRow::Page(_))).count())
    };
    view! {
        <section class="example" aria-labelledby="scrape-example-heading">
            <h3 id="scrape-example-heading">{tr!("A scraper that may crash")}</h3>
            <p>
                {tr!("Workers fetch pages of a site that the runner serves on this machine, and tell what is on them. \
                    One page is deeper than they can go, and whoever reads it dies; another one makes them grow. \
                    The children are programs in three languages that speak the same frames.")}
            </p>
            <fieldset disabled=move || examples.is_locked()>
                <legend class="hidden">{tr!("Who scrapes")}</legend>
                <ChoiceList
                    id="scrape-lane"
                    label=tr!("Lane")
                    choices=lanes
                    chosen=Signal::derive(move || scrape.lane.get().to_string())
                    choose=move |lane: String| scrape.lane.set(LaneId::from(lane.as_str()))
                />
                <ChoiceList
                    id="scrape-child"
                    label=tr!("Children")
                    choices=children
                    chosen=Signal::derive(move || scrape.child.get().name().to_owned())
                    choose=move |name: String| {
                        let child = Child::ALL.into_iter().find(|child| child.name() == name);
                        scrape.child.set(child.unwrap_or(Child::Rust));
                    }
                />
                <ChoiceList
                    id="scrape-workers"
                    label=tr!("Workers")
                    choices=workers
                    chosen=Signal::derive(move || scrape.workers.get().to_string())
                    choose=move |count: String| scrape.workers.set(count.parse().unwrap_or(1))
                />
            </fieldset>
            <Show when=move || scrapes.get()>
                <label class="addresses">
                    {tr!("Addresses, one a line; none for the built-in site (public ones alone, by rust children)")}
                    <textarea
                        id="scrape-addresses"
                        rows="3"
                        prop:value=move || scrape.addresses.get()
                        on:input=move |event| scrape.addresses.set(event_target_value(&event))
                    ></textarea>
                </label>
            </Show>
            <Go
                words=tr!("Scrape the pages")
                example=Example::Scrape
                status=scrape.status
                trouble=scrape.trouble
                go=move || examples.read_pages()
            />
            <Show when=move || examples.is_running(Example::Scrape)>
                <progress
                    aria-label=tr!("Pages")
                    max=move || scrape.pages.get().to_string()
                    value=move || done().to_string()
                ></progress>
            </Show>
            {move || scrape.summary.get().map(|summary| told(&summary))}
            <Show when=move || scrape.rows.with(|rows| !rows.is_empty())>
                <div class="scroll long" tabindex="0" role="region" aria-label=tr!("Pages that were scraped")>
                    <table class="pages">
                        <thead>
                            <tr>
                                <th scope="col">{tr!("Page")}</th>
                                <th scope="col">{tr!("Result")}</th>
                                <th scope="col">{tr!("What was found")}</th>
                                <th scope="col">{tr!("Time")}</th>
                            </tr>
                        </thead>
                        <tbody>
                            <For
                                each=move || scrape.rows.get().into_iter().enumerate()
                                key=|(number, _)| *number
                                children=|(_, row)| line(&row)
                            />
                        </tbody>
                    </table>
                </div>
            </Show>
        </section>
    }
}

/// Where on its site, or where at all.
fn place(url: &str) -> String {
    let rest = url.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/'));
    rest.map_or(url.to_owned(), |(_, path)| format!("/{path}"))
}

fn line(row: &ScrapeRow) -> impl IntoView + use<> {
    let (outcome, page, words, found, took) = match row {
        ScrapeRow::Page(page) => told_of(page),
        ScrapeRow::Died { url, attempt, how } => {
            let at = url.split(" or ").map(place).collect::<Vec<_>>().join(" or ");
            ("died", at, tr!("a worker died, attempt {}", attempt), how.clone(), Nanos(0))
        }
        ScrapeRow::Outgrown(bytes) => {
            let found = tr!("a worker that had grown to {} was replaced", format::bytes(*bytes));
            ("outgrown", String::new(), tr!("given back").to_owned(), found, Nanos(0))
        }
    };
    let name = page.clone();
    let took = if took.0 == 0 { String::new() } else { format::time(took.0 as f64) };
    view! {
        <tr data-scraped=outcome data-page=page>
            <th scope="row">{name}</th>
            <td class="result">{words}</td>
            <td class="found">{found}</td>
            <td>{took}</td>
        </tr>
    }
}

fn told_of(page: &Scraped) -> (&'static str, String, String, String, Nanos) {
    let Scraped { url, result, took, attempts } = page;
    let (outcome, words, found) = match result {
        ScrapeResult::Answered(Answer::Page(page)) => {
            ("page", tr!("read").to_owned(), scraped::page(page))
        }
        ScrapeResult::Answered(Answer::Refused(why)) => {
            ("refused", tr!("refused").to_owned(), why.clone())
        }
        ScrapeResult::Answered(Answer::Failed(why)) => {
            ("failed", tr!("not to be had").to_owned(), why.clone())
        }
        ScrapeResult::Crashed => (
            "crashed",
            tr!("crashed").to_owned(),
            tr!("{} workers died of it; the run went on", attempts),
        ),
        ScrapeResult::Lost => {
            ("lost", tr!("lost").to_owned(), tr!("its process died of another page").to_owned())
        }
    };
    (outcome, place(url), words, found, *took)
}

fn told(summary: &ScrapeSummary) -> impl IntoView + use<> {
    let [went, memory] = scraped::summary(summary);
    view! { <p class="summary" id="scrape-summary">{went}<br/>{memory}</p> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_the_built_in_site_are_named_by_their_paths() {
        assert_eq!(place("http://127.0.0.1:4000/article/1"), "/article/1");
        assert_eq!(place("https://example.com/a"), "https://example.com/a");
    }
}
