//! Frames as bytes, and bytes as frames.

use std::io::{self, IoSlice, Read, Write};

use workloads::compute::{self, Share};
use workloads::{Dimensions, Kernel, Sigma};

use super::{
    Band, FrameError, HEADER_BYTES, Head, MAGIC, MAX_BODY, MAX_FETCHED, MAX_ROUNDS, MAX_TASK_BYTES,
    MAX_TEXT, MAX_TRACED, TOGETHER,
};

/// The bytes of a header for a body of `body` bytes.
#[must_use]
pub fn encode(head: &Head, body: u64) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(0, &MAGIC);
    put(8, &body.to_le_bytes());
    let kind: u32 = match head {
        Head::Hello { process, guards } => {
            put(16, &process.to_le_bytes());
            put(20, &guards.to_le_bytes());
            1
        }
        Head::Band(band) => {
            let size = |width: u32, height: u32| u64::from(height) << 32 | u64::from(width);
            let (kernel, parameter) = match band.kernel {
                Kernel::Scene => (0_u32, 0),
                Kernel::Blur(sigma) => (1, sigma.pixels().to_bits()),
                Kernel::Edges => (2, 0),
                Kernel::Fill => (3, 0),
                Kernel::Greyscale => (4, 0),
                Kernel::Invert => (5, 0),
                Kernel::Sharpen => (6, 0),
                Kernel::Resize(to) => (7, size(to.width(), to.height())),
            };
            let Band { dimensions, first_row, rows, .. } = band;
            let numbers =
                [kernel, dimensions.width(), dimensions.height(), *first_row, rows.start, rows.end];
            for (at, number) in (16..).step_by(4).zip(numbers) {
                put(at, &number.to_le_bytes());
            }
            put(40, &parameter.to_le_bytes());
            2
        }
        Head::Done { compute } => {
            put(16, &compute.to_le_bytes());
            3
        }
        Head::Failed => 4,
        Head::Echo => 5,
        Head::Echoed { arrived } => {
            put(16, &arrived.to_le_bytes());
            6
        }
        Head::Share(share) => {
            let pages = share.pages();
            let numbers = [share.workload().code(), share.of(), pages.start, pages.end];
            for (at, number) in (16..).step_by(4).zip(numbers) {
                put(at, &number.to_le_bytes());
            }
            7
        }
        Head::Sum => 8,
        Head::Summed { arrived, sum } => {
            put(16, &arrived.to_le_bytes());
            put(24, &sum.to_le_bytes());
            9
        }
        Head::Map { worker, wait } => {
            put(16, &worker.to_le_bytes());
            put(20, &wait.to_le_bytes());
            10
        }
        Head::End => 11,
        Head::Fetch => 12,
        Head::Fetched => 13,
        Head::Task { at, rounds, reply } => {
            put(16, &at.to_le_bytes());
            put(24, &rounds.to_le_bytes());
            put(32, &reply.to_le_bytes());
            14
        }
        Head::Did { result } => {
            put(16, &result.to_le_bytes());
            15
        }
        Head::Trace => 16,
        Head::Crash => 18,
        Head::Traced { cost, dropped } => {
            put(16, &cost.to_le_bytes());
            put(24, &dropped.to_le_bytes());
            17
        }
    };
    put(4, &kind.to_le_bytes());
    bytes
}

/// Reads what a header says, and the length of the body that follows. Nothing of the body is read.
///
/// # Errors
/// If it is no header, or its parts contradict each other or their bounds.
pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<(Head, u64), FrameError> {
    let word = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|offset| bytes[at + offset]));
    let long =
        |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|offset| bytes[at + offset]));
    let magic = [0, 1, 2, 3].map(|at| bytes[at]);
    if magic != MAGIC {
        return Err(FrameError::Magic(magic));
    }
    let body = long(8);
    let head = match word(4) {
        1 => Head::Hello { process: word(16), guards: word(20) },
        2 => Head::Band(decode_band(word, long(40))?),
        3 => Head::Done { compute: long(16) },
        4 => Head::Failed,
        5 => Head::Echo,
        6 => Head::Echoed { arrived: long(16) },
        7 => Head::Share(decode_share(word)?),
        8 => Head::Sum,
        9 => Head::Summed { arrived: long(16), sum: long(24) },
        10 => Head::Map { worker: word(16), wait: word(20) },
        11 => Head::End,
        12 => Head::Fetch,
        13 => Head::Fetched,
        14 => Head::Task {
            at: long(16),
            rounds: bounded(long(24), MAX_ROUNDS)?,
            reply: bounded(long(32), MAX_TASK_BYTES)?,
        },
        15 => Head::Did { result: word(16) },
        16 => Head::Trace,
        18 => Head::Crash,
        17 => Head::Traced { cost: long(16), dropped: long(24) },
        other => return Err(FrameError::Kind(other)),
    };
    let (fits, wanted) = match &head {
        Head::Hello { .. }
        | Head::Summed { .. }
        | Head::Map { .. }
        | Head::End
        | Head::Crash
        | Head::Trace => (body == 0, "none".to_owned()),
        Head::Band(band) => (body == band.body_bytes(), band.body_bytes().to_string()),
        Head::Share(share) => {
            let wanted = share.input_range().len() as u64;
            (body == wanted, wanted.to_string())
        }
        Head::Done { .. } | Head::Echo | Head::Echoed { .. } | Head::Sum => {
            (body <= MAX_BODY, format!("at most {MAX_BODY}"))
        }
        Head::Task { .. } | Head::Did { .. } => {
            (body <= MAX_TASK_BYTES, format!("at most {MAX_TASK_BYTES}"))
        }
        Head::Traced { .. } => (body <= MAX_TRACED, format!("at most {MAX_TRACED}")),
        Head::Fetched => (body <= MAX_FETCHED, format!("at most {MAX_FETCHED}")),
        Head::Failed | Head::Fetch => (body <= MAX_TEXT, format!("at most {MAX_TEXT}")),
    };
    if fits { Ok((head, body)) } else { Err(FrameError::Body { found: body, wanted }) }
}

