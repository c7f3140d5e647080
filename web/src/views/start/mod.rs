//! The first screen: one button, how far it is, and what there is to compare.

mod hosted;
mod lanes;
mod own_picture;
mod progress;
mod settings;
mod state;

use leptos::prelude::*;
use texts::tr;

use super::{comparison, file_button, files, marked, sentence};
use crate::comparison::Opening;
use crate::settings::Settings;

#[component]
pub(super) fn Start() -> impl IntoView {
    let comparison = comparison();
    let opening = move || matches!(comparison.opening.get(), Opening::Reading(_));
    let nothing = move || comparison.settings.with(Settings::is_empty);
    view! {
        <section class="start" aria-labelledby="start-heading">
            <h2 id="start-heading" class="hidden">{tr!("Comparison")}</h2>
            <div class="go">
                <button
                    type="button"
                    class="primary"
                    disabled=move || comparison.is_running() || opening() || nothing()
                    on:click=move |_| comparison.start()
                >{tr!("Run comparison")}</button>
                <p class="hint">
                    {tr!("About two minutes with the usual settings. The lanes take turns in random order, one at a time; what was measured is kept \
                        when you cancel, and nothing leaves this machine.")}
                </p>
            </div>
            <progress::ProgressLine/>
            <state::State/>
            <lanes::Lanes/>
            <settings::SettingsForm/>
        </section>
    }
}
