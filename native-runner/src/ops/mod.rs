//! Operations as every native lane does them: one file each. What differs between lanes they are told as
//! functions.

pub(crate) mod echo;
pub(crate) mod startup;

use rustix::time::{ClockId, clock_gettime};

/// The system's monotonic clock in nanoseconds: the same in every process, as the child reads it too.
pub(crate) fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
