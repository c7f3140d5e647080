//! Whose figures a region shows, where they are not this visit's.

use leptos::prelude::*;
use texts::tr;

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
            Origin::Recorded => tr!("Recorded, not from this machine: {}.", origin),
            Origin::Brought => tr!("From {}: {}.", held.name(), origin),
        })
    };
    view! { <p class="whose">{words}</p> }
}
