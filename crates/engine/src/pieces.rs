//! Pieces of work for whoever runs this module outside a browser: the runner's Node lanes. They hand
//! bytes in and out, and do the waiting and the timing themselves.

use std::ops::Range;

use wasm_bindgen::prelude::wasm_bindgen;
use workloads::compute::{Share, Workload, find};

fn workload(id: &str) -> Result<&'static Workload, String> {
    find(id).ok_or_else(|| format!("no workload {id}"))
}

/// The input of a whole piece of work.
///
/// # Errors
/// If there is no such workload.
#[wasm_bindgen(js_name = makeInput)]
pub fn make_input(id: &str, pages: u32) -> Result<Vec<u8>, String> {
    let workload = workload(id)?;
    let mut input = vec![0; workload.input_bytes(pages)];
    workload.make_input(&mut input);
    Ok(input)
}

/// How many bytes the answer has.
///
/// # Errors
/// If there is no such workload.
#[wasm_bindgen(js_name = answerBytes)]
pub fn answer_bytes(id: &str, pages: u32) -> Result<usize, String> {
    Ok(workload(id)?.answer_bytes(pages))
}

/// The shares of a piece of work, six numbers each: first page, page after the last, where what it reads
/// begins and ends in the input, where its part begins and ends in the answer.
///
/// # Errors
/// If there is no such workload, or so many pages or workers make no shares.
#[wasm_bindgen(js_name = sharesOf)]
pub fn shares_of(id: &str, pages: u32, workers: u32) -> Result<Vec<u32>, String> {
    let shares = workload(id)?.shares(pages, workers).map_err(|why| why.to_string())?;
    let numbers = |share: Share| {
        let bytes = |range: Range<usize>| [range.start as u32, range.end as u32];
        let pages = share.pages();
        [[pages.start, pages.end], bytes(share.input_range()), bytes(share.answer_range())].concat()
    };
    Ok(shares.into_iter().flat_map(numbers).collect())
}

/// The answer of a share.
///
/// # Errors
/// If there is no such share, or the input is not what it reads.
#[wasm_bindgen(js_name = runShare)]
pub fn run_share(id: &str, of: u32, start: u32, end: u32, input: &[u8]) -> Result<Vec<u8>, String> {
    let share = Share::new(workload(id)?, of, start..end).map_err(|why| why.to_string())?;
    if input.len() != share.input_range().len() {
        return Err(format!("{} bytes are not what the share reads", input.len()));
    }
    let mut answer = vec![0; share.answer_range().len()];
    share.run(input, &mut answer);
    Ok(answer)
}

/// What the caller does with the whole answer in the end.
///
/// # Errors
/// If there is no such workload.
#[wasm_bindgen]
pub fn finish(id: &str, answer: &mut [u8]) -> Result<(), String> {
    workload(id)?.finish(answer);
    Ok(())
}

/// The checksum of a finished answer, as sixteen hexadecimal digits.
#[wasm_bindgen]
#[must_use]
pub fn checksum(answer: &[u8]) -> String {
    format!("{:016x}", Workload::checksum(answer))
}
