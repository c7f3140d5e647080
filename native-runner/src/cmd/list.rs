//! `breakeven list`: what there is.

use clap::{Args, ValueEnum};
use lab::experiments;
use protocol::Availability;
use serde_json::json;
use texts::outside::Outside;

use super::End;
use crate::cancel::Cancel;
use crate::lanes;
use crate::terminal::{print, print_json};

/// Lists experiments, lanes, claims or workloads.
#[derive(Args)]
pub(super) struct List {
    /// What to list.
    #[arg(value_enum)]
    what: What,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Experiments,
    Lanes,
    Claims,
    Workloads,
}

impl List {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let entries: Vec<(String, String, serde_json::Value)> = match self.what {
            What::Experiments => experiments::ALL
                .iter()
                .map(|it| {
                    let data = json!({"id": it.id, "question": it.question, "prose": it.prose});
                    (it.id.to_owned(), it.question.to_owned(), data)
                })
                .collect(),
            What::Lanes => lanes::all(&Cancel::default())
                .iter()
                .map(|lane| {
                    let info = lane.info();
                    let about = match &info.availability {
                        Availability::Available => "available".to_owned(),
                        Availability::Unavailable { reason } => format!("unavailable: {reason}"),
                    };
                    (info.id.to_string(), about, json!(info))
                })
                .collect(),
            What::Claims => super::claims::all()
                .iter()
                .map(|it| {
                    let data = json!({
                        "id": it.id, "row": it.row, "column": it.column, "text": it.text,
                        "statement": it.statement, "nuance": it.nuance,
                        "experiments": it.experiments, "rests_on": it.rests_on,
                    });
                    (it.id.clone(), it.text.to_owned(), data)
                })
                .collect(),
            What::Workloads => workloads::compute::ALL
                .iter()
                .map(|it| {
                    let data = json!({"id": it.id, "about": it.about});
                    (it.id.to_owned(), it.about.to_owned(), data)
                })
                .collect(),
        };
        if self.json {
            let data: Vec<_> = entries.into_iter().map(|(_, _, data)| data).collect();
            print_json(&data)?;
        } else {
            let width = entries.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
            let line = |(name, about, _): &(String, String, _)| {
                format!("{name:<width$}  {}\n", Outside(about))
            };
            print(&entries.iter().map(line).collect::<String>())?;
        }
        Ok(End::Done)
    }
}
