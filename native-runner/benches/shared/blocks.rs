//! The benches' one argument.

/// What `--blocks` says.
pub(crate) fn blocks(usual: u32) -> Result<u32, String> {
    let words: Vec<String> = std::env::args().collect();
    let Some(at) = words.iter().position(|word| word == "--blocks") else {
        return Ok(usual);
    };
    let number = words.get(at + 1).and_then(|word| word.parse().ok());
    number
        .filter(|blocks| (2..=1000).contains(blocks))
        .ok_or_else(|| "--blocks takes a number from 2 to 1000".into())
}
