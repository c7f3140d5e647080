//! What a study is to measure, and how thoroughly.

use protocol::Nanos;

use crate::experiments::{self, Experiment, Extent, Sweep};
use crate::lane::Lane;
use crate::op::{Effort, Placement};

/// What is to be measured, and how thoroughly.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which experiments.
    pub experiments: Vec<&'static Experiment>,
    /// How much of each.
    pub sweep: Sweep,
    /// How many blocks at most.
    pub blocks: u32,
    /// Within a block.
    pub effort: Effort,
    /// What the orders are drawn from.
    pub seed: u64,
    /// After so long there is no further block.
    pub limit: Option<Nanos>,
    /// Which blocks experiments take part in.
    pub turns: Turns,
    /// How often trials are made.
    pub trials: u32,
}

/// Which blocks experiments take part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turns {
    /// All of them.
    Always,
    /// Those that scatter least, or matter least, in some only ([`Experiment::every`]): the others have more
    /// blocks for it.
    Sparse,
}

/// How thorough a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Some seconds: whether it works, and how large things are.
    Quick,
    /// About a minute: the key figures to some per cent.
    Comparison,
    /// What the claims rest on, trials once.
    Claims,
    /// The same within half a minute.
    BriefClaims,
    /// What the decision guide predicts from: some dozen blocks.
    Guide,
    /// One workload on some lanes, over and over.
    Proof,
    /// Every size, as many blocks as the intervals' coverage was validated with (METHODOLOGY.md).
    Full,
}

/// Blocks of a full run.
const BLOCKS: u32 = 30;
/// Times that a trial is made: what it sees hardly changes.
const TRIALS: u32 = 3;
/// Fewer blocks have no interval worth the name.
const FEWEST_BLOCKS: u32 = 3;
/// A sample is at least so many steps of the clock long.
pub const TICKS: f64 = 100.0;

impl Depth {
    /// A run's plan; `tick` is the step of the caller's clock in nanoseconds.
    #[must_use]
    pub fn plan(
        self,
        experiments: Vec<&'static Experiment>,
        cores: u32,
        placement: Placement,
        tick: f64,
        seed: u64,
    ) -> Plan {
        let (extent, blocks, turn, seconds, turns) = match self {
            Self::Quick => (Extent::Quick, 20, 20_000_000, Some(13), Turns::Always),
            Self::Comparison => (Extent::Quick, BLOCKS, 20_000_000, Some(58), Turns::Sparse),
            Self::Claims => (Extent::Quick, BLOCKS, 20_000_000, Some(140), Turns::Always),
            Self::BriefClaims => (Extent::Brief, BLOCKS, 10_000_000, Some(34), Turns::Always),
            Self::Guide => (Extent::Quick, BLOCKS, 20_000_000, Some(70), Turns::Sparse),
            Self::Proof => (Extent::Quick, 5, 20_000_000, Some(60), Turns::Always),
            Self::Full => (Extent::Full, BLOCKS, 70_000_000, None, Turns::Always),
        };
        let sample_time = Nanos((tick * TICKS).max(1e6) as u64);
        let trials = match self {
            Self::Quick | Self::Claims | Self::BriefClaims | Self::Guide | Self::Proof => 1,
            Self::Comparison | Self::Full => TRIALS,
        };
        let alone = experiments.iter().all(|experiment| experiment.is_of_trials());
        let blocks = if alone { trials } else { blocks };
        Plan {
            experiments,
            sweep: Sweep { extent, cores, load: None },
            blocks,
            effort: Effort { samples: 5, sample_time, turn_time: Nanos(turn), placement },
            seed,
            limit: seconds.map(|seconds| Nanos(seconds * 1_000_000_000)),
            turns,
            trials,
        }
    }

    /// What suits these experiments where nobody asks for more or less: beside others, trials are made once, and their
    /// time is not that of the others.
    #[must_use]
    pub fn of(experiments: &[&Experiment]) -> Self {
        let trials = experiments.iter().filter(|experiment| experiment.is_of_trials()).count();
        if trials > 0 && trials < experiments.len() { Self::Claims } else { Self::Comparison }
    }

    /// The experiments of these names; all of them without one, and then no more than a comparison.
    ///
    /// # Errors
    /// Names the first that there is not.
    pub fn wished(names: &[String]) -> Result<(Self, Vec<&'static Experiment>), String> {
        if names.is_empty() {
            return Ok((Self::Comparison, experiments::compared()));
        }
        let find = |name: &String| {
            experiments::find(name).ok_or_else(|| format!("there is no experiment \"{name}\""))
        };
        let named = names.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let has_trials = named.iter().any(|experiment| experiment.is_of_trials());
        let guides = || named.iter().any(|experiment| !experiment.is_compared());
        let depth = match () {
            () if has_trials => Self::Claims,
            () if guides() => Self::Guide,
            () => Self::Comparison,
        };
        Ok((depth, named))
    }
}

