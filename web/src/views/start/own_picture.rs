//! Which picture is filtered: the built-in one, or one that the visitor chooses, drops or pastes.

use leptos::prelude::*;
use protocol::MAX_OWN_PIXELS;

use super::file_button::FileButton;
use super::{comparison, files};
use crate::comparison::{Comparison, Opening};
use lab::format;
use texts::tr;

#[component]
pub(super) fn OwnPicture() -> impl IntoView {
    let comparison = comparison();
    let over = RwSignal::new(false);
    files::listen(comparison, over);
    let locked = move || comparison.is_running();
    view! {
        <div class="own-picture" class:over=move || over.get()>
            <p class="which">{move || which(comparison)}</p>
            <div class="ways">
                <FileButton
                    id="own-picture"
                    label=tr!("Choose a picture…")
                    accept="image/png,image/jpeg,image/webp"
                    locked=Signal::derive(locked)
                    choose=move |file| comparison.choose(file)
                />
                <Show when=move || comparison.own_name.get().is_some()>
                    <button
                        type="button"
                        disabled=locked
                        on:click=move |_| comparison.choose_built_in()
                    >
                        {tr!("Use the built-in picture")}
                    </button>
                </Show>
            </div>
            <p class="hint">
                {tr!("Or drop one anywhere on this page, or paste it: PNG, JPEG or WebP, up to {} \
                     megapixels. It stays on this machine.", MAX_OWN_PIXELS / 1_000_000)}
            </p>
            <p role="status">{move || match comparison.opening.get() {
                Opening::Reading(name) => tr!("Opening {}…", name),
                _ => String::new(),
            }}</p>
            <p role="alert" class="trouble">{move || match comparison.opening.get() {
                Opening::Failed(why) => format!("{why}."),
                _ => String::new(),
            }}</p>
        </div>
    }
}

fn which(comparison: Comparison) -> String {
    let dimensions = comparison.settings.get().dimensions;
    let name = comparison.own_name.get().unwrap_or(tr!("The built-in picture").into());
    tr!(
        "{}: {} × {} pixels, {} megapixels.",
        name,
        dimensions.width(),
        dimensions.height(),
        format::significant(dimensions.pixels() as f64 / 1e6)
    )
}
