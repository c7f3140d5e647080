//! What is on a page.

use protocol::scrape::{Heading, MAX_NAMED, Page, TextStatistics};
use scraper::node::Node;
use scraper::{ElementRef, Html, Selector};
use std::collections::BTreeSet;
use url::Url;

/// Characters of a title, a description or a heading that are kept.
const LONGEST: usize = 300;

/// Looks at a page's HTML, which came from that address.
#[must_use]
pub(crate) fn digest(html: &Html, url: &Url) -> Page {
    let mut text = TextStatistics::default();
    let mut headings = Vec::new();
    walk(html.root_element(), &mut text, &mut headings);
    let links = links(html, url);
    Page {
        url: url.to_string(),
        title: first(html, "title").map(|it| plain(&it.text().collect::<String>())),
        description: description(html),
        headings,
        link_count: links.len() as u64,
        links: links.into_iter().take(MAX_NAMED).collect(),
        text,
        ..Page::default()
    }
}

/// What a reader sees, from here on down. It goes as deep as the page: see the crate's first lines.
fn walk(element: ElementRef<'_>, text: &mut TextStatistics, headings: &mut Vec<Heading>) {
    if let Some(level) = level(element.value().name())
        && headings.len() < MAX_NAMED
    {
        headings.push(Heading { level, text: plain(&element.text().collect::<String>()) });
    }
    for child in element.children() {
        match child.value() {
            Node::Text(words) => count(words, text),
            Node::Element(it) if !is_hidden(it.name()) => {
                if let Some(child) = ElementRef::wrap(child) {
                    walk(child, text, headings);
                }
            }
            _ => {}
        }
    }
}

fn is_hidden(name: &str) -> bool {
    matches!(name, "head" | "script" | "style" | "noscript" | "template")
}

fn level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    }
}

fn count(words: &str, text: &mut TextStatistics) {
    for word in words.split_whitespace() {
        let characters = word.chars().count() as u64;
        text.words += 1;
        text.characters += characters;
        text.longest_word = text.longest_word.max(characters);
    }
}

fn first<'a>(html: &'a Html, selector: &str) -> Option<ElementRef<'a>> {
    html.select(&Selector::parse(selector).ok()?).next()
}

fn description(html: &Html) -> Option<String> {
    let element = first(html, r#"meta[name="description" i]"#)
        .or_else(|| first(html, r#"meta[property="og:description"]"#))?;
    element.value().attr("content").map(plain)
}

fn links(html: &Html, url: &Url) -> BTreeSet<String> {
    let base = first(html, "base[href]").and_then(|base| url.join(base.value().attr("href")?).ok());
    let base = base.as_ref().unwrap_or(url);
    let Ok(anchors) = Selector::parse("a[href]") else { return BTreeSet::new() };
    let targets = html.select(&anchors).filter_map(|anchor| anchor.value().attr("href"));
    let targets = targets.filter_map(|target| {
        let mut target = base.join(target.trim()).ok()?;
        target.set_fragment(None);
        matches!(target.scheme(), "http" | "https").then(|| target.to_string())
    });
    targets.collect()
}

/// On one line, and of bounded length.
fn plain(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(html: &str) -> Page {
        digest(&Html::parse_document(html), &Url::parse("http://site.test/a/b").unwrap())
    }

    #[test]
    fn what_is_there_is_found() {
        let page = read(
            "<title> A \n title</title><meta name=Description content='What it is'>\
             <base href='/c/'><h1>One</h1><p>two three <b>four</b><script>no()</script>\
             <h2>Five <i>six</i></h2><a href=d>x</a><a href='d#e'>y</a><a href='mailto:a@b'>z</a>\
             <a href='https://other.test'>o</a>",
        );
        assert_eq!(page.title.as_deref(), Some("A title"));
        assert_eq!(page.description.as_deref(), Some("What it is"));
        let heading = |level, text: &str| Heading { level, text: text.into() };
        assert_eq!(page.headings, [heading(1, "One"), heading(2, "Five six")]);
        assert_eq!(page.links, ["http://site.test/c/d", "https://other.test/"]);
        assert_eq!(page.text, TextStatistics { words: 10, characters: 26, longest_word: 5 });
    }

    #[test]
    fn a_page_without_anything_is_one() {
        let page = read("");
        assert_eq!((page.title, page.headings.len(), page.text.words), (None, 0, 0));
    }

    #[test]
    fn unclosed_and_misnested_elements_are_read_as_browsers_do() {
        let page = read("<p>one<p>two<b><i>three</b></i><table><td>four<h3>five");
        assert_eq!(page.text.words, 5);
        assert_eq!(page.headings.len(), 1);
    }

    proptest! {
        #[test]
        fn no_html_is_too_broken(html in "[<>a-z/=\"' !\\-&;\u{0}]{0,300}") {
            let page = read(&html);
            prop_assert!(page.text.characters <= html.len() as u64 * 4);
        }
    }
}
