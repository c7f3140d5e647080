//! A 64-bit checksum does not fit a JavaScript number, so it travels as text.

use serde::{Deserialize, Deserializer, Serializer, de::Error};
use workloads::Checksum;

pub(crate) fn serialize<S: Serializer>(sum: &Checksum, out: S) -> Result<S::Ok, S::Error> {
    out.collect_str(sum)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Checksum, D::Error> {
    let text = String::deserialize(from)?;
    if text.len() != 16 {
        return Err(D::Error::custom("a checksum has 16 hexadecimal digits"));
    }
    u64::from_str_radix(&text, 16).map(Checksum).map_err(D::Error::custom)
}
