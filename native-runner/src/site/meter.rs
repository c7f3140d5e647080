//! How much the site gives: a run of the scrapers takes some 15 MiB in two seconds and is never held up; whoever wants
//! it all the time gets a small part of what the machine could give.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Bytes a second, in the long run.
const RATE: u64 = 64 << 20;
/// Bytes that nobody waits for after a rest.
const BURST: u64 = 64 << 20;

/// What has been given.
pub(super) struct Meter(Mutex<Instant>);

impl Meter {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// Waits until so many bytes may be given.
    pub(super) async fn take(&self, bytes: usize) {
        let due = {
            let now = Instant::now();
            let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // All that was given is paid off by then.
            *until = (*until).max(now) + time(bytes as u64);
            *until
        };
        if let Some(due) = due.checked_sub(time(BURST)) {
            sleep_until(due).await;
        }
    }
}

/// How long it takes to give so many.
fn time(bytes: u64) -> Duration {
    Duration::from_nanos(bytes.saturating_mul(1_000_000_000) / RATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_not_held_up_and_a_flood_is() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let (meter, began) = (Meter::new(), Instant::now());
            for _ in 0..60 {
                meter.take(1 << 20).await;
            }
            let quick = began.elapsed();
            for _ in 0..36 {
                meter.take(1 << 20).await;
            }
            let slow = began.elapsed();
            assert!(slow >= Duration::from_millis(400), "{quick:?} {slow:?}");
            assert!(quick < Duration::from_secs(10), "{quick:?}");
        });
    }
}
