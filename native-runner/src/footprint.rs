//! What processes take of the machine's memory, as the kernel tells it.

use std::fs;
use std::ops::{Div, Sub};

use lab::LaneError;

/// What a process takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Footprint {
    /// All pages that it has mapped.
    pub(crate) rss: f64,
    /// The same, each page divided among those who have it.
    pub(crate) pss: f64,
    /// The pages that it has alone.
    pub(crate) uss: f64,
}

impl Footprint {
    /// As the kernel tells it, of this process or another one of this user.
    pub(crate) fn of(process: u32) -> Result<Self, LaneError> {
        let path = format!("/proc/{process}/smaps_rollup");
        let text = fs::read_to_string(&path)
            .map_err(|why| LaneError::Unavailable(format!("{path} cannot be read: {why}")))?;
        Self::parse(&text).ok_or_else(|| LaneError::failed(format!("{path} reads strangely")))
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = |name: &str| -> Option<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            let kib: f64 =
                line.strip_prefix(':')?.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(kib * 1024.0)
        };
        Some(Self {
            rss: bytes("Rss")?,
            pss: bytes("Pss")?,
            uss: bytes("Private_Clean")? + bytes("Private_Dirty")?,
        })
    }
}

impl Sub for Footprint {
    type Output = Self;

    fn sub(self, less: Self) -> Self {
        let Self { rss, pss, uss } = self;
        Self { rss: rss - less.rss, pss: pss - less.pss, uss: uss - less.uss }
    }
}

impl Div<f64> for Footprint {
    type Output = Self;

    fn div(self, parts: f64) -> Self {
        let Self { rss, pss, uss } = self;
        Self { rss: rss / parts, pss: pss / parts, uss: uss / parts }
    }
}

/// Of a worker that runs native code.
impl From<Footprint> for lab::ops::memory::Footprint {
    fn from(Footprint { rss, pss, uss }: Footprint) -> Self {
        let wasm = Err("it runs native code, without a wasm memory".to_owned());
        Self { rss: Ok(rss), pss: Ok(pss), uss: Ok(uss), wasm }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_table_is_read() {
        let text = "00400000-7ffd [rollup]\nRss:   1672 kB\nPss:  771 kB\nPss_Dirty: 116 kB\n\
                    Private_Clean: 108 kB\nPrivate_Dirty: 116 kB\n";
        let wanted = Footprint { rss: 1672.0 * 1024.0, pss: 771.0 * 1024.0, uss: 224.0 * 1024.0 };
        assert_eq!(Footprint::parse(text), Some(wanted));
        assert_eq!(Footprint::parse("Rss: 1 kB"), None);
        assert!(Footprint::of(std::process::id()).unwrap().rss > 0.0);
    }
}