/// A parameter that may be so much at most.
fn bounded(found: u64, most: u64) -> Result<u64, FrameError> {
    if found <= most { Ok(found) } else { Err(FrameError::Parameter { found, most }) }
}

fn decode_band(word: impl Fn(usize) -> u32, parameter: u64) -> Result<Band, FrameError> {
    let dimensions = Dimensions::new(word(20), word(24))?;
    let kernel = match word(16) {
        0 => Kernel::Scene,
        1 => Kernel::Blur(Sigma::new(f64::from_bits(parameter))?),
        2 => Kernel::Edges,
        3 => Kernel::Fill,
        4 => Kernel::Greyscale,
        5 => Kernel::Invert,
        6 => Kernel::Sharpen,
        7 => Kernel::Resize(Dimensions::new(parameter as u32, (parameter >> 32) as u32)?),
        other => return Err(FrameError::Kernel(other)),
    };
    let (start, end, height) = (word(32), word(36), dimensions.height());
    let rows = start..end;
    let first_row = word(28);
    if !kernel.is_band(&rows, dimensions) || first_row != kernel.reads(&rows, height).start {
        return Err(FrameError::Rows { start, end, height });
    }
    Ok(Band { kernel, dimensions, first_row, rows })
}

fn decode_share(word: impl Fn(usize) -> u32) -> Result<Share, FrameError> {
    let code = word(16);
    let workload = usize::try_from(code).ok().and_then(|place| compute::ALL.get(place));
    let workload = workload.ok_or(FrameError::Workload(code))?;
    Ok(Share::new(workload, word(20), word(24)..word(28))?)
}

