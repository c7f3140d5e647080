//! The page's desk: a worker that reads reports and writes them in other forms.
//!
//! In a worker, because a long report takes time that the page's main thread does not have; in a module of its own,
//! because most visitors open none.
#![forbid(unsafe_code)]

mod link;
mod seat;

use lab::changes::changes;
use lab::export;
use lab::standings::{Against, standings, standings_against};
use protocol::desk::{self, Form, MAX_REPORT_BYTES, Part, Source, ToDesk};
use protocol::report::Report;
use protocol::study::Standing;
pub use seat::sit;

/// Where files are read and made: a browser's, or text in tests.
trait Files {
    type File;
    /// The bytes of a file.
    fn read(&self, file: &Self::File) -> Result<Vec<u8>, String>;
    /// A file of text.
    fn make(&self, text: &str, form: Form) -> Result<Self::File, String>;
}

/// The parts of the answer.
fn answer<F: Files>(asked: ToDesk<F::File>, files: &F) -> Result<Vec<Part<F::File>>, String> {
    Ok(match asked {
        ToDesk::Open(source) => {
            let (report, stand) = open(source, files)?;
            let stand = stand.unwrap_or_else(|| standings(&report));
            let mut all = desk::parts(report);
            all.extend(desk::standings(stand));
            all
        }
        ToDesk::Stand { report, against } => {
            let (report, _) = open(report, files)?;
            desk::standings(standings_against(&report, Against::Lane(&against)))
        }
        ToDesk::Compare { first, second } => {
            let ((first, _), (second, _)) = (open(first, files)?, open(second, files)?);
            desk::changes(changes(&first, &second))
        }
        ToDesk::Write { report, form } => vec![write(&open(report, files)?.0, form, files)?],
        // It is asked for before anything else: there is none.
        ToDesk::Next => Vec::new(),
    })
}

/// A report, and how its rows stand if it says so itself. What comes from elsewhere is checked in every way.
fn open<F: Files>(
    source: Source<F::File>,
    files: &F,
) -> Result<(Report, Option<Vec<Standing>>), String> {
    match source {
        Source::File(file) => {
            let bytes = files.read(&file)?;
            if bytes.len() as u64 > MAX_REPORT_BYTES {
                return Err(format!(
                    "this report has {} bytes, and {MAX_REPORT_BYTES} are read at most: have fewer experiments run at once",
                    bytes.len()
                ));
            }
            let text = String::from_utf8_lossy(&bytes);
            Ok((parse(text.trim_start_matches('\u{feff}'))?, None))
        }
        Source::Link(letters) => {
            let (report, standings) = link::read(&letters)?;
            Ok((report, Some(standings)))
        }
        Source::Here(report) => Ok((*report, None)),
    }
}

/// A report that the page can be told.
fn parse(text: &str) -> Result<Report, String> {
    let report = Report::parse(text).map_err(|why| why.to_string())?;
    report.check_bounds().map_err(|why| why.to_string())?;
    // JavaScript's numbers end there.
    if report.run.seed >= 1 << 53 {
        return Err("this report is damaged: its seed has more than 53 bits".into());
    }
    Ok(report)
}

fn write<F: Files>(report: &Report, form: Form, files: &F) -> Result<Part<F::File>, String> {
    let text = match form {
        Form::Json => report.to_json().map_err(|why| why.to_string())?,
        Form::Csv => export::csv(report),
        Form::Markdown => export::markdown(report),
        Form::Link => return link::write(report).map(Part::Letters),
    };
    files.make(&text, form).map(Part::File)
}

#[cfg(test)]
mod tests {
    use protocol::desk::Gathered;
    use protocol::report::bounds::MAX_ROWS;

    use super::*;

    const GOLDEN: &str = include_str!("../../../native-runner/tests/golden/report-v1.json");

    /// Files that are their own text.
    struct Texts;

    impl Files for Texts {
        type File = String;

        fn read(&self, file: &String) -> Result<Vec<u8>, String> {
            Ok(file.clone().into_bytes())
        }

        fn make(&self, text: &str, _: Form) -> Result<String, String> {
            Ok(text.to_owned())
        }
    }

    fn answered(asked: ToDesk<String>) -> Result<Gathered<String>, String> {
        let mut gathered = Gathered::default();
        answer(asked, &Texts)?.into_iter().for_each(|part| gathered.take(part));
        Ok(gathered)
    }

    fn file(text: &str) -> Source<String> {
        Source::File(text.to_owned())
    }

    fn refused(text: &str) -> String {
        answered(ToDesk::Open(file(text))).unwrap_err()
    }

    #[test]
    fn what_is_written_opens_again() {
        let report = Report::parse(GOLDEN).unwrap();
        let written = |form| {
            let report = Source::Here(Box::new(report.clone()));
            answered(ToDesk::Write { report, form }).unwrap()
        };
        let again = written(Form::Json).file.unwrap();
        let opened = answered(ToDesk::Open(Source::File(again))).unwrap();
        assert!(opened.report == Some(report.clone()));
        assert_eq!(opened.standings, standings(&report));
        assert!(written(Form::Csv).file.unwrap().starts_with("experiment,lane,"));
        assert!(written(Form::Markdown).file.unwrap().contains("| --- |"));
        let letters = written(Form::Link).letters.unwrap();
        let opened = answered(ToDesk::Open(Source::Link(letters))).unwrap();
        assert_eq!(opened.standings.len(), standings(&report).len());
    }

    #[test]
    fn rows_are_held_against_a_lane_and_against_another_report() {
        let report = Report::parse(GOLDEN).unwrap();
        let against = report.results[0].lane.clone();
        let stood = answered(ToDesk::Stand { report: file(GOLDEN), against }).unwrap();
        assert!(!stood.standings.is_empty());
        let compared = answered(ToDesk::Compare { first: file(GOLDEN), second: file(GOLDEN) });
        let changes = compared.unwrap().changes;
        assert!(!changes.is_empty() && changes.iter().all(|it| it.row == it.other));
    }

    #[test]
    fn what_is_beyond_a_bound_is_refused_in_words() {
        let mut report = Report::parse(GOLDEN).unwrap();
        let row = report.results[0].clone();
        report.results = (0..=MAX_ROWS as u64)
            .map(|at| {
                let mut row = row.clone();
                row.params.insert("bytes".into(), at.into());
                row
            })
            .collect();
        let why = refused(&report.to_json().unwrap());
        assert_eq!(
            why,
            "this report has 10001 rows, and 10000 are opened at most: have fewer experiments run at once"
        );
        // The same in a link.
        assert_eq!(link::pack_for_tests(&report), Err(why));
    }

    #[test]
    fn what_is_no_report_is_told_from_what_is_damaged_or_newer() {
        assert!(refused("").starts_with("this is no report:"));
        assert!(refused("[1, 2]").starts_with("this is no report:"));
        assert!(refused("{\"name\": \"x\"}").starts_with("this is no report: missing field"));
        assert!(refused("{\"version\": 999}").contains("reads up to"));
        assert!(refused(&GOLDEN[..GOLDEN.len() / 2]).starts_with("this is no report:"));
        assert_eq!(
            refused(&format!("\u{feff}{}", &GOLDEN[..9])).split(':').next(),
            Some("this is no report")
        );
        let wild = GOLDEN.replacen("\"seed\": ", "\"seed\": 18446744073709551615, \"was\": ", 1);
        assert!(refused(&wild).contains("53 bits"), "{}", refused(&wild));
    }
}
