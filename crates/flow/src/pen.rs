//! Shapes of a picture: SVG elements that have a class and no looks of their own. Words enter it by [`text`], [`title`]
//! and [`label`] alone, which leave out what XML forbids; the library escapes the rest.

use svg::node::Text as Words;
use svg::node::element::path::Data;
use svg::node::element::{Group, Line, Path, Rectangle, Text, Title};
use texts::outside;

/// How the classes look in a file of its own: black on white, legible without colour.
pub const STYLE: &str = include_str!("flow.css");

/// A coordinate with a tenth of a pixel: more is nothing that anybody sees, and long to read.
pub(crate) fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

pub(crate) fn group(class: &str) -> Group {
    Group::new().set("class", class)
}

pub(crate) fn rectangle(class: &str, [x, y, width, height]: [f64; 4]) -> Rectangle {
    Rectangle::new()
        .set("class", class)
        .set("x", round(x))
        .set("y", round(y))
        .set("width", round(width.max(0.0)))
        .set("height", round(height.max(0.0)))
}

pub(crate) fn line(class: &str, from: [f64; 2], to: [f64; 2]) -> Line {
    Line::new()
        .set("class", class)
        .set("x1", round(from[0]))
        .set("y1", round(from[1]))
        .set("x2", round(to[0]))
        .set("y2", round(to[1]))
}

/// An arrow: a line, and a head that is filled or not.
pub(crate) fn arrow(class: &str, from: [f64; 2], to: [f64; 2], width: f64) -> Group {
    let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
    let length = dx.hypot(dy).max(0.1);
    let (ux, uy) = (dx / length, dy / length);
    let size = (5.0 + width).min(length);
    let base = [to[0] - ux * size, to[1] - uy * size];
    let side = size * 0.45;
    let head = Data::new()
        .move_to((round(to[0]), round(to[1])))
        .line_to((round(base[0] - uy * side), round(base[1] + ux * side)))
        .line_to((round(base[0] + uy * side), round(base[1] - ux * side)))
        .close();
    group(class)
        .add(line("shaft", from, base).set("stroke-width", round(width)))
        .add(Path::new().set("class", "head").set("d", head))
}

/// Where text stands at its point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

pub(crate) fn text(class: &str, [x, y]: [f64; 2], anchor: Anchor, words: impl AsRef<str>) -> Text {
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    Text::new(outside::line(words.as_ref()))
        .set("class", class)
        .set("x", round(x))
        .set("y", round(y))
        .set("text-anchor", anchor)
}

/// What a pointer is told that rests on a shape.
pub(crate) fn title(words: impl AsRef<str>) -> Title {
    Title::new("").add(Words::new(outside::line(words.as_ref())))
}

/// What an attribute says to who does not see the picture.
pub(crate) fn label(words: &str) -> String {
    outside::line(words).into_owned()
}

/// About how wide words are, in pixels of a letter of this size.
pub(crate) fn width_of(words: &str, size: f64) -> f64 {
    words.chars().count() as f64 * size * 0.56
}

/// Words in lines of at most this width.
pub(crate) fn wrapped(words: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if width_of(line, size) + width_of(word, size) + size * 0.56 <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
