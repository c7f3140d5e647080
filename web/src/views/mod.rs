//! What people see: one component a file.
#![expect(unreachable_pub, reason = "leptos' component macro writes `pub` items")]

mod canvas;
mod choice;
mod claims;
mod examples;
mod file_button;
mod files;
mod flow;
mod guide;
mod language;
mod matrix;
mod picture;
mod reports;
mod results;
mod start;
mod whose;

use std::borrow::Cow;

use leptos::prelude::*;
use texts::translated;

use crate::comparison::Comparison;
use crate::examples::Examples;
use crate::flow::Flow;
use crate::guide::Guide;
use crate::language::{LANGUAGES, spoken};
use crate::look::Look;
pub(crate) use language::LanguageChoice;

/// The whole page below its heading.
#[component]
pub(crate) fn App() -> impl IntoView {
    let comparison = Comparison::new();
    provide_context(comparison);
    provide_context(Look::new(comparison));
    provide_context(Flow::new(comparison));
    provide_context(Guide::new(comparison));
    provide_context(Examples::new(comparison));
    let spoken = spoken();
    // In another language all of it is drawn anew, over the same state.
    move || {
        spoken.track();
        view! {
            <start::Start/>
            <picture::PictureView/>
            <reports::Reports/>
            <results::Results/>
            <claims::Claims/>
            <flow::FlowView/>
            <guide::GuideView/>
            <examples::ExamplesView/>
        }
    }
}

/// Whether there is room for tables: narrower pages show each row as a card.
fn is_wide() -> bool {
    document().document_element().is_some_and(|root| root.client_width() > 760)
}

/// The page's state, which [`App`] provides.
fn comparison() -> Comparison {
    expect_context()
}

/// Letters of somebody else's text that are shown: a report may have very long ones.
const LETTERS: usize = 4000;

/// Its beginning, if a text is very long.
fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    }
}

/// Text with code between backticks and strong words between two stars.
fn marked(text: &str) -> impl IntoView + use<> {
    let text = shortened(text);
    let code = |(at, part): (usize, &str)| {
        let part = part.to_owned();
        if at % 2 == 1 {
            return view! { <code>{part}</code> }.into_any();
        }
        let strong = part.split("**").enumerate().map(|(at, part)| {
            let part = part.to_owned();
            if at % 2 == 0 { part.into_any() } else { view! { <strong>{part}</strong> }.into_any() }
        });
        strong.collect_view().into_any()
    };
    text.split('`').enumerate().map(code).collect_view()
}

/// Somebody else's words: what no catalogue has says that it is English.
fn foreign(words: &str) -> AnyView {
    let words = &*shortened(words);
    let same = translated(words);
    if same == words && *spoken().get() != LANGUAGES[0] {
        return view! { <span lang="en">{words.to_owned()}</span> }.into_any();
    }
    same.into_owned().into_any()
}

/// A message as it stands by itself.
fn sentence(message: &str) -> String {
    let message = translated(message);
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let stop = if message.ends_with('.') { "" } else { "." };
    first.chain(letters).chain(stop.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_very_long_text_is_its_beginning() {
        assert_eq!(shortened("short"), "short");
        let long = "é".repeat(LETTERS);
        assert_eq!(shortened(&long), long);
        assert_eq!(shortened(&(long.clone() + "x")), long + "…");
    }

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(sentence("this needs the runner: start it"), "This needs the runner: start it.");
        assert_eq!(sentence("Éclair."), "Éclair.");
    }
}
