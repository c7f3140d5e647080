//! `mandelbrot`: arithmetic without memory, and pages that differ widely in how long they take.

use super::{Input, PAGE, Share, Workload, nothing_more};
use crate::CHANNELS;

pub(super) static MANDELBROT: Workload = Workload {
    id: "mandelbrot",
    about: "draws the Mandelbrot set: floating point, hardly any memory, shares of unequal length",
    input: Input::None,
    answer: PAGE,
    run,
    finish: nothing_more,
};

const WIDTH: usize = PAGE / CHANNELS;
const MOST_STEPS: u32 = 64;

fn run(share: &Share, _: &[u8], answer: &mut [u8]) {
    for (page, row) in share.pages().zip(answer.chunks_exact_mut(PAGE)) {
        let y = (f64::from(page) + 0.5) / f64::from(share.of()) * 2.5 - 1.25;
        for (column, pixel) in row.as_chunks_mut().0.iter_mut().enumerate() {
            let x = (column as f64 + 0.5) / WIDTH as f64 * 3.0 - 2.25;
            *pixel = colour(steps(x, y));
        }
    }
}

/// Until z² + c leaves the circle of radius 2; at most [`MOST_STEPS`].
fn steps(x: f64, y: f64) -> u32 {
    let (mut real, mut imaginary) = (0.0_f64, 0.0_f64);
    for step in 0..MOST_STEPS {
        let (squared_real, squared_imaginary) = (real * real, imaginary * imaginary);
        if squared_real + squared_imaginary > 4.0 {
            return step;
        }
        imaginary = 2.0 * real * imaginary + y;
        real = squared_real - squared_imaginary + x;
    }
    MOST_STEPS
}

fn colour(steps: u32) -> [u8; CHANNELS] {
    let shade = (steps * 255 / MOST_STEPS) as u8;
    [shade, shade / 2, 255 - shade, 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inside_never_leaves_and_outside_leaves_soon() {
        assert_eq!(steps(0.0, 0.0), MOST_STEPS);
        assert_eq!(steps(-1.0, 0.0), MOST_STEPS);
        assert_eq!(steps(2.0, 2.0), 1);
    }
}
