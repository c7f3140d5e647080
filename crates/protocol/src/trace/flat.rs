//! Notes and events as files and messages have them: one object of plain fields, whatever it says. Four readers
//! and writers are made of this for the browser, and an enum inside a structure would make each five times as large.

use serde::{Deserialize, Serialize};

use super::{Crosses, Note, What};

/// A note or an event.
#[derive(Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "Event"))]
pub(super) struct Flat {
    /// When, in nanoseconds; what takes time began then.
    pub(super) at: u64,
    /// Of an event: whose it is, a place in the tracks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) track: Option<u32>,
    /// Of what is sent and received: the same number for both ends of a message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) message: Option<u32>,
    /// What happened.
    what: Kind,
    /// The other side: a place in the tracks.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    peer: Option<u32>,
    /// Of a replacement: by whom.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    by: Option<u32>,
    /// Of payload, or of memory.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    bytes: Option<u64>,
    /// How payload gets across.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    crosses: Option<Crosses>,
    /// What it took, in nanoseconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    took: Option<u64>,
    /// The same number for everybody who sees the same memory.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    region: Option<u64>,
    /// Of a crash: in the system's words or the language's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    how: Option<String>,
}

/// [`What`] without what it says.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
enum Kind {
    Spawn,
    Ready,
    Send,
    Receive,
    Copy,
    Map,
    #[default]
    Wait,
    Wake,
    Compute,
    Computed,
    Blocked,
    Crash,
    Exit,
    Replaced,
}

impl Flat {
    pub(super) fn of(at: u64, what: What) -> Self {
        let flat = Self { at, ..Self::default() };
        match what {
            What::Spawn { peer } => Self { what: Kind::Spawn, peer: Some(peer), ..flat },
            What::Ready => Self { what: Kind::Ready, ..flat },
            What::Send { peer, bytes, crosses } => Self {
                what: Kind::Send,
                peer: Some(peer),
                bytes: Some(bytes),
                crosses: Some(crosses),
                ..flat
            },
            What::Receive { peer, bytes } => {
                Self { what: Kind::Receive, peer: Some(peer), bytes: Some(bytes), ..flat }
            }
            What::Copy { bytes, took } => {
                Self { what: Kind::Copy, bytes: Some(bytes), took: Some(took), ..flat }
            }
            What::Map { region, bytes } => {
                Self { what: Kind::Map, region: Some(region), bytes: Some(bytes), ..flat }
            }
            What::Wait => Self { what: Kind::Wait, ..flat },
            What::Wake => Self { what: Kind::Wake, ..flat },
            What::Compute => Self { what: Kind::Compute, ..flat },
            What::Computed => Self { what: Kind::Computed, ..flat },
            What::Blocked { took } => Self { what: Kind::Blocked, took: Some(took), ..flat },
            What::Crash { peer, how } => {
                Self { what: Kind::Crash, peer: Some(peer), how: Some(how), ..flat }
            }
            What::Exit { peer } => Self { what: Kind::Exit, peer: Some(peer), ..flat },
            What::Replaced { peer, by } => {
                Self { what: Kind::Replaced, peer: Some(peer), by: Some(by), ..flat }
            }
        }
    }

    /// What it says; none if something is missing.
    pub(super) fn what(self) -> Result<What, &'static str> {
        let peer = self.peer.ok_or("an event without its peer");
        let bytes = self.bytes.ok_or("an event without its bytes");
        let took = self.took.ok_or("an event without what it took");
        Ok(match self.what {
            Kind::Spawn => What::Spawn { peer: peer? },
            Kind::Ready => What::Ready,
            Kind::Send => {
                let crosses = self.crosses.ok_or("an event without how its bytes get across")?;
                What::Send { peer: peer?, bytes: bytes?, crosses }
            }
            Kind::Receive => What::Receive { peer: peer?, bytes: bytes? },
            Kind::Copy => What::Copy { bytes: bytes?, took: took? },
            Kind::Map => {
                let region = self.region.ok_or("an event without its region")?;
                What::Map { region, bytes: bytes? }
            }
            Kind::Wait => What::Wait,
            Kind::Wake => What::Wake,
            Kind::Compute => What::Compute,
            Kind::Computed => What::Computed,
            Kind::Blocked => What::Blocked { took: took? },
            Kind::Crash => What::Crash { peer: peer?, how: self.how.unwrap_or_default() },
            Kind::Exit => What::Exit { peer: peer? },
            Kind::Replaced => {
                let by = self.by.ok_or("an event without who came instead")?;
                What::Replaced { peer: peer?, by }
            }
        })
    }
}

impl From<Note> for Flat {
    fn from(Note { at, what }: Note) -> Self {
        Self::of(at, what)
    }
}

impl TryFrom<Flat> for Note {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        Ok(Self { at: flat.at, what: flat.what()? })
    }
}
