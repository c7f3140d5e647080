//! The seed's tables with their verdicts, for a terminal.

use claims::matrix::{self, Died};
use claims::{Column, Judged, Platform, Table, Verdict, seed};
use protocol::report::Report;
use texts::outside::{self, Outside};
use textwrap::{Options, WordSeparator, WordSplitter, wrap};

use crate::terminal;

/// Columns of a page of text, off a terminal.
const WIDTH: usize = 100;
/// Of what stands beside the text.
const MARGIN: usize = 18;

/// All of it.
pub(crate) fn text(report: &Report, judged: &[Judged], left_out: &[String]) -> String {
    let mut out = String::new();
    for (table, title) in
        [(Table::Differences, "High-Level Difference"), (Table::Sharing, "Resource Sharing")]
    {
        out += &heading(title);
        for row in claims::ALL.iter().filter(|row| row.table == table) {
            out += &format!("{}\n", row.feature);
            for column in Column::ALL {
                let claim = judged.iter().find(|it| it.id == row.claim(column));
                out += &claim.map_or(String::new(), cell);
            }
            out.push('\n');
        }
    }
    out += &crashes(report);
    out += &guide(judged);
    if !left_out.is_empty() {
        out += &heading("Left out");
        out += &left_out.iter().map(|it| lines("", it)).collect::<String>();
    }
    out
}

fn heading(title: &str) -> String {
    format!("{title}\n{}\n\n", "=".repeat(title.chars().count()))
}

/// The seed's words, the verdicts, and what they are founded on.
fn cell(claim: &Judged) -> String {
    let mut out = lines(claim.column.title(), claim.text);
    for platform in Platform::ALL {
        let (verdict, said) =
            (*claim.by_platform.of(platform), claim.evidence_by_platform.of(platform));
        let said = said.join(" ");
        let said = match verdict {
            Verdict::NotMeasured => format!("Not measured: {}.", said.trim_end_matches('.')),
            verdict => format!("{}. {said}", capital(verdict.words())),
        };
        out += &lines(&format!("  {} {}", mark(verdict), platform.name()), &said);
    }
    if claim.verdict != Verdict::NotMeasured {
        out += &lines("", claim.nuance);
    }
    out
}

/// A letter that shows the verdict at a glance.
fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "✔",
        Verdict::Nuance => "≈",
        Verdict::Fails => "✘",
        Verdict::NotMeasured => "·",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// A paragraph with something beside its first line.
fn lines(beside: &str, text: &str) -> String {
    let width = if console_width() > 40 { console_width() } else { WIDTH };
    let first = format!("  {beside:<MARGIN$}");
    let rest = " ".repeat(MARGIN + 2);
    // Lanes' names stay whole.
    let options = Options::new(width)
        .initial_indent(&first)
        .subsequent_indent(&rest)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    wrap(&outside::line(text), options)
        .into_iter()
        .map(|line| line.trim_end().to_owned() + "\n")
        .collect()
}

/// Of the terminal, up to what reads well.
fn console_width() -> usize {
    if terminal::is_output() { textwrap::termwidth().min(WIDTH + 20) } else { WIDTH }
}

/// Who dies of which crash.
fn crashes(report: &Report) -> String {
    let lanes = matrix::lanes(report);
    if lanes.is_empty() {
        return String::new();
    }
    let mut out = heading("Who dies of which crash");
    for (number, lane) in lanes.iter().enumerate() {
        out += &format!("  {:>2}  {}\n", number + 1, Outside(lane));
    }
    let numbers: String = (1..=lanes.len()).map(|number| format!("{number:>4}")).collect();
    out += &format!("\n  {:<16}{numbers}\n", "");
    for (kind, _, cells) in matrix::rows(report) {
        let letters: String =
            cells.iter().map(|cell| format!("{:>4}", letter(cell.died))).collect();
        out += &format!("  {kind:<16}{letters}\n");
    }
    out + "\n  w the worker alone, C its caller too, o nobody, – it means nothing there or was not measured\n\n"
}

fn letter(died: Died) -> &'static str {
    match died {
        Died::Worker => "w",
        Died::Caller => "C",
        Died::Nobody => "o",
        Died::Unknown => "–",
    }
}

/// The seed's benefits and rules, and the verdicts that they rest on.
fn guide(judged: &[Judged]) -> String {
    let rests = |on: &[&str]| {
        let verdicts = on.iter().filter_map(|id| judged.iter().find(|claim| claim.id == *id));
        let words = verdicts.map(|claim| format!("{} {}", claim.id, claim.verdict.words()));
        words.collect::<Vec<_>>().join("; ")
    };
    let mut out = heading("Benefits and rules");
    for column in Column::ALL {
        for (benefit, on) in seed::benefits(column) {
            out += &lines(column.title(), &format!("{benefit} [{}]", rests(on)));
        }
    }
    for (question, answer, on) in seed::rules() {
        out += &lines("Decision guide", &format!("{question} → {answer} [{}]", rests(on)));
    }
    out + "\n"
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use claims::made::Made;

    use super::*;

    /// Set it to write the snapshot anew.
    const RENEW: &str = "BREAKEVEN_RENEW";

    #[test]
    fn both_tables_read_well() {
        let report = Made::usual().report();
        let found = text(&report, &claims::judge(&report), &["a part of it".to_owned()]);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots/claims.txt");
        if std::env::var_os(RENEW).is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &found).unwrap();
        }
        let known = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == known,
            "the tables read otherwise: `{RENEW}=1 cargo test` writes them\n{found}"
        );
        // A cell that is not measured says why, and stands under its row all the same.
        let nothing = Made::usual().without_node().report();
        let found = text(&nothing, &claims::judge(&nothing), &[]);
        assert!(
            found.contains("· Node          Not measured: on node.worker: node is not on PATH."),
            "{found}"
        );
        assert!(found.lines().all(|line| line.chars().count() <= WIDTH), "no line is too long");
    }
}
