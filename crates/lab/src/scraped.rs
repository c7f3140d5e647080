//! What was scraped, in words: the same at the terminal and on the page.

use protocol::scrape::{Page, ScrapeSummary};
use texts::tr;

use crate::format::{bytes, time};

/// What was found on a page.
#[must_use]
pub fn page(page: &Page) -> String {
    let title =
        page.title.as_ref().map_or(tr!("no title").to_owned(), |title| format!("“{title}”"));
    let Page { text, link_count, headings, html_bytes, charset, .. } = page;
    let words = match text.words {
        1 => tr!("1 word").to_owned(),
        words => tr!("{} words", words),
    };
    let headings = match headings.len() {
        1 => tr!("1 heading").to_owned(),
        headings => tr!("{} headings", headings),
    };
    let links = match link_count {
        1 => tr!("1 link").to_owned(),
        links => tr!("{} links", links),
    };
    let size = tr!("{} of {}", bytes(*html_bytes), charset);
    format!("{title}: {words}, {headings}, {links}, {size}")
}

/// How a run went, and what its workers had of the memory.
#[must_use]
pub fn summary(summary: &ScrapeSummary) -> [String; 2] {
    let ScrapeSummary { pages, not_fetched, crashed, lost, deaths, took, .. } = *summary;
    let read = match pages {
        1 => tr!("1 page read").to_owned(),
        pages => tr!("{} pages read", pages),
    };
    let died = match deaths {
        1 => tr!("1 death").to_owned(),
        deaths => tr!("{} deaths", deaths),
    };
    let went = tr!(
        "{}, {} not to be had, {} that their workers died of, {} lost with others, in {}; {}.",
        read,
        not_fetched,
        crashed,
        lost,
        time(took.0 as f64),
        died
    );
    let memory = tr!(
        "Memory of the workers: {} at first, {} at most, {} in the end.",
        bytes(summary.memory_before),
        bytes(summary.memory_most),
        bytes(summary.memory_after)
    );
    [went, memory]
}

#[cfg(test)]
mod tests {
    use protocol::Nanos;
    use protocol::scrape::TextStatistics;

    use super::*;

    #[test]
    fn one_is_one_and_more_are_more() {
        let text = TextStatistics { words: 1, ..TextStatistics::default() };
        let found = Page { text, link_count: 2, charset: "UTF-8".into(), ..Page::default() };
        assert_eq!(page(&found), "no title: 1 word, 0 headings, 2 links, 0\u{a0}B of UTF-8");
        let took = Nanos(2_000_000);
        let run =
            ScrapeSummary { pages: 1, deaths: 1, crashed: 1, took, ..ScrapeSummary::default() };
        let [went, memory] = summary(&run);
        assert!(
            went.starts_with("1 page read, 0 not to be had, 1 that")
                && went.ends_with("; 1 death."),
            "{went}"
        );
        assert!(memory.starts_with("Memory of the workers: 0\u{a0}B at first"), "{memory}");
    }
}
