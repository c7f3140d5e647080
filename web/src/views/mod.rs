//! What people see: one component a file.
#![expect(unreachable_pub, reason = "leptos' component macro writes `pub` items")]

mod controls;
mod experiments;
mod lanes;
mod own_picture;
mod picture;
mod progress;
mod results;

use leptos::prelude::*;

use crate::comparison::Comparison;

/// The whole page below its heading.
#[component]
pub(crate) fn App() -> impl IntoView {
    provide_context(Comparison::new());
    view! {
        <lanes::Lanes/>
        <controls::Controls/>
        <progress::ProgressLine/>
        <picture::PictureView/>
        <results::Results/>
    }
}

/// The page's state, which [`App`] provides.
fn comparison() -> Comparison {
    expect_context()
}
