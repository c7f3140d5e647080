//! What became of the seed's two programs, in words: the same at the terminal and on the page.

use protocol::example::{Became, Filled, Read};
use texts::{tr, translated};

use crate::format::{bytes, time};

/// How a lane filled the first program's buffer.
#[must_use]
pub fn filled(outcome: &Became<Filled>) -> String {
    told(outcome, |filled| {
        tr!("{}, {} copied", time(filled.took.0 as f64), bytes(filled.bytes_copied))
    })
}

/// How a child read the second program's page.
#[must_use]
pub fn read(outcome: &Became<Read>) -> String {
    told(outcome, |read| {
        let (took, startup) = (time(read.took.0 as f64), time(read.startup.0 as f64));
        tr!("{} for “{}”, after {} to start", took, read.title, startup)
    })
}

fn told<T>(outcome: &Became<T>, measured: impl FnOnce(&T) -> String) -> String {
    match outcome {
        Became::Measured(it) => measured(it),
        Became::Unavailable(why) => tr!("unavailable: {}", translated(why)),
        Became::Failed(why) => tr!("failed: {}", why),
    }
}

#[cfg(test)]
mod tests {
    use protocol::Nanos;

    use super::*;

    #[test]
    fn what_was_measured_has_its_figures_and_the_rest_its_reason() {
        let startup = Nanos(2_000_000);
        let fill = Filled { startup, took: Nanos(50_000), bytes_copied: 1 << 20 };
        assert_eq!(filled(&Became::Measured(fill)), "50.0\u{a0}µs, 1.00\u{a0}MiB copied");
        let page = Read { startup, took: Nanos(50_000), title: "A".into() };
        assert_eq!(
            read(&Became::Measured(page)),
            "50.0\u{a0}µs for “A”, after 2.00\u{a0}ms to start"
        );
        assert_eq!(read(&Became::Unavailable("no python3".into())), "unavailable: no python3");
    }
}
