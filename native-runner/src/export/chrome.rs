//! Recordings in Chrome's trace-event format, which Perfetto, speedscope and the Firefox Profiler open.
//!
//! Each recording has processes of its own, each track is a thread; messages are flows between the slices in
//! which they are sent and received. Recordings of a browser are put on the runner's clock, where it is known how
//! the two stand to each other.

use std::collections::BTreeMap;

use flow::{Doing, Film, Message};
use lab::format;
use protocol::report::Report;
use protocol::trace::{Recording, What};
use serde_json::{Value, json};

/// The most processes of a recording.
const PROCESSES: u64 = 1000;
/// A message's ends last so long for whoever draws slices; in microseconds.
const INSTANT: f64 = 0.001;

/// All recordings of a report.
pub(crate) fn chrome(report: &Report) -> String {
    let offset = report.machine.browser.as_ref().and_then(|browser| browser.relation);
    let began = |recording: &Recording| {
        let is_browsers = recording.lane.as_str().starts_with("browser.");
        let offset = offset.filter(|_| is_browsers).map_or(0.0, |relation| relation.offset);
        recording.began as f64 + offset
    };
    let first = report.trace.iter().map(began).fold(f64::INFINITY, f64::min);
    let mut all = Vec::new();
    for (number, recording) in report.trace.iter().enumerate() {
        let start = (began(recording) - first) / 1e3;
        Writer::new(number as u64, start, recording).write(&mut all);
    }
    let other = json!({
        "machine": report.machine.cpu,
        "runner": report.machine.runner,
        "browser clock": offset,
        "cost of an event in ns": report
            .trace
            .iter()
            .map(|recording| {
                let cost = recording.tracks.iter().map(|track| track.cost).fold(0.0, f64::max);
                (format!("{} on {}", recording.scenario, recording.lane), json!(cost))
            })
            .collect::<serde_json::Map<_, _>>(),
    });
    let mut text = String::from("{\"displayTimeUnit\":\"ns\",\"otherData\":");
    text += &other.to_string();
    text += ",\"traceEvents\":[\n";
    let lines: Vec<String> = all.iter().map(Value::to_string).collect();
    text + &lines.join(",\n") + "\n]}\n"
}

struct Writer {
    film: Film,
    /// In the whole file, in microseconds.
    start: f64,
    /// Of each track.
    processes: Vec<u64>,
    /// The first number of its messages in the whole file.
    first_flow: u64,
}

impl Writer {
    fn new(number: u64, start: f64, recording: &Recording) -> Self {
        let mut known: BTreeMap<(Option<u64>, Option<usize>), u64> = BTreeMap::new();
        let base = (number + 1) * PROCESSES;
        let processes = recording.tracks.iter().enumerate().map(|(place, track)| {
            // One that crashed before it said which process it was had one of its own.
            let lost = track.lost.as_ref().map(|_| place);
            let next = base + known.len() as u64;
            *known.entry((track.process, lost)).or_insert(next)
        });
        let processes = processes.collect();
        Self { film: Film::new(recording.clone()), start, processes, first_flow: number << 32 }
    }

    fn at(&self, nanos: u64) -> f64 {
        // A thousandth of a microsecond is a nanosecond: more is the floating point's.
        ((self.start * 1e3).round() + nanos as f64) / 1e3
    }

    fn event(&self, track: u32, kind: &str, name: &str, at: f64, more: Value) -> Value {
        let pid = self.processes[track as usize];
        let mut event = json!({ "ph": kind, "name": name, "pid": pid, "tid": track + 1, "ts": at, "cat": "lane" });
        if let (Some(event), Value::Object(more)) = (event.as_object_mut(), more) {
            event.extend(more);
        }
        event
    }

    fn write(&self, all: &mut Vec<Value>) {
        let recording = &self.film.recording;
        for (place, track) in recording.tracks.iter().enumerate() {
            let process = track.process.map_or(String::new(), |id| format!(", process {id}"));
            let name = format!("{} on {}{process}", recording.scenario, recording.lane);
            let place = place as u32;
            all.push(self.event(
                place,
                "M",
                "process_name",
                0.0,
                json!({ "args": { "name": name } }),
            ));
            let name = json!({ "args": { "name": track.name } });
            all.push(self.event(place, "M", "thread_name", 0.0, name));
        }
        for span in self.film.spans() {
            let (name, args) = match span.doing {
                Doing::Waiting => ("waits", json!({})),
                Doing::Blocked => ("held up", json!({})),
                Doing::Copying(bytes) => ("copies", json!({ "bytes": bytes })),
                Doing::Computing => ("computes", json!({})),
            };
            let took = (span.to - span.from) as f64 / 1e3;
            let more = json!({ "dur": took, "args": args });
            all.push(self.event(span.track, "X", name, self.at(span.from), more));
        }
        for message in self.film.messages() {
            self.write_message(message, all);
        }
        for event in &recording.events {
            let name = match &event.what {
                What::Spawn { peer } => {
                    format!("asks for {}", recording.tracks[*peer as usize].name)
                }
                What::Ready => "ready".to_owned(),
                What::Map { bytes, .. } => {
                    format!("sees {} of shared memory", format::bytes(*bytes))
                }
                What::Crash { peer, how } => {
                    format!("{} crashed: {how}", recording.tracks[*peer as usize].name)
                }
                What::Exit { peer } => format!("{} is gone", recording.tracks[*peer as usize].name),
                What::Replaced { by, .. } => {
                    format!("{} takes its place", recording.tracks[*by as usize].name)
                }
                _ => continue,
            };
            let more = json!({ "s": "t" });
            all.push(self.event(event.track, "i", &name, self.at(event.at), more));
        }
    }

    fn write_message(&self, message: &Message, all: &mut Vec<Value>) {
        let Some(received) = message.received else { return };
        let id = self.first_flow + u64::from(message.number);
        let args = json!({ "bytes": message.bytes, "crosses": message.crosses });
        for (track, at, kind, name) in
            [(message.from, message.sent, "s", "sends"), (message.to, received, "f", "receives")]
        {
            let at = self.at(at);
            let slice = json!({ "dur": INSTANT, "args": args });
            all.push(self.event(track, "X", name, at, slice));
            all.push(self.event(track, kind, "message", at, json!({ "id": id, "bp": "e" })));
        }
    }
}
