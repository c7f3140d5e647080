//! The advice for a terminal.

use std::fmt::Write;

use advisor::{Advice, BreakEven, Excluded, Figure, Prediction, Standing, Workload};
use lab::format::{bytes, count, time};
use protocol::report::RowOutcome;

use super::Proved;

pub(super) fn of(
    advice: &Advice,
    break_evens: &[BreakEven],
    workload: &Workload,
    proved: &[Proved],
) -> String {
    let mut out = format!("{}\n\n", advisor::answer(advice, workload));
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
    out.push('\n');
    for reason in advisor::reasons(advice, break_evens, workload) {
        let _ = writeln!(out, "- {reason}");
    }
    // The first of those that are too close to call is as good as any of them.
    if let Some(first) = advice.lanes.iter().find(|it| it.is_eligible()) {
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
    let lane =
        if standing.competes { standing.lane.to_string() } else { format!("({})", standing.lane) };
    let out = match (&standing.ruled_out, &standing.excluded) {
        (Some(out), _) => Some(format!("ruled out by {}", out.claim)),
        (None, Some(Excluded::Memory { .. })) => Some("excluded by its memory".to_owned()),
        (None, Some(Excluded::Rate { .. })) => Some("excluded by its rate".to_owned()),
        (None, None) => None,
    };
    let proof = proved.iter().find(|one| one.lane == standing.lane);
    let proof = proof.map_or(String::new(), |one| match &one.outcome {
        RowOutcome::Measured(it) => time(it.median),
        RowOutcome::Unavailable { reason } => format!("unavailable: {reason}"),
        RowOutcome::Failed { error, .. } => format!("failed: {error}"),
    });
    match (&standing.predicted, out) {
        (Ok(it), None) => {
            let Prediction { throughput, memory, .. } = it;
            let Figure { median, ci90: [low, high] } = it.figure();
            let memory = memory.map_or(String::new(), |it| bytes(it.median as u64));
            let interval = format!("{} to {}", time(low), time(high));
            [lane, time(median), interval, proof, count(throughput.median), memory]
        }
        (Ok(it), Some(out)) => {
            let median = it.figure().median;
            let figure = if median.is_finite() { time(median) } else { String::new() };
            [lane, figure, out, proof, String::new(), String::new()]
        }
        (Err(why), _) => [lane, "unknown".into(), why.clone(), proof, String::new(), String::new()],
    }
}
