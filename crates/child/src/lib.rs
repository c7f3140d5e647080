//! The child's loop: frames in, frames out, until the stream ends or goes over to shared memory.
//!
//! It sees two streams and nothing else, so that tests run it over bytes in memory.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

pub mod shared;

use std::io::{self, Read, Write};
use std::time::Instant;

use protocol::frame::{self, FrameError, Head};
use protocol::trace::{self, Crosses, What};
use rustix::time::{ClockId, clock_gettime};

/// How the stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Between two frames, or with the last request over shared memory.
    Cleanly,
    /// It is to end as a program with a mistake does.
    Crash,
    /// What follows comes over shared memory, whose descriptor comes with the next byte.
    Map {
        /// Which worker this one is there.
        worker: u32,
        /// How it waits.
        wait: shm::Wait,
    },
}

/// Says hello, then answers each request until the input ends between two frames. `guards` are those that
/// hold this process, as in [`Head::Hello`].
///
/// # Errors
/// If the input is no frame or ends inside one, or the output fails. Where the output still works,
/// the other side has been told.
pub fn run(
    process: u32,
    guards: u32,
    input: &mut impl Read,
    output: &mut impl Write,
) -> Result<Ended, FrameError> {
    tracer::note(What::Ready);
    frame::write(output, &Head::Hello { process, guards }, &[])?;
    let mut buffers = Buffers::default();
    loop {
        match answer_one(&mut buffers, input, output) {
            Ok(None) => {}
            Ok(Some(ended)) => return Ok(ended),
            Err(why) => {
                // The other side may be gone already; what matters is the first error.
                let _ = frame::write(output, &Head::Failed, why.to_string().as_bytes());
                return Err(why);
            }
        }
    }
}

/// Kept from one request to the next, so that the memory is there already.
#[derive(Default)]
struct Buffers {
    request: Vec<u8>,
    answer: Vec<u8>,
}

fn answer_one(
    buffers: &mut Buffers,
    input: &mut impl Read,
    output: &mut impl Write,
) -> Result<Option<Ended>, FrameError> {
    tracer::note(What::Wait);
    let Some((head, body)) = frame::read_head(input)? else { return Ok(Some(Ended::Cleanly)) };
    tracer::note(What::Wake);
    // `decode` has checked the body's length, for work that it is just what the work needs.
    resize(&mut buffers.request, body)?;
    input.read_exact(&mut buffers.request)?;
    if head == Head::Trace {
        return send_notes(output).map(|()| None);
    }
    tracer::note(What::Receive { peer: 0, bytes: body });
    match head {
        Head::Band(_) | Head::Share(_) => {
            resize(&mut buffers.answer, head.answer_bytes().unwrap_or(0))?;
            let compute = work(&head, &buffers.request, &mut buffers.answer)?;
            send(output, &Head::Done { compute }, &buffers.answer)?;
        }
        Head::Echo => {
            let arrived = now();
            send(output, &Head::Echoed { arrived }, &buffers.request)?;
        }
        Head::Task { rounds, reply, .. } => {
            let result = tracer::computing(|| frame::task_result(rounds, &buffers.request));
            resize(&mut buffers.answer, reply)?;
            send(output, &Head::Did { result }, &buffers.answer)?;
        }
        Head::Crash => return Ok(Some(Ended::Crash)),
        Head::Map { worker, wait } => {
            let wait = way_to_wait(wait)?;
            // What reads ahead must not read the byte that the descriptor comes with.
            send(output, &Head::Echoed { arrived: now() }, &[])?;
            return Ok(Some(Ended::Map { worker, wait }));
        }
        other => return Err(not_a_request(&other)),
    }
    Ok(None)
}

/// Writes an answer, whose body is copied into the stream.
fn send(output: &mut impl Write, head: &Head, body: &[u8]) -> io::Result<()> {
    let (began, bytes) = (tracer::time(), body.len() as u64);
    tracer::note(What::Send { peer: 0, bytes, crosses: Crosses::Copied });
    frame::write(output, head, body)?;
    if bytes > 0 {
        tracer::note_since(began, |took| What::Copy { bytes, took });
    }
    Ok(())
}

/// Writes what this process has noted, if it was to note anything.
fn send_notes(output: &mut impl Write) -> Result<(), FrameError> {
    let tracer::Noted { notes, dropped } = tracer::take();
    let cost = (tracer::cost(now) * 1e3) as u64;
    Ok(frame::write(output, &Head::Traced { cost, dropped }, &trace::encode(&notes))?)
}

fn way_to_wait(code: u32) -> Result<shm::Wait, FrameError> {
    let known = usize::try_from(code).ok().and_then(|place| shm::Wait::ALL.get(place));
    known.copied().ok_or_else(|| invalid(format!("an unknown way to wait: {code}")))
}

fn not_a_request(head: &Head) -> FrameError {
    invalid(format!("a child takes work, tasks and echoes, not {head:?}"))
}

fn invalid(why: String) -> FrameError {
    io::Error::new(io::ErrorKind::InvalidData, why).into()
}

/// The system's monotonic clock, the same in every process, in nanoseconds.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Does the work; returns the nanoseconds in the kernel.
fn work(head: &Head, request: &[u8], answer: &mut [u8]) -> Result<u64, FrameError> {
    let started = Instant::now();
    tracer::computing(|| head.work(request, answer)).map_err(|why| invalid(why.to_string()))?;
    Ok(started.elapsed().as_nanos() as u64)
}

