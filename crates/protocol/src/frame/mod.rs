//! Runner and child, over a byte stream: frames that any language can speak.
//!
//! A frame is a header of 48 bytes and a body. All numbers are little-endian.
//!
//! | bytes | what |
//! |---|---|
//! | 0..4 | the letters `BEv1` |
//! | 4..8 | kind, u32 |
//! | 8..16 | the body's length in bytes, u64 |
//! | 16..48 | parameters of the kind, unused ones zero |
//!
//! | kind | from | parameters | body |
//! |---|---|---|---|
//! | 1 hello | child | process id u32, what guards it u32 (`sandbox::Guards`) | none |
//! | 2 band | runner | kernel u32 (0 scene, 1 blur, 2 edges, 3 fill, 4 greyscale, 5 invert, 6 sharpen, 7 resize), width u32, height u32, first row u32, band start u32, band end u32, blur: sigma f64, resize: width u32 and height u32 of the result | the rows from the first row on that the kernel reads |
//! | 3 done | child | time inside the kernel in nanoseconds u64 | the band's rows |
//! | 4 failed | child | none | why, UTF-8 |
//! | 5 echo | runner | none | any bytes |
//! | 6 echoed | child | when the whole echo had arrived, on the system's monotonic clock, in nanoseconds u64 | the same bytes |
//! | 7 share | runner | workload u32 (its place in `workloads::compute::ALL`), pages of the whole u32, first page u32, page after the last u32 | the pages that it reads |
//! | 8 sum | runner, over shared memory | none | bytes that are to be read, which lie at its beginning |
//! | 9 summed | child | when it began to answer, as in echoed, u64; the sum of all bytes, as little-endian u64 words and a rest of single bytes, u64 | none |
//! | 10 map | runner | the worker's number u32, how it waits u32 (its place in `shm::Wait::ALL`) | none; the child answers with echoed, and then one byte comes, and with it the descriptor of memory to share |
//! | 11 end | runner | none | none |
//! | 12 fetch | runner | none | a page's address and what applies to it, `scrape::Ask` as JSON |
//! | 13 fetched | child | none | what came of it, `scrape::Answered` as JSON |
//! | 14 task | runner | where the payload begins in shared memory u64, 0 over a stream; rounds u64; bytes of the reply u64 | the payload |
//! | 15 did | child | the result u32 | the reply |
//! | 16 trace | runner | none | none; wanted is what the child has noted, if it was started to note what it does |
//! | 17 traced | child | what it takes to make a note in picoseconds u64, notes that there was no room for u64 | notes ([`crate::trace`]), over the stream also where the requests come over shared memory |
//! | 18 crash | runner | none | none; the child is to crash, as a program with a mistake does |
//!
//! The stream's end between two frames is a clean end. After *map* the headers are passed as notes in
//! the shared memory, and the bodies lie there ([`Head::in_place`]); *end* is the clean end.

mod wire;

use std::io;
use std::ops::Range;

use workloads::compute::{Share, ShareError};
use workloads::{Dimensions, DimensionsError, Kernel, SigmaError, Source, SourceError};

use crate::trace;
pub use wire::{decode, encode, read_head, write};

/// Length of a header in bytes.
pub const HEADER_BYTES: usize = 48;

/// The longest body that is read, in bytes: the largest picture.
pub const MAX_BODY: u64 = workloads::MAX_PIXELS * workloads::CHANNELS as u64;

/// Bodies up to this many bytes are written together with their header: one system call, and one
/// wake-up. Longer ones are written apart: they begin on a page of their own, and the other side wakes up
/// while they are copied (measured: 5 to 15 % faster from 64 KiB on).
pub const TOGETHER: usize = 4096;

/// The most bytes of a task's payload or reply.
pub const MAX_TASK_BYTES: u64 = 64 << 20;

/// The most rounds of a task: some ten seconds.
pub const MAX_ROUNDS: u64 = 1 << 33;

/// The longest text of a `failed` frame that is read, in bytes.
pub const MAX_TEXT: u64 = 64 * 1024;

/// The longest body of a `fetched` frame that is read, in bytes.
pub const MAX_FETCHED: u64 = 1 << 20;

/// The longest body of a `traced` frame, in bytes.
pub const MAX_TRACED: u64 = (trace::MAX_NOTES * trace::NOTE_BYTES) as u64;

const MAGIC: [u8; 4] = *b"BEv1";

/// What a frame says, without its body.
#[derive(Clone, Debug, PartialEq)]
pub enum Head {
    /// The child runs.
    Hello {
        /// Its own process id.
        process: u32,
        /// What guards it: bits of `sandbox::Guards`.
        guards: u32,
    },
    /// A band is wanted.
    Band(Band),
    /// A band is done.
    Done {
        /// Time inside the kernel, in nanoseconds.
        compute: u64,
    },
    /// What was asked could not be done.
    Failed,
    /// The body is wanted back.
    Echo,
    /// Here it is.
    Echoed {
        /// When all of it had arrived, in nanoseconds of the system's monotonic clock.
        arrived: u64,
    },
    /// A share of a workload is wanted; the answer is [`Head::Done`].
    Share(Share),
    /// The body is to be read.
    Sum,
    /// It was.
    Summed {
        /// When it began to answer, in nanoseconds of the system's monotonic clock.
        arrived: u64,
        /// Of all bytes, by [`workloads::sum`].
        sum: u64,
    },
    /// A task is to be done.
    Task {
        /// Where its payload begins in shared memory; 0 over a stream.
        at: u64,
        /// How much is to be computed, in [`workloads::rounds`].
        rounds: u64,
        /// How many bytes the answer has.
        reply: u64,
    },
    /// It was.
    Did {
        /// The rounds' result, crossed with the payload's number ([`task_result`]).
        result: u32,
    },
    /// From now on over shared memory.
    Map {
        /// Which worker this one is there.
        worker: u32,
        /// How it waits: the place in `shm::Wait::ALL`.
        wait: u32,
    },
    /// No more requests come over shared memory.
    End,
    /// What was noted is wanted.
    Trace,
    /// Here it is.
    Traced {
        /// What it takes to make a note, in picoseconds.
        cost: u64,
        /// Notes that there was no room for.
        dropped: u64,
    },
    /// The child is to crash.
    Crash,
    /// A page is to be fetched and looked at.
    Fetch,
    /// It was.
    Fetched,
}

