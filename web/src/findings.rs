//! What the studies of a visit have found together: each adds to what was there before.

use std::collections::BTreeMap;

use protocol::report::{REPORT_VERSION, Report, ReportMachine, Run};
use protocol::trace::Recording;

/// Of a visit that has measured nothing yet.
pub(crate) fn none() -> Report {
    Report {
        version: REPORT_VERSION,
        machine: ReportMachine::default(),
        run: Run::default(),
        results: Vec::new(),
        trace: Vec::new(),
    }
}

/// Adds what a study found. Its rows take the place of older ones, but not where it could not measure what was
/// measured before.
pub(crate) fn add(findings: &mut Report, study: &Report) {
    let before = std::mem::replace(&mut findings.machine, study.machine.clone());
    let machine = &mut findings.machine;
    machine.node = machine.node.take().or(before.node);
    machine.browser = machine.browser.take().or(before.browser);
    // A page that leads a study itself knows of no compiler.
    if machine.rustc.starts_with("none") && !before.rustc.is_empty() {
        machine.rustc = before.rustc;
    }
    findings.run = study.run.clone();
    study.trace.iter().for_each(|recording| trace(findings, recording));
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    for (at, row) in findings.results.iter().enumerate() {
        known.insert((row.experiment.clone(), row.lane.clone(), row.params.clone()), at);
    }
    for row in &study.results {
        let identity = (row.experiment.clone(), row.lane.clone(), row.params.clone());
        match known.get(&identity).map(|at| &mut findings.results[*at]) {
            Some(known) => {
                if row.measured().is_some() || known.measured().is_none() {
                    *known = row.clone();
                }
            }
            None => {
                known.insert(identity, findings.results.len());
                findings.results.push(row.clone());
            }
        }
    }
}

/// Adds a recording, in the place of an older one of the same.
pub(crate) fn trace(findings: &mut Report, recording: &Recording) {
    let is_it = |known: &&mut Recording| {
        known.scenario == recording.scenario && known.lane == recording.lane
    };
    match findings.trace.iter_mut().find(is_it) {
        Some(known) => *known = recording.clone(),
        None => findings.trace.push(recording.clone()),
    }
}

#[cfg(test)]
mod tests {
    use claims::made::Made;
    use protocol::report::RowOutcome;

    use super::*;

    #[test]
    fn studies_add_up_and_what_is_away_takes_nothing_back() {
        let mut findings = none();
        let startup = Made::usual().without("crash").report();
        add(&mut findings, &startup);
        assert_eq!(findings.results, startup.results);
        let away = Made::usual().without_node().report();
        add(&mut findings, &away);
        assert_eq!(findings.machine.node.as_deref(), Some("v20.20.2"));
        let measured = |report: &Report, experiment: &str| {
            let is = |row: &&protocol::report::ReportRow| {
                row.experiment == experiment && matches!(row.outcome, RowOutcome::Measured(_))
            };
            report.results.iter().filter(is).count()
        };
        assert_eq!(measured(&findings, "startup"), measured(&startup, "startup"));
        assert_eq!(measured(&findings, "crash"), measured(&away, "crash"));
    }
}