impl Plan {
    /// Whether an experiment takes part in a block.
    pub(crate) fn takes_part(&self, experiment: &Experiment, block: u32) -> bool {
        if experiment.is_of_trials() {
            return block < self.trials;
        }
        // One that is alone has nobody to leave its time to.
        let is_sparse = self.turns == Turns::Sparse && self.experiments.len() > 1;
        !is_sparse || block.is_multiple_of(experiment.every)
    }

    /// Of these lanes, those that do any of it.
    #[must_use]
    pub fn lanes<'a>(&self, mut all: Vec<&'a dyn Lane>) -> Vec<&'a dyn Lane> {
        all.retain(|lane| self.concerns(*lane));
        all
    }

    /// Whether a lane does any of it.
    #[must_use]
    pub fn concerns(&self, lane: &dyn Lane) -> bool {
        let mut operations = self.experiments.iter().flat_map(|it| it.operations(self.sweep));
        operations.any(|op| lane.does(op))
    }

    /// How many blocks have trials: the first ones.
    pub(crate) fn blocks_of_trials(&self) -> u32 {
        if self.experiments.iter().any(|it| it.is_of_trials()) { self.trials } else { 0 }
    }

    /// Whether there is no time for a further block after so many, of which those with trials took so long.
    pub(crate) fn is_over(&self, finished: u32, spent: Nanos, trials_took: Nanos) -> bool {
        // The next block takes about as long as those did that had no trials, or at most as long as those that had.
        let (took, count) = match finished.saturating_sub(self.blocks_of_trials()) {
            0 => (spent.0, finished.max(1)),
            others => (spent.0.saturating_sub(trials_took.0), others),
        };
        let next = spent.0 + took / u64::from(count);
        finished >= FEWEST_BLOCKS.min(self.blocks) && self.limit.is_some_and(|limit| next > limit.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_take_no_time_from_others() {
        let named = |names: &[&str]| -> Vec<_> {
            names.iter().filter_map(|name| experiments::find(name)).collect()
        };
        assert_eq!(Depth::of(&named(&["startup", "echo"])), Depth::Comparison);
        assert_eq!(Depth::of(&named(&["crash", "share"])), Depth::Comparison);
        assert_eq!(Depth::of(&named(&["crash", "startup"])), Depth::Claims);
    }

    #[test]
    fn a_long_first_block_of_trials_says_nothing_of_the_others() {
        let all = experiments::ALL.to_vec();
        let plan = Depth::Claims.plan(all, 2, Placement::Unpinned, 40.0, 1);
        let seconds = |count: u64| Nanos(count * 1_000_000_000);
        assert_eq!(plan.blocks_of_trials(), 1);
        assert!(!plan.is_over(5, seconds(120), seconds(90)));
        assert!(plan.is_over(5, seconds(139), seconds(90)));
        assert!(plan.is_over(3, seconds(150), seconds(150)));
    }

    #[test]
    fn a_plan_ends_in_time_and_not_before_there_is_an_interval() {
        let all = experiments::compared();
        let quick = Depth::Quick.plan(all.clone(), 2, Placement::Unpinned, 40.0, 1);
        let seconds = |count: u64| Nanos(count * 1_000_000_000);
        let none = seconds(0);
        assert!(!quick.is_over(2, seconds(100), none));
        assert!(!quick.is_over(4, seconds(10), none));
        assert!(quick.is_over(4, seconds(11), none));
        let full = Depth::Full.plan(all, 2, Placement::Unpinned, 1e6, 1);
        assert!(!full.is_over(29, seconds(10_000), none));
        assert_eq!(full.effort.sample_time, Nanos(100_000_000));
    }

    #[test]
    fn trials_are_made_some_few_times() {
        let crash = experiments::find("crash").unwrap();
        let all = Depth::Full.plan(experiments::ALL.to_vec(), 2, Placement::Unpinned, 40.0, 1);
        assert_eq!((0..30).filter(|block| all.takes_part(crash, *block)).count(), 3);
        let alone = Depth::Full.plan(vec![crash], 2, Placement::Unpinned, 40.0, 1);
        assert_eq!(alone.blocks, 3);
    }

    #[test]
    fn a_wish_names_experiments() {
        let (_, some) = Depth::wished(&["echo".into()]).unwrap();
        assert_eq!(some.iter().map(|it| it.id).collect::<Vec<_>>(), ["echo"]);
        assert_eq!(Depth::wished(&[]).unwrap().1.len(), experiments::compared().len());
        assert_eq!(Depth::wished(&["rm".into()]).unwrap_err(), "there is no experiment \"rm\"");
    }
}
