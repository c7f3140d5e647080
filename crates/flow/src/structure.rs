//! *Structure*: processes, threads, heaps, memory that is shared, event loops, and the channels between them.

use std::collections::BTreeMap;

use lab::format;
use protocol::LaneKind;
use protocol::trace::{Crosses, Track, What};
use svg::Node;
use svg::node::element::{Circle, Group, Path};
use texts::{tr, translated};

use crate::film::Film;
use crate::pen::{Anchor, arrow, group, line, rectangle, round, text, title, width_of, wrapped};
use crate::spans::{Doing, Message};

/// Pixels that a track takes, without what is below it.
pub const HEIGHT_OF_TRACK: f64 = 112.0;
/// Between two tracks.
const GAP: f64 = 26.0;
/// Around what is inside a process.
const MARGIN: f64 = 10.0;
/// A process's name.
const HEAD: f64 = 20.0;
/// Memory that all of a process share, and memory that more than two tracks see.
const STRIP: f64 = 30.0;
const SMALL: f64 = 9.5;
/// A picture that is narrower, is narrow.
const NARROW: f64 = 400.0;

/// Draws it this wide, as it is at a moment if one is meant; returns it and its height.
#[must_use]
pub fn structure(film: &Film, width: f64, at: Option<u64>) -> (Group, f64) {
    let plan = Plan::of(film, width);
    let mut all = group("structure");
    plan.draw_processes(&mut all);
    plan.draw_regions(&mut all);
    for place in 0..film.recording.tracks.len() {
        plan.draw_track(&mut all, place, at);
    }
    plan.draw_channels(&mut all);
    if let Some(at) = at {
        plan.draw_messages(&mut all, at);
    }
    (all, plan.height)
}

/// Where everything is.
struct Plan<'a> {
    film: &'a Film,
    width: f64,
    height: f64,
    /// The caller's column, and the workers'.
    columns: [[f64; 2]; 2],
    /// Tracks with the same heap in the same process.
    shared_heap: Option<&'a Track>,
    /// Memory that tracks see together: who, how often, and how many bytes in all.
    regions: Vec<(Vec<u32>, usize, u64)>,
}

impl<'a> Plan<'a> {
    fn of(film: &'a Film, width: f64) -> Self {
        let tracks = &film.recording.tracks;
        let shared_heap = tracks.iter().skip(1).find(|track| {
            let same = |other: &Track| other.process == track.process && other.heap == track.heap;
            track.lost.is_none() && same(&tracks[0])
        });
        let regions = regions(film);
        let has_strip = regions.iter().any(|(who, ..)| who.len() > 2);
        let workers = (tracks.len() - 1).max(1) as f64;
        let mut height = HEAD + MARGIN + workers * (HEIGHT_OF_TRACK + GAP) - GAP + MARGIN;
        height += if shared_heap.is_some() { STRIP + MARGIN } else { 0.0 };
        height += if has_strip { STRIP + MARGIN } else { 0.0 };
        let inner = width - 2.0 * MARGIN;
        // A narrow picture has no room to spare for channels, and heaps have long names.
        let parts = if width < NARROW { [0.33, 0.35] } else { [0.30, 0.34] };
        let [left, right] = parts.map(|part| inner * part);
        let columns = [[MARGIN, left], [width - MARGIN - right, right]];
        Self { film, width, height, columns, shared_heap, regions }
    }

    fn is_one_process(&self) -> bool {
        self.film.recording.kind != LaneKind::Process
    }

    /// Left, top, width and height of a track.
    fn place(&self, place: usize) -> [f64; 4] {
        let top = HEAD + MARGIN;
        if place == 0 {
            let [left, width] = self.columns[0];
            let workers = (self.film.recording.tracks.len() - 1).max(1) as f64;
            return [left, top, width, workers * (HEIGHT_OF_TRACK + GAP) - GAP];
        }
        let [left, width] = self.columns[1];
        [left, top + (place - 1) as f64 * (HEIGHT_OF_TRACK + GAP), width, HEIGHT_OF_TRACK]
    }

