//! Workloads of different character, cut into shares: one file each, and a line in [`ALL`].
//!
//! A workload's data are *pages*: rows of 4 KiB that are read, written or both. A share is a range of
//! them, for one worker; whoever works on a share gets the bytes of the pages that it reads, and makes
//! its part of the answer. Every number of workers gives the same answer.

mod blur;
mod fill;
mod json;
mod mandelbrot;
mod sha256;
mod sort;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

/// Bytes of a page. A picture's page is a row of 1024 pixels.
pub const PAGE: usize = 4096;

/// The most pages that a piece of work has: 256 MiB.
pub const MAX_PAGES: u32 = 1 << 16;

/// Work of one kind.
pub struct Workload {
    /// Its name.
    pub id: &'static str,
    /// In one line: what it does, and what that strains.
    pub about: &'static str,
    /// What a page reads.
    input: Input,
    /// Bytes of the answer per page.
    answer: usize,
    /// Makes the answer of a share from the pages that it reads.
    run: fn(&Share, &[u8], &mut [u8]),
    /// What the caller does with the answer once all its parts are there.
    finish: fn(&mut [u8]),
}

/// What the pages of a workload read.
enum Input {
    /// Nothing.
    None,
    /// Pages, and so many neighbours on each side.
    Pages {
        /// Writes the page of that number.
        make: fn(u32, &mut [u8]),
        neighbours: u32,
    },
}

/// Every workload. A frame names it by its place here, so new ones come last.
pub static ALL: [&Workload; 6] =
    [&fill::FILL, &blur::BLUR, &mandelbrot::MANDELBROT, &sha256::SHA256, &sort::SORT, &json::JSON];

/// The workload of that name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Workload> {
    ALL.into_iter().find(|workload| workload.id == id)
}

/// A part of a piece of work: some of its pages, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    workload: &'static Workload,
    of: u32,
    pages: Range<u32>,
}

/// The pages given are no share of a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareError {
    of: u32,
    pages: Range<u32>,
}

impl fmt::Display for ShareError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, pages } = self;
        write!(
            out,
            "pages {} to {} of {of}: a share has at least one, and a piece of work at most {MAX_PAGES}",
            pages.start, pages.end
        )
    }
}

impl std::error::Error for ShareError {}

impl Share {
    /// The pages `pages` of a piece of work of `of` pages.
    ///
    /// # Errors
    /// If there are no such pages.
    pub fn new(
        workload: &'static Workload,
        of: u32,
        pages: Range<u32>,
    ) -> Result<Self, ShareError> {
        if of <= MAX_PAGES && pages.start < pages.end && pages.end <= of {
            Ok(Self { workload, of, pages })
        } else {
            Err(ShareError { of, pages })
        }
    }

    /// Whose.
    #[must_use]
    pub fn workload(&self) -> &'static Workload {
        self.workload
    }

    /// Pages of the whole piece of work.
    #[must_use]
    pub fn of(&self) -> u32 {
        self.of
    }

    /// Its pages.
    #[must_use]
    pub fn pages(&self) -> Range<u32> {
        self.pages.clone()
    }

    /// The pages that it reads.
    fn reads(&self) -> Range<u32> {
        match self.workload.input {
            Input::None => 0..0,
            Input::Pages { neighbours, .. } => {
                let first = self.pages.start.saturating_sub(neighbours);
                first..self.pages.end.saturating_add(neighbours).min(self.of)
            }
        }
    }

    /// Where the bytes that it reads lie in the whole input.
    #[must_use]
    pub fn input_range(&self) -> Range<usize> {
        let reads = self.reads();
        reads.start as usize * PAGE..reads.end as usize * PAGE
    }

    /// Where its part lies in the whole answer.
    #[must_use]
    pub fn answer_range(&self) -> Range<usize> {
        let each = self.workload.answer;
        self.pages.start as usize * each..self.pages.end as usize * each
    }

    /// Does the work.
    ///
    /// # Panics
    /// If `input` or `answer` is not as long as the ranges say: callers check what comes from outside.
    pub fn run(&self, input: &[u8], answer: &mut [u8]) {
        assert_eq!(input.len(), self.input_range().len(), "the input is what the share reads");
        assert_eq!(answer.len(), self.answer_range().len(), "the answer is what the share makes");
        (self.workload.run)(self, input, answer);
    }
}

impl Workload {
    /// The whole piece of work of so many pages, cut for so many workers; fewer if there are fewer pages.
    ///
    /// # Errors
    /// If there are no such pages.
    pub fn shares(&'static self, pages: u32, workers: u32) -> Result<Vec<Share>, ShareError> {
        if pages == 0 || workers == 0 {
            return Err(ShareError { of: pages, pages: 0..0 });
        }
        let bands = crate::bands(pages, workers).into_iter();
        bands.map(|band| Share::new(self, pages, band)).collect()
    }

