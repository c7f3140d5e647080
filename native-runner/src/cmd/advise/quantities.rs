//! Sizes, rates and parts, as people type them.

/// `64KiB`, `1.5MiB`, `1000`.
pub(super) fn bytes(typed: &str) -> Result<u64, String> {
    let wrong = || format!("\"{typed}\" is no size: type for example 1000, 64KiB or 1MiB");
    let end = typed.find(|letter: char| letter.is_alphabetic()).unwrap_or(typed.len());
    let (number, unit) = typed.split_at(end);
    let scale = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1_u64,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return Err(wrong()),
    };
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    let bytes = number * scale as f64;
    if !(0.0..=1e15).contains(&bytes) {
        return Err(wrong());
    }
    Ok(bytes.round() as u64)
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