fn resize(buffer: &mut Vec<u8>, length: u64) -> io::Result<()> {
    let length = usize::try_from(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
    buffer.try_reserve_exact(length.saturating_sub(buffer.len()))?;
    buffer.resize(length, 0);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocol::frame::Band;
    use workloads::compute;
    use workloads::{Checksum, Dimensions, Kernel, Sigma};

    type Frames = Vec<(Head, Vec<u8>)>;

    /// Runs the loop over these bytes; returns its result and every frame that it wrote.
    fn talk(input: &[u8]) -> (Result<Ended, FrameError>, Frames) {
        let mut output = Vec::new();
        let result = run(7, 5, &mut &*input, &mut output);
        let mut rest = output.as_slice();
        let mut frames = Vec::new();
        while let Some((head, length)) = frame::read_head(&mut rest).unwrap() {
            let (body, after) = rest.split_at(length as usize);
            frames.push((head, body.to_vec()));
            rest = after;
        }
        (result, frames)
    }

    fn request(kernel: Kernel) -> (Band, Vec<u8>) {
        let dimensions = Dimensions::new(9, 12).unwrap();
        let rows = kernel.bands(dimensions, 2).pop().unwrap();
        let first_row = kernel.reads(&rows, 12).start;
        let band = Band { kernel, dimensions, first_row, rows };
        let pixels = (0..band.body_bytes()).map(|at| (at * 37) as u8).collect::<Vec<_>>();
        let mut bytes = Vec::new();
        frame::write(&mut bytes, &Head::Band(band.clone()), &pixels).unwrap();
        (band, bytes)
    }

    #[test]
    fn hello_then_each_band_then_a_clean_end() {
        let kernels = Kernel::all(Sigma::DEFAULT, Dimensions::new(7, 8).unwrap());
        let requests = kernels.map(request);
        let input: Vec<u8> = requests.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        let (result, frames) = talk(&input);
        result.unwrap();
        assert_eq!(frames[0], (Head::Hello { process: 7, guards: 5 }, vec![]));
        assert_eq!(frames.len(), 1 + kernels.len());
        for ((band, bytes), (head, answer)) in requests.iter().zip(&frames[1..]) {
            assert!(matches!(head, Head::Done { .. }));
            let mut expected = vec![0; band.answer_bytes() as usize];
            work(&Head::Band(band.clone()), &bytes[frame::HEADER_BYTES..], &mut expected).unwrap();
            let sum = |pixels: &[u8]| {
                Checksum::of_rows(band.kernel.makes(band.dimensions), band.rows.start, pixels)
            };
            assert_eq!(sum(answer), sum(&expected));
        }
    }

    #[test]
    fn shares_are_worked_on_and_tasks_are_done() {
        let mut input = Vec::new();
        let share = compute::ALL[1].shares(9, 2).unwrap().remove(1);
        let pages = vec![7; share.input_range().len()];
        frame::write(&mut input, &Head::Share(share.clone()), &pages).unwrap();
        let task = Head::Task { at: 0, rounds: 5, reply: 3 };
        frame::write(&mut input, &task, &[7, 0, 0, 0, 9]).unwrap();
        frame::write(&mut input, &Head::Map { worker: 3, wait: 1 }, &[]).unwrap();
        let (ended, frames) = talk(&input);
        assert_eq!(ended.unwrap(), Ended::Map { worker: 3, wait: shm::Wait::Spin });
        let mut answer = vec![0; share.answer_range().len()];
        share.run(&pages, &mut answer);
        assert!(frames[1].1 == answer);
        let did = Head::Did { result: workloads::rounds(5) ^ 7 };
        assert_eq!((&frames[2].0, frames[2].1.len()), (&did, 3));

        let unknown = frame::encode(&Head::Map { worker: 0, wait: 3 }, 0);
        assert!(talk(&unknown).0.is_err());
    }

    #[test]
    fn a_request_cut_anywhere_is_an_error_and_said_so() {
        let (_, bytes) = request(Kernel::Edges);
        for length in 1..bytes.len() {
            let (result, frames) = talk(&bytes[..length]);
            assert!(result.is_err(), "cut at {length}");
            assert!(matches!(frames.last(), Some((Head::Failed, _))), "cut at {length}");
        }
    }

    #[test]
    fn a_huge_length_is_refused_before_any_memory_is_taken() {
        let (band, _) = request(Kernel::Edges);
        for length in [u64::MAX, frame::MAX_BODY + 1, band.body_bytes() + 1] {
            let (result, frames) = talk(&frame::encode(&Head::Band(band.clone()), length));
            assert!(matches!(result, Err(FrameError::Body { .. })));
            let (head, text) = frames.last().unwrap();
            assert_eq!(*head, Head::Failed);
            assert!(String::from_utf8_lossy(text).contains("a body of"));
        }
    }

    #[test]
    fn a_frame_that_only_children_send_is_refused() {
        let (result, _) = talk(&frame::encode(&Head::Done { compute: 1 }, 0));
        assert!(result.unwrap_err().to_string().contains("a child takes work"));
    }

    #[test]
    fn a_broken_output_ends_the_loop() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert!(run(7, 0, &mut io::empty(), &mut Broken).is_err());
    }

    proptest! {
        #[test]
        fn garbage_never_panics_and_never_passes(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
            prop_assert!(talk(&bytes).0.is_err());
        }
    }
}
