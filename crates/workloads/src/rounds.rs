//! Work of a known amount: a chain of steps, each of which needs the last one's result.
//!
//! Neither vectors nor wider processors shorten it, and every language says it alike: what a step takes is the
//! processor's multiplication, natively, in wasm and in JavaScript.

/// The result of so many rounds. The same in the scripts of Node's lanes.
#[must_use]
pub fn rounds(count: u64) -> u32 {
    let mut state = 1_u32;
    for _ in 0..count {
        state = (state ^ (state >> 15)).wrapping_mul(0x2c1b_3c6d).wrapping_add(1);
    }
    state
}

#[cfg(test)]
mod tests {
    use super::rounds;

    #[test]
    fn rounds_depend_on_each_other() {
        assert_eq!(rounds(0), 1);
        assert_eq!(rounds(1), 0x2c1b_3c6e);
        let all: std::collections::BTreeSet<u32> = (0..10_000).map(rounds).collect();
        assert!(all.len() > 9_900, "{}", all.len());
    }
}