    fn draw_processes(&self, all: &mut Group) {
        let tracks = &self.film.recording.tracks;
        let name = |track: &Track| match (track.process, &track.lost) {
            (Some(process), _) => tr!("process {}", process),
            (None, Some(_)) => tr!("a process that crashed").to_owned(),
            (None, None) => tr!("a process of the browser: a page is not told which").to_owned(),
        };
        let class = |track: &Track| {
            if track.process.is_some() { "process" } else { "process untold" }
        };
        if self.is_one_process() {
            let height = self.height - 2.0;
            let frame = [1.0, 1.0, self.width - 2.0, height];
            all.append(rectangle(class(&tracks[0]), frame));
            all.append(text("name", [MARGIN, 16.0], Anchor::Start, name(&tracks[0])));
            if self.shared_heap.is_some() {
                let strip = self.strip(0);
                all.append(rectangle("heap", strip));
                let words = tr!("one heap for all of them: {}", translated(&tracks[0].heap));
                all.append(text("", [strip[0] + 8.0, strip[1] + 19.0], Anchor::Start, words));
            }
            return;
        }
        for (place, track) in tracks.iter().enumerate() {
            let [left, top, width, height] = self.place(place);
            let frame = [left - 7.0, top - HEAD + 2.0, width + 14.0, height + HEAD + 4.0];
            all.append(rectangle(class(track), frame));
            let at = [left - 2.0, top - 6.0];
            all.append(text("name small", at, Anchor::Start, name(track)));
        }
    }

    /// A strip over the whole width, counted from below.
    fn strip(&self, number: usize) -> [f64; 4] {
        let below = (number + 1) as f64 * (STRIP + MARGIN);
        [MARGIN, self.height - below, self.width - 2.0 * MARGIN, STRIP]
    }

    fn draw_track(&self, all: &mut Group, place: usize, at: Option<u64>) {
        let recording = &self.film.recording;
        let track = &recording.tracks[place];
        let [left, top, width, height] = self.place(place);
        let doing = at.map(|at| state(self.film, place as u32, at));
        let class =
            doing.as_ref().map_or("track".to_owned(), |(class, _)| format!("track {class}"));
        all.append(rectangle(&class, [left, top, width, height]));
        let mut y = top + 16.0;
        all.append(text("name", [left + 7.0, y], Anchor::Start, translated(&track.name)));
        if let Some(thread) = track.thread.filter(|_| width > 130.0) {
            let words = tr!("thread {}", thread);
            all.append(text("small", [left + width - 6.0, y], Anchor::End, words));
        }
        let room = width - 14.0;
        if let Some(why) = &track.lost {
            for words in wrapped(&translated(why), SMALL, room) {
                y += 13.0;
                all.append(text("small", [left + 7.0, y], Anchor::Start, words));
            }
            return;
        }
        let is_loop = track.waits.contains("loop");
        let indent = if is_loop { 17.0 } else { 0.0 };
        if is_loop {
            all.append(loop_sign([left + 14.0, y + 10.0]));
        }
        let waits = translated(&track.waits);
        let waits = if is_loop { waits.into_owned() } else { tr!("waits in {}", waits) };
        for words in wrapped(&waits, SMALL, room - indent).into_iter().take(2) {
            y += 13.0;
            all.append(text("small", [left + 7.0 + indent, y], Anchor::Start, words));
        }
        if let Some((_, words)) = doing {
            y += 14.0;
            all.append(text("small name state", [left + 7.0, y], Anchor::Start, words));
        }
        if self.shared_heap.is_none() {
            let used = track.heap_bytes.map(|bytes| format!(", {}", format::bytes(bytes)));
            let words = tr!("heap: {}{}", translated(&track.heap), used.unwrap_or_default());
            let lines: Vec<String> =
                wrapped(&words, SMALL, room - 4.0).into_iter().take(3).collect();
            let high = 9.0 + 12.0 * lines.len() as f64;
            let heap = [left + 6.0, top + HEIGHT_OF_TRACK - high - 6.0, width - 12.0, high];
            all.append(rectangle("heap", heap));
            for (number, words) in lines.into_iter().enumerate() {
                let y = heap[1] + 14.0 + number as f64 * 12.0;
                all.append(text("small", [left + 10.0, y], Anchor::Start, words));
            }
        }
    }

