//! What people see: one component a file.
#![expect(unreachable_pub, reason = "leptos' component macro writes `pub` items")]

mod canvas;
mod choice;
mod claims;
mod examples;
mod files;
mod flow;
mod guide;
mod matrix;
mod picture;
mod reports;
mod results;
mod start;
mod whose;

use leptos::prelude::*;

use crate::comparison::Comparison;

/// The whole page below its heading.
#[component]
pub(crate) fn App() -> impl IntoView {
    provide_context(Comparison::new());
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

/// Whether there is room for tables: narrower pages show each row as a card.
fn is_wide() -> bool {
    document().document_element().is_some_and(|root| root.client_width() > 760)
}

/// The page's state, which [`App`] provides.
fn comparison() -> Comparison {
    expect_context()
}

/// A message as it stands by itself.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let stop = if message.ends_with('.') { "" } else { "." };
    first.chain(letters).chain(stop.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(sentence("this needs the runner: start it"), "This needs the runner: start it.");
        assert_eq!(sentence("Éclair."), "Éclair.");
    }
}
