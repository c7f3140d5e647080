//! Sizes, rates and parts, as people type them.

use bytesize::ByteSize;

/// `64KiB`, `1.5MiB`, `1000`.
pub(super) fn bytes(typed: &str) -> Result<u64, String> {
    typed
        .parse()
        .map(|size: ByteSize| size.as_u64())
        .map_err(|_| format!("\"{typed}\" is no size: type for example 1000, 64KiB or 1MiB"))
}

/// `50` or `50/s`.
pub(super) fn rate(typed: &str) -> Result<f64, String> {
    let number = typed.strip_suffix("/s").unwrap_or(typed);
    number
        .parse()
        .ok()
        .filter(|rate: &f64| rate.is_finite() && *rate > 0.0)
        .ok_or_else(|| format!("\"{typed}\" is no rate: type for example 50/s"))
}

/// `0.01` or `1%`.
pub(super) fn part(typed: &str) -> Result<f64, String> {
    let (number, scale) = typed.strip_suffix('%').map_or((typed, 1.0), |number| (number, 0.01));
    number
        .parse()
        .ok()
        .map(|number: f64| number * scale)
        .filter(|part| (0.0..=1.0).contains(part))
        .ok_or_else(|| format!("\"{typed}\" is no part: type for example 0.01 or 1%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_read() {
        for (typed, is) in
            [("1000", 1000), ("64KiB", 65_536), ("1.5MiB", 1_572_864), ("2kb", 2000), ("0", 0)]
        {
            assert_eq!(bytes(typed), Ok(is), "{typed}");
        }
        for typed in ["", "KiB", "64 parsecs", "-1", "1e99", "NaN"] {
            assert!(bytes(typed).is_err(), "{typed}");
        }
        assert_eq!(rate("50/s"), Ok(50.0));
        assert_eq!(rate("2.5"), Ok(2.5));
        assert!(["0", "-1/s", "x", "inf"].iter().all(|typed| rate(typed).is_err()));
        assert_eq!(part("1%"), Ok(0.01));
        assert!(part("1.5").is_err());
    }
}
