// A pool of threads: payloads are handed over by address, nothing is copied. Beyond a sketch, take rayon.
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

fn work(payload: &[u8]) -> u64 {
    // Your work: bytes in, an answer out.
    payload.iter().map(|byte| u64::from(*byte)).sum()
}

fn main() {
    let size = thread::available_parallelism().map_or(2, |count| count.get());
    let (give, take) = channel::<(usize, Vec<u8>)>();
    let take = Arc::new(Mutex::new(take));
    let (answer, answers) = channel();
    let pool: Vec<_> = (0..size)
        .map(|_| {
            let (take, answer) = (Arc::clone(&take), answer.clone());
            thread::spawn(move || loop {
                let next = take.lock().unwrap().recv();
                let Ok((number, payload)) = next else { return };
                answer.send((number, work(&payload))).unwrap();
            })
        })
        .collect();
    drop(answer);

    for number in 0..20 {
        give.send((number, vec![number as u8; 1000])).unwrap();
    }
    drop(give);
    let mut all: Vec<(usize, u64)> = answers.iter().collect();
    all.sort_unstable();
    // A panic in a worker shows here; a segmentation fault would end the whole process.
    for worker in pool {
        worker.join().expect("a worker panicked");
    }
    let all: Vec<String> = all.into_iter().map(|(_, answer)| answer.to_string()).collect();
    println!("answers: {}", all.join(" "));
}
