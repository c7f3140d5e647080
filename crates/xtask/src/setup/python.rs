//! Python, for the tests of the scraper's child in it.

use super::apt;
use crate::shell;

/// Finds or installs it.
pub(crate) fn ensure() -> Result<(), String> {
    if shell::on_path("python3").is_some() { Ok(()) } else { apt::ensure(&["python3"]) }
}
