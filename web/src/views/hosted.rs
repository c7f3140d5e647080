//! On a host: where the lanes are that a page alone cannot have.

use leptos::prelude::*;

use super::comparison;
use crate::environment;

/// Of a runner that is started as its manual says.
const RUNNER: &str = "http://127.0.0.1:7373/";

#[component]
pub(super) fn Hosted() -> impl IntoView {
    let comparison = comparison();
    let address = move || format!("{RUNNER}#s={}", comparison.settings.read().text());
    environment::is_hosted().then(|| {
        view! {
            <p class="hosted">
                "This page measures your browser. For threads and processes of your machine, start "
                <code>"breakeven serve"</code>
                " there, open the address that it prints, and then "
                <a href=address>"its page with these settings"</a>
                "."
            </p>
        }
    })
}
