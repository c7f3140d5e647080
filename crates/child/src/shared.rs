//! The child's loop over shared memory: headers come as notes, bodies lie there.

use std::io::Write;
use std::time::Duration;

use protocol::frame::{self, FrameError, Head};
use protocol::trace::{Crosses, What};
use shm::Worker;

use crate::Ended;
use crate::{invalid, not_a_request, now, send_notes, way_to_wait, work};

/// The runner's death ends the child, not its silence.
const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Answers each request until the caller says that it was the last. What it has noted it writes to `output`.
///
/// # Errors
/// If a note is no request or means what does not lie in the memory. The caller has been told.
pub fn run(
    memory: &mut Worker,
    mut wait: shm::Wait,
    output: &mut impl Write,
) -> Result<Ended, FrameError> {
    loop {
        tracer::note(What::Wait);
        let Some(note) = memory.receive(wait, A_DAY) else { continue };
        tracer::note(What::Wake);
        match answer(memory, &note, &mut wait, output) {
            Ok(Next::Answer(head, bytes)) => {
                tracer::note(What::Send { peer: 0, bytes, crosses: Crosses::Shared });
                memory.pass(&frame::encode(&head, bytes));
            }
            Ok(Next::End(ended)) => return Ok(ended),
            Err(why) => {
                memory.pass(&frame::encode(&Head::Failed, 0));
                return Err(why);
            }
        }
    }
}

/// What comes of a request.
enum Next {
    /// An answer with so many bytes.
    Answer(Head, u64),
    /// It was the last.
    End(Ended),
}

fn answer(
    memory: &mut Worker,
    note: &[u8; shm::NOTE],
    wait: &mut shm::Wait,
    output: &mut impl Write,
) -> Result<Next, FrameError> {
    let (head, body) = frame::decode(note)?;
    if !matches!(head, Head::Trace | Head::End) {
        tracer::note(What::Receive { peer: 0, bytes: body });
    }
    let Some((read, write)) = head.in_place(body) else {
        return match head {
            // The memory is there already: what is new is the way to wait.
            Head::Map { wait: code, .. } => {
                *wait = way_to_wait(code)?;
                Ok(Next::Answer(Head::Echoed { arrived: now() }, 0))
            }
            Head::Trace => {
                send_notes(output)?;
                Ok(Next::Answer(Head::Echoed { arrived: now() }, 0))
            }
            Head::End => Ok(Next::End(Ended::Cleanly)),
            Head::Crash => Ok(Next::End(Ended::Crash)),
            other => Err(not_a_request(&other)),
        };
    };
    let answered = write.len() as u64;
    let (request, answer) = memory
        .parts(read, write)
        .ok_or_else(|| invalid(format!("{head:?} lies outside the shared memory")))?;
    let (head, bytes) = match head {
        Head::Sum => {
            let sum = tracer::computing(|| workloads::sum(request));
            (Head::Summed { arrived: now(), sum }, 0)
        }
        Head::Task { rounds, .. } => {
            let result = tracer::computing(|| frame::task_result(rounds, request));
            (Head::Did { result }, answered)
        }
        Head::Echo => (Head::Echoed { arrived: now() }, body),
        head => (Head::Done { compute: work(&head, request, answer)? }, answered),
    };
    Ok(Next::Answer(head, bytes))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use shm::{Caller, Wait};
    use workloads::compute;

    use super::*;

    fn ask(caller: &mut Caller, head: &Head, body: u64) -> Head {
        caller.pass(0, &frame::encode(head, body));
        let note = caller.receive(0, Wait::Block, A_DAY).unwrap();
        frame::decode(&note).unwrap().0
    }

    #[test]
    fn requests_are_answered_in_place_until_the_end() {
        let sort = compute::ALL[4];
        let (pages, input) = (5, sort.input_bytes(5));
        let (mut caller, file) = Caller::create(1, input + sort.answer_bytes(pages)).unwrap();
        let mut worker = Worker::attach(file, 0).unwrap();
        let worker = thread::spawn(move || run(&mut worker, Wait::Adaptive, &mut Vec::new()));
        sort.make_input(&mut caller.bytes()[..input]);

        let sum = workloads::sum(&caller.bytes()[..1000]);
        let summed = ask(&mut caller, &Head::Sum, 1000);
        assert!(matches!(summed, Head::Summed { sum: found, .. } if found == sum));
        assert!(matches!(ask(&mut caller, &Head::Echo, 64), Head::Echoed { .. }));
        let number = caller.bytes()[8..12].first_chunk().map_or(0, |it| u32::from_le_bytes(*it));
        let did = ask(&mut caller, &Head::Task { at: 8, rounds: 3, reply: 16 }, 64);
        assert_eq!(did, Head::Did { result: workloads::rounds(3) ^ number });
        for share in sort.shares(pages, 2).unwrap() {
            let body = share.input_range().len() as u64;
            let head = Head::Share(share);
            assert!(matches!(ask(&mut caller, &head, body), Head::Done { .. }));
        }
        sort.finish(&mut caller.bytes()[input..]);
        let sorted = caller.bytes()[input..].as_chunks().0.iter().map(|it| u32::from_le_bytes(*it));
        assert!(sorted.is_sorted());

        assert!(matches!(
            ask(&mut caller, &Head::Map { worker: 0, wait: 0 }, 0),
            Head::Echoed { .. }
        ));
        caller.pass(0, &frame::encode(&Head::End, 0));
        worker.join().unwrap().unwrap();
    }

    #[test]
    fn what_lies_outside_is_refused() {
        for (head, body) in [
            (Head::Sum, 1001),
            (Head::Task { at: 1, rounds: 0, reply: 0 }, 1000),
            (Head::Task { at: 0, rounds: 0, reply: 1 }, 1000),
            (Head::Share(compute::ALL[0].shares(1, 1).unwrap().remove(0)), 0),
            (Head::Hello { process: 1, guards: 0 }, 0),
        ] {
            let (mut caller, file) = Caller::create(1, 1000).unwrap();
            let mut worker = Worker::attach(file, 0).unwrap();
            let worker = thread::spawn(move || run(&mut worker, Wait::Block, &mut Vec::new()));
            assert_eq!(ask(&mut caller, &head, body), Head::Failed);
            assert!(worker.join().unwrap().is_err());
        }
    }
}
