//! Trials: operations that are made once and looked at. What they are about is data; how they are made is the
//! lanes' own business.

/// Something that is done once to a worker that has just started, and looked at from both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trial {
    /// The experiment that it belongs to.
    pub experiment: &'static str,
    /// The name of its param in a report.
    pub param: &'static str,
    /// Its name: the param's value.
    pub name: &'static str,
    /// What is done, in one sentence.
    pub about: &'static str,
}

impl Trial {
    /// Whether workers die of it, so that it has figures of what comes after.
    #[must_use]
    pub fn is_crash(&self) -> bool {
        self.experiment == "crash"
    }
}

/// Trials of one experiment from their names and sentences.
pub(crate) const fn trials<const N: usize>(
    experiment: &'static str,
    param: &'static str,
    all: [(&'static str, &'static str); N],
) -> [Trial; N] {
    let mut trials = [Trial { experiment, param, name: "", about: "" }; N];
    let mut at = 0;
    while at < N {
        (trials[at].name, trials[at].about) = all[at];
        at += 1;
    }
    trials
}
