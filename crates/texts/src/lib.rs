//! What people read, in their language.
//!
//! A text stands in the code in English, where it is said: [`tr!`], or in a table: [`text!`]. A catalogue has the same in another language; the
//! page fetches one and [speaks](speak) it. Without one all is English, as at the terminal.
//!
//! What others say is let through by [`outside`] alone.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod outside;

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::{Display, Write};
use std::sync::{PoisonError, RwLock};

/// Texts in a language, by the English ones. Holes are `{}`, in order, or `{0}`, `{1}`, where another order reads
/// better.
pub type Catalogue = HashMap<String, String>;

/// A visitor changes the language some few times at most, so a catalogue is never dropped, and what is read from it
/// can be passed on like a literal.
static SPOKEN: RwLock<Option<&'static Catalogue>> = RwLock::new(None);

/// Says all texts in the catalogue's language from now on; without one, in English.
pub fn speak(catalogue: Option<Catalogue>) {
    let catalogue = catalogue.map(|it| &*Box::leak(Box::new(it)));
    *SPOKEN.write().unwrap_or_else(PoisonError::into_inner) = catalogue;
}

/// A text without holes that is not said where it stands, but in a table: in the language that is spoken.
#[must_use]
pub fn tr(text: &'static str) -> &'static str {
    known(text).unwrap_or(text)
}

fn known(text: &str) -> Option<&'static str> {
    let spoken = *SPOKEN.read().unwrap_or_else(PoisonError::into_inner);
    spoken?.get(text).map(String::as_str)
}

/// Somebody else's words, such as those of a report or of the runner, in the language that is spoken if it has them:
/// as they are, or with a hole for each number.
#[must_use]
pub fn translated(text: &str) -> Cow<'_, str> {
    if let Some(same) = known(text) {
        return same.into();
    }
    let mut pattern = String::new();
    let mut numbers: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(from) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let (before, number) = rest.split_at(from);
        let end = number.find(|sign: char| !sign.is_ascii_digit() && sign != '.');
        let number = number[..end.unwrap_or(number.len())].trim_end_matches('.');
        pattern += before;
        // `V8` is a name.
        if pattern.ends_with(char::is_alphanumeric) {
            pattern += number;
        } else {
            pattern += "{}";
            numbers.push(number);
        }
        rest = &rest[from + number.len()..];
    }
    pattern += rest;
    let numbers: Vec<&dyn Display> = numbers.iter().map(|it| it as &dyn Display).collect();
    known(&pattern).map_or(text.into(), |same| fill(same, &numbers).into())
}

/// The same as a part of a sentence: what no catalogue has is code, between backticks, in any other language than its own.
#[must_use]
pub fn quoted(text: &str) -> Cow<'_, str> {
    let same = translated(text);
    let is_foreign = SPOKEN.read().unwrap_or_else(PoisonError::into_inner).is_some();
    if is_foreign && same == text { format!("`{text}`").into() } else { same }
}

/// A text in the language that is spoken: `tr!("Cancel")` is a `&'static str`. With holes it is a `String`:
/// `tr!("{} of {} pages", read, all)`. What is counted is two texts, one for one and one for more.
#[macro_export]
macro_rules! tr {
    ($text:literal) => {{
        const { assert!($crate::holes($text) == 0, "a text with holes needs something for each") };
        $crate::tr($text)
    }};
    ($text:literal, $($part:expr),+ $(,)?) => {{
        const {
            let parts: &[&str] = &[$(stringify!($part)),+];
            assert!($crate::holes($text) == parts.len(), "as many holes as there is to fill in");
        }
        $crate::fill($crate::tr($text), &[$(&$part as &dyn ::std::fmt::Display),+])
    }};
}

/// A text that stands in a table, and is said by [`tr`](fn@tr) where it is shown: marked, so that catalogues have it.
#[macro_export]
macro_rules! text {
    ($text:literal) => {
        $text
    };
}

/// How many there are in a text.
#[doc(hidden)]
#[must_use]
pub const fn holes(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut count) = (0, 0);
    while at < bytes.len() {
        if bytes[at] == b'{' {
            count += 1;
        }
        at += 1;
    }
    count
}

/// Fills a text's holes. One that nothing is for stays as it is.
#[doc(hidden)]
#[must_use]
pub fn fill(text: &str, parts: &[&dyn Display]) -> String {
    let mut filled = String::with_capacity(text.len() + 16 * parts.len());
    let mut pieces = text.split('{');
    filled += pieces.next().unwrap_or_default();
    for (place, piece) in pieces.enumerate() {
        let (name, rest) = piece.split_once('}').unwrap_or(("", piece));
        let part = parts.get(if name.is_empty() { place } else { name.parse().unwrap_or(place) });
        let _ = match part {
            Some(part) => write!(filled, "{part}"),
            None => write!(filled, "{{{name}}}"),
        };
        filled += rest;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test, because all of a program speaks one language.
    #[test]
    fn texts_are_in_the_language_that_is_spoken() {
        assert_eq!(tr!("Cancel"), "Cancel");
        assert_eq!(tr!("{} of {} pages", 1, "two"), "1 of two pages");
        let german = [
            ("Cancel", "Abbrechen"),
            ("{} of {} pages", "Von {1} Seiten {0}"),
            ("worker {} of {}", "{}. Worker von {}"),
        ];
        let german = german.map(|(text, same)| (text.to_owned(), same.to_owned()));
        speak(Some(german.into()));
        assert_eq!(tr!("Cancel"), "Abbrechen");
        assert_eq!(tr!("{} of {} pages", 1, "zwei"), "Von zwei Seiten 1");
        assert_eq!(tr!("Nobody knows this one"), "Nobody knows this one");
        assert_eq!(translated("Cancel"), "Abbrechen");
        assert_eq!(translated("some error 7"), "some error 7");
        assert_eq!(translated("worker 12 of 3.5"), "12. Worker von 3.5");
        assert_eq!(translated("a V8 worker 2"), "a V8 worker 2");
        assert_eq!((quoted("Cancel"), quoted("not so")), ("Abbrechen".into(), "`not so`".into()));
        speak(None);
        assert_eq!(quoted("not so"), "not so");
        assert_eq!(tr!("Cancel"), "Cancel");
        assert_eq!(translated("worker 1 of 2"), "worker 1 of 2");
    }

    #[test]
    fn what_fills_no_hole_harms_nothing() {
        assert_eq!(fill("{1} {0}", &[&"a", &"b"]), "b a");
        assert_eq!(fill("{} {7}", &[&"a"]), "a {7}");
        assert_eq!(fill("a { b", &[]), "a {} b");
        assert_eq!(fill("", &[&1]), "");
        assert_eq!((holes("none"), holes("{} and {1}")), (0, 2));
    }
}
