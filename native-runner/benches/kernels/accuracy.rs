//! How far the blurred picture is from the definition, computed in f64.

use protocol::{Filter, Picture, Task};
use workloads::{CHANNELS, Dimensions, Kernel, Sigma, Source};

use crate::BLUR;
use crate::visitors::Visitors;

/// The built-in picture.
pub(crate) fn picture(dimensions: Dimensions) -> Vec<u8> {
    apply(Kernel::Scene, dimensions, &[])
}

/// Prints the largest error of the kernel and of sharp, in steps of 8 bits.
pub(crate) fn print(dimensions: Dimensions, picture: &[u8], visitors: &mut Visitors) {
    let Filter::Blur { sigma } = BLUR else { return };
    let Ok(kernel) = Sigma::new(sigma) else { return };
    let exact = definition(dimensions, kernel, picture);
    let own = apply(Kernel::Blur(kernel), dimensions, picture);
    println!("largest error of blur:{sigma} against f64: {:.2}/255", largest(&own, &exact));
    let (width, height) = (dimensions.width(), dimensions.height());
    let task = Task { filter: BLUR, picture: Picture::BuiltIn, width, height, workers: 1, runs: 1 };
    match visitors.result("sharp", &task) {
        Ok(bytes) => println!("sharp's: {:.2}/255", largest(&bytes, &exact)),
        Err(why) => println!("sharp's: {why}"),
    }
}

fn apply(kernel: Kernel, dimensions: Dimensions, source: &[u8]) -> Vec<u8> {
    let mut out = vec![0; dimensions.bytes()];
    let source = Source::new(dimensions, 0, source).expect("a whole picture, or none");
    kernel.apply(&source, 0..dimensions.height(), &mut out);
    out
}

fn largest(bytes: &[u8], exact: &[f64]) -> f64 {
    let errors = bytes.iter().zip(exact).map(|(byte, exact)| (f64::from(*byte) - exact).abs());
    errors.fold(0.0, f64::max)
}

/// Gauss' bell, cut where sharp cuts it, in both directions.
fn definition(dimensions: Dimensions, sigma: Sigma, picture: &[u8]) -> Vec<f64> {
    let reach = i64::from(sigma.radius());
    let bell = |distance: i64| (-(distance as f64 / sigma.pixels()).powi(2) / 2.0).exp();
    let sum: f64 = (-reach..=reach).map(bell).sum();
    let weights: Vec<(i64, f64)> =
        (-reach..=reach).map(|distance| (distance, bell(distance) / sum)).collect();
    let (width, height) = (i64::from(dimensions.width()), i64::from(dimensions.height()));
    let row = width as usize * CHANNELS;

    let mut across = vec![0.0; picture.len()];
    for (out, row) in across.chunks_exact_mut(row).zip(picture.chunks_exact(row)) {
        for (x, out) in (0..).zip(out.chunks_exact_mut(CHANNELS)) {
            for (distance, weight) in &weights {
                let from = (x + distance).clamp(0, width - 1) as usize * CHANNELS;
                for (out, byte) in out.iter_mut().zip(&row[from..from + CHANNELS]) {
                    *out += weight * f64::from(*byte);
                }
            }
        }
    }
    let mut down = vec![0.0; picture.len()];
    for (y, out) in (0..).zip(down.chunks_exact_mut(row)) {
        for (distance, weight) in &weights {
            let from = (y + distance).clamp(0, height - 1) as usize * row;
            for (out, value) in out.iter_mut().zip(&across[from..from + row]) {
                *out += weight * value;
            }
        }
    }
    down
}
