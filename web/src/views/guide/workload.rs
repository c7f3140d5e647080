//! The workload: the seed's questions, then sliders.

use advisor::{Amount, For, Need, PRESETS, Workload, question};
use lab::format;
use leptos::prelude::*;
use texts::tr;

use super::super::choice::{Choice, ChoiceList};
use super::guide;
use crate::environment;

/// Steps of a slider from end to end.
const STEPS: f64 = 200.0;

#[component]
pub(super) fn WorkloadForm() -> impl IntoView {
    let guide = guide();
    let workload = guide.workload;
    let questions = Need::ALL.map(|need| {
        let is_needed = move || workload.with(|it| it.needs.contains(&need));
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    id=format!("need-{}", need.name())
                    prop:checked=is_needed
                    on:change=move |event| {
                        let needed = event_target_checked(&event);
                        workload.update(|it| {
                            it.needs.retain(|known| *known != need);
                            if needed {
                                it.needs.push(need);
                            }
                        });
                    }
                />
                <span>{question(need)}</span>
            </label>
        }
    });
    let platforms = For::ALL.map(|of| {
        let words = match of {
            For::Node => "Node",
            For::Rust => tr!("a native program"),
            For::Browser => tr!("the browser"),
            For::Any => tr!("any of them"),
        };
        Choice::new(of.name(), words)
    });
    let presets = std::iter::once(Choice::new("", tr!("your own")))
        .chain(PRESETS.iter().map(|preset| Choice::new(preset.id, tr(preset.name))))
        .collect::<Vec<_>>();
    let cores = environment::cores().clamp(1, 16);
    let preset = Memo::new(move |_| {
        let known =
            PRESETS.iter().find(|preset| workload.with(|it| *it == preset.workload(it.workers)));
        known.map_or(String::new(), |preset| preset.id.to_owned())
    });
    let slider = move |id,
                       name,
                       range,
                       get: fn(&Workload) -> f64,
                       put: fn(&mut Workload, f64),
                       say: fn(&Workload) -> String| {
        let value = move || workload.with(|it| place(get(it), range));
        let words = move || workload.with(say);
        view! {
            <label>
                {name}
                <input
                    type="range"
                    id=id
                    min="0"
                    max=STEPS.to_string()
                    prop:value=move || value().to_string()
                    aria-valuetext=words
                    on:input=move |event| {
                        let at: f64 = event_target_value(&event).parse().unwrap_or(0.0);
                        workload.update(|it| put(it, value_at(at, range)));
                    }
                />
                <output for=id>{words}</output>
            </label>
        }
    };
    view! {
        <fieldset class="questions">
            <legend>{tr!("What must be had")}</legend>
            {questions}
        </fieldset>
        <fieldset class="choices">
            <legend class="hidden">{tr!("Where, and what")}</legend>
            <ChoiceList
                id="guide-for"
                label=tr!("Chosen for")
                choices=platforms.to_vec()
                chosen=Signal::derive(move || guide.of.get().name().to_owned())
                choose=move |name: String| {
                    let of = For::ALL.into_iter().find(|of| of.name() == name);
                    guide.of.set(of.unwrap_or_default());
                }
            />
            <ChoiceList
                id="guide-preset"
                label=tr!("Workload")
                choices=presets
                chosen=Signal::derive(move || preset.get())
                choose=move |id: String| {
                    if let Some(preset) = PRESETS.iter().find(|preset| preset.id == id) {
                        workload.set(preset.workload(cores));
                    }
                }
            />
        </fieldset>
        <fieldset class="sliders">
            <legend class="hidden">{tr!("The workload")}</legend>
            {slider("guide-task", tr!("Work of a task"), [1e4, 1e9], |it| it.task, |it, value| it.task = value, |it| format::time(it.task))}
            {slider(
                "guide-payload", tr!("Payload"), [64.0, 67_108_864.0],
                |it| it.payload as f64, |it, value| it.payload = value as u64, |it| format::bytes(it.payload),
            )}
            {slider(
                "guide-reply", tr!("Reply"), [64.0, 67_108_864.0],
                |it| it.reply as f64, |it, value| it.reply = value as u64, |it| format::bytes(it.reply),
            )}
            {slider("guide-amount", tr!("How many"), [1.0, 10_000.0], amount, put_amount, say_amount)}
            {slider(
                "guide-workers", tr!("Workers"), [1.0, 16.0],
                |it| it.workers.into(), |it, value| it.workers = value.round() as u32, |it| format::workers(it.workers),
            )}
            {slider(
                "guide-crash", tr!("Tasks that crash their worker"), [0.0005, 0.5],
                |it| it.crash_rate, |it, value| it.crash_rate = if value < 0.0006 { 0.0 } else { value },
                |it| if it.crash_rate == 0.0 { tr!("none").to_owned() } else { format!("{}\u{a0}%", format::significant(it.crash_rate * 100.0)) },
            )}
            {slider(
                "guide-memory", tr!("Memory limit"), [1_048_576.0, 17_179_869_184.0],
                |it| it.memory_limit.map_or(f64::MAX, |it| it as f64),
                |it, value| it.memory_limit = (value < 1.7e10).then_some(value as u64),
                |it| it.memory_limit.map_or(tr!("as much as it takes").to_owned(), format::bytes),
            )}
            <label class="check">
                <input
                    type="checkbox"
                    id="guide-rate"
                    prop:checked=move || workload.with(|it| matches!(it.amount, Amount::Rate(_)))
                    on:change=move |event| {
                        let at_a_rate = event_target_checked(&event);
                        workload.update(|it| {
                            let many = amount(it);
                            it.amount = if at_a_rate { Amount::Rate(many) } else { Amount::Tasks(many as u32) };
                            it.fresh &= !at_a_rate;
                        });
                    }
                />
                <span>{tr!("They come so many a second, and not all at once")}</span>
            </label>
            <label class="check">
                <input
                    type="checkbox"
                    id="guide-fresh"
                    prop:checked=move || workload.with(|it| it.fresh)
                    disabled=move || workload.with(|it| matches!(it.amount, Amount::Rate(_)))
                    on:change=move |event| {
                        let fresh = event_target_checked(&event);
                        workload.update(|it| it.fresh = fresh);
                    }
                />
                <span>{tr!("Each task has a worker of its own, started for it")}</span>
            </label>
        </fieldset>
    }
}

