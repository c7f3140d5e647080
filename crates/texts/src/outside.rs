//! Words that come from outside: a page's title, a report's names, an argument, what another program said.
//!
//! They are shown as they are, but for the characters that are no text: those that a terminal or a document obeys
//! instead of showing them. [`Outside`] is such words, and can be displayed no other way.

use std::borrow::Cow;
use std::fmt::{self, Display, Write};

/// What is shown in the place of a character that is no text: one for one, so that columns stay where they are.
pub const INSTEAD: char = '\u{fffd}';

/// Whether a character is obeyed instead of shown: the controls C0 and C1 with line feed and tab, whatever reorders
/// text or separates lines, and those that are never seen (marks of bytes' order, annotations, tags, noncharacters).
#[must_use]
pub const fn is_obeyed(sign: char) -> bool {
    matches!(
        sign,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'
            | '\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// One line of text, whatever it was.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    replaced(text, is_obeyed)
}

/// Text in lines: line feeds and tabs stay.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    replaced(text, |sign| is_obeyed(sign) && !matches!(sign, '\n' | '\t'))
}

fn replaced(text: &str, is_replaced: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.contains(&is_replaced) {
        text.chars().map(|sign| if is_replaced(sign) { INSTEAD } else { sign }).collect()
    } else {
        text.into()
    }
}

/// The same JSON without a character that is obeyed, but for line feeds and tabs between values: in strings, the only
/// place where JSON can have others, they are written as numbers.
#[must_use]
pub fn json(text: &str) -> Cow<'_, str> {
    let is_written = |sign: char| is_obeyed(sign) && sign >= '\u{7f}';
    if !text.contains(is_written) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for sign in text.chars() {
        if is_written(sign) {
            for unit in sign.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(sign);
        }
    }
    out.into()
}

/// Something from outside, displayed as [one line](line) of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outside<T>(pub T);

impl<T: Display> Display for Outside<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Cleaned<'a, 'b>(&'a mut fmt::Formatter<'b>);

        impl Write for Cleaned<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.write_str(&line(text))
            }
        }

        write!(Cleaned(out), "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_obeyed_is_shown_as_one_sign_each() {
        let hostile =
            "a\u{1b}]0;title\u{7}\r\n\tb\u{9b}31m\u{202e}\u{2066}c\u{2028}\u{e0041}\u{7f}";
        let shown = "a\u{fffd}]0;title\u{fffd}\u{fffd}\u{fffd}\u{fffd}b\u{fffd}31m\u{fffd}\u{fffd}c\u{fffd}\u{fffd}\u{fffd}";
        assert_eq!(line(hostile), shown);
        assert_eq!(lines("a\n\tb\r\n"), "a\n\tb\u{fffd}\n");
        assert_eq!(Outside(hostile).to_string(), shown);
        assert_eq!(format!("{}", Outside(1.5)), "1.5");
    }

    #[test]
    fn what_is_text_stays_as_it_is() {
        for text in ["", "naïve café – 41.3\u{a0}µs “T”", "日本語 😀👩‍👩‍👧", "עברית فارسی", "\u{fffd}"]
        {
            assert!(matches!(line(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_obeyed_is_left(text in any::<String>(), controls in "[\\x00-\\x1f\\x7f-\\u{9f}\\u{2000}-\\u{2070}]*") {
            let text = format!("{text}{controls}{text}");
            prop_assert!(!line(&text).contains(is_obeyed));
            prop_assert_eq!(line(&text).chars().count(), text.chars().count());
            prop_assert!(!lines(&text).contains(|sign| is_obeyed(sign) && !"\n\t".contains(sign)));
        }

        #[test]
        fn json_says_the_same_without_them(text in any::<String>(), sign in any::<char>(), controls in "[\\x00-\\x1f\\x7f-\\u{9f}\\u{2000}-\\u{2070}\\u{e0000}-\\u{e0080}]*") {
            let value = serde_json::json!({ text.clone(): [controls, sign.to_string()] });
            let plain = serde_json::to_string_pretty(&value).unwrap();
            let written = json(&plain);
            prop_assert!(!written.contains(|sign| is_obeyed(sign) && sign != '\n'), "{written:?}");
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), value);
        }
    }
}