    /// Memory that several see lies between those who do.
    fn draw_regions(&self, all: &mut Group) {
        let mut strips = usize::from(self.shared_heap.is_some());
        for (who, count, bytes) in &self.regions {
            let words = match count {
                1 => tr!("shared: {}", format::bytes(*bytes)),
                many => tr!("shared: {} pieces, {}", many, format::bytes(*bytes)),
            };
            if let [0, worker] = who[..] {
                let [left, top, ..] = self.place(worker as usize);
                let [from, width] = self.columns[0];
                let x = from + width + 14.0;
                let y = top + HEIGHT_OF_TRACK - 36.0;
                let box_width = left - x - 14.0;
                all.append(rectangle("region", [x, y, box_width, 30.0]));
                for side in [[x, x - 14.0], [x + box_width, left]] {
                    all.append(line("maps", [side[0], y + 15.0], [side[1], y + 15.0]));
                }
                let lines = wrapped(&words, SMALL, box_width - 6.0);
                let first = y + if lines.len() > 1 { 13.0 } else { 19.0 };
                for (number, words) in lines.into_iter().take(2).enumerate() {
                    let at = [x + box_width / 2.0, first + number as f64 * 12.0];
                    all.append(text("small", at, Anchor::Middle, words));
                }
            } else {
                let strip = self.strip(strips);
                strips += 1;
                all.append(rectangle("region", strip));
                let at = [strip[0] + 8.0, strip[1] + 19.0];
                let words = tr!("{}, seen by {} tracks", words, who.len());
                all.append(text("", at, Anchor::Start, words));
            }
        }
    }

    /// Where the arrows of a channel are: its ends, and the heights of the way there and back.
    fn channel(&self, worker: usize) -> ([f64; 2], [f64; 2]) {
        let [left, top, ..] = self.place(worker);
        let [from, width] = self.columns[0];
        ([from + width + 2.0, left - 2.0], [top + 34.0, top + 59.0])
    }

    fn draw_channels(&self, all: &mut Group) {
        for (place, track) in self.film.recording.tracks.iter().enumerate().skip(1) {
            let ([from, to], [there, back]) = self.channel(place);
            let middle = f64::midpoint(from, to);
            let worker = place as u32;
            let mut channel = group("channel");
            for (number, words) in wrapped(&translated(&track.channel), SMALL, to - from - 4.0)
                .iter()
                .take(2)
                .enumerate()
            {
                let at = [middle, there - 19.0 + number as f64 * 11.0];
                channel.append(text("small", at, Anchor::Middle, words.clone()));
            }
            for (ends, y, sender, receiver) in
                [([from, to], there, 0, worker), ([to, from], back, worker, 0)]
            {
                let sent = self.sent(sender, receiver);
                if let Some((class, words)) = sent {
                    channel.append(
                        arrow(&format!("way {class}"), [ends[0], y], [ends[1], y], 1.5)
                            .add(title(words.clone())),
                    );
                    let fits = width_of(&words, SMALL) < to - from;
                    let words = if fits {
                        words
                    } else {
                        [Crosses::Copied, Crosses::Shared]
                            .into_iter()
                            .fold(words, |words, crosses| {
                                words.replace(&format!(" {}", how(crosses)), "")
                            })
                    };
                    channel.append(text("small", [middle, y + 12.0], Anchor::Middle, words));
                }
            }
            all.append(channel);
        }
    }

