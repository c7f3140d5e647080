//! Every sample as a line of comma-separated values (RFC 4180), none of which a spreadsheet takes for a formula.

use protocol::report::{Report, RowOutcome};
use texts::outside;

/// One line per sample, and one for each row that has none, with its reason.
#[must_use]
pub fn csv(report: &Report) -> String {
    let mut out =
        String::from("experiment,lane,params,outcome,unit,copied,shared,block,sample,reason\r\n");
    for row in &report.results {
        let params: Vec<String> =
            row.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let start = [&row.experiment, row.lane.as_str(), &params.join(";")].map(field).join(",");
        match &row.outcome {
            RowOutcome::Measured(measured) => {
                let unit = field(&measured.unit.to_string());
                let crossing = measured.crossing.map_or(",".to_owned(), |crossing| {
                    format!("{},{}", crossing.copied, crossing.shared)
                });
                for (block, sample) in measured.blocks.iter().zip(&measured.samples) {
                    out += &format!("{start},measured,{unit},{crossing},{block},{sample},\r\n");
                }
            }
            RowOutcome::Unavailable { reason } => {
                out += &format!("{start},unavailable,,,,,,{}\r\n", field(reason));
            }
            RowOutcome::Failed { stage, error } => {
                let why = field(&format!("{stage}: {error}"));
                out += &format!("{start},failed,,,,,,{why}\r\n");
            }
        }
    }
    out
}

/// Text as a cell. Spreadsheets run what begins like a formula, quoted or not: an apostrophe makes them show it. Where
/// they take `;` for the end of a cell, quotes tell them otherwise.
fn field(text: &str) -> String {
    let mut cell = outside::line(text).into_owned();
    if is_run(&cell) {
        cell.insert(0, '\'');
    }
    if cell.contains([',', '"']) || cell.split(';').skip(1).any(is_run) {
        cell = format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell
}

/// Whether a spreadsheet would run it: some look past spaces, and some know the signs in their wide form.
fn is_run(cell: &str) -> bool {
    cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::table::tests::a_report;

    #[test]
    fn no_cell_of_text_is_a_formula_and_numbers_stay_numbers() {
        for (text, cell) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(1,2)", "\"'@SUM(1,2)\""),
            ("-2+3", "'-2+3"),
            (" \u{a0}+1", "' \u{a0}+1"),
            ("\t=1", "\u{fffd}=1"),
            ("\r=1", "\u{fffd}=1"),
            ("a=1;b=2", "a=1;b=2"),
            ("a;=1", "\"a;=1\""),
            ("a\n=\"1\"", "\"a\u{fffd}=\"\"1\"\"\""),
            ("", ""),
        ] {
            assert_eq!(field(text), cell);
        }
        let mut report = a_report();
        let RowOutcome::Measured(measured) = &mut report.results[0].outcome else { unreachable!() };
        measured.samples[0] = -40100.0;
        report.results[0].experiment = "=1+1".into();
        let text = csv(&report);
        assert!(
            text.contains("\r\n'=1+1,process.socket,") && text.contains(",0,0,-40100,\r\n"),
            "{text}"
        );
    }

    proptest! {
        #[test]
        fn a_cell_is_one_cell_whatever_is_in_it(text in "[-=+@;,\"'\t\r\n a\u{1b}\u{9b}\u{202e}]*") {
            let cell = field(&text);
            let inside = match cell.strip_prefix('"') {
                Some(rest) => rest.strip_suffix('"').unwrap().replace("\"\"", "\u{1}"),
                None => cell.clone(),
            };
            prop_assert!(!inside.contains('"') && !cell.contains(outside::is_obeyed), "{cell:?}");
            prop_assert!(!is_run(&inside), "{cell:?}");
            prop_assert!(cell.starts_with('"') || !cell.contains(','), "{cell:?}");
        }
    }

    #[test]
    fn every_sample_is_a_line() {
        assert_eq!(
            csv(&a_report()),
            "experiment,lane,params,outcome,unit,copied,shared,block,sample,reason\r\n\
             echo,process.socket,bytes=65536;metric=round_trip,measured,ns,131072,0,0,40100,\r\n\
             echo,process.socket,bytes=65536;metric=round_trip,measured,ns,131072,0,1,41250.5,\r\n\
             echo,process.socket,bytes=65536;metric=round_trip,measured,ns,131072,0,2,42800,\r\n\
             echo,node.worker,bytes=65536;metric=round_trip,unavailable,,,,,,\"no node, no \"\"lane\"\"\"\r\n\
             startup,process.pipe,metric=exit,failed,,,,,,running: it died\r\n"
        );
    }
}
