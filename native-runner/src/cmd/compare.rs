//! `breakeven compare`: what changed between two reports.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use lab::format::{self, params};
use lab::table::aligned;
use protocol::report::{Report, ReportRow, RowOutcome, Unit};
use serde_json::json;
use stats::{Estimate, THRESHOLD, Verdict, unpaired_ratio, verdicts};

use super::{End, print};

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

/// A row that both reports have measured.
struct Pair<'a> {
    row: &'a ReportRow,
    medians: [f64; 2],
    unit: Unit,
    ratio: Estimate,
}

impl Compare {
    pub(super) fn run(self) -> anyhow::Result<End> {
        let (a, b) = match (read(&self.a), read(&self.b)) {
            (Ok(a), Ok(b)) => (a, b),
            (Err(why), _) | (_, Err(why)) => return Ok(End::BadUsage(why)),
        };
        let pairs = pairs(&a, &b);
        if pairs.is_empty() {
            let why = format!(
                "{} and {} have no row in common that both measured",
                self.a.display(),
                self.b.display()
            );
            return Ok(End::BadUsage(why));
        }
        let ratios: Vec<Estimate> = pairs.iter().map(|pair| pair.ratio.clone()).collect();
        let verdicts = verdicts(&ratios, THRESHOLD);
        if self.json {
            let rows: Vec<_> =
                pairs.iter().zip(verdicts).map(|(pair, it)| data(pair, it)).collect();
            print(&(serde_json::to_string_pretty(&json!({ "comparisons": rows }))? + "\n"))?;
        } else {
            let heads = ["Experiment", "Params", "Lane", "B over A", "95% interval", "B is"];
            let rows = pairs.iter().zip(verdicts).map(|(pair, verdict)| words(pair, verdict));
            print(&aligned(&heads.map(str::to_owned), &rows.collect::<Vec<_>>()))?;
        }
        if a.machine != b.machine {
            eprintln!("breakeven: warning: the reports come from different machines or programs");
        }
        let left_out = a.results.len() + b.results.len() - 2 * pairs.len();
        if left_out > 0 {
            eprintln!("breakeven: {left_out} rows were measured in one of the reports at most");
        }
        Ok(End::Done)
    }
}

fn read(file: &Path) -> Result<Report, String> {
    let text = fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))?;
    Report::parse(&text).map_err(|why| format!("{}: {why}", file.display()))
}

fn pairs<'a>(a: &'a Report, b: &Report) -> Vec<Pair<'a>> {
    let same = |one: &ReportRow, other: &ReportRow| {
        (&one.experiment, &one.lane, &one.params) == (&other.experiment, &other.lane, &other.params)
    };
    let mut random = fastrand::Rng::with_seed(a.run.seed);
    a.results
        .iter()
        .filter_map(|row| {
            let other = b.results.iter().find(|other| same(row, other))?;
            let (RowOutcome::Measured(first), RowOutcome::Measured(second)) =
                (&row.outcome, &other.outcome)
            else {
                return None;
            };
            let comparable = first.unit == second.unit;
            let ratio = comparable
                .then(|| unpaired_ratio(&second.by_block(), &first.by_block(), &mut random))
                .flatten()?;
            let medians = [first.median, second.median];
            Some(Pair { row, medians, unit: first.unit, ratio })
        })
        .collect()
}

/// What the second report is, in the words of the unit.
fn name(verdict: Verdict, unit: Unit) -> &'static str {
    match (verdict, unit) {
        (Verdict::Equivalent, _) => "equivalent",
        (Verdict::TooCloseToCall, _) => "too close to call",
        (Verdict::Faster, Unit::Nanoseconds) | (Verdict::Slower, Unit::TasksPerSecond) => "faster",
        (Verdict::Slower, Unit::Nanoseconds) | (Verdict::Faster, Unit::TasksPerSecond) => "slower",
        (Verdict::Faster, Unit::Bytes | Unit::Ratio) => "less",
        (Verdict::Slower, Unit::Bytes | Unit::Ratio) => "more",
    }
}

fn data(pair: &Pair<'_>, verdict: Verdict) -> serde_json::Value {
    let Pair { row, medians, ratio, .. } = pair;
    json!({
        "experiment": row.experiment, "lane": row.lane, "params": row.params,
        "a": medians[0], "b": medians[1],
        "ratio": ratio.value, "ci95": [ratio.interval.low, ratio.interval.high],
        "verdict": name(verdict, pair.unit).replace(' ', "_"),
    })
}

fn words(pair: &Pair<'_>, verdict: Verdict) -> [String; 6] {
    let Pair { row, ratio, .. } = pair;
    [
        row.experiment.clone(),
        params(&row.params),
        row.lane.to_string(),
        format::factor(ratio.value),
        format!(
            "[{}, {}]×",
            format::significant(ratio.interval.low),
            format::significant(ratio.interval.high)
        ),
        name(verdict, pair.unit).to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_tasks_are_faster_and_more_bytes_are_more() {
        for (unit, low, high) in [
            (Unit::Nanoseconds, "faster", "slower"),
            (Unit::TasksPerSecond, "slower", "faster"),
            (Unit::Bytes, "less", "more"),
            (Unit::Ratio, "less", "more"),
        ] {
            assert_eq!(name(Verdict::Faster, unit), low);
            assert_eq!(name(Verdict::Slower, unit), high);
        }
    }
}
