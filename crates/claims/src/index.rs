//! A report's rows by what they are asked for by: a judgement looks at few of them, however many there are.

use std::collections::BTreeMap;

use protocol::LaneId;
use protocol::report::{Report, ReportRow};

/// A report with its rows by lane and experiment.
pub struct Index<'a> {
    pub(crate) report: &'a Report,
    rows: BTreeMap<&'a LaneId, BTreeMap<&'a str, Vec<&'a ReportRow>>>,
}

impl<'a> Index<'a> {
    /// Of a report: in one pass over its rows.
    #[must_use]
    pub fn of(report: &'a Report) -> Self {
        let mut rows: BTreeMap<_, BTreeMap<_, Vec<_>>> = BTreeMap::new();
        for row in &report.results {
            let of_lane = rows.entry(&row.lane).or_default();
            of_lane.entry(row.experiment.as_str()).or_default().push(row);
        }
        Self { report, rows }
    }

    /// What an experiment gave on a lane, in the report's order.
    pub(crate) fn rows(&self, experiment: &str, lane: &LaneId) -> &[&'a ReportRow] {
        let rows = self.rows.get(lane).and_then(|of_lane| of_lane.get(experiment));
        rows.map_or(&[], Vec::as_slice)
    }
}
