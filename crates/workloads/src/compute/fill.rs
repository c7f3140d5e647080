//! `fill`: nothing but writing memory.

use super::{Input, Share, Workload, nothing_more};

pub(super) static FILL: Workload = Workload {
    id: "fill",
    about: "fills a picture with one colour: memory's speed and nothing else",
    input: Input::None,
    answer: super::PAGE,
    run,
    finish: nothing_more,
};

const COLOUR: [u8; 4] = [0xe0, 0x6c, 0x2f, 0xff];

fn run(_: &Share, _: &[u8], answer: &mut [u8]) {
    answer.as_chunks_mut().0.fill(COLOUR);
}
