//! Inside the browser: page and coordinator, coordinator and band workers, by `postMessage`.
//!
//! serde-wasm-bindgen carries the messages; JavaScript's own objects (shared memory, byte arrays)
//! pass through it as they are.

use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::preview::Preview;
use crate::report::Clock;
use crate::study::{Effort, Series, TurnEnd, WireOp};
use crate::trace::{Played, Trail};
use crate::{Filter, LaneEvent, LaneId, Nanos, Task};

/// Workers count time from 1970 on, without as many whole multiples of this many milliseconds as there are: so no digits
/// are lost.
pub const HOURS: f64 = 1e7;

/// The first message to every worker of the engines, from whoever starts it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Start {
    /// The engine, compiled.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub module: JsValue,
    /// Its memory where that is shared, or else undefined.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub memory: JsValue,
    /// What the worker is.
    pub role: Role,
}

/// What a worker of the engines is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The page's coordinator.
    Coordinate,
    /// A worker that filters bands of a picture.
    Band,
    /// A worker that answers payloads.
    Peer {
        /// Whether it notes what it does.
        traced: bool,
    },
    /// A worker in the shared memory beside the pool.
    Thread,
    /// A worker of the rayon pool, with the address at which it is handed its work.
    Pool(u32),
}

/// From the page to a coordinator, which does one of these and is then thrown away.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToEngine {
    /// Make this visit.
    Visit {
        /// What is to be done.
        task: Task,
        /// The visitor's own picture if that is what the task is about, else undefined: a `Blob` as in
        /// [`crate::codec::FromCodec::Decoded`].
        #[serde(with = "serde_wasm_bindgen::preserve")]
        own: JsValue,
        /// Whether the result is wanted, and not only how it looks.
        keep: bool,
    },
    /// Make this turn of a study.
    Perform {
        /// On which of this engine's lanes.
        lane: LaneId,
        /// What.
        ops: Vec<WireOp>,
        /// How.
        effort: Effort,
        /// A step of the clock, in nanoseconds.
        tick: f64,
        /// The address of the trials' script, where there are trials among them.
        trials: Option<String>,
    },
    /// Play a scenario, and record it.
    Record {
        /// On which of this engine's lanes.
        lane: LaneId,
        /// Its name.
        scenario: String,
        /// A step of the clock, in nanoseconds.
        tick: f64,
    },
    /// Say what the clock can do.
    Clock,
}

/// From a coordinator to the page.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromEngine {
    /// It listens.
    Loaded {
        /// A lock that is free once the coordinator has ended; none where the browser has no locks.
        lock: Option<String>,
    },
    /// Something happened on the visit.
    Event(LaneEvent),
    /// The untimed run begins: whoever holds this memory can see the picture appear. Pixels that are
    /// not there yet are zero.
    Watch {
        /// The engine's shared memory.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        memory: JsValue,
        /// Where in it the picture begins.
        offset: u32,
        /// Where in it stands who writes each band, from its first row on: a u32 per band, 0 for nobody yet, else
        /// the worker's number from 1 on.
        writers: u32,
    },
    /// The untimed run's picture.
    Preview(Preview),
    /// What the untimed run made, if that was wanted: RGBA with premultiplied alpha.
    Result {
        /// All of it.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        pixels: Uint8Array,
        /// How long after one thread's write another one saw it, in nanoseconds; none where nothing is shared.
        seen: Option<f64>,
    },
    /// What the turn's next operation gave.
    Found {
        /// Its rows.
        series: Vec<Series>,
    },
    /// What was noted, on the clock of [`HOURS`].
    Played(Box<Played>),
    /// The turn is over.
    Performed(TurnEnd),
    /// What the clock can do.
    Clock(Clock),
}

/// From the plain coordinator to a worker of `browser.clone`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToBandWorker {
    /// Make a band of the picture.
    Band {
        /// The filter, or none to draw the built-in picture.
        filter: Option<Filter>,
        /// The whole picture's width in pixels.
        width: u32,
        /// The whole picture's height in pixels.
        height: u32,
        /// The band's first row.
        start: u32,
        /// The row after its last.
        end: u32,
        /// The row with which `pixels` begins.
        first_row: u32,
        /// The band's rows and those around it that the filter reads.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        pixels: Uint8Array,
    },
}

/// From a worker of `browser.clone`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromBandWorker {
    /// The module is compiled and listens.
    Ready,
    /// The band.
    Band {
        /// Time inside the kernel.
        compute: Nanos,
        /// The band's rows.
        #[serde(with = "serde_wasm_bindgen::preserve")]
        pixels: Uint8Array,
    },
    /// The band could not be made.
    Failed {
        /// Why.
        error: String,
    },
}

/// From the plain coordinator to a worker of `browser.clone` or `browser.transfer` that takes part in a
/// study. Payloads are not among these: they are byte arrays as they are.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToPeer {
    /// Answer payloads like this.
    Mode {
        /// What with.
        answer: Answer,
        /// Whether memory is given away in the answer, and not copied.
        transfer: bool,
    },
    /// Say when payloads arrived since the last time.
    Arrivals,
    /// Say how large the wasm memory is.
    Memory,
    /// Say what was noted.
    Trace,
    /// Throw what nobody catches.
    Crash,
    /// Take a lock that nobody else has: when it is free again, this worker has ended.
    Hold,
    /// Trap while holding a lock of the shared memory.
    Trap,
}

/// What a worker answers a payload with.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The payload itself.
    Same,
    /// The result of a task whose payload it is: a number, or what a reply of more than three bytes begins with.
    Task {
        /// How much it computes.
        rounds: f64,
        /// How many bytes the reply has.
        reply: u32,
    },
    /// The answer of a share of this piece of work, whose input the payload is.
    Share {
        /// What kind of work.
        workload: String,
        /// How large.
        pages: u32,
        /// The share's first page.
        start: u32,
        /// The page after its last.
        end: u32,
    },
}

/// From such a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromPeer {
    /// It listens, or does as told.
    Ready,
    /// When payloads arrived.
    Arrivals {
        /// The sum of their times on the worker's clock, in nanoseconds.
        sum: f64,
        /// When that clock began, in milliseconds since 1970.
        origin: f64,
    },
    /// How large the wasm memory is, in bytes.
    Memory(f64),
    /// What was noted.
    Trail(Box<Trail>),
    /// It has this lock.
    Holds(String),
    /// It could not do as told.
    Failed(String),
}
