//! What this machine is.

use std::fs;
use std::thread;

use protocol::runner::Machine;

/// Looks at the machine.
#[must_use]
pub fn describe() -> Machine {
    let uname = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    Machine {
        cpu: cpu().unwrap_or_else(|| text(uname.machine())),
        cores: thread::available_parallelism().map_or(1, |count| count.get() as u32),
        system: format!("{} {}", text(uname.sysname()), text(uname.release())),
        runner: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn cpu() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
