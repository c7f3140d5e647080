//! A report as a platform's claims see it.

use lab::format;
use protocol::LaneId;
use protocol::report::{Measured, Param, Params, ReportRow, RowOutcome};
use protocol::trial::{Fact, Facts};
use texts::{quoted, tr};

use crate::{Column, Index, Platform};

/// A report, and whose lanes of it count.
pub struct View<'a> {
    report: &'a Index<'a>,
    platform: Platform,
}

/// The lane whose memory processes share, whatever the platform: the system's own way.
pub(crate) const SYSTEM_SHARING: LaneId = LaneId::PROCESS_SHM;

impl Platform {
    /// Its lanes of a column.
    #[must_use]
    pub fn lanes(self, column: Column) -> &'static [LaneId] {
        const NODE: [&[LaneId]; 2] = [
            &[LaneId::NODE_WORKER, LaneId::NODE_WORKER_SHARED],
            &[LaneId::NODE_FORK_JSON, LaneId::NODE_FORK_ADVANCED],
        ];
        const RUST: [&[LaneId]; 2] = [
            &[LaneId::NATIVE_THREAD],
            &[LaneId::PROCESS_PIPE, LaneId::PROCESS_SOCKET, LaneId::PROCESS_SHM],
        ];
        const BROWSER: [&[LaneId]; 2] =
            [&[LaneId::BROWSER_CLONE, LaneId::BROWSER_TRANSFER, LaneId::BROWSER_SHARED], &[]];
        match self {
            Self::Node => NODE[column as usize],
            Self::Rust => RUST[column as usize],
            Self::Browser => BROWSER[column as usize],
        }
    }
}

impl<'a> View<'a> {
    /// Of one platform.
    #[must_use]
    pub fn new(report: &'a Index<'a>, platform: Platform) -> Self {
        Self { report, platform }
    }

    /// Whose lanes count.
    pub(crate) fn platform(&self) -> Platform {
        self.platform
    }

    /// The same report, for one of the other claims.
    pub(crate) fn verdict(&self, row: &crate::Row, column: Column) -> crate::Judgement {
        row.judge(column, self.report, self.platform)
    }

