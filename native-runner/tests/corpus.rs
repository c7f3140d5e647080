//! Everything that the fuzzer starts from, and everything that it ever found, goes through the parsers.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../tests/fuzz/inputs.rs"]
#[allow(unreachable_pub, reason = "the fuzzer has it as a library")]
mod inputs;

/// A report with recordings.
const TRACE: &str = include_str!("golden/report-v1-trace.json");
/// What stands in the place of a number.
const DAMAGES: [&str; 9] = [
    "0",
    "1",
    "255",
    "4294967295",
    "9007199254740992",
    "9007199254740993",
    "18446744073709551615",
    "-1",
    "1.7976931348623157e308",
];

#[test]
fn no_number_in_a_report_makes_a_reader_of_it_panic() {
    let mut random = fastrand::Rng::with_seed(25);
    let digits: Vec<(usize, usize)> = TRACE
        .match_indices(|sign: char| sign.is_ascii_digit())
        .map(|(at, _)| at)
        .filter(|at| TRACE.as_bytes()[at - 1] == b' ')
        .map(|at| (at, at + TRACE[at..].find([',', '\n', '}', ']']).unwrap()))
        .collect();
    for _ in 0..400 {
        let mut text = TRACE.to_owned();
        // From behind, so that what is before stays where it is.
        let mut places: Vec<_> = (0..random.usize(1..4)).map(|_| random.choice(&digits)).collect();
        places.sort();
        places.dedup();
        for (from, to) in places.into_iter().flatten().rev() {
            text.replace_range(from..to, DAMAGES[random.usize(..DAMAGES.len())]);
        }
        inputs::reports(text.as_bytes());
    }
}

/// What is done with bytes.
type Parse = fn(&[u8]);

/// The files of a target: its corpus and its finds.
fn files(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz");
    let folders = ["corpus", "regressions"].map(|part| fuzz.join(part).join(target));
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten());
    entries
        .map(|entry| entry.unwrap().path())
        .map(|it| (it.clone(), fs::read(it).unwrap()))
        .collect()
}

#[test]
fn nothing_that_was_ever_found_makes_a_parser_panic() {
    let targets: [(&str, Parse); 4] = [
        ("frames", inputs::frames),
        ("messages", inputs::messages),
        ("reports", inputs::reports),
        ("pictures", inputs::pictures),
    ];
    for (target, parse) in targets {
        let files = files(target);
        assert!(files.len() >= 3, "{target} has a corpus");
        for (file, bytes) in files {
            eprintln!("{}", file.display());
            parse(&bytes);
            // Cut anywhere, and with any byte changed, within bounds.
            for at in (0..bytes.len()).step_by(1 + bytes.len() / 40) {
                parse(&bytes[..at]);
                let mut changed = bytes.clone();
                changed[at] ^= 0x41;
                parse(&changed);
            }
        }
    }
}
