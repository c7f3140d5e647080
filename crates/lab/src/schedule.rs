//! In which order lanes take turns.

use protocol::LaneId;
use serde::{Deserialize, Serialize};

/// One lane's turn with so many workers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Turn {
    /// Whose turn.
    pub lane: LaneId,
    /// With how many workers.
    pub workers: u32,
}

/// Every lane with every number of workers once per round, each round in an order of its own, so
/// that whatever drifts (heat, clocks, neighbours) meets all of them alike.
#[must_use]
pub fn schedule(lanes: &[LaneId], max_workers: u32, rounds: u32, seed: u64) -> Vec<Turn> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut turns = Vec::new();
    for _ in 0..rounds {
        let start = turns.len();
        for lane in lanes {
            turns.extend((1..=max_workers).map(|workers| Turn { lane: lane.clone(), workers }));
        }
        random.shuffle(&mut turns[start..]);
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_round_has_each_turn_once(workers in 1_u32..9, rounds in 0_u32..6, seed: u64) {
            let lanes = ["a", "b", "c"].map(LaneId::from);
            let turns = schedule(&lanes, workers, rounds, seed);
            let size = lanes.len() * workers as usize;
            prop_assert_eq!(turns.len(), size * rounds as usize);
            for round in turns.chunks(size) {
                let mut sorted = round.to_vec();
                sorted.sort();
                sorted.dedup();
                prop_assert_eq!(sorted.len(), size);
            }
        }
    }

    #[test]
    fn rounds_differ_in_order_and_seeds_repeat() {
        let lanes = ["a", "b", "c", "d"].map(LaneId::from);
        let turns = schedule(&lanes, 2, 2, 1);
        assert_ne!(turns[..8], turns[8..]);
        assert_eq!(turns, schedule(&lanes, 2, 2, 1));
        assert_ne!(turns, schedule(&lanes, 2, 2, 2));
    }
}
