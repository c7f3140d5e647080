//! A report in forms that only the command line has: one file each.

mod chrome;

pub(crate) use chrome::chrome;
