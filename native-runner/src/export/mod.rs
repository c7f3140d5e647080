//! A report in other forms: one file each.

mod chrome;
mod csv;
mod markdown;

pub(crate) use chrome::chrome;
pub(crate) use csv::csv;
pub(crate) use markdown::markdown;
