//! `breakeven doctor`: what this machine has, and which lanes that allows.

use clap::Args;
use protocol::Availability;
use texts::outside::Outside;

use super::End;
use crate::cancel::Cancel;
use crate::server::assets;
use crate::terminal::print;
use crate::{children, lanes, machine, trials};

/// Says what this machine has, and which lanes that allows.
#[derive(Args)]
pub(super) struct Doctor;

impl Doctor {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let machine = machine::for_report();
        let clock = machine::clock();
        let page = if assets::page_is_there() {
            "inside".to_owned()
        } else {
            "missing: `cargo xtask build` makes a runner with one".to_owned()
        };
        let guards = lanes::guards(&Cancel::default())
            .map_or_else(|why| format!("none can be started: {why:?}"), |guards| guards.join(", "));
        let governor = machine.governor.unwrap_or("the kernel does not tell".into());
        let mut lines = vec![
            ("processor", format!("{}, {} cores", machine.cpu, machine.cores)),
            ("system", machine.system),
            ("clock rates", governor),
            ("clock", format!("steps of {:.0} ns, {:.0} ns a reading", clock.tick, clock.overhead)),
            ("runner", format!("{}, {}", machine.runner, machine.rustc)),
            ("node", lanes::node_version().unwrap_or("not found on PATH".into())),
            (
                "postgresql",
                trials::postgres_found().map_or_else(|why| why, |it| it.display().to_string()),
            ),
            ("page", page),
            ("child processes", guards),
            ("other programs", children::mechanism()),
        ]
        .into_iter()
        .map(|(what, is)| format!("{what:<20}{}\n", Outside(is)))
        .collect::<String>();
        for lane in lanes::all(&Cancel::default()) {
            let is = match lane.availability() {
                Availability::Available => "available".to_owned(),
                Availability::Unavailable { reason } => format!("unavailable: {reason}"),
            };
            lines += &format!("{:<20}{}\n", lane.id().to_string(), Outside(is));
        }
        print(&lines)?;
        Ok(End::Done)
    }
}