/// Reads a header, or `None` where the stream ends before one begins.
///
/// # Errors
/// As [`decode`], and if the stream fails or ends inside the header.
pub fn read_head(from: &mut impl Read) -> Result<Option<(Head, u64)>, FrameError> {
    let mut bytes = [0; HEADER_BYTES];
    let mut filled = 0;
    while filled < HEADER_BYTES {
        match from.read(&mut bytes[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(FrameError::Io(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => filled += count,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why.into()),
        }
    }
    decode(&bytes).map(Some)
}

/// Writes a frame.
///
/// # Errors
/// If the stream fails.
pub fn write(to: &mut impl Write, head: &Head, body: &[u8]) -> io::Result<()> {
    let header = encode(head, body.len() as u64);
    if body.len() > TOGETHER {
        to.write_all(&header)?;
        to.write_all(body)?;
        return to.flush();
    }
    let mut written = match to.write_vectored(&[IoSlice::new(&header), IoSlice::new(body)]) {
        Err(why) if why.kind() == io::ErrorKind::Interrupted => 0,
        other => other?,
    };
    if written < HEADER_BYTES {
        to.write_all(&header[written..])?;
        written = HEADER_BYTES;
    }
    to.write_all(&body[written - HEADER_BYTES..])?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn a_band() -> impl Strategy<Value = Band> {
        let kernels = prop_oneof![
            Just(Kernel::Scene),
            Just(Kernel::Edges),
            Just(Kernel::Fill),
            Just(Kernel::Greyscale),
            Just(Kernel::Invert),
            Just(Kernel::Sharpen),
            (0.3_f64..100.0).prop_map(|sigma| Kernel::Blur(Sigma::new(sigma).unwrap())),
            (1_u32..5000, 1_u32..5000).prop_map(|(width, height)| Kernel::Resize(
                Dimensions::new(width, height).unwrap()
            )),
        ];
        (kernels, 1_u32..5000, 1_u32..5000, 1_u32..9, any::<prop::sample::Index>()).prop_map(
            |(kernel, width, height, workers, one)| {
                let dimensions = Dimensions::new(width, height).unwrap();
                let bands = kernel.bands(dimensions, workers);
                let rows = bands[one.index(bands.len())].clone();
                let first_row = kernel.reads(&rows, height).start;
                Band { kernel, dimensions, first_row, rows }
            },
        )
    }

    proptest! {
        #[test]
        fn bands_round_trip(band in a_band()) {
            let body = band.body_bytes();
            let head = Head::Band(band);
            prop_assert_eq!(decode(&encode(&head, body)).unwrap(), (head, body));
        }

        #[test]
        fn shares_round_trip_and_lie_side_by_side(
            workload in any::<prop::sample::Index>(), pages in 1_u32..300, workers in 1_u32..9,
        ) {
            let workload = compute::ALL[workload.index(compute::ALL.len())];
            let mut end = workload.input_bytes(pages);
            for share in workload.shares(pages, workers).unwrap() {
                let head = Head::Share(share.clone());
                let body = share.input_range().len() as u64;
                let (reads, writes) = head.in_place(body).unwrap();
                prop_assert_eq!(reads, share.input_range());
                prop_assert_eq!(writes.start, end);
                end = writes.end;
                prop_assert_eq!(decode(&encode(&head, body)).unwrap(), (head, body));
            }
            prop_assert_eq!(end, workload.input_bytes(pages) + workload.answer_bytes(pages));
        }

        #[test]
        fn other_frames_round_trip(process in any::<u32>(), compute in any::<u64>(), body in 0..=MAX_BODY) {
            for (head, body) in [
                (Head::Hello { process, guards: process }, 0),
                (Head::Done { compute }, body),
                (Head::Failed, body.min(MAX_TEXT)),
                (Head::Echo, body),
                (Head::Echoed { arrived: compute }, body),
                (Head::Sum, body),
                (Head::Summed { arrived: compute, sum: !compute }, 0),
                (Head::Map { worker: process, wait: 2 }, 0),
                (Head::End, 0),
                (
                    Head::Task {
                        at: compute,
                        rounds: compute % MAX_ROUNDS,
                        reply: compute % MAX_TASK_BYTES,
                    },
                    body.min(MAX_TASK_BYTES),
                ),
                (Head::Did { result: process }, body.min(MAX_TASK_BYTES)),
                (Head::Trace, 0),
                (Head::Crash, 0),
                (Head::Traced { cost: !compute, dropped: compute }, body.min(MAX_TRACED)),
                (Head::Fetch, body.min(MAX_TEXT)),
                (Head::Fetched, body.min(MAX_FETCHED)),
            ] {
                prop_assert_eq!(decode(&encode(&head, body)).unwrap(), (head, body));
            }
        }

        #[test]
        fn garbage_never_panics(bytes in any::<[[u8; 16]; 3]>(), kind in 0_u32..20, magic in any::<bool>()) {
            let mut header = [0; HEADER_BYTES];
            header.copy_from_slice(&bytes.concat());
            if magic {
                header[..4].copy_from_slice(&MAGIC);
                header[4..8].copy_from_slice(&kind.to_le_bytes());
            }
            if let Ok((head, body)) = decode(&header) {
                prop_assert!(body <= MAX_BODY);
                if let Head::Band(band) = head {
                    prop_assert!(band.kernel.is_band(&band.rows, band.dimensions));
                }
            }
        }

        #[test]
        fn a_changed_body_length_is_noticed(band in a_band(), other in any::<u64>()) {
            prop_assume!(other != band.body_bytes());
            let refused = decode(&encode(&Head::Band(band), other));
            let noticed = matches!(refused, Err(FrameError::Body { .. }));
            prop_assert!(noticed);
        }
    }

    #[test]
    fn the_layout_is_what_the_table_says() {
        let bytes = encode(&Head::Done { compute: 0x0102 }, 7);
        assert_eq!(&bytes[..8], b"BEv1\x03\0\0\0");
        assert_eq!(&bytes[8..18], [7, 0, 0, 0, 0, 0, 0, 0, 2, 1]);
    }

    #[test]
    fn a_cut_stream_is_told_from_an_ended_one() {
        assert!(read_head(&mut io::empty()).unwrap().is_none());
        let bytes = encode(&Head::Failed, 0);
        for length in 1..HEADER_BYTES {
            assert!(matches!(read_head(&mut &bytes[..length]), Err(FrameError::Io(_))));
        }
        assert_eq!(read_head(&mut &bytes[..]).unwrap(), Some((Head::Failed, 0)));
    }
}
