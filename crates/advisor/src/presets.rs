//! Workloads that many have, to begin with: what a task takes is of their usual sizes, not of this machine.

use crate::needs::Need;
use crate::workload::{Amount, Workload};
use texts::text;

/// A workload with a name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// As a link names it.
    pub id: &'static str,
    /// As people do.
    pub name: &'static str,
    /// Milliseconds of work.
    task: f64,
    payload: u64,
    reply: u64,
    tasks: u32,
    fresh: bool,
    crash_rate: f64,
    needs: &'static [Need],
}

const fn preset(
    id: &'static str,
    name: &'static str,
    task: f64,
    payload: u64,
    reply: u64,
    tasks: u32,
) -> Preset {
    Preset { id, name, task, payload, reply, tasks, fresh: false, crash_rate: 0.0, needs: &[] }
}

/// Every one.
pub const PRESETS: [Preset; 7] = [
    preset("thumbnails", text!("image thumbnails"), 25.0, 3 << 20, 30 << 10, 200),
    preset("pdf", text!("PDF rendering"), 300.0, 400 << 10, 200 << 10, 20),
    preset("bcrypt", text!("bcrypt"), 80.0, 128, 64, 100),
    preset("json", text!("JSON parsing of large files"), 60.0, 8 << 20, 2 << 20, 20),
    Preset { crash_rate: 0.01, ..preset("scraping", text!("scraping"), 15.0, 256, 100 << 10, 200) },
    Preset {
        fresh: true,
        needs: &[Need::Isolation],
        ..preset("plugins", text!("plugin sandbox"), 10.0, 16 << 10, 16 << 10, 50)
    },
    preset("video", text!("video frames"), 12.0, 3_110_400, 3_110_400, 250),
];

impl Preset {
    /// With so many workers.
    #[must_use]
    pub fn workload(&self, workers: u32) -> Workload {
        Workload {
            task: self.task * 1e6,
            payload: self.payload,
            reply: self.reply,
            amount: Amount::Tasks(self.tasks),
            workers,
            fresh: self.fresh,
            crash_rate: self.crash_rate,
            memory_limit: None,
            needs: self.needs.to_vec(),
        }
    }
}
