//! `json`: every page is a JSON text that is parsed into a tree.

use serde_json::{Value, json};

use super::{Input, Numbers, PAGE, Share, Workload, nothing_more};

pub(super) static JSON: Workload = Workload {
    id: "json",
    about: "parses JSON into trees of values: branches and a great many small allocations",
    input: Input::Pages { make, neighbours: 0 },
    answer: 16,
    run,
    finish: nothing_more,
};

/// An array of as many records as fit; spaces fill the rest.
fn make(number: u32, page: &mut [u8]) {
    let mut numbers = Numbers::of_page(number);
    let mut text = b"[".to_vec();
    loop {
        let record = json!({
            "id": numbers.next() >> 32,
            "name": format!("worker {:x}", numbers.next() >> 40),
            "share": (numbers.next() >> 48) as f64 / 256.0,
            "tags": ["thread", "process", if numbers.next().is_multiple_of(2) { "naïve" } else { "\"quoted\"" }],
            "alive": numbers.next().is_multiple_of(2),
            "parent": null,
        });
        let record = record.to_string();
        if text.len() + record.len() + 2 > PAGE {
            break;
        }
        if text.len() > 1 {
            text.push(b',');
        }
        text.extend(record.as_bytes());
    }
    text.push(b']');
    page.fill(b' ');
    page[..text.len()].copy_from_slice(&text);
}

/// Per page: how many values there are, and the sum of all numbers, rounded towards zero.
fn run(_: &Share, input: &[u8], answer: &mut [u8]) {
    for (page, answer) in input.chunks_exact(PAGE).zip(answer.as_chunks_mut::<16>().0) {
        // What is no JSON has no values, which no right answer says.
        let tree: Value = serde_json::from_slice(page).unwrap_or_default();
        let (count, sum) = add_up(&tree);
        answer[..8].copy_from_slice(&count.to_le_bytes());
        answer[8..].copy_from_slice(&(sum as u64).to_le_bytes());
    }
}

fn add_up(value: &Value) -> (u64, f64) {
    let both = |one: (u64, f64), other: (u64, f64)| (one.0 + other.0, one.1 + other.1);
    match value {
        Value::Null => (1, 0.0),
        Value::Bool(_) | Value::String(_) => (1, 0.0),
        Value::Number(number) => (1, number.as_f64().unwrap_or(0.0)),
        Value::Array(all) => all.iter().map(add_up).fold((1, 0.0), both),
        Value::Object(all) => all.values().map(add_up).fold((1, 0.0), both),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_full_of_records() {
        let mut page = vec![0; PAGE];
        make(3, &mut page);
        let records: Vec<Value> = serde_json::from_slice(&page).unwrap();
        assert!(records.len() > 20, "{}", records.len());
        assert_eq!(add_up(&json!([1, {"a": 2.5, "b": [null, "x", true]}])), (8, 3.5));
    }
}
