//! The advice for a terminal.

use std::fmt::Write;

use advisor::{Advice, BreakEven, Cells, Standing, Workload};
use protocol::report::RowOutcome;
use texts::outside::{self, Outside};

use super::Proved;

pub(super) fn of(
    advice: &Advice,
    break_evens: &[BreakEven],
    workload: &Workload,
    proved: &[Proved],
) -> String {
    let mut out = format!("{}\n\n", Outside(advisor::answer(advice, workload)));
    let rows: Vec<[String; 6]> =
        advice.lanes.iter().map(|standing| row(standing, proved)).collect();
    let heads = ["lane", "predicted", "90% interval", "proved", "tasks a second", "memory"];
    let heads = heads.map(str::to_owned);
    let all: Vec<&[String; 6]> = std::iter::once(&heads).chain(&rows).collect();
    let widths: Vec<usize> =
        (0..6).map(|at| all.iter().map(|row| row[at].chars().count()).max().unwrap_or(0)).collect();
    for row in all {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell}{}", " ".repeat(width - cell.chars().count())));
        let line = cells.collect::<Vec<_>>().join("  ");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let first = advice.lanes.iter().find(|it| it.is_eligible());
    if let Some((first, Ok(predicted))) = first.map(|it| (it, &it.predicted)) {
        let _ = writeln!(out, "\n{} with 90% intervals:", Outside(&first.lane));
        for (name, figure) in advisor::figures(predicted) {
            let _ = writeln!(out, "  {name}: {figure}");
        }
    }
    out.push('\n');
    for reason in advisor::reasons(advice, break_evens, workload) {
        let _ = writeln!(out, "- {}", Outside(reason));
    }
    // The first of those that are too close to call is as good as any of them.
    if let Some(first) = first {
        for sketch in advisor::sketches(&first.lane).iter().take(1) {
            let _ = write!(
                out,
                "\nA program that runs as it stands ({}):\n\n{}",
                sketch.name, sketch.text
            );
        }
    }
    out
}

fn row(standing: &Standing, proved: &[Proved]) -> [String; 6] {
    let lane = standing.lane.to_string();
    let lane = if standing.competes { lane } else { format!("({lane})") };
    let proof = proved.iter().find(|one| one.lane == standing.lane);
    let proof = proof.map_or(String::new(), |one| match &one.outcome {
        RowOutcome::Measured(it) => standing.proof(it.median),
        RowOutcome::Unavailable { reason } => format!("unavailable: {reason}"),
        RowOutcome::Failed { error, .. } => format!("failed: {error}"),
    });
    let Cells { predicted, interval, rate, memory } = standing.cells();
    [lane, predicted, interval, proof, rate, memory].map(|cell| outside::line(&cell).into_owned())
}
