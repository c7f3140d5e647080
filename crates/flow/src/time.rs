//! *Time*: a lane of its own for each thread or process, and the messages between them.

use std::collections::BTreeMap;

use lab::format;
use protocol::trace::What;
use svg::Node;
use svg::node::element::{Circle, Group};
use texts::{tr, translated};

use crate::film::Film;
use crate::pen::{Anchor, arrow, group, line, rectangle, text, title};
use crate::spans::{Doing, Message};
use crate::structure::{class, how};

/// Which part of a recording is drawn, and how large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The first nanosecond.
    pub from: f64,
    /// The last.
    pub to: f64,
    /// Pixels of the whole picture.
    pub width: f64,
    /// Pixels of each track.
    pub row: f64,
}

/// Pixels for the names of the tracks.
const NAMES: f64 = 58.0;
/// Pixels of a track that are enough.
pub const ROW: f64 = 52.0;
/// Above the first track.
const TOP: f64 = 6.0;
/// For the times.
const AXIS: f64 = 22.0;
/// What lies closer together is drawn as one.
const CLOSE: f64 = 0.75;
/// More messages than these are drawn together where they lie close.
const MANY: usize = 160;
/// Pixels in which they are.
const BUCKET: f64 = 8.0;
/// More arrows than these are drawn together though they lie further apart, and no more than these are drawn.
const MOST_ARROWS: usize = 4000;
/// The same of what takes time, on all tracks together.
const MOST_SPANS: usize = 8000;
/// No more starts and ends of tracks are drawn.
const MOST_MARKS: usize = 2000;
/// No more sizes are written: there is no room for them.
const MOST_LABELS: usize = 500;
/// Pixels that a message's size needs.
const LABEL: f64 = 54.0;

impl View {
    /// Of all of it.
    #[must_use]
    pub fn whole(length: u64, width: f64) -> Self {
        Self { from: 0.0, to: length.max(1) as f64, width, row: ROW }
    }

    /// Where a time is, in pixels from the left.
    #[must_use]
    pub fn x(&self, at: f64) -> f64 {
        NAMES + (at - self.from) / self.span() * (self.width - NAMES - 8.0)
    }

    /// The time at so many pixels from the left.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        self.from + (x - NAMES) / (self.width - NAMES - 8.0) * self.span()
    }

    /// How long it is: something, even where numbers are so large that both ends are the same.
    fn span(&self) -> f64 {
        (self.to - self.from).max(1e-3)
    }

    /// The middle of a track.
    fn y(&self, track: usize) -> f64 {
        TOP + track as f64 * self.row + self.row / 2.0
    }

    fn clipped(&self, from: u64, to: u64) -> Option<[f64; 2]> {
        let (from, to) = ((from as f64).max(self.from), (to as f64).min(self.to));
        (from <= to).then(|| [self.x(from), self.x(to)])
    }
}

/// Draws it; returns it and its height. However many events and tracks there are, there are no more shapes than pixels
/// have room for, and some thousands at most.
#[must_use]
pub fn time(film: &Film, view: &View) -> (Group, f64) {
    let count = film.recording.tracks.len();
    let height = TOP + count as f64 * view.row + AXIS;
    let mut all = group("time");
    draw_axis(&mut all, view, height);
    let close = closeness(film, view);
    for track in 0..count {
        draw_track(&mut all, film, view, track, close);
    }
    draw_messages(&mut all, film, view);
    draw_marks(&mut all, film, view);
    (all, height)
}

fn draw_axis(all: &mut Group, view: &View, height: f64) {
    let room = view.width - NAMES;
    let step = nice(view.span() / (room / 80.0).max(1.0));
    let first = (view.from / step).ceil() * step;
    // Counted: added to a large number, a step may be nothing.
    for number in 0..=(view.span() / step) as u32 {
        let at = first + f64::from(number) * step;
        if at > view.to {
            break;
        }
        let x = view.x(at);
        all.append(line("grid", [x, TOP], [x, height - AXIS]));
        if x < view.width - 16.0 {
            let words = if at == 0.0 { "0".to_owned() } else { format::time(at) };
            all.append(text("small", [x, height - 8.0], Anchor::Middle, words));
        }
    }
}

/// A step of 1, 2 or 5 times a power of ten, no smaller than this.
fn nice(least: f64) -> f64 {
    let power = 10_f64.powf(least.max(1.0).log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * power >= least);
    factor.unwrap_or(10.0) * power
}

