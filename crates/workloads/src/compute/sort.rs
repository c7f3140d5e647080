//! `sort`: each worker sorts its part, and the caller merges the parts.

use super::{Input, PAGE, Share, Workload, random_page};

pub(super) static SORT: Workload = Workload {
    id: "sort",
    about: "sorts 32-bit numbers: branches and memory, and a merge that the caller does alone",
    input: Input::Pages { make: random_page, neighbours: 0 },
    answer: PAGE,
    run,
    finish,
};

fn run(_: &Share, input: &[u8], answer: &mut [u8]) {
    let mut numbers = numbers(input);
    numbers.sort_unstable();
    write(&numbers, answer);
}

/// std's stable sort finds the parts, which are in order, and merges them.
fn finish(answer: &mut [u8]) {
    if numbers(answer).is_sorted() {
        return;
    }
    let mut numbers = numbers(answer);
    numbers.sort();
    write(&numbers, answer);
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks().0.iter().map(|number| u32::from_le_bytes(*number)).collect()
}

fn write(numbers: &[u32], bytes: &mut [u8]) {
    for (number, place) in numbers.iter().zip(bytes.as_chunks_mut().0) {
        *place = number.to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_sorted_and_then_merged() {
        let mut input = vec![0; 2 * PAGE];
        SORT.make_input(&mut input);
        let mut answer = vec![0; 2 * PAGE];
        for share in SORT.shares(2, 2).unwrap() {
            share.run(&input[share.input_range()], &mut answer[share.answer_range()]);
        }
        assert!(!numbers(&answer).is_sorted());
        SORT.finish(&mut answer);
        let mut expected = numbers(&input);
        expected.sort();
        assert_eq!(numbers(&answer), expected);
    }
}