    /// The platform's lanes of a column.
    pub(crate) fn lanes(&self, column: Column) -> &'static [LaneId] {
        self.platform.lanes(column)
    }

    /// The version of what ran, for the end of a sentence.
    pub(crate) fn version(&self) -> String {
        let machine = &self.report.report.machine;
        let version = match self.platform {
            Platform::Node => machine.node.as_ref().map(|version| format!("Node {version}")),
            Platform::Rust => Some(machine.rustc.split(" (").next().unwrap_or_default().to_owned()),
            Platform::Browser => machine.browser.as_ref().map(|browser| browser.name.clone()),
        };
        version.filter(|it| !it.is_empty()).map_or(String::new(), |it| format!(" ({it})"))
    }

    /// The row of a trial.
    fn row(&self, lane: &LaneId, experiment: &str, trial: &str) -> Option<&'a ReportRow> {
        let is_it = |param: &Param| matches!(param, Param::Text(name) if name == trial);
        let mut rows = self.report.rows(experiment, lane).iter().copied();
        rows.find(|row| !row.params.contains_key("metric") && row.params.values().any(is_it))
    }

    /// What a trial saw, most of the times that it was made.
    pub(crate) fn facts(&self, lane: &LaneId, experiment: &str, trial: &str) -> Option<&'a Facts> {
        self.measured_trial(lane, experiment, trial).map(|(facts, _)| facts)
    }

    /// The same, and its time.
    pub(crate) fn measured_trial(
        &self,
        lane: &LaneId,
        experiment: &str,
        trial: &str,
    ) -> Option<(&'a Facts, &'a Measured)> {
        match &self.row(lane, experiment, trial)?.outcome {
            RowOutcome::Measured(measured) => Some((&measured.seen.first()?.facts, measured)),
            _ => None,
        }
    }

    /// What each of the different sightings of a trial was.
    pub(crate) fn sightings(
        &self,
        lane: &LaneId,
        trial: (&str, &str),
    ) -> impl Iterator<Item = &'a Facts> + use<'a> {
        let measured = self.measured_trial(lane, trial.0, trial.1);
        let seen = measured.map_or(&[][..], |(_, measured)| &measured.seen);
        seen.iter().map(|sighting| &sighting.facts)
    }

    /// Whether something was so each time; none where nobody looked at it, or it was not always alike.
    pub(crate) fn is(&self, lane: &LaneId, trial: (&str, &str), fact: &str) -> Option<bool> {
        self.alike(lane, trial, fact).ok().flatten()
    }

    /// The same.
    ///
    /// # Errors
    /// If it was not always alike.
    fn alike(
        &self,
        lane: &LaneId,
        trial: (&str, &str),
        fact: &str,
    ) -> Result<Option<bool>, String> {
        let mut all = self.sightings(lane, trial).map(|facts| match facts.get(fact) {
            Some(Fact::Is(is)) => Some(*is),
            _ => None,
        });
        let Some(first) = all.next() else { return Ok(None) };
        if all.all(|other| other == first) {
            return Ok(first);
        }
        Err(tr!("{} {} on {} was not the same each time", trial.0, trial.1, lane))
    }

    /// What was said or is its name.
    pub(crate) fn text(&self, lane: &LaneId, trial: (&str, &str), fact: &str) -> Option<String> {
        self.facts(lane, trial.0, trial.1)?.get(fact).map(ToString::to_string)
    }

    /// Whether something is so on each of the column's lanes where that was seen.
    ///
    /// # Errors
    /// If it was on none, or not the same each time on one: says why.
    pub(crate) fn each(
        &self,
        column: Column,
        trial: (&str, &str),
        fact: &str,
    ) -> Result<Vec<(&'static LaneId, bool)>, String> {
        let lanes = self.lanes(column);
        if lanes.is_empty() {
            return Err(tr!("a page starts no processes").to_owned());
        }
        let mut all = Vec::new();
        for lane in lanes {
            all.extend(self.alike(lane, trial, fact)?.map(|is| (lane, is)));
        }
        if all.is_empty() { Err(self.missing(column, trial.0, trial.1)) } else { Ok(all) }
    }

    /// Why nothing was seen of a trial or an experiment on the column's lanes.
    pub(crate) fn missing(&self, column: Column, experiment: &str, trial: &str) -> String {
        let lanes = self.lanes(column);
        let name = if trial.is_empty() { String::new() } else { format!(" {trial}") };
        let row = lanes.iter().find_map(|lane| match trial {
            "" => self.report.rows(experiment, lane).first().copied(),
            trial => self.row(lane, experiment, trial),
        });
        match row.map(|row| (&row.lane, &row.outcome)) {
            Some((lane, RowOutcome::Unavailable { reason })) => {
                tr!("on {}: {}", lane, quoted(reason))
            }
            Some((lane, RowOutcome::Failed { error, .. })) => {
                tr!("{}{} failed on {}: {}", experiment, name, lane, quoted(error))
            }
            Some((lane, RowOutcome::Measured(_))) => {
                tr!("{}{} on {} looked at something else", experiment, name, lane)
            }
            None if self.platform == Platform::Browser
                && self.report.report.machine.browser.is_none() =>
            {
                tr!("no browser took part").to_owned()
            }
            None => tr!("{} was not run", experiment),
        }
    }

    /// The row with these params.
    pub(crate) fn figure(
        &self,
        lane: &LaneId,
        experiment: &str,
        params: &Params,
    ) -> Option<&'a Measured> {
        // Of several ways to do the same, the best.
        let all = self.all(lane, experiment, params).into_iter();
        all.min_by(|one, other| one.median.total_cmp(&other.median))
    }

    /// Every row with these params and perhaps more.
    pub(crate) fn all(
        &self,
        lane: &LaneId,
        experiment: &str,
        params: &Params,
    ) -> Vec<&'a Measured> {
        let is_it = |row: &&&ReportRow| {
            params.iter().all(|(name, value)| row.params.get(name) == Some(value))
                // Neither another way to start, nor bytes that nobody touches.
                && !row.params.contains_key("sandbox")
                && row.params.get("touch") != Some(&"hand_over".into())
        };
        let rows = self.report.rows(experiment, lane).iter().filter(is_it);
        let measured = rows.filter_map(|row| match &row.outcome {
            RowOutcome::Measured(measured) => Some(measured),
            _ => None,
        });
        measured.collect()
    }

    /// The best of the column's lanes.
    ///
    /// # Errors
    /// If none was measured: says why.
    pub(crate) fn best(
        &self,
        column: Column,
        experiment: &str,
        params: &Params,
    ) -> Result<(&'static LaneId, &'a Measured), String> {
        let lanes = self.lanes(column);
        if lanes.is_empty() {
            return Err(tr!("a page starts no processes").to_owned());
        }
        let all =
            lanes.iter().filter_map(|lane| Some((lane, self.figure(lane, experiment, params)?)));
        all.min_by(|(_, one), (_, other)| one.median.total_cmp(&other.median))
            .ok_or_else(|| self.missing(column, experiment, ""))
    }
}

/// `node.worker 20.3 ms`.
pub(crate) fn told((lane, measured): (&LaneId, &Measured)) -> String {
    format!("{lane} {}", format::figures(measured).0)
}

/// `node.worker and node.worker-shared`.
pub(crate) fn names<'a>(lanes: impl IntoIterator<Item = &'a LaneId>) -> String {
    list(lanes.into_iter().map(ToString::to_string).collect())
}

/// `a, b and c`.
pub(crate) fn list(mut all: Vec<String>) -> String {
    match all.pop() {
        None => tr!("none").to_owned(),
        Some(last) if all.is_empty() => last,
        Some(last) => tr!("{} and {}", all.join(", "), last),
    }
}

/// Of lanes with a yes or no, those with this one.
pub(crate) fn with<'a>(all: &[(&'a LaneId, bool)], wanted: bool) -> Vec<&'a LaneId> {
    all.iter().filter(|(_, is)| *is == wanted).map(|(lane, _)| *lane).collect()
}
