//! What must be had, and which lanes have it not: each by one of the seed's claims.

use claims::{Column, Index, Platform, Verdict};
use protocol::LaneId;
use protocol::report::Report;
use serde::{Deserialize, Serialize};
use texts::tr;

use crate::workload::{For, column_of, platform_of};

/// Something that cannot be traded for speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A crash of a worker ends neither the caller nor the others.
    Isolation,
    /// Memory that caller and workers see, and not copies of it.
    SharedState,
    /// Programs in another language, or others' binaries.
    Language,
    /// One database connection, or another stateful service, for all workers.
    Database,
}

impl Need {
    /// Every one, as the seed asks for them.
    pub const ALL: [Self; 4] = [Self::SharedState, Self::Isolation, Self::Language, Self::Database];

    /// As one types it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Isolation => "isolation",
            Self::SharedState => "shared-state",
            Self::Language => "language",
            Self::Database => "database",
        }
    }

    /// The row of the seed's tables that says who has it.
    const fn row(self) -> &'static str {
        match self {
            Self::Isolation => "crash",
            Self::SharedState => "buffers",
            Self::Language => "ideal",
            Self::Database => "database",
        }
    }

    /// Whether a lane can give it.
    fn is_had_by(self, lane: &LaneId, column: Column) -> bool {
        match self {
            Self::Isolation | Self::Language => column == Column::Processes,
            // What copies or gives away does not share, be it a thread.
            Self::SharedState => [
                LaneId::NODE_WORKER_SHARED,
                LaneId::NATIVE_THREAD,
                LaneId::PROCESS_SHM,
                LaneId::BROWSER_SHARED,
            ]
            .contains(lane),
            Self::Database => false,
        }
    }

    fn lacks(self) -> &'static str {
        match self {
            Self::Isolation => tr!("a crash can take the caller along"),
            Self::SharedState => tr!("its workers see copies"),
            Self::Language => tr!("it runs code of the caller’s own kind alone"),
            Self::Database => tr!("a connection belongs to whoever opened it"),
        }
    }
}

/// Why a lane is out of the question.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RuledOut {
    /// The claim that says so, for example `crash.threads`.
    pub claim: String,
    /// What the report says of that claim, for the lane's platform.
    pub verdict: Verdict,
    /// One sentence.
    pub words: String,
}

/// What a report says of the claims by which needs rule lanes out: of each platform and claim.
#[derive(Clone, Debug)]
pub(crate) struct Verdicts(Vec<(Platform, String, Verdict)>);

impl Verdicts {
    pub(crate) fn of(report: &Report) -> Self {
        let report = Index::of(report);
        let rows = claims::ALL.into_iter();
        let rows = rows.filter(|row| Need::ALL.iter().any(|need| need.row() == row.id));
        let mut all = Vec::new();
        for row in rows {
            for platform in Platform::ALL {
                all.extend(Column::ALL.map(|column| {
                    let verdict = row.judge(column, &report, platform).verdict;
                    (platform, row.claim(column), verdict)
                }));
            }
        }
        Self(all)
    }
}

/// The first of the needs that a lane has not.
pub(crate) fn rule_out(lane: &LaneId, needs: &[Need], verdicts: &Verdicts) -> Option<RuledOut> {
    let (platform, column) = (platform_of(lane)?, column_of(lane)?);
    let need = needs.iter().find(|need| !need.is_had_by(lane, column))?;
    let claim = format!("{}.{}", need.row(), column.name());
    let mut known = verdicts.0.iter();
    let verdict = known.find(|(of, id, _)| *of == platform && *id == claim)?.2;
    let words = tr!(
        "{}: {} (claim {}, {} in this report)",
        need.name(),
        need.lacks(),
        claim,
        verdict.words()
    );
    Some(RuledOut { claim, verdict, words })
}

/// Needs that nobody of a platform has together, in a sentence.
pub(crate) fn contradiction(needs: &[Need], of: For) -> Option<String> {
    let lanes = || {
        let of = of.platforms().iter();
        of.flat_map(|platform| Column::ALL.map(|column| platform.lanes(column))).flatten()
    };
    let has = |lane: &LaneId, needs: &[Need]| {
        column_of(lane).is_some_and(|column| needs.iter().all(|need| need.is_had_by(lane, column)))
    };
    if lanes().any(|lane| has(lane, needs)) {
        return None;
    }
    if needs.contains(&Need::Database) {
        return Some(
            tr!("Neither: a database connection or a stateful service is shared by no lane. Each worker or process opens \
             its own, so choose without that need")
                .into(),
        );
    }
    let alone = needs.iter().find(|need| !lanes().any(|lane| has(lane, &[**need])));
    Some(match alone {
        Some(need) => tr!("Neither: no lane of {} has {}", of.name(), need.name()),
        None => {
            let names: Vec<&str> = needs.iter().map(|need| need.name()).collect();
            tr!(
                "Neither: no lane of {} has {} at once: split the work, or try --for rust, whose process.shm shares memory \
                 between processes",
                of.name(),
                names.join(tr!(" and "))
            )
        }
    })
}
