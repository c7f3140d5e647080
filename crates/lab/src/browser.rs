//! What is known of a browser's lanes without asking one.

use protocol::{LaneId, LaneKind};

use crate::op::Op;

/// The lanes that a browser has.
pub const BROWSER_LANES: [LaneId; 4] =
    [LaneId::BROWSER_MAIN, LaneId::BROWSER_CLONE, LaneId::BROWSER_TRANSFER, LaneId::BROWSER_SHARED];

/// Whether an operation takes all the memory that there is, and perhaps the page along.
#[must_use]
pub fn exhausts(op: Op) -> bool {
    let Op::Trial(trial) = op else { return false };
    trial.is_crash() && ["memory-many", "memory-buffers"].contains(&trial.name)
}

/// Whether a lane of a browser does an operation.
#[must_use]
pub fn browser_does(lane: &LaneId, op: Op) -> bool {
    // The caller is alone, and starts nobody.
    *lane != LaneId::BROWSER_MAIN
        || (op.workers() == 1
            && matches!(op, Op::Echo { .. } | Op::Compute { .. } | Op::Dispatch { .. }))
}

/// The kind of a browser's lane.
#[must_use]
pub fn browser_kind(lane: &LaneId) -> LaneKind {
    if *lane == LaneId::BROWSER_MAIN { LaneKind::Main } else { LaneKind::Thread }
}
