//! Whose figures a region shows, where they are not this visit's.

use leptos::prelude::*;

use super::comparison;
use super::reports::origin;
use crate::shelf::Origin;

#[component]
pub(super) fn Whose() -> impl IntoView {
    let comparison = comparison();
    let words = move || {
        let held = comparison.shelf.chosen.get()?;
        let origin = origin(&held.report);
        Some(match held.origin {
            Origin::Recorded => format!("Recorded, not from this machine: {origin}."),
            Origin::Brought => format!("From {}: {origin}.", held.name),
        })
    };
    view! { <p class="whose">{words}</p> }
}
