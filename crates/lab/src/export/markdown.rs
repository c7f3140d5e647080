//! The rows as a table in Markdown, with what one must know to read them. What comes from outside is shown as it is:
//! none of it is a link, a heading, HTML or the end of a cell.

use protocol::report::Report;
use texts::outside;

use crate::table::{HEADS, lines};

/// One table of all rows, what they were measured on before it, and the warnings after it.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let machine = &report.machine;
    let mut out = format!(
        "{}, {} cores, {}; Breakeven {}, {}; {}; {} of {} blocks.\n\n",
        begun(&machine.cpu),
        machine.cores,
        plain(&machine.system),
        plain(&machine.runner),
        plain(&machine.rustc),
        code(&report.run.command.join(" ")),
        report.run.finished,
        report.run.blocks
    );
    let row = |cells: &[String]| {
        // Intervals and counts are figures of ours.
        let (words, figures) = cells.split_at(4);
        let cells: Vec<String> =
            words.iter().map(|cell| plain(cell)).chain(figures.iter().cloned()).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    out += &row(&HEADS.map(str::to_owned));
    out += &row(&HEADS.map(|_| "---".to_owned()));
    for line in lines(report) {
        out += &row(&line);
    }
    for warning in &report.run.warnings {
        out += &format!("\nWarning: {}.\n", plain(warning));
    }
    out
}

/// Text that is nothing but text, inside a line.
fn plain(text: &str) -> String {
    let signs: Vec<char> = outside::line(text).chars().collect();
    let is_word =
        |at: Option<usize>| at.and_then(|at| signs.get(at)).is_some_and(|it| it.is_alphanumeric());
    let mut out = String::new();
    for (at, sign) in signs.iter().enumerate() {
        let is_escaped = match sign {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '$' => true,
            // Inside a word it is no emphasis.
            '_' => !(is_word(at.checked_sub(1)) && is_word(Some(at + 1))),
            // Addresses are links by themselves: not those that only look like one.
            ':' => signs[at + 1..].starts_with(&['/', '/']),
            '.' => {
                signs[..at].ends_with(&['w', 'w', 'w']) || signs[..at].ends_with(&['W', 'W', 'W'])
            }
            '@' => is_word(Some(at + 1)),
            _ => false,
        };
        if is_escaped {
            out.push('\\');
        }
        out.push(*sign);
    }
    out
}

/// The same at the beginning of a line, where signs and numbers make headings, lists and rules.
fn begun(text: &str) -> String {
    let text = plain(text.trim_start());
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    let is_mark = if number.is_empty() {
        rest.starts_with(['#', '+', '-', '='])
    } else {
        rest.starts_with(['.', ')'])
    };
    if is_mark { format!("{number}\\{rest}") } else { text }
}

/// Text as code: between more backticks than are in it, and with no end of a cell.
fn code(text: &str) -> String {
    let text = outside::line(text);
    let longest = text.split(|sign| sign != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // A space of its own is taken off again on each side.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    if text.trim().is_empty() { String::new() } else { format!("{fence}{pad}{text}{pad}{fence}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

    use super::*;
    use crate::table::tests::a_report;

    /// What a reader of Markdown makes of it: the text of one paragraph, and nothing else; none if there is more.
    fn read(markdown: &str) -> Option<String> {
        let mut all = String::new();
        for event in Parser::new_ext(markdown, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
            match event {
                Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
                Event::Text(text) | Event::Code(text) => all += &text,
                _ => return None,
            }
        }
        Some(all)
    }

    #[test]
    fn what_a_report_says_is_text_and_nothing_else() {
        for text in [
            "<img src=x onerror=alert(1)>",
            "a | b",
            "`code` ``more``",
            "[link](javascript:alert(1)) ![x](http://a.test/)",
            "<https://a.test> https://a.test www.a.test a@b.test",
            "&#x202e;&lt;b&gt; \\` \\",
            "**b** _i_ ~~s~~ $x$ round_trip __x__",
        ] {
            assert_eq!(read(&format!("x {}", plain(text))).as_deref(), Some(&*format!("x {text}")));
            assert_eq!(
                read(&format!("x {} y", code(text))),
                Some(format!("x {text} y")),
                "{}",
                code(text)
            );
        }
        for text in [
            "# h", "- l", "+ l", "* l", "1. l", "12) l", "> q", "=", "---", "```", "    c",
            "| a |", "~~~", ": d",
        ] {
            let read = read(&begun(text));
            assert_eq!(read.as_deref(), Some(text.trim_start()), "{}", begun(text));
        }
        let mut report = a_report();
        report.results[0].experiment = "a | b\n| c | d |\n\n<b>".into();
        let heads = markdown(&a_report()).lines().count();
        assert_eq!(markdown(&report).lines().count(), heads);
    }

    proptest! {
        #[test]
        fn every_text_is_shown_as_it_is(text in "[a-z0-9 \\\\`*_{}\\[\\]<>()#+.!|&~$:/@=\"'-]{0,24}") {
            let one = text.split(' ').filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" ");
            let shown = read(&begun(&one));
            prop_assert_eq!(shown.as_deref(), Some(&*one), "{}", begun(&one));
            let shown = read(&format!("x{}y", code(&one)));
            prop_assert_eq!(shown, Some(format!("x{one}y")), "{}", code(&one));
        }
    }

    #[test]
    fn the_table_reads_well() {
        let text = markdown(&a_report()).replace('\u{a0}', " ");
        assert_eq!(
            text,
            "a processor, 2 cores, Linux 6; Breakeven 0.1.0, rustc 1.95.0; `breakeven run`; 3 of 3 \
             blocks.\n\n\
             | Experiment | Params | Lane | Median | 95% interval | Samples |\n\
             | --- | --- | --- | --- | --- | --- |\n\
             | startup | metric exit | process.pipe | failed while running: it died |  |  |\n\
             | echo | bytes 64KiB, metric round_trip, 128KiB copied | process.socket | 41.3 µs | [40.1, 42.8] µs | 3 |\n\
             | echo | bytes 64KiB, metric round_trip | node.worker | unavailable: no node, no \"lane\" |  |  |\n\
             \nWarning: it was noisy.\n"
        );
    }
}
