//! What is compared: the picture, and the experiments.

use lab::experiments::ALL;
use leptos::prelude::*;
use texts::tr;

use super::comparison;
use super::own_picture::OwnPicture;
use crate::comparison::Opening;
use crate::environment;
use crate::settings::{Settings, filter_name};
use crate::views::choice::{Choice, ChoiceList};

#[component]
pub(super) fn SettingsForm() -> impl IntoView {
    let comparison = comparison();
    let settings = comparison.settings;
    let running = move || comparison.is_running();
    // At least two, so that there is something to compare; at most what fits a page.
    let most = environment::cores().clamp(2, Settings::MOST_WORKERS);

    let filters = Settings::FILTERS.iter().enumerate();
    let filters: Vec<_> =
        filters.map(|(index, filter)| Choice::new(index, filter_name(*filter))).collect();
    let filter =
        move || Settings::FILTERS.iter().position(|filter| *filter == settings.get().filter);
    let workers = Choice::numbers(most, |count| match count {
        1 => "1".to_owned(),
        count => tr!("1 to {}", count),
    });
    let rounds = Settings::ROUNDS.map(|count| Choice::new(count, count)).to_vec();
    let experiments = ALL.iter().enumerate().map(|(index, experiment)| {
        view! {
            <label>
                <input
                    type="checkbox"
                    id=format!("experiment-{}", experiment.id)
                    prop:checked=move || settings.get().experiments[index]
                    on:change=move |event| {
                        let chosen = event_target_checked(&event);
                        settings.update(|settings| settings.experiments[index] = chosen);
                    }
                />
                <span>{experiment.id}" "<small>{tr(experiment.question)}</small></span>
            </label>
        }
    });
    let experiments = experiments.collect_view();
    // Whoever gives the page a picture sees what became of it.
    let is_open = Memo::new(move |before: Option<&bool>| {
        before.is_some_and(|before| *before)
            || comparison.opening.get() != Opening::Idle
            || comparison.own_name.get().is_some()
    });

    view! {
        <details class="settings" open=move || is_open.get()>
            <summary>{move || summary(&settings.read())}</summary>
            <p>
                {tr!("The picture is filtered on every lane that makes pictures, with fresh workers each turn: once untimed, then three times timed. \
                    Then all lanes are asked the experiments' questions, for about a minute.")}
            </p>
            <OwnPicture/>
            <fieldset disabled=running>
                <legend class="hidden">{tr!("Settings")}</legend>
                <ChoiceList
                    id="filter"
                    label=tr!("Filter")
                    choices=filters
                    chosen=Signal::derive(move || filter().unwrap_or(0).to_string())
                    choose=move |index: String| {
                        let filter = index.parse().ok().and_then(|at: usize| Settings::FILTERS.get(at));
                        settings.update(|settings| settings.filter = *filter.unwrap_or(&Settings::FILTERS[0]));
                    }
                />
                <ChoiceList
                    id="workers"
                    label=tr!("Workers")
                    choices=workers
                    chosen=Signal::derive(move || settings.get().max_workers.to_string())
                    choose=move |count: String| {
                        settings.update(|settings| settings.max_workers = count.parse().unwrap_or(1));
                    }
                />
                <ChoiceList
                    id="rounds"
                    label=tr!("Rounds")
                    choices=rounds
                    chosen=Signal::derive(move || settings.get().rounds.to_string())
                    choose=move |count: String| {
                        settings.update(|settings| settings.rounds = count.parse().unwrap_or(1));
                    }
                />
            </fieldset>
            <fieldset class="experiments" disabled=running>
                <legend>{tr!("What is measured")}</legend>
                <label>
                    <input
                        type="checkbox"
                        id="experiment-picture"
                        prop:checked=move || settings.get().pictures
                        on:change=move |event| {
                            let chosen = event_target_checked(&event);
                            settings.update(|settings| settings.pictures = chosen);
                        }
                    />
                    <span>{tr!("picture")}" "<small>{tr!("How long does the picture take?")}</small></span>
                </label>
                {experiments}
            </fieldset>
        </details>
    }
}

/// What would be compared, in few words.
fn summary(settings: &Settings) -> String {
    let count = settings.experiments.iter().filter(|chosen| **chosen).count();
    let experiments = match count {
        0 => tr!("no experiment").to_owned(),
        1 => tr!("1 experiment").to_owned(),
        count => tr!("{} experiments", count),
    };
    if settings.pictures {
        tr!("Settings: a picture ({}), {}", filter_name(settings.filter), experiments)
    } else {
        tr!("Settings: {}", experiments)
    }
}
