//! Recordings drawn: who has which memory and which paths there are (*structure*), and what happened when
//! (*time*). Both are made from what caller and workers noted of themselves, and from nothing else: a lane that
//! shares memory is drawn sharing it, one that copies is drawn copying.
//!
//! A picture is SVG; what its classes look like is said by [`STYLE`], or by the page's own rules. Nothing is
//! told by colour alone.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod caption;
mod film;
mod pen;
mod presets;
mod sentences;
mod sheet;
mod spans;
mod structure;
mod time;

pub use caption::caption;
pub use film::Film;
pub use pen::STYLE;
pub use presets::{PRESETS, Preset};
pub use sentences::{moments, sentence};
pub use sheet::{heading, legend, origin, sheet};
pub use spans::{Doing, Message, Span, messages, spans};
pub use structure::{HEIGHT_OF_TRACK, structure};
pub use time::{ROW, View, time};

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod made;
#[cfg(test)]
mod tests;
