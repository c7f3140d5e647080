//! What trials tell, and the clock of all sides.

use anyhow::Result;
use protocol::trial::{Fact, Facts, TrialNews, Tried};
use rustix::time::{ClockId, clock_gettime};

/// What a trial comes to.
pub(crate) type Outcome = Result<Tried>;

/// It means nothing on this lane, for this reason.
#[derive(Debug)]
pub(crate) struct Meaningless(pub(crate) String);

impl std::fmt::Display for Meaningless {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for Meaningless {}

pub(crate) fn meaningless<T>(why: &str) -> Result<T> {
    Err(Meaningless(why.to_owned()).into())
}

/// Facts from pairs.
pub(crate) fn facts<const N: usize>(pairs: [(&str, Fact); N]) -> Facts {
    pairs.map(|(name, fact)| (name.to_owned(), fact)).into()
}

pub(crate) fn is(so: bool) -> Fact {
    Fact::Is(so)
}

pub(crate) fn text(text: impl Into<String>) -> Fact {
    Fact::Text(text.into())
}

/// What a trial that nobody dies of comes to.
pub(crate) fn seen<const N: usize>(pairs: [(&str, Fact); N], took: f64) -> Outcome {
    Ok(Tried { facts: facts(pairs), took, ..Tried::default() })
}

/// The workers have answered, and now it is done: says so, and returns the time.
pub(crate) fn begin() -> f64 {
    let at = now();
    crate::tell(&TrialNews::Begun { at });
    at
}

/// The caller knows of the crash, and lives.
pub(crate) fn outlived() {
    crate::tell(&TrialNews::Outlived);
}

/// On the system's monotonic clock, in nanoseconds.
pub(crate) fn now() -> f64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}
