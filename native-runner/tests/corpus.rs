//! Everything that the fuzzer starts from, and everything that it ever found, goes through the parsers.

use std::fs;
use std::path::{Path, PathBuf};

#[path = "../../tests/fuzz/inputs.rs"]
#[allow(unreachable_pub, reason = "the fuzzer has it as a library")]
mod inputs;

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
