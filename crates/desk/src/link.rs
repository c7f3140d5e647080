//! A report's summary in the letters of an address: nothing of it goes to a host, and a long report is a few thousand
//! letters.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use lab::standings::standings;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use protocol::desk::MAX_LINK_LETTERS;
use protocol::report::{Report, RowOutcome};
use protocol::study::Standing;

/// The slowest and best of deflate's levels: it is done once.
const LEVEL: u8 = 10;
/// A summary that is longer is none: one of as many rows as are opened has two thirds of it.
const MAX_BYTES: usize = 8 << 20;
/// Digits that a figure keeps: twice as many as are shown, so that nothing is rounded twice.
const DIGITS: usize = 6;

/// The summary, as two lines of JSON: the report without its samples, and how its rows stand, which no one can tell without them.
pub(crate) fn write(report: &Report) -> Result<String, String> {
    let mut standings = standings(report);
    let mut summary = report.without_samples();
    for row in &mut summary.results {
        if let RowOutcome::Measured(measured) = &mut row.outcome {
            measured.median = rounded(measured.median);
            measured.ci95 = measured.ci95.map(rounded);
        }
    }
    for standing in &mut standings {
        standing.ratio = rounded(standing.ratio);
        standing.ci95 = standing.ci95.map(rounded);
    }
    let line = |text: Result<String, serde_json::Error>| text.map_err(|why| why.to_string());
    let text =
        line(serde_json::to_string(&summary))? + "\n" + &line(serde_json::to_string(&standings))?;
    let letters = BASE64_URL_SAFE_NO_PAD.encode(compress_to_vec(text.as_bytes(), LEVEL));
    check(&letters)?;
    Ok(letters)
}

/// Whether there are no more letters than are read.
fn check(letters: &str) -> Result<(), String> {
    let found = letters.len();
    if found > MAX_LINK_LETTERS {
        return Err(format!(
            "its summary has {found} letters, and an address has {MAX_LINK_LETTERS} at most: share the report as a file"
        ));
    }
    Ok(())
}

/// Reads it again, checked like every report.
pub(crate) fn read(text: &str) -> Result<(Report, Vec<Standing>), String> {
    check(text)?;
    let cut = "the address is damaged, or was cut off: ask for it again";
    let packed = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| cut)?;
    let bytes = decompress_to_vec_with_limit(&packed, MAX_BYTES).map_err(|_| cut)?;
    let (report, standings) =
        str::from_utf8(&bytes).ok().and_then(|text| text.split_once('\n')).ok_or(cut)?;
    let mut standings: Vec<Standing> = serde_json::from_str(standings).map_err(|_| cut)?;
    let report = super::parse(report)?;
    let rows = report.results.len();
    let stands = |it: &Standing| (it.row as usize) < rows && it.ratio.is_finite();
    if !standings.iter().all(stands) {
        return Err(cut.into());
    }
    // Each row stands once, in the order of the rows, as those of a file do.
    standings.sort_by_key(|standing| standing.row);
    standings.dedup_by_key(|standing| standing.row);
    Ok((report, standings))
}

fn rounded(figure: f64) -> f64 {
    format!("{figure:.*e}", DIGITS - 1).parse().unwrap_or(figure)
}

/// What is said of a report's link, whatever its bounds.
#[cfg(test)]
pub(crate) fn pack_for_tests(report: &Report) -> Result<usize, String> {
    read(&write(report)?).map(|(report, _)| report.results.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = include_str!("../../../native-runner/tests/golden/report-v1.json");

    #[test]
    fn a_summary_says_the_same_in_few_letters() {
        let report = Report::parse(GOLDEN).unwrap();
        let text = write(&report).unwrap();
        assert!(text.len() < GOLDEN.len() / 5, "{} of {}", text.len(), GOLDEN.len());
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        assert!(text.chars().all(is_plain), "{text}");
        let (summary, stood) = read(&text).unwrap();
        assert_eq!(summary.machine, report.machine);
        assert_eq!(summary.results.len(), report.results.len());
        let verdicts =
            |all: &[Standing]| all.iter().map(|it| (it.row, it.verdict)).collect::<Vec<_>>();
        assert_eq!(verdicts(&stood), verdicts(&standings(&report)));
        for (row, before) in summary.results.iter().zip(&report.results) {
            if let (RowOutcome::Measured(row), RowOutcome::Measured(before)) =
                (&row.outcome, &before.outcome)
            {
                assert_eq!(row.n, before.n);
                assert!(row.samples.is_empty());
                assert!((row.median / before.median - 1.0).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn figures_keep_six_digits() {
        assert_eq!(rounded(12_345_678.0), 12_345_700.0);
        assert_eq!(rounded(0.000_123_456_7), 0.000_123_457);
        assert_eq!(rounded(0.0), 0.0);
    }

    #[test]
    fn what_was_cut_off_or_made_up_is_told() {
        let text = write(&Report::parse(GOLDEN).unwrap()).unwrap();
        let damaged = "damaged, or was cut off";
        for wrong in ["", "=", "AAAA", &text[..text.len() / 2], "%20", &format!("{text}é")] {
            assert!(read(wrong).unwrap_err().contains(damaged), "{wrong}");
        }
        let pack = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(compress_to_vec(text.as_bytes(), 1));
        let newer = read(&pack("{\"version\": 99}\n[]")).unwrap_err();
        assert!(newer.contains("reads up to"), "{newer}");
        let bomb = pack(&" ".repeat(MAX_BYTES + 1));
        assert!(read(&bomb).unwrap_err().contains(damaged));
        let long = "A".repeat(MAX_LINK_LETTERS + 1);
        assert!(read(&long).unwrap_err().contains("share the report as a file"));
    }
}
