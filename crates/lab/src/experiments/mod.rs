//! The experiments: a question each, and the operations that answer it. One file each, and a line in
//! [`ALL`].

mod compute;
pub mod crash;
mod dispatch;
mod echo;
pub mod foreign;
pub mod identity;
mod memory;
pub mod share;
mod startup;
mod tasks;
pub mod workload;

use crate::op::{Op, Series};
use crate::trial::Trial;
use protocol::load::Load;

/// A question, the operations that answer it, and what to know about the answer.
#[derive(Debug)]
pub struct Experiment {
    /// Its name, on the command line and in reports.
    pub id: &'static str,
    /// In one line.
    pub question: &'static str,
    /// How it is measured, and what the figures mean.
    pub prose: &'static str,
    /// What it asks of every lane.
    pub operations: fn(Sweep) -> Vec<Op>,
    /// Where time is short it takes part in every so manyth block only.
    pub every: u32,
    /// Further rows of a lane, from the medians of its operations in one block: a sample each.
    pub derived: fn(&[(Op, f64)]) -> Vec<Series>,
}

/// What an experiment's sweep depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// How much to measure.
    pub extent: Extent,
    /// How many processors there are.
    pub cores: u32,
    /// What [`workload::WORKLOAD`] is about.
    pub load: Option<Load>,
}

/// How much to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What a report should have.
    Full,
    /// What fits some seconds.
    Quick,
    /// Of trials, too, only what takes no time.
    Brief,
}

/// Every experiment.
pub const ALL: [&Experiment; 10] = [
    &startup::STARTUP,
    &echo::ECHO,
    &compute::COMPUTE,
    &dispatch::DISPATCH,
    &memory::MEMORY,
    &tasks::TASKS,
    &identity::IDENTITY,
    &share::SHARE,
    &crash::CRASH,
    &foreign::FOREIGN,
];

/// Those whose operations are timed over and over.
#[must_use]
pub fn timed() -> Vec<&'static Experiment> {
    ALL.into_iter().filter(|experiment| !experiment.is_of_trials()).collect()
}

/// What a comparison consists of.
#[must_use]
pub fn compared() -> Vec<&'static Experiment> {
    ALL.into_iter().filter(|experiment| experiment.is_compared()).collect()
}

/// What the decision guide predicts from.
#[must_use]
pub fn guiding() -> Vec<&'static Experiment> {
    vec![&tasks::TASKS, &startup::STARTUP, &memory::MEMORY]
}

/// Every trial.
pub fn trials() -> impl Iterator<Item = &'static Trial> {
    [&identity::TRIALS[..], &share::TRIALS, &crash::TRIALS, &foreign::TRIALS].into_iter().flatten()
}

/// The trial of an experiment that has this name.
#[must_use]
pub fn find_trial(experiment: &str, name: &str) -> Option<&'static Trial> {
    trials().find(|trial| trial.experiment == experiment && trial.name == name)
}

impl Experiment {
    /// What it asks of every lane.
    #[must_use]
    pub fn operations(&self, sweep: Sweep) -> Vec<Op> {
        (self.operations)(sweep)
    }

    /// Whether it consists of trials, which are made some few times.
    #[must_use]
    pub fn is_of_trials(&self) -> bool {
        trials().any(|trial| trial.experiment == self.id)
    }

    /// Whether a comparison has it that names no experiments: it is timed, and not the guide's, which takes as long as
    /// all the others.
    #[must_use]
    pub fn is_compared(&self) -> bool {
        !self.is_of_trials() && self.id != tasks::TASKS.id
    }

    /// What follows from its operations' medians in one block on one lane: a sample each.
    #[must_use]
    pub fn derived(&self, medians: &[(Op, f64)]) -> Vec<Series> {
        (self.derived)(medians)
    }
}

/// For experiments that have no rows but their operations'.
fn nothing_more(_: &[(Op, f64)]) -> Vec<Series> {
    Vec::new()
}

/// One, doubled until there is a worker per processor; at least two.
fn worker_counts(cores: u32) -> Vec<u32> {
    let most = cores.clamp(2, 64);
    let doubled = (0..).map(|power| 1 << power).take_while(|count| *count < most);
    doubled.chain([most]).collect()
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
            let full = experiment.operations(Sweep { extent: Extent::Full, cores: 6, load: None });
            let rows: Vec<_> = full.iter().flat_map(|op| op.rows()).map(|(row, _)| row).collect();
            assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len());
            let quick =
                experiment.operations(Sweep { extent: Extent::Quick, cores: 6, load: None });
            assert!(!quick.is_empty() && quick.iter().all(|op| full.contains(op)));
        }
    }

    #[test]
    fn workers_are_doubled_up_to_the_processors() {
        assert_eq!(worker_counts(1), [1, 2]);
        assert_eq!(worker_counts(2), [1, 2]);
        assert_eq!(worker_counts(6), [1, 2, 4, 6]);
        assert_eq!(worker_counts(8), [1, 2, 4, 8]);
    }
}
