//! `blur`: the page's Gaussian blur, over a picture 1024 pixels wide.

use super::{Input, PAGE, Share, Workload, nothing_more, random_page};
use crate::{CHANNELS, Dimensions, Kernel, Sigma, Source};

pub(super) static BLUR: Workload = Workload {
    id: "blur",
    about: "Gaussian blur of a picture, sigma 3: vector arithmetic on rows that neighbours read too",
    input: Input::Pages { make, neighbours: 5 },
    answer: PAGE,
    run,
    finish: nothing_more,
};

const KERNEL: Kernel = Kernel::Blur(Sigma::DEFAULT);

fn make(number: u32, page: &mut [u8]) {
    random_page(number, page);
    // Premultiplied alpha: no channel exceeds it.
    for [red, green, blue, alpha] in page.as_chunks_mut().0 {
        for channel in [red, green, blue] {
            *channel = (*channel).min(*alpha);
        }
    }
}

fn run(share: &Share, input: &[u8], answer: &mut [u8]) {
    let picture = Dimensions::new((PAGE / CHANNELS) as u32, share.of());
    let picture = picture.expect("a piece of work is smaller than the largest picture");
    let source = Source::new(picture, share.reads().start, input).expect("whole pages are rows");
    KERNEL.apply(&source, share.pages(), answer);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_neighbours_are_those_that_the_kernel_reads() {
        let Input::Pages { neighbours, .. } = BLUR.input else { panic!() };
        assert_eq!(KERNEL.reads(&(50..60), 100), 50 - neighbours..60 + neighbours);
    }
}