fn amount(workload: &Workload) -> f64 {
    match workload.amount {
        Amount::Tasks(tasks) => tasks.into(),
        Amount::Rate(rate) => rate,
    }
}

fn put_amount(workload: &mut Workload, value: f64) {
    workload.amount = match workload.amount {
        Amount::Tasks(_) => Amount::Tasks(value.round() as u32),
        Amount::Rate(_) => Amount::Rate(value.round()),
    };
}

fn say_amount(workload: &Workload) -> String {
    match workload.amount {
        Amount::Tasks(1) => tr!("1 task").to_owned(),
        Amount::Tasks(tasks) => tr!("{} tasks", tasks),
        Amount::Rate(rate) => tr!("{} a second", format::count(rate)),
    }
}

/// Where on the slider a value stands: each step is a part more.
fn place(value: f64, [from, to]: [f64; 2]) -> f64 {
    let part = (value.clamp(from, to) / from).ln() / (to / from).ln();
    (part * STEPS).round()
}

/// The value there, with two digits.
fn value_at(place: f64, [from, to]: [f64; 2]) -> f64 {
    let value = from * (to / from).powf(place / STEPS);
    if place >= STEPS {
        return to;
    }
    let scale = 10_f64.powf(value.log10().floor() - 1.0);
    ((value / scale).round() * scale).clamp(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sliders_go_there_and_back() {
        for range in [[1e4, 1e9], [64.0, 67_108_864.0], [1.0, 10_000.0], [1.0, 16.0]] {
            assert_eq!(value_at(0.0, range), range[0]);
            assert_eq!(value_at(STEPS, range), range[1]);
            for step in 0..=200 {
                let value = value_at(f64::from(step), range);
                assert!((place(value, range) - f64::from(step)).abs() <= 3.0, "{step}: {value}");
            }
        }
    }
}
