//! `breakeven compare`: what changed between two reports.

use std::path::PathBuf;

use clap::Args;
use lab::changes::{changes, word};
use lab::format::{self, params};
use lab::table::aligned;
use protocol::desk::Change;
use protocol::report::{Report, ReportRow, RowOutcome, Unit};
use serde_json::json;
use texts::outside::Outside;

use super::End;
use crate::input;
use crate::terminal::{print, print_json, say};

/// Compares two reports, row by row: how many times as much B is as A.
///
/// Faster and slower hold for the whole table together (Holm, 5%), and mean more than 1%.
#[derive(Args)]
pub(super) struct Compare {
    /// The first report.
    a: PathBuf,
    /// The second one.
    b: PathBuf,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let (a, b) = match (input::report(&self.a), input::report(&self.b)) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(why), _) | (_, Err(why)) => return Ok(End::BadUsage(why)),
        };
        let pairs: Vec<Pair<'_>> =
            changes(&a, &b).into_iter().filter_map(|change| pair(&a, &b, change)).collect();
        if pairs.is_empty() {
            let why = format!(
                "{} and {} have no row in common that both measured",
                Outside(self.a.display()),
                Outside(self.b.display())
            );
            return Ok(End::BadUsage(why));
        }
        if self.json {
            let rows: Vec<_> = pairs.iter().map(data).collect();
            print_json(&json!({ "comparisons": rows }))?;
        } else {
            let heads = ["Experiment", "Params", "Lane", "B over A", "95% interval", "B is"];
            let rows: Vec<_> = pairs.iter().map(words).collect();
            print(&aligned(&heads.map(str::to_owned), &rows))?;
        }
        if a.machine != b.machine {
            say!("breakeven: warning: the reports come from different machines or programs");
        }
        let left_out = a.results.len() + b.results.len() - 2 * pairs.len();
        if left_out > 0 {
            say!("breakeven: {left_out} rows were measured in one of the reports at most");
        }
        Ok(End::Done)
    }
}

/// A change with the rows that it is about.
struct Pair<'a> {
    row: &'a ReportRow,
    medians: [f64; 2],
    unit: Unit,
    change: Change,
}

fn pair<'a>(a: &'a Report, b: &Report, change: Change) -> Option<Pair<'a>> {
    let (row, other) = (&a.results[change.row as usize], &b.results[change.other as usize]);
    let (RowOutcome::Measured(first), RowOutcome::Measured(second)) =
        (&row.outcome, &other.outcome)
    else {
        return None;
    };
    Some(Pair { row, medians: [first.median, second.median], unit: first.unit, change })
}

fn data(pair: &Pair<'_>) -> serde_json::Value {
    let Pair { row, medians, unit, change } = pair;
    json!({
        "experiment": row.experiment, "lane": row.lane, "params": row.params,
        "a": medians[0], "b": medians[1],
        "ratio": change.ratio, "ci95": change.ci95,
        "verdict": word(change.verdict, *unit).replace(' ', "_"),
    })
}

fn words(pair: &Pair<'_>) -> [String; 6] {
    let Pair { row, unit, change, .. } = pair;
    let [low, high] = change.ci95.map(format::significant);
    [
        Outside(&row.experiment).to_string(),
        Outside(params(&row.params)).to_string(),
        Outside(&row.lane).to_string(),
        format::factor(change.ratio),
        format!("[{low}, {high}]×"),
        word(change.verdict, *unit).to_owned(),
    ]
}
