//! Why a row of a table has no figures.

use leptos::prelude::*;
use protocol::Stage;
use texts::{tr, translated};

use super::foreign;

/// A cell over `columns`.
pub(super) fn cell(columns: usize, words: impl IntoView + 'static) -> AnyView {
    view! { <td role="cell" colspan=columns.to_string() class="why">{words}</td> }.into_any()
}

pub(super) fn unavailable(reason: &str) -> impl IntoView + use<> {
    view! { {tr!("Unavailable:")}" "{foreign(reason)}"." }
}

pub(super) fn failed(stage: Stage, error: &str) -> impl IntoView + use<> {
    let stage = stage.to_string();
    view! { {tr!("Failed while {}:", translated(&stage))}" "{foreign(error)}"." }
}
