//! The experiments: a question each, and the operations that answer it. One file each, and a line in
//! [`ALL`].

mod echo;
mod startup;

use crate::op::Op;

/// A question, the operations that answer it, and what to know about the answer.
#[derive(Debug)]
pub struct Experiment {
    /// Its name, on the command line and in reports.
    pub id: &'static str,
    /// In one line.
    pub question: &'static str,
    /// How it is measured, and what the figures mean.
    pub prose: &'static str,
    operations: fn(Extent) -> Vec<Op>,
}

/// How much to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What a report should have.
    Full,
    /// What fits some seconds.
    Quick,
}

/// Every experiment.
pub const ALL: [&Experiment; 2] = [&startup::STARTUP, &echo::ECHO];

impl Experiment {
    /// What it asks of every lane.
    #[must_use]
    pub fn operations(&self, extent: Extent) -> Vec<Op> {
        (self.operations)(extent)
    }
}

/// The experiment of that name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Experiment> {
    ALL.into_iter().find(|experiment| experiment.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_rows_are_unique_and_quick_is_a_part_of_full() {
        let names: BTreeSet<&str> = ALL.iter().map(|experiment| experiment.id).collect();
        assert_eq!(names.len(), ALL.len());
        for experiment in ALL {
            assert!(experiment.question.ends_with('?') && !experiment.prose.is_empty());
            let full = experiment.operations(Extent::Full);
            let rows: Vec<_> = full.iter().flat_map(|op| op.rows()).collect();
            assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len());
            let quick = experiment.operations(Extent::Quick);
            assert!(!quick.is_empty() && quick.iter().all(|op| full.contains(op)));
        }
    }
}
