//! What took how long, said at the end.

use std::time::Duration;

use crate::shell;

/// How many of the slowest tests are named.
const SLOWEST: usize = 20;

/// The tests, and what each took.
#[derive(Debug, Default)]
pub(super) struct Times(Vec<(Duration, String)>);

impl Times {
    /// Adds a test.
    pub(super) fn add(&mut self, name: String, time: Duration) {
        self.0.push((time, name));
    }

    /// Says each step with its time, and the slowest tests.
    pub(super) fn tell(mut self) {
        let line = |time, name: &str| eprintln!("  {:>12}  {name}", shell::human(time));
        eprintln!("\nSteps:");
        shell::steps().iter().for_each(|(name, time)| line(*time, name));
        if self.0.is_empty() {
            return;
        }
        self.0.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
        eprintln!("The slowest of {} tests:", self.0.len());
        self.0.iter().take(SLOWEST).for_each(|(time, name)| line(*time, name));
    }
}
