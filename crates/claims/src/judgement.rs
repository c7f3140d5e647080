//! Verdicts, and whose they are.

use serde::Serialize;
use texts::{text, tr};

/// What a report says about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is so.
    Holds,
    /// It is so in part, or not for the reason that one would think.
    Nuance,
    /// It is not so here.
    Fails,
    /// The report has not what it takes.
    NotMeasured,
}

impl Verdict {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Holds, Self::Nuance, Self::Fails, Self::NotMeasured];

    /// As the JSON has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Nuance => "nuance",
            Self::Fails => "fails",
            Self::NotMeasured => "not_measured",
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => tr!("holds"),
            Self::Nuance => tr!("holds with a nuance"),
            Self::Fails => tr!("does not hold here"),
            Self::NotMeasured => tr!("not measured"),
        }
    }

    /// Holds where all do, fails where none does, and is a nuance in between.
    pub(crate) fn of(all: impl IntoIterator<Item = bool>) -> Self {
        let (mut right, mut wrong) = (false, false);
        for one in all {
            right |= one;
            wrong |= !one;
        }
        match (right, wrong) {
            (true, false) => Self::Holds,
            (true, true) => Self::Nuance,
            (false, _) => Self::Fails,
        }
    }

    /// Of a claim that says two things.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::NotMeasured, _) | (_, Self::NotMeasured) => Self::NotMeasured,
            (one, other) if one == other => one,
            _ => Self::Nuance,
        }
    }
}

/// A verdict and what it is founded on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The verdict.
    pub verdict: Verdict,
    /// In one or two sentences, with figures and versions; of what was not measured, the reason.
    pub evidence: Vec<String>,
}

impl Judgement {
    pub(crate) fn new<const N: usize>(verdict: Verdict, evidence: [String; N]) -> Self {
        let evidence = evidence.into_iter().filter(|sentence| !sentence.is_empty()).collect();
        Self { verdict, evidence }
    }
}

/// Whose lanes a verdict is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Node's.
    Node,
    /// Those of a native program in Rust.
    Rust,
    /// A browser's.
    Browser,
}

impl Platform {
    /// Every one, the headline's first.
    pub const ALL: [Self; 3] = [Self::Node, Self::Rust, Self::Browser];

    /// In words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Rust => "Rust",
            Self::Browser => text!("browser"),
        }
    }
}
