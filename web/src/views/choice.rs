//! One of several, in a list with a name.

use leptos::prelude::*;

/// One that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Choice {
    value: String,
    words: String,
    /// It is there to be seen, and cannot be chosen.
    missing: bool,
}

impl Choice {
    pub(super) fn new(value: impl ToString, words: impl ToString) -> Self {
        Self { value: value.to_string(), words: words.to_string(), missing: false }
    }

    /// The same, that cannot be chosen where `missing`.
    pub(super) fn unless(self, missing: bool) -> Self {
        Self { missing, ..self }
    }

    /// Numbers from 1 on, each said in words of its own.
    pub(super) fn numbers(most: u32, words: impl Fn(u32) -> String) -> Vec<Self> {
        (1..=most).map(|number| Self::new(number, words(number))).collect()
    }
}

/// `choices` are told anew when what they depend on changes; `choose` gets the value of the one that is chosen.
#[component]
pub(super) fn ChoiceList(
    id: &'static str,
    label: &'static str,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    #[prop(into)] chosen: Signal<String>,
    #[prop(into)] choose: Callback<String>,
) -> impl IntoView {
    let options = move || {
        let option = |Choice { value, words, missing }| {
            let own = value.clone();
            let selected = move || chosen.get() == own;
            view! { <option value=value selected=selected disabled=missing>{words}</option> }
        };
        choices.get().into_iter().map(option).collect_view()
    };
    view! {
        <label>
            {label}
            <select id=id on:change=move |event| choose.run(event_target_value(&event))>
                {options}
            </select>
        </label>
    }
}
