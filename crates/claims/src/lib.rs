//! The seed's tables, word for word, and what a report says about each of their cells.
//!
//! A *claim* is one cell: a row of a table, and one of its two columns. Its verdict is a function of a report
//! alone, platform by platform; the headline is Node's, of which the seed speaks.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod index;
mod judgement;
#[cfg(any(test, feature = "made"))]
pub mod made;
pub mod matrix;
mod order;
mod rows;
pub mod seed;
mod view;

use protocol::report::Report;
use serde::Serialize;

pub use index::Index;
pub use judgement::{Judgement, Platform, Verdict};
pub use view::View;

/// A table of the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// "High-Level Difference".
    Differences,
    /// "Resource Sharing".
    Sharing,
}

/// A column of both tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    /// "Worker Threads".
    Threads,
    /// "Child Processes".
    Processes,
}

impl Column {
    /// Both, in the tables' order.
    pub const ALL: [Self; 2] = [Self::Threads, Self::Processes];

    /// As claims' names have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Processes => "processes",
        }
    }

    /// As the seed has it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Threads => "Worker Threads",
            Self::Processes => "Child Processes",
        }
    }
}

/// A row of a table: what it takes to judge its two cells.
#[derive(Debug)]
pub struct Row {
    /// Its part of the claims' names.
    pub id: &'static str,
    /// Where it stands.
    pub table: Table,
    /// What the seed calls it.
    pub feature: &'static str,
    /// The experiments that its verdicts are over.
    pub experiments: &'static [&'static str],
    /// Its cells.
    pub cells: [Cell; 2],
}

/// What is to be known about a cell beside the seed's words.
#[derive(Debug)]
pub struct Cell {
    /// What would make it true, in one sentence.
    pub statement: &'static str,
    /// What the words leave out.
    pub nuance: &'static str,
    /// Other claims that it rests on.
    pub rests_on: &'static [&'static str],
    /// The verdict over a report, or why there is none.
    pub judge: fn(&View<'_>) -> Result<Judgement, String>,
}

/// Every row, in the tables' order.
pub use rows::ALL;

/// What a report says about a claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// For example `startup.processes`.
    pub id: String,
    /// What the seed calls its row.
    pub row: &'static str,
    /// Its column.
    pub column: Column,
    /// The seed's words.
    pub text: &'static str,
    /// The headline: over Node's lanes.
    pub verdict: Verdict,
    /// The headline's figures, or why there is none.
    pub evidence: Vec<String>,
    /// What would make it true.
    pub statement: &'static str,
    /// What the words leave out.
    pub nuance: &'static str,
    /// Its experiments.
    pub experiments: &'static [&'static str],
    /// Other claims that it rests on.
    pub rests_on: &'static [&'static str],
    /// The verdict of each platform.
    pub by_platform: ByPlatform<Verdict>,
    /// The figures of each platform.
    pub evidence_by_platform: ByPlatform<Vec<String>>,
}

/// Something for each platform.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByPlatform<T> {
    /// Node's `worker_threads` and `child_process.fork`.
    pub node: T,
    /// Threads and child processes of a native program.
    pub rust: T,
    /// Web Workers.
    pub browser: T,
}

impl<T> ByPlatform<T> {
    /// Of one platform.
    pub const fn of(&self, platform: Platform) -> &T {
        match platform {
            Platform::Node => &self.node,
            Platform::Rust => &self.rust,
            Platform::Browser => &self.browser,
        }
    }
}

impl Row {
    /// The name of one of its claims.
    #[must_use]
    pub fn claim(&self, column: Column) -> String {
        format!("{}.{}", self.id, column.name())
    }

    /// The cell in a column.
    #[must_use]
    pub const fn cell(&self, column: Column) -> &Cell {
        &self.cells[column as usize]
    }

    /// What a platform's lanes say about one of its cells.
    #[must_use]
    pub fn judge(&self, column: Column, report: &Index<'_>, platform: Platform) -> Judgement {
        let view = View::new(report, platform);
        (self.cell(column).judge)(&view)
            .unwrap_or_else(|why| Judgement { verdict: Verdict::NotMeasured, evidence: vec![why] })
    }
}

/// What a report says about every claim, in the tables' order.
#[must_use]
pub fn judge(report: &Report) -> Vec<Judged> {
    let report = Index::of(report);
    let both = |row: &'static Row| Column::ALL.map(|column| judged(row, column, &report));
    ALL.into_iter().flat_map(both).collect()
}

fn judged(row: &'static Row, column: Column, report: &Index<'_>) -> Judged {
    let [node, rust, browser] = Platform::ALL.map(|it| row.judge(column, report, it));
    let cell = row.cell(column);
    Judged {
        id: row.claim(column),
        row: row.feature,
        column,
        text: seed::text(row.feature, column),
        verdict: node.verdict,
        evidence: node.evidence.clone(),
        statement: cell.statement,
        nuance: cell.nuance,
        experiments: row.experiments,
        rests_on: cell.rests_on,
        by_platform: ByPlatform {
            node: node.verdict,
            rust: rust.verdict,
            browser: browser.verdict,
        },
        evidence_by_platform: ByPlatform {
            node: node.evidence,
            rust: rust.evidence,
            browser: browser.evidence,
        },
    }
}

#[cfg(test)]
mod tests;
