//! A report in other forms: one file each.

mod csv;
mod markdown;

pub(crate) use csv::csv;
pub(crate) use markdown::markdown;
