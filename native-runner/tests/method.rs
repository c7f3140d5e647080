//! The page's account of the method is `METHODOLOGY.md`, as a page of its own: `BREAKEVEN_RENEW=1 cargo test --test
//! method` writes it anew.

use std::fs;
use std::path::Path;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

const BEFORE: &str = r#"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="description" content="How Breakeven measures, and how far its figures can be trusted.">
    <title>Breakeven: methodology</title>
    <link rel="icon" href="icon.svg">
    <link rel="stylesheet" href="style.css">
  </head>
  <body class="method">
    <main>
"#;
const AFTER: &str = "    </main>\n  </body>\n</html>\n";

/// Headings, and items about an experiment, can be linked to: `#figures`, `#echo`.
fn page(markdown: &str) -> String {
    let mut events: Vec<Event<'_>> = Parser::new_ext(markdown, Options::ENABLE_TABLES)
        // What it links to is in the repository, and not beside the page.
        .filter(|event| !is_link(event))
        .collect();
    let mut section = String::new();
    for at in 0..events.len() {
        let words = |from: usize, to: usize| -> String {
            let text = events[from..to].iter().filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(&**text),
                _ => None,
            });
            text.collect()
        };
        let end = |is_end: fn(&Event<'_>) -> bool| {
            events[at..].iter().position(is_end).map_or(at, |length| at + length)
        };
        match &events[at] {
            Event::Start(Tag::Heading { level, .. }) => {
                let to = end(|event| matches!(event, Event::End(TagEnd::Heading(_))));
                section = slug(&words(at, to));
                let start = format!("<{level} id=\"{section}\">");
                events[at] = Event::Html(CowStr::from(start));
            }
            Event::Start(Tag::Strong)
                if section == "experiments"
                    && matches!(events[at - 1], Event::Start(Tag::Item)) =>
            {
                let to = end(|event| matches!(event, Event::End(TagEnd::Strong)));
                let names = words(at, to);
                let names = names.split([',', '.']).map(slug).filter(|name| !name.is_empty());
                let marks = names.map(|name| format!("<a id=\"{name}\"></a>"));
                events[at] = Event::Html(CowStr::from(marks.collect::<String>() + "<strong>"));
            }
            _ => {}
        }
    }
    let mut body = String::new();
    html::push_html(&mut body, events.into_iter());
    // Tables may be wider than a small screen, and are reached by keyboard there.
    let mut parts = body.split("<table>");
    let mut body = parts.next().unwrap_or_default().to_owned();
    for (at, part) in parts.enumerate() {
        let label = format!("Table {}", at + 1);
        body += &format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\"><table>{part}"
        );
    }
    let body = body.replace("</table>", "</table></div>");
    format!("{BEFORE}{body}{AFTER}")
}

fn is_link(event: &Event<'_>) -> bool {
    matches!(event, Event::Start(Tag::Link { .. }) | Event::End(TagEnd::Link))
}

fn slug(words: &str) -> String {
    let sign =
        |sign: char| if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '-' };
    words.trim().chars().filter(|it| *it != '?').map(sign).collect()
}

#[test]
fn the_page_says_what_the_methodology_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let file = root.join("web/method.html");
    let page = page(&fs::read_to_string(root.join("METHODOLOGY.md")).unwrap());
    if std::env::var_os("BREAKEVEN_RENEW").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let known = fs::read_to_string(&file).unwrap_or_default();
    assert!(known == page, "web/method.html is outdated: run this test with BREAKEVEN_RENEW=1");
    for experiment in
        lab::experiments::ALL.into_iter().chain([&lab::experiments::workload::WORKLOAD])
    {
        assert!(page.contains(&format!("id=\"{}\"", experiment.id)), "{}", experiment.id);
    }
    assert!(page.contains("id=\"figures\"") && !page.contains(".md\""), "{page}");
}
