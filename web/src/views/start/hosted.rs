//! On a host: where the lanes are that a page alone cannot have, and the two ways to them.

use leptos::html::Input;
use leptos::prelude::*;
use texts::tr;

use super::{comparison, marked};
use crate::environment;
use crate::links::RunnerState;

/// Where a runner is that was started as its manual says.
const PORT: u16 = 7373;

#[component]
pub(super) fn Hosted() -> impl IntoView {
    let comparison = comparison();
    let settings = move || comparison.settings.read().text();
    let address = move || format!("http://127.0.0.1:{PORT}/#s={}", settings());
    let origin = window().location().origin().unwrap_or_default();
    let port = NodeRef::<Input>::new();
    let connect = move |_| {
        let given = port.get().and_then(|input| input.value().parse().ok());
        comparison.pair(given.unwrap_or(PORT));
    };
    let is_away = move || matches!(comparison.runner.get(), RunnerState::Away(_));
    let is_connected = move || comparison.runner.with(RunnerState::is_connected);
    environment::is_hosted().then(|| {
        view! {
            <details class="hosted" hidden=is_connected>
                <summary>{tr!("Threads and processes of this machine: start a runner")}</summary>
                <p>
                    {marked(tr!("The best way: start `breakeven serve`, open the address that it prints, and then"))}
                    " "<a href=address>{tr!("its page with these settings")}</a>". "
                    {marked(tr!("Or take its report: `breakeven run --json FILE`, and drop the file here."))}
                </p>
                <p>
                    {marked(&tr!(
                        "Or let this page use the runner: start `breakeven serve --allow-origin {}` and connect. This page \
                         shows a code, and comes in when you type it at the runner’s terminal; then it may run the same experiments \
                         of bounded size as the runner’s own page, and read no file of yours. Your browser may ask whether \
                         this site may reach programs or devices near you: the runner is what it would reach, and nothing \
                         else is asked for. It ends with this page.",
                        origin
                    ))}
                </p>
                <div class="ways">
                    <label>
                        {tr!("Port")}
                        <input node_ref=port id="runner-port" type="number" min="1" max="65535" value=PORT.to_string()/>
                    </label>
                    <button type="button" disabled=move || !is_away() on:click=connect>{tr!("Connect")}</button>
                </div>
            </details>
        }
    })
}
