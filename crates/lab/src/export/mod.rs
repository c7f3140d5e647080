//! A report in other forms, for the command line and the page: one file each.

mod csv;
mod markdown;

pub use csv::csv;
pub use markdown::markdown;