    /// Bytes that a piece of work of so many pages reads.
    #[must_use]
    pub fn input_bytes(&self, pages: u32) -> usize {
        match self.input {
            Input::None => 0,
            Input::Pages { .. } => pages as usize * PAGE,
        }
    }

    /// Bytes of its answer.
    #[must_use]
    pub fn answer_bytes(&self, pages: u32) -> usize {
        pages as usize * self.answer
    }

    /// Writes the input: the same on every machine.
    pub fn make_input(&self, input: &mut [u8]) {
        if let Input::Pages { make, .. } = self.input {
            for (number, page) in (0..).zip(input.chunks_exact_mut(PAGE)) {
                make(number, page);
            }
        }
    }

    /// What the caller does itself once all parts of the answer are there.
    pub fn finish(&self, answer: &mut [u8]) {
        (self.finish)(answer);
    }

    /// Its place in [`ALL`].
    #[must_use]
    pub fn code(&self) -> u32 {
        ALL.iter().position(|known| known.id == self.id).map_or(u32::MAX, |place| place as u32)
    }

    /// The checksum of the finished answer.
    #[must_use]
    pub fn checksum(answer: &[u8]) -> u64 {
        xxh3_64(answer)
    }
}

impl PartialEq for Workload {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Workload {}

impl Hash for Workload {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl fmt::Debug for Workload {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.id)
    }
}

/// Numbers that look random and are the same everywhere: SplitMix64 (Steele, Lea and Flood, "Fast
/// Splittable Pseudorandom Number Generators", 2014).
struct Numbers(u64);

impl Numbers {
    fn of_page(page: u32) -> Self {
        Self(u64::from(page) << 32)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Fills a page with [`Numbers`].
fn random_page(number: u32, page: &mut [u8]) {
    let mut numbers = Numbers::of_page(number);
    for word in page.as_chunks_mut::<8>().0 {
        *word = numbers.next().to_le_bytes();
    }
}

/// For workloads whose answer is whole when its parts are.
fn nothing_more(_: &mut [u8]) {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn whole(workload: &'static Workload, pages: u32, workers: u32) -> Vec<u8> {
        let mut input = vec![0; workload.input_bytes(pages)];
        workload.make_input(&mut input);
        let mut answer = vec![0; workload.answer_bytes(pages)];
        for share in workload.shares(pages, workers).unwrap() {
            share.run(&input[share.input_range()], &mut answer[share.answer_range()]);
        }
        workload.finish(&mut answer);
        answer
    }

    #[test]
    fn every_number_of_workers_gives_the_same_answer() {
        for workload in ALL {
            for pages in [1, 2, 7, 33] {
                let alone = whole(workload, pages, 1);
                assert!(alone.iter().any(|byte| *byte != 0), "{workload:?} answers something");
                for workers in 2..=5 {
                    assert!(whole(workload, pages, workers) == alone, "{workload:?}, {workers}");
                }
            }
        }
    }

    #[test]
    fn names_are_unique_and_codes_find_them() {
        let names: BTreeSet<&str> = ALL.iter().map(|workload| workload.id).collect();
        assert_eq!(names.len(), ALL.len());
        for (code, workload) in ALL.into_iter().enumerate() {
            assert_eq!(workload.code() as usize, code);
            assert_eq!(find(workload.id), Some(workload));
        }
        assert_eq!(find("fil"), None);
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for (of, pages) in [(4, 4..4), (4, 3..5), (0, 0..0), (MAX_PAGES + 1, 0..1)] {
            assert!(Share::new(&fill::FILL, of, pages).is_err());
        }
        assert!(fill::FILL.shares(0, 1).is_err() && fill::FILL.shares(1, 0).is_err());
        assert_eq!(fill::FILL.shares(2, 9).unwrap().len(), 2);
    }

    /// The answers as they were when each workload was written: machines and versions must agree.
    #[test]
    fn answers_are_the_same_everywhere() {
        let found: Vec<String> = ALL
            .iter()
            .map(|it| format!("{} {:016x}", it.id, Workload::checksum(&whole(it, 16, 3))))
            .collect();
        let known = [
            "fill cd9a8bb08a67fbf1",
            "blur 3dbba63bbf5aaadb",
            "mandelbrot 7ddfcf0e21dbe1b6",
            "sha256 165a3bb78733b88e",
            "sort c45b28493827de76",
            "json 9040993a482718a7",
        ];
        assert_eq!(found, known);
    }
}