/// A class, a height in pixels, and whether a span is of this kind.
type Kind = (&'static str, f64, fn(Doing) -> bool);

/// What takes time: its class, its height, and which spans it is, from what matters least to what matters most.
const KINDS: [Kind; 4] = [
    ("waiting", 5.0, |doing| doing == Doing::Waiting),
    ("blocked", 12.0, |doing| doing == Doing::Blocked),
    ("copying", 12.0, |doing| matches!(doing, Doing::Copying(_))),
    ("computing", 16.0, |doing| doing == Doing::Computing),
];

/// What lies closer together than so many pixels is drawn as one, so that there are not too many shapes.
fn closeness(film: &Film, view: &View) -> f64 {
    let mut close = CLOSE;
    if film.spans.iter().map(Vec::len).sum::<usize>() <= MOST_SPANS {
        return close;
    }
    let shapes = |close: f64| {
        let tracks = 0..film.spans.len();
        let of = |track| {
            KINDS.into_iter().map(move |(.., is)| blocks(film, view, track, is, close).len())
        };
        tracks.flat_map(of).sum::<usize>()
    };
    while close < view.width && shapes(close) > MOST_SPANS {
        close *= 4.0;
    }
    close
}

/// From where to where something is drawn on a track: spans that lie close are one.
fn blocks(
    film: &Film,
    view: &View,
    track: usize,
    is: fn(Doing) -> bool,
    close: f64,
) -> Vec<[f64; 2]> {
    let mut all: Vec<[f64; 2]> = Vec::new();
    let spans = film.spans[track].iter().filter(|span| is(span.doing));
    for [from, to] in spans.filter_map(|span| view.clipped(span.from, span.to)) {
        match all.last_mut() {
            Some(last) if from - last[1] < close => last[1] = last[1].max(to),
            _ => all.push([from, to]),
        }
    }
    all
}

fn draw_track(all: &mut Group, film: &Film, view: &View, track: usize, close: f64) {
    let middle = view.y(track);
    let mut row = group("lane-of-track");
    let name = translated(&film.recording.tracks[track].name);
    row.append(text("name small", [NAMES - 8.0, middle + 3.5], Anchor::End, name));
    let life = film.lives[track].and_then(|[from, to]| view.clipped(from, to));
    if let Some([from, to]) = life {
        let is_known = film.recording.tracks[track].lost.is_none();
        let class = if is_known { "awake" } else { "unknown" };
        row.append(rectangle(class, [from, middle - 4.0, (to - from).max(1.0), 8.0]));
    }
    for (class, height, is) in KINDS {
        for [from, to] in blocks(film, view, track, is, close) {
            let place = [from, middle - height / 2.0, (to - from).max(CLOSE), height];
            row.append(rectangle(class, place));
        }
    }
    all.append(row);
}

/// Messages that lie so close that they are drawn as one.
struct Bunch<'a> {
    first: &'a Message,
    count: usize,
    bytes: u64,
}

fn bunches<'a>(film: &'a Film, view: &View) -> Vec<Bunch<'a>> {
    let is_seen = |message: &&Message| {
        let end = message.received.unwrap_or(message.sent).max(message.sent);
        message.sent as f64 <= view.to && end as f64 >= view.from
    };
    let seen: Vec<&Message> = film.messages.iter().filter(is_seen).collect();
    let mut bucket = if seen.len() > MANY { BUCKET } else { 0.0 };
    loop {
        let mut all = bunched(&seen, view, bucket);
        if all.len() <= MOST_ARROWS || bucket > view.width {
            all.truncate(MOST_ARROWS);
            return all;
        }
        bucket *= 4.0;
    }
}

/// Those that begin within so many pixels, and are alike, as one.
fn bunched<'a>(seen: &[&'a Message], view: &View, bucket: f64) -> Vec<Bunch<'a>> {
    let mut bunches: Vec<Bunch<'_>> = Vec::new();
    let mut places: BTreeMap<(u32, u32, &str, i64), usize> = BTreeMap::new();
    for message in seen {
        let x = view.x(message.sent as f64);
        let key = (message.from, message.to, class(message.crosses), (x / bucket.max(1e-9)) as i64);
        match places.get(&key).filter(|_| bucket > 0.0) {
            Some(place) => {
                bunches[*place].count += 1;
                bunches[*place].bytes = bunches[*place].bytes.saturating_add(message.bytes);
            }
            None => {
                places.insert(key, bunches.len());
                bunches.push(Bunch { first: message, count: 1, bytes: message.bytes });
            }
        }
    }
    bunches
}

