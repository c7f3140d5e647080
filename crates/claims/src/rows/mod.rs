//! The tables' rows: one file each, and a line in [`ALL`].

mod buffers;
mod communication;
mod crash;
mod database;
mod descriptors;
mod env;
mod ideal;
mod limits;
mod memory;
mod process;
mod startup;
mod variables;

use crate::Row;

/// Every row, in the tables' order.
pub const ALL: [&Row; 12] = [
    &process::ROW,
    &memory::ROW,
    &communication::ROW,
    &startup::ROW,
    &crash::ROW,
    &ideal::ROW,
    &limits::ROW,
    &variables::ROW,
    &buffers::ROW,
    &database::ROW,
    &env::ROW,
    &descriptors::ROW,
];
