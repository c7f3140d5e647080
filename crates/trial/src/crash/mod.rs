//! `crash`: a worker dies, and its caller looks at what is left, if it is still there.

pub(crate) mod processes;
pub(crate) mod threads;

use std::process;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the worker sends before it crashes, in bytes.
const PAYLOAD: usize = 256 << 10;
/// Without a sign of life for so long a worker counts as lost.
const SILENCE: Duration = Duration::from_millis(500);
/// For everything else there is more time.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes that a process may take where memory is what runs out.
const MEMORY: u64 = 256 << 20;
/// Of those, a piece.
const PIECE: usize = 1 << 16;

/// Why a kind means nothing in a program that is not JavaScript.
fn missing(kind: &str) -> Option<&'static str> {
    match kind {
        "rejection" => Some("there are no promises: a Result that nobody looks at is dropped"),
        "trap" => Some("its code is the processor's own: see segfault and abort"),
        "memory-buffers" => Some("there is one heap, with nothing beside it: see memory-many"),
        _ => None,
    }
}

/// How long to wait for the end.
fn patience(kind: &str) -> Duration {
    if kind == "loop" { SILENCE } else { PATIENCE }
}

/// Where memory is what runs out, it does so early.
fn bound_memory(kind: &str) -> std::io::Result<()> {
    if kind.starts_with("memory") {
        let now = getrlimit(Resource::Data);
        setrlimit(Resource::Data, Rlimit { current: Some(MEMORY), ..now })?;
    }
    Ok(())
}

/// Does it.
fn crash(kind: &str) {
    match kind {
        "exit" => process::exit(3),
        "abort" => process::abort(),
        "segfault" => forbidden(),
        "stack" => drop(deeper(&[0; 256])),
        "memory-many" => {
            let mut all = Vec::new();
            loop {
                all.push(vec![1_u8; PIECE].into_boxed_slice());
            }
        }
        "memory-one" => {
            let mut one: Vec<u64> = Vec::new();
            loop {
                one.push(one.len() as u64);
            }
        }
        "loop" => loop {
            std::hint::spin_loop();
        },
        _ => panic!("the worker panics"),
    }
}

/// Writes where nobody may. A signal from outside would not do: Rust's own handler takes it for nothing.
#[expect(unsafe_code, reason = "that is the crash")]
fn forbidden() {
    // SAFETY: there is none: no page is mapped there, and the process ends.
    unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
}

/// Each call needs a kilobyte of the stack and more.
#[expect(unconditional_recursion, reason = "that is the crash")]
fn deeper(before: &[u64; 256]) -> u64 {
    let mut own = *before;
    own[0] += 1;
    deeper(std::hint::black_box(&own)) + std::hint::black_box(own[0])
}
