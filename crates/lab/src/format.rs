//! Figures as people read them, on the page and in the terminal: three significant digits and always a
//! unit.

use protocol::report::{Crossing, Measured, Param, Params, Unit};
use texts::{tr, translated};

/// `bytes 64KiB, metric round_trip`: a row's params.
#[must_use]
pub fn params(params: &Params) -> String {
    let one = |(name, value): (&String, &Param)| match value {
        Param::Number(bytes) if name == "bytes" || name == "size" => {
            format!("{} {}", translated(name), size(*bytes))
        }
        value => format!("{} {}", translated(name), translated(&value.to_string())),
    };
    params.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// `128KiB copied`: how the payload gets across, where there is one.
#[must_use]
pub fn crossing(crossing: Option<Crossing>) -> Option<String> {
    let Crossing { copied, shared, moved } = crossing?;
    let ways = [(copied, tr!("copied")), (moved, tr!("moved")), (shared, tr!("shared"))];
    let ways = ways.into_iter().filter(|(bytes, _)| *bytes > 0);
    let part = |(bytes, how): (u64, &str)| match size(bytes) {
        plain if plain == bytes.to_string() => format!("{plain} B {how}"),
        size => format!("{size} {how}"),
    };
    let parts: Vec<String> = ways.map(part).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `41.3 µs` and `[40.1, 42.8] µs`: the median and its interval.
#[must_use]
pub fn figures(measured: &Measured) -> (String, String) {
    let [low, high] = measured.ci95;
    let median = figure(measured.median, measured.unit);
    let interval = match measured.unit {
        _ if measured.n == 1 => tr!("none of one sample").to_owned(),
        Unit::Nanoseconds => time_range(low, high),
        Unit::Bytes => format!("[{}, {}]", bytes(low as u64), bytes(high as u64)),
        Unit::TasksPerSecond => tr!("[{}, {}] tasks/s", count(low), count(high)),
        Unit::Ratio => format!("[{}, {}]", significant(low), significant(high)),
    };
    (median, interval)
}

/// `41.3 µs`: a figure with its unit.
#[must_use]
pub fn figure(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Nanoseconds => time(value),
        Unit::Bytes => bytes(value as u64),
        Unit::TasksPerSecond => tr!("{} tasks/s", count(value)),
        Unit::Ratio => significant(value),
    }
}

/// `850 ns`, `41.2 µs`, `153 ms`, `1.20 s`.
#[must_use]
pub fn time(nanos: f64) -> String {
    let (scale, unit) = time_unit(nanos);
    format!("{}\u{a0}{unit}", significant(nanos / scale))
}

/// `[102, 107] ms`, in the unit of the greater.
#[must_use]
pub fn time_range(from: f64, to: f64) -> String {
    let (scale, unit) = time_unit(to);
    format!("[{}, {}]\u{a0}{unit}", significant(from / scale), significant(to / scale))
}

fn time_unit(nanos: f64) -> (f64, &'static str) {
    match nanos.abs() {
        small if small < 999.5 => (1.0, "ns"),
        small if small < 999.5e3 => (1e3, "µs"),
        small if small < 999.5e6 => (1e6, "ms"),
        _ => (1e9, "s"),
    }
}

/// `0 B`, `64 KiB`, `91.6 MiB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut unit = "B";
    for larger in ["KiB", "MiB", "GiB"] {
        if value < 1000.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if unit == "B" {
        format!("{count}\u{a0}B")
    } else {
        format!("{}\u{a0}{unit}", significant(value))
    }
}

/// `64KiB`, `1MiB`, `100`: as sizes are written on the command line.
#[must_use]
pub fn size(bytes: u64) -> String {
    for (unit, scale) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= scale && bytes.is_multiple_of(scale) {
            return format!("{}{unit}", bytes / scale);
        }
    }
    bytes.to_string()
}

/// `24,100`: three significant digits of what is counted, with commas.
#[must_use]
pub fn count(value: f64) -> String {
    if value < 1000.0 {
        return significant(value);
    }
    let scale = 10_f64.powi(value.log10() as i32 - 2);
    let digits = ((value / scale).round() * scale).round().to_string();
    let lead = digits.len() % 3;
    let (head, tail) = digits.split_at(lead);
    let groups = tail.as_bytes().chunks(3).map(String::from_utf8_lossy);
    let all: Vec<_> = (lead > 0).then(|| head.into()).into_iter().chain(groups).collect();
    all.join(tr!(","))
}

/// Megapixels per second.
#[must_use]
pub fn throughput(pixels: u64, nanos: f64) -> String {
    format!("{}\u{a0}MP/s", significant(pixels as f64 * 1e3 / nanos))
}

/// `1.26×`.
#[must_use]
pub fn factor(value: f64) -> String {
    format!("{}×", significant(value))
}

/// Three significant digits, without an exponent.
#[must_use]
pub fn significant(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        large if large >= 99.95 => 0,
        middle if middle >= 9.995 => 1,
        small if small >= 0.9995 => 2,
        _ => 3,
    };
    let digits = format!("{value:.digits$}");
    digits.replace('.', point())
}

/// The sign before a figure's tenths.
#[must_use]
pub fn point() -> &'static str {
    tr!(".")
}

/// `1 worker`, `2 workers`.
#[must_use]
pub fn workers(count: u32) -> String {
    if count == 1 { tr!("1\u{a0}worker").to_owned() } else { tr!("{}\u{a0}workers", count) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        let plain = |text: String| text.replace('\u{a0}', " ");
        assert_eq!(plain(time(850.0)), "850 ns");
        assert_eq!(plain(time(41_249.0)), "41.2 µs");
        assert_eq!(plain(time(999_600.0)), "1.00 ms");
        assert_eq!(plain(time(153e6)), "153 ms");
        assert_eq!(plain(time(1.2e9)), "1.20 s");
        assert_eq!(plain(time_range(99.96e6, 104e6)), "[100, 104] ms");
        assert_eq!(plain(bytes(0)), "0 B");
        assert_eq!(plain(bytes(64 * 1024)), "64.0 KiB");
        assert_eq!(plain(bytes(96_040_000)), "91.6 MiB");
        assert_eq!(plain(throughput(12_000_000, 100e6)), "120 MP/s");
        assert_eq!(size(64), "64");
        assert_eq!(size(65_536), "64KiB");
        assert_eq!(size(65_537), "65537");
        assert_eq!(size(16 << 20), "16MiB");
        assert_eq!(count(987.6), "988");
        assert_eq!(count(1234.0), "1,230");
        assert_eq!(count(24_117.0), "24,100");
        assert_eq!(count(129_934.0), "130,000");
        assert_eq!(count(1_299_934.0), "1,300,000");
        assert_eq!(factor(1.264), "1.26×");
        assert_eq!(plain(workers(1)), "1 worker");
        assert_eq!(plain(workers(2)), "2 workers");
    }

    #[test]
    fn what_crosses_has_its_unit() {
        let says = |copied, shared| crossing(Some(Crossing { copied, shared, moved: 0 }));
        assert_eq!(says(128, 0).as_deref(), Some("128 B copied"));
        assert_eq!(says(0, 2048).as_deref(), Some("2KiB shared"));
        assert_eq!(says(64, 64).as_deref(), Some("64 B copied, 64 B shared"));
        assert_eq!((says(0, 0), crossing(None)), (None, None));
    }
}
