//! Which of two figures is the greater one, if the samples tell.

use std::collections::BTreeMap;

use protocol::report::Measured;

/// How two figures stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The first is less.
    Less,
    /// The first is more.
    More,
    /// The samples do not tell.
    Unclear,
}

/// Fewer samples have no interval worth the name.
const FEWEST: u32 = 3;
/// The chance of a sign test that is wrong.
const LEVEL: f64 = 0.01;

/// By their 95% intervals, if those do not meet; else block by block, as both met the same disturbances there.
pub(crate) fn order(one: &Measured, other: &Measured) -> Order {
    if one.n < FEWEST || other.n < FEWEST {
        Order::Unclear
    } else if one.ci95[1] < other.ci95[0] {
        Order::Less
    } else if other.ci95[1] < one.ci95[0] {
        Order::More
    } else {
        by_blocks(&medians(one), &medians(other))
    }
}

/// A sign test over the blocks that both have.
fn by_blocks(one: &[(u32, f64)], other: &[(u32, f64)]) -> Order {
    let (mut less, mut more) = (0_u32, 0_u32);
    // Of a block that is there twice, the first.
    let others: BTreeMap<u32, f64> = other.iter().rev().copied().collect();
    for (block, median) in one {
        let Some(its) = others.get(block) else { continue };
        less += u32::from(median < its);
        more += u32::from(median > its);
    }
    if chance(less + more, less.min(more)) > LEVEL {
        Order::Unclear
    } else if less > more {
        Order::Less
    } else {
        Order::More
    }
}

/// Of so few on one side of so many, or fewer, on either side, if both were as likely.
fn chance(all: u32, few: u32) -> f64 {
    let mut ways = 1.0;
    let mut sum = 0.0;
    for count in 0..=few {
        sum += ways;
        ways *= f64::from(all - count) / f64::from(count + 1);
    }
    (2.0 * sum / 2_f64.powi(all as i32)).min(1.0)
}

fn medians(measured: &Measured) -> Vec<(u32, f64)> {
    let mut blocks = measured.blocks.clone();
    blocks.dedup();
    let median = |mut samples: Vec<f64>| {
        samples.sort_by(f64::total_cmp);
        samples[samples.len() / 2]
    };
    blocks.into_iter().zip(measured.by_block().into_iter().map(median)).collect()
}

#[cfg(test)]
mod tests {
    use protocol::report::Unit;

    use super::*;

    fn figure(samples: &[f64], ci95: [f64; 2]) -> Measured {
        Measured {
            unit: Unit::Nanoseconds,
            median: samples[0],
            ci95,
            crossing: None,
            n: samples.len() as u32,
            samples: samples.to_vec(),
            blocks: (0..samples.len() as u32).collect(),
            seen: Vec::new(),
        }
    }

    #[test]
    fn intervals_that_do_not_meet_tell() {
        let (small, large) = (figure(&[1.0; 3], [1.0, 2.0]), figure(&[3.0; 3], [2.5, 4.0]));
        assert_eq!(order(&small, &large), Order::Less);
        assert_eq!(order(&large, &small), Order::More);
        assert_eq!(
            order(&figure(&[1.0], [1.0, 1.0]), &large),
            Order::Unclear,
            "one sample is none"
        );
    }

    #[test]
    fn else_the_blocks_do() {
        let wide = [0.0, 100.0];
        let drifting: Vec<f64> = (0..9_u8).map(f64::from).collect();
        let above: Vec<f64> = drifting.iter().map(|it| it + 0.1).collect();
        assert_eq!(order(&figure(&drifting, wide), &figure(&above, wide)), Order::Less);
        assert_eq!(order(&figure(&above, wide), &figure(&drifting, wide)), Order::More);
        assert_eq!(order(&figure(&drifting, wide), &figure(&drifting, wide)), Order::Unclear);
        assert_eq!(
            order(&figure(&drifting[..6], wide), &figure(&above[..6], wide)),
            Order::Unclear
        );
        assert!((chance(8, 0) - 2.0 / 256.0).abs() < 1e-12 && chance(4, 2) >= 1.0);
    }
}
