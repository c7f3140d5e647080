//! A report as lines for people.

use crate::format::{self, params};
use protocol::report::{Measured, Report, ReportRow, RowOutcome};
use texts::outside;

/// What stands above each cell.
pub const HEADS: [&str; 6] = ["Experiment", "Params", "Lane", "Median", "95% interval", "Samples"];

/// A line per row, rows that answer the same question together.
#[must_use]
pub fn lines(report: &Report) -> Vec<[String; 6]> {
    let mut rows: Vec<&ReportRow> = report.results.iter().collect();
    let order = |experiment: &str| {
        crate::experiments::ALL
            .iter()
            .position(|known| known.id == experiment)
            .unwrap_or(usize::MAX)
    };
    rows.sort_by_cached_key(|row| {
        (
            order(&row.experiment),
            ["workload", "size", "bytes", "workers", "metric"]
                .map(|it| row.params.get(it).cloned()),
        )
    });
    rows.into_iter().map(line).collect()
}

fn line(row: &ReportRow) -> [String; 6] {
    let (median, interval, samples) = match &row.outcome {
        RowOutcome::Measured(measured) if !measured.seen.is_empty() => {
            (trial(measured), String::new(), String::new())
        }
        RowOutcome::Measured(measured) => {
            let (median, interval) = format::figures(measured);
            (median, interval, measured.n.to_string())
        }
        RowOutcome::Unavailable { reason } => {
            (format!("unavailable: {reason}"), String::new(), String::new())
        }
        RowOutcome::Failed { stage, error } => {
            // The report has all of it.
            let error = error.lines().next().unwrap_or_default();
            (format!("failed while {stage}: {error}"), String::new(), String::new())
        }
    };
    let crossing = match &row.outcome {
        RowOutcome::Measured(measured) => format::crossing(measured.crossing),
        _ => None,
    };
    let params = [Some(params(&row.params)), crossing].into_iter().flatten();
    let params = params.collect::<Vec<_>>().join(", ");
    let cells = [row.experiment.clone(), params, row.lane.to_string(), median, interval, samples];
    // Each is on one line whatever it was, and as wide as it is shown.
    cells.map(|cell| outside::line(&cell).into_owned())
}

/// What a trial saw, after its time.
fn trial(measured: &Measured) -> String {
    let facts = measured.seen.first().into_iter().flat_map(|sighting| &sighting.facts);
    let told = facts.map(|(name, fact)| format!("{}: {fact}", name.replace('_', " ")));
    let told = told.collect::<Vec<_>>().join(", ");
    let others = measured.seen.len().saturating_sub(1);
    let others =
        if others > 0 { format!("; other times otherwise ({others})") } else { String::new() };
    format!("{}; {told}{others}", format::figures(measured).0)
}

/// The report's lines under their heads, in columns.
#[must_use]
pub fn text(report: &Report) -> String {
    aligned(&HEADS.map(str::to_owned), &lines(report))
}

/// Lines under their heads, in columns.
#[must_use]
pub fn aligned(heads: &[String; 6], lines: &[[String; 6]]) -> String {
    // What has no figures has a sentence in their place, which widens no column.
    let width = |column: usize| {
        let figures = lines.iter().filter(|line| column < 3 || !line[5].is_empty());
        let cells = figures.map(|line| line[column].chars().count());
        cells.chain([heads[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let row = |cells: &[String; 6]| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    row(heads) + &lines.iter().map(row).collect::<String>()
}

#[cfg(test)]
pub(crate) mod tests {
    use protocol::report::{Crossing, Params, REPORT_VERSION, ReportMachine, Run, Unit};
    use protocol::{LaneId, Stage};

    use super::*;

    pub(crate) fn a_report() -> Report {
        let row = |experiment: &str, lane: &str, params: Params, outcome| ReportRow {
            experiment: experiment.into(),
            lane: LaneId::from(lane),
            params,
            outcome,
        };
        let echo = crate::params([("bytes", 65536.into()), ("metric", "round_trip".into())]);
        let exit = crate::params([("metric", "exit".into())]);
        let measured = RowOutcome::Measured(Measured {
            unit: Unit::Nanoseconds,
            median: 41250.5,
            ci95: [40100.0, 42800.0],
            crossing: Some(Crossing { copied: 131_072, ..Default::default() }),
            n: 3,
            samples: vec![40100.0, 41250.5, 42800.0],
            blocks: vec![0, 1, 2],
            seen: Vec::new(),
        });
        let unavailable = RowOutcome::Unavailable { reason: "no node, no \"lane\"".into() };
        let failed = RowOutcome::Failed { stage: Stage::Run, error: "it died".into() };
        Report {
            version: REPORT_VERSION,
            machine: ReportMachine {
                cpu: "a processor".into(),
                cores: 2,
                system: "Linux 6".into(),
                runner: "0.1.0".into(),
                rustc: "rustc 1.95.0".into(),
                ..ReportMachine::default()
            },
            run: Run {
                command: vec!["breakeven".into(), "run".into()],
                blocks: 3,
                finished: 3,
                warnings: vec!["it was noisy".into()],
                ..Run::default()
            },
            results: vec![
                row("echo", "process.socket", echo.clone(), measured),
                row("echo", "node.worker", echo, unavailable),
                row("startup", "process.pipe", exit, failed),
            ],
            trace: Vec::new(),
        }
    }

    #[test]
    fn a_trial_says_what_it_saw() {
        let mut report = a_report();
        let RowOutcome::Measured(measured) = &mut report.results[0].outcome else { unreachable!() };
        let facts = [("died".to_owned(), protocol::trial::Fact::Text("worker".into()))].into();
        measured.seen = vec![protocol::trial::Sighting { facts, times: 3 }];
        let line = &lines(&report)[1];
        assert!(line[3].ends_with("; died: worker"), "{line:?}");
    }

    #[test]
    fn the_table_reads_well() {
        let mut report = a_report();
        report.results.reverse();
        assert_eq!(
            text(&report).replace('\u{a0}', " "),
            "Experiment  Params                                         Lane            Median   95% interval     Samples\n\
             startup     metric exit                                    process.pipe    failed while running: it died\n\
             echo        bytes 64KiB, metric round_trip                 node.worker     unavailable: no node, no \"lane\"\n\
             echo        bytes 64KiB, metric round_trip, 128KiB copied  process.socket  41.3 µs  [40.1, 42.8] µs  3\n"
        );
    }
}