    /// What went from one to another, in all.
    fn sent(&self, from: u32, to: u32) -> Option<(&'static str, String)> {
        let sent: Vec<&Message> =
            self.film.messages.iter().filter(|it| it.from == from && it.to == to).collect();
        let loaded: Vec<&&Message> = sent.iter().filter(|it| it.bytes > 0).collect();
        let first = sent.first()?;
        let count = sent.len();
        let Some(heavy) = loaded.first() else {
            let words =
                if count == 1 { tr!("1 message").to_owned() } else { tr!("{} messages", count) };
            return Some((class(first.crosses), words));
        };
        let how = how(heavy.crosses);
        let all = loaded.iter().map(|it| it.bytes).fold(0, u64::saturating_add);
        let many = if loaded.iter().all(|it| it.bytes == heavy.bytes) {
            format!("{} × {}", loaded.len(), format::bytes(heavy.bytes))
        } else {
            format::bytes(all)
        };
        Some((class(heavy.crosses), format!("{many} {how}")))
    }

    fn draw_messages(&self, all: &mut Group, at: u64) {
        for (message, part) in self.film.on_their_way(at) {
            let worker = message.from.max(message.to) as usize;
            if worker == 0 || message.from.min(message.to) != 0 {
                continue;
            }
            let ([from, to], [there, back]) = self.channel(worker);
            let (x, y) = if message.from == 0 {
                (from + (to - from) * part, there)
            } else {
                (to + (from - to) * part, back)
            };
            let radius = 3.0 + (message.bytes.max(1) as f64).log2() / 6.0;
            let class = format!("flying {}", class(message.crosses));
            all.append(
                Circle::new()
                    .set("class", class)
                    .set("cx", round(x))
                    .set("cy", round(y))
                    .set("r", round(radius)),
            );
        }
    }
}

/// An arrow that goes round.
fn loop_sign([x, y]: [f64; 2]) -> Path {
    let [x, y] = [round(x), round(y)];
    Path::new()
        .set("class", "loop")
        .set("d", format!("M{} {y}a5 5 0 1 1 -2 -4m-1 -3l3.5 2.6l-3.6 2.4", x + 5.0))
}

/// The class and the words for what a track does at a moment.
fn state(film: &Film, track: u32, at: u64) -> (&'static str, String) {
    if !film.is_alive(track, at) {
        // The caller is there before, and after.
        let words = if track == 0 { tr!("is done") } else { tr!("not there") };
        return ("away", words.to_owned());
    }
    match film.doing(track, at) {
        Some(Doing::Computing) => ("computes", tr!("computes").to_owned()),
        Some(Doing::Copying(bytes)) => ("copies", tr!("copies {}", format::bytes(bytes))),
        Some(Doing::Blocked) => ("held", tr!("is held up").to_owned()),
        Some(Doing::Waiting) => ("waits", tr!("waits").to_owned()),
        None => ("awake-now", tr!("is awake").to_owned()),
    }
}

pub(crate) fn class(crosses: Crosses) -> &'static str {
    match crosses {
        Crosses::Copied => "copied",
        Crosses::Moved => "moved",
        Crosses::Shared => "shared",
    }
}

pub(crate) fn how(crosses: Crosses) -> &'static str {
    match crosses {
        Crosses::Copied => tr!("copied"),
        Crosses::Moved => tr!("moved"),
        Crosses::Shared => tr!("shared"),
    }
}

/// Memory that at least two tracks said they see, by who does.
fn regions(film: &Film) -> Vec<(Vec<u32>, usize, u64)> {
    let mut seen: BTreeMap<u64, (Vec<u32>, u64)> = BTreeMap::new();
    for event in &film.recording.events {
        if let What::Map { region, bytes } = event.what {
            let (who, size) = seen.entry(region).or_default();
            *size = bytes.max(*size);
            if !who.contains(&event.track) {
                who.push(event.track);
                who.sort_unstable();
            }
        }
    }
    let mut grouped: BTreeMap<Vec<u32>, (usize, u64)> = BTreeMap::new();
    for (who, bytes) in seen.into_values().filter(|(who, _)| who.len() > 1) {
        let (count, all) = grouped.entry(who).or_default();
        (*count, *all) = (*count + 1, all.saturating_add(bytes));
    }
    grouped.into_iter().map(|(who, (count, bytes))| (who, count, bytes)).collect()
}
