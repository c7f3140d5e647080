//! The one place from which text goes to standard output and to standard error.
//!
//! Whatever is printed may hold words from outside: a page's title, a report's names, an argument, what another
//! program said. So all of it passes [`texts::outside`] here, which leaves nothing that a terminal would obey; and
//! lints (`clippy.toml`, and those at the top of the library) see to it that there is no other way.

use std::fmt::{Arguments, Display};
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::Context;
#[expect(clippy::disallowed_types, reason = "what is drawn is cleaned here")]
use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use serde::Serialize;
use texts::outside;

use crate::panics;

/// Prints a line to standard error, as `eprintln!` does.
macro_rules! say {
    ($($part:tt)*) => { $crate::terminal::say_line(format_args!($($part)*)) };
}
pub(crate) use say;

/// Data, to standard output. That nobody reads on (`| head`) is no failure.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = stdout();
    let text = outside::lines(text);
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(why) if why.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output"),
    }
}

/// Data as JSON on lines of its own, the same values whatever is in them.
pub(crate) fn print_json(data: &impl Serialize) -> anyhow::Result<()> {
    print(&(outside::json(&serde_json::to_string_pretty(data)?).into_owned() + "\n"))
}

/// The same on one line.
pub(crate) fn print_json_line(data: &impl Serialize) -> anyhow::Result<()> {
    print(&(outside::json(&serde_json::to_string(data)?).into_owned() + "\n"))
}

/// A line to standard error. Where that is gone, nobody misses it.
pub(crate) fn say_line(text: Arguments<'_>) {
    write_error(&(outside::lines(&text.to_string()).into_owned() + "\n"));
}

/// A question to standard error: the answer is typed behind it.
pub(crate) fn ask(text: Arguments<'_>) {
    write_error(&outside::line(&text.to_string()));
}

/// Writes over the line of standard error's terminal that was written like this before; nothing is left of it then
/// but this, and what comes next is written over it.
pub(crate) fn write_over(text: &str) {
    let text = outside::line(text);
    write_error(&format!("\r{text:<24}\r"));
}

/// Whether standard output is a terminal.
pub(crate) fn is_output() -> bool {
    stdout().is_terminal()
}

/// Whether standard error is a terminal.
pub(crate) fn is_error() -> bool {
    stderr().is_terminal()
}

fn write_error(text: &str) {
    let mut out = stderr();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn stdout() -> io::StdoutLock<'static> {
    io::stdout().lock()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn stderr() -> io::StderrLock<'static> {
    io::stderr().lock()
}

/// How far something is, drawn on standard error if that is a terminal.
#[expect(clippy::disallowed_types, reason = "what is drawn is cleaned here")]
pub(crate) struct Progress(ProgressBar);

#[expect(clippy::disallowed_types, reason = "what is drawn is cleaned here")]
impl Progress {
    /// Of which a part will be done after another.
    pub(crate) fn bar() -> Self {
        let template = "{bar:24} {percent:>3}%, about {eta} left: {msg}";
        let style = ProgressStyle::with_template(template).unwrap_or(ProgressStyle::default_bar());
        // indicatif itself stays silent off a terminal.
        let bar = if is_error() { ProgressBar::new(1) } else { ProgressBar::hidden() };
        Self(bar.with_style(style))
    }

    /// Of which nobody knows how long it takes.
    pub(crate) fn spinner(what: impl Display) -> Self {
        let this =
            Self(if is_error() { ProgressBar::new_spinner() } else { ProgressBar::hidden() });
        this.say(what);
        // A thread turns it; where there is none it stands still.
        let _ = panics::caught(|| this.0.enable_steady_tick(Duration::from_millis(100)));
        this
    }

    /// So many of all are done.
    pub(crate) fn set(&self, done: usize, all: usize) {
        self.0.set_length(all as u64);
        self.0.set_position(done as u64);
    }

    /// What is going on.
    pub(crate) fn say(&self, what: impl Display) {
        self.0.set_message(outside::line(&what.to_string()).into_owned());
    }

    /// Does something that prints, with nothing in the way.
    pub(crate) fn suspend(&self, act: impl FnOnce()) {
        self.0.suspend(act);
    }

    /// Takes it off the terminal.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
