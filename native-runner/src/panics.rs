//! Panics: a fault of this program, told in a line, or one of a library that has no other way to say what went wrong.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};

use crate::terminal::say;

thread_local! {
    /// Whether this thread's panics are told by whoever catches them.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// From now on panics are told like everything else, since their words may be from outside.
pub(crate) fn install() {
    panic::set_hook(Box::new(|panicked| {
        if !IS_CAUGHT.get() {
            tell(panicked);
        }
    }));
}

fn tell(panicked: &PanicHookInfo<'_>) {
    let place = panicked.location().map_or_else(String::new, |place| format!(" at {place}"));
    let why = words(panicked.payload());
    say!("breakeven: this program has a fault, please report it: it stopped{place}: {why}");
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        say!("{trace}");
    }
}

/// Does something that may panic where it should return an error; what it says becomes one.
///
/// # Errors
/// If it panics.
pub(crate) fn caught<A>(act: impl FnOnce() -> A) -> Result<A, String> {
    let before = IS_CAUGHT.replace(true);
    // What was touched is given up with the panic.
    let result = panic::catch_unwind(AssertUnwindSafe(act));
    IS_CAUGHT.set(before);
    result.map_err(|payload| words(&*payload))
}

fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or(payload.downcast_ref::<&str>().copied()).unwrap_or("no reason was given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_words() {
        let number = 7;
        assert_eq!(caught(|| number), Ok(7));
        assert_eq!(caught(|| panic!("no thread {number}")), Err::<(), _>("no thread 7".to_owned()));
        assert_eq!(caught(|| panic!("none")), Err::<(), _>("none".to_owned()));
        assert!(!IS_CAUGHT.get());
    }
}