/// So many bytes from there on, and so many after them.
fn lying(at: u64, body: u64, reply: u64) -> Option<(Range<usize>, Range<usize>)> {
    let place = |at: u64| usize::try_from(at).ok();
    let end = at.checked_add(body)?;
    let last = end.checked_add(reply)?;
    Some((place(at)?..place(end)?, place(end)?..place(last)?))
}

/// What a task comes to: what its rounds do, and its number, which the payload begins with.
#[must_use]
pub fn task_result(rounds: u64, payload: &[u8]) -> u32 {
    let number = payload.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    workloads::rounds(rounds) ^ number
}

/// A band of a picture that a child is to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// What to do.
    pub kernel: Kernel,
    /// The whole picture's shape.
    pub dimensions: Dimensions,
    /// The row with which the body begins.
    pub first_row: u32,
    /// The band's rows, of what the kernel makes.
    pub rows: Range<u32>,
}

/// Why bytes are no frame.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The stream failed or ended inside a frame.
    #[error("the stream broke: {0}")]
    Io(#[from] io::Error),
    /// The first four bytes are others.
    #[error("not a frame: it starts with {0:02x?}")]
    Magic([u8; 4]),
    /// No such kind.
    #[error("a frame of the unknown kind {0}")]
    Kind(u32),
    /// No such kernel.
    #[error("a band for the unknown kernel {0}")]
    Kernel(u32),
    /// No such workload.
    #[error("a share of the unknown workload {0}")]
    Workload(u32),
    /// The share is none.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// The band's picture is none.
    #[error(transparent)]
    Dimensions(#[from] DimensionsError),
    /// The band's sigma is none.
    #[error(transparent)]
    Sigma(#[from] SigmaError),
    /// The band's rows are not rows of its picture.
    #[error("a band of rows {start} to {end} of a picture with {height} rows")]
    Rows {
        /// First row.
        start: u32,
        /// Row after the last.
        end: u32,
        /// Rows that there are.
        height: u32,
    },
    /// A parameter is more than it may be.
    #[error("{found} where {most} is the most")]
    Parameter {
        /// As the header says.
        found: u64,
        /// The most.
        most: u64,
    },
    /// The body is not as long as the frame's kind wants it.
    #[error("a body of {found} bytes where it takes {wanted}")]
    Body {
        /// As the header says.
        found: u64,
        /// As it should be.
        wanted: String,
    },
}

impl Band {
    /// How many bytes the body of the request has.
    #[must_use]
    pub fn body_bytes(&self) -> u64 {
        let reads = self.kernel.reads(&self.rows, self.dimensions.height());
        self.dimensions.byte_range(&reads).len() as u64
    }

    /// How many bytes the answer's body has.
    #[must_use]
    pub fn answer_bytes(&self) -> u64 {
        self.kernel.makes(self.dimensions).byte_range(&self.rows).len() as u64
    }
}

impl Head {
    /// How many bytes the answer's body has, to a request for work; none to anything else.
    #[must_use]
    pub fn answer_bytes(&self) -> Option<u64> {
        match self {
            Self::Band(band) => Some(band.answer_bytes()),
            Self::Share(share) => Some(share.answer_range().len() as u64),
            _ => None,
        }
    }

    /// Does the work that is requested; other requests have none.
    ///
    /// # Errors
    /// If the request's body is not what [`decode`] has checked.
    ///
    /// # Panics
    /// If `answer` is not [`Head::answer_bytes`] long.
    pub fn work(&self, request: &[u8], answer: &mut [u8]) -> Result<(), SourceError> {
        match self {
            Self::Band(Band { kernel, dimensions, first_row, rows }) => {
                let source = Source::new(*dimensions, *first_row, request)?;
                kernel.apply(&source, rows.clone(), answer);
            }
            Self::Share(share) => share.run(request, answer),
            _ => {}
        }
        Ok(())
    }

    /// Where the body of a request and its answer lie in shared memory: whole pieces of work lie there,
    /// first all that is read and then all that is made. None for what is no request.
    #[must_use]
    pub fn in_place(&self, body: u64) -> Option<(Range<usize>, Range<usize>)> {
        let after = |range: Range<usize>, before: usize| range.start + before..range.end + before;
        match self {
            Self::Band(band) => {
                let picture = band.dimensions;
                let reads = band.kernel.reads(&band.rows, picture.height());
                let made = band.kernel.makes(picture);
                let writes = after(made.byte_range(&band.rows), picture.bytes());
                Some((picture.byte_range(&reads), writes))
            }
            Self::Share(share) => {
                let before = share.workload().input_bytes(share.of());
                Some((share.input_range(), after(share.answer_range(), before)))
            }
            Self::Task { at, reply, .. } => lying(*at, body, *reply),
            Self::Echo | Self::Sum => lying(0, body, 0),
            _ => None,
        }
    }
}