fn draw_messages(all: &mut Group, film: &Film, view: &View) {
    let mut labels = Labels::default();
    // Above every arrow.
    let mut sizes = group("sizes");
    for Bunch { first, count, bytes } in bunches(film, view) {
        let (from, to) = (first.from as usize, first.to as usize);
        if from == to {
            continue;
        }
        let down = if to > from { 1.0 } else { -1.0 };
        let ends = [
            [view.x(first.sent as f64), view.y(from) + down * 8.0],
            [view.x(first.received.unwrap_or(first.sent) as f64), view.y(to) - down * 8.0],
        ];
        let unordered = first.is_unordered(film.recording.tick);
        let how_drawn = class(first.crosses);
        let class = if unordered {
            format!("message {how_drawn} unordered")
        } else {
            format!("message {how_drawn}")
        };
        let width = if bytes == 0 { 0.8 } else { 1.0 + (bytes as f64).log2() / 10.0 };
        let mut words = format!("{} {}", format::bytes(bytes), how(first.crosses));
        if count > 1 {
            words = format!("{}, {words}", tr!("{} messages", count));
        }
        if unordered {
            words += tr!(", within one step of the clock: which end came first is not known");
        }
        let mut shape = arrow(&class, ends[0], ends[1], width);
        shape.append(title(words));
        if bytes > 0
            && let Some(place) = labels.find(view, from, to, ends)
        {
            sizes.append(text("small size", place, Anchor::Start, format::bytes(bytes)));
        }
        all.append(shape);
    }
    all.append(sizes);
}

/// Where the sizes of messages stand: none on another one, none on what a track does.
#[derive(Default)]
struct Labels(Vec<[f64; 2]>);

impl Labels {
    /// Beside an arrow, next to whoever receives or else next to whoever sends.
    fn find(
        &mut self,
        view: &View,
        from: usize,
        to: usize,
        [start, end]: [[f64; 2]; 2],
    ) -> Option<[f64; 2]> {
        if self.0.len() >= MOST_LABELS {
            return None;
        }
        let down = if to > from { 1.0 } else { -1.0 };
        // The words stand above their point.
        let above = if down > 0.0 { 3.0 } else { 11.0 };
        let beside = |y: f64| {
            let part = (y - start[1]) / (end[1] - start[1]);
            [start[0] + (end[0] - start[0]) * part + 5.0, y]
        };
        let places = [
            beside(view.y(to) - down * 8.0 - down * 8.0 + above - 3.0),
            beside(view.y(from) + down * 8.0 + down * 8.0 + above - 3.0),
        ];
        let is_free = |[x, y]: &[f64; 2]| {
            *x > NAMES
                && *x + LABEL < view.width
                && self.0.iter().all(|[ox, oy]| (ox - x).abs() > LABEL || (oy - y).abs() > 11.0)
        };
        let place = places.into_iter().find(is_free)?;
        self.0.push(place);
        Some(place)
    }
}

fn draw_marks(all: &mut Group, film: &Film, view: &View) {
    let mut drawn = std::collections::BTreeSet::new();
    for event in &film.recording.events {
        let (kind, track) = match &event.what {
            What::Spawn { peer } => ("spawn", *peer),
            What::Ready => ("ready", event.track),
            What::Crash { peer, .. } => ("crash", *peer),
            What::Exit { peer } => ("exit", *peer),
            What::Replaced { by, .. } => ("replaced", *by),
            _ => continue,
        };
        let at = event.at as f64;
        if at < view.from || at > view.to {
            continue;
        }
        let (x, y) = (view.x(at), view.y(track as usize));
        if drawn.len() >= MOST_MARKS || !drawn.insert((kind, track, x as i64 / 3)) {
            continue;
        }
        let name = translated(&film.recording.tracks[track as usize].name);
        let words = format!("{}: {name} {}", format::time(at), words_for(kind));
        let mut mark = group(&format!("mark-{kind}"));
        mark.append(title(words));
        match kind {
            "ready" => {
                let circle = Circle::new().set("class", "mark");
                let place = |value| crate::pen::round(value);
                mark.append(circle.set("cx", place(x)).set("cy", place(y)).set("r", 4));
            }
            "crash" => {
                for (from, to) in [([-6.0, -6.0], [6.0, 6.0]), ([-6.0, 6.0], [6.0, -6.0])] {
                    let ends = [from, to].map(|[dx, dy]| [x + dx, y + dy]);
                    mark.append(line("mark crash", ends[0], ends[1]));
                }
            }
            "exit" => mark.append(line("mark", [x, y - 8.0], [x, y + 8.0])),
            "replaced" => {
                let What::Replaced { peer, .. } = event.what else { continue };
                let from = view.y(peer as usize) + 10.0;
                mark.append(arrow("replaces", [x, from], [x, y - 9.0], 1.0));
            }
            _ => {
                mark.append(line("mark", [x, y - 8.0], [x, y + 8.0]));
                mark.append(line("mark", [x, y - 8.0], [x + 5.0, y - 8.0]));
                mark.append(line("mark", [x, y + 8.0], [x + 5.0, y + 8.0]));
            }
        }
        all.append(mark);
    }
}

fn words_for(kind: &str) -> &'static str {
    match kind {
        "spawn" => tr!("is asked for"),
        "ready" => tr!("is ready"),
        "crash" => tr!("crashed, as its caller is told"),
        "exit" => tr!("is gone, as its caller is told"),
        _ => tr!("takes another one's place"),
    }
}
