//! A chart's axis: from nothing or, where figures are far apart, over their orders of magnitude.

use std::ops::Range;

use lab::format;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use protocol::report::Unit;

/// Where the greatest figure is more than so many times the smallest, a straight axis shows the greatest alone.
const FAR_APART: f64 = 20.0;

/// The axis.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    is_logarithmic: bool,
    unit: Unit,
}

impl Scale {
    /// With room for all of them; none where there is nothing to show.
    pub(super) fn over(values: impl Iterator<Item = f64>, unit: Unit) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| value.is_finite()) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            return None;
        }
        let is_logarithmic = low > 0.0 && high / low > FAR_APART;
        let (low, high) = if is_logarithmic {
            let room = (high / low).powf(0.04);
            (low / room, high * room)
        } else {
            // Figures that are all nothing have an axis, too.
            let high = if high > 0.0 { high * 1.04 } else { 1.0 };
            (low.min(0.0), high)
        };
        Some(Self { low, high, is_logarithmic, unit })
    }

    pub(super) fn start(&self) -> f64 {
        self.low
    }

    /// At most so many round figures on the axis.
    fn ticks(&self, most: usize) -> Vec<f64> {
        let most = most.max(2);
        // A byte's thousand is 1024, and its round figures are powers of two.
        let (thousand, steps): (f64, &[f64]) = match self.unit {
            Unit::Bytes => (1024.0, &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]),
            _ => (1000.0, &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0]),
        };
        let round = |at: i32| {
            let place = at.rem_euclid(steps.len() as i32) as usize;
            steps[place] * thousand.powi(at.div_euclid(steps.len() as i32))
        };
        let around = -9 * steps.len() as i32..9 * steps.len() as i32;
        if self.is_logarithmic {
            let within: Vec<f64> = around.map(round).filter(|it| self.holds(*it)).collect();
            // Each, or each third as 1, 10, 100 are, or fewer.
            return [1, 3, 9, 18]
                .into_iter()
                .map(|every| {
                    let first = within.iter().position(|it| is_power(*it, every)).unwrap_or(0);
                    within.iter().skip(first).step_by(every).copied().collect::<Vec<_>>()
                })
                .find(|ticks| ticks.len() <= most)
                .unwrap_or_default();
        }
        let step = around.map(round).find(|step| (self.high - self.low) / step <= most as f64);
        let Some(step) = step else { return Vec::new() };
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        (first..=last).map(|at| at as f64 * step).collect()
    }

    fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// What stands at a tick: `20 ms`.
    pub(super) fn label(&self, value: f64) -> String {
        match self.unit {
            Unit::Nanoseconds => short(&format::time(value)),
            Unit::Bytes => short(&format::bytes(value as u64)),
            Unit::TasksPerSecond => format!("{}/s", short(&format::count(value))),
            Unit::Ratio => short(&format::significant(value)),
        }
    }
}

/// Whether counting by so many steps may begin here: at 1, 10 or 100, if some are left out.
fn is_power(value: f64, every: usize) -> bool {
    every == 1 || {
        let power = value.log10();
        (power - power.round()).abs() < 1e-9
    }
}

/// Without zeros that say nothing: `20.0 ms` is `20 ms`.
fn short(figure: &str) -> String {
    let end = figure.find(|sign: char| !sign.is_ascii_digit() && !".,".contains(sign));
    let (number, unit) = figure.split_at(end.unwrap_or(figure.len()));
    let point = format::point();
    let number = if number.contains(point) {
        number.trim_end_matches('0').trim_end_matches(point)
    } else {
        number
    };
    format!("{number}{unit}")
}

impl Ranged for Scale {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = if self.is_logarithmic {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        self.ticks(hint.bold_points())
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Scale {
    fn format(value: &f64) -> String {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64], unit: Unit, most: usize) -> Vec<String> {
        let scale = Scale::over(values.iter().copied(), unit).unwrap();
        scale.ticks(most).into_iter().map(|tick| scale.label(tick).replace('\u{a0}', " ")).collect()
    }

    #[test]
    fn what_is_near_has_a_straight_axis_and_what_is_far_apart_one_of_magnitudes() {
        let time = Unit::Nanoseconds;
        assert_eq!(labels(&[31e6, 38e6], time, 5), ["0 ns", "10 ms", "20 ms", "30 ms"]);
        assert_eq!(labels(&[20_600.0, 37.9e6], time, 5), ["100 µs", "1 ms", "10 ms"]);
        assert_eq!(labels(&[5.0, 150.0], time, 6), ["5 ns", "10 ns", "20 ns", "50 ns", "100 ns"]);
        assert_eq!(labels(&[0.0, 0.0], time, 5).first().unwrap(), "0 ns");
    }

    #[test]
    fn every_unit_has_its_round_figures() {
        assert_eq!(
            labels(&[3.0 * 1048576.0, 7.0 * 1048576.0], Unit::Bytes, 5),
            ["0 B", "2 MiB", "4 MiB", "6 MiB"]
        );
        assert_eq!(
            labels(&[9000.0, 21_000.0], Unit::TasksPerSecond, 3),
            ["0/s", "10,000/s", "20,000/s"]
        );
        assert_eq!(labels(&[0.5, 1.0], Unit::Ratio, 3), ["0", "0.5", "1"]);
    }

    #[test]
    fn nothing_has_no_axis_and_every_figure_is_on_it() {
        assert!(Scale::over([].into_iter(), Unit::Ratio).is_none());
        assert!(Scale::over([f64::NAN].into_iter(), Unit::Ratio).is_none());
        for values in [[1.0, 2.0], [1.0, 1e9], [0.0, 5.0], [-3.0, 2.0]] {
            let scale = Scale::over(values.into_iter(), Unit::Nanoseconds).unwrap();
            for value in values {
                let at = scale.map(&value, (0, 1000));
                assert!((0..=1000).contains(&at), "{value} at {at} on {scale:?}");
            }
            assert!(scale.ticks(8).len() <= 9);
        }
    }
}
