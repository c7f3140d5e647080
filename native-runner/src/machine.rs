//! What this machine is.

use std::fs;
use std::thread;

use protocol::report::{Clock, ReportMachine};
use protocol::runner::Machine;

use crate::timing;

/// Looks at the machine; Node, which would have to be started, is left out.
#[must_use]
pub fn describe() -> Machine {
    let uname = rustix::system::uname();
    let text = |part: &std::ffi::CStr| part.to_string_lossy().into_owned();
    Machine {
        cpu: cpu().unwrap_or_else(|| text(uname.machine())),
        cores: thread::available_parallelism().map_or(1, |count| count.get() as u32),
        system: format!("{} {}", text(uname.sysname()), text(uname.release())),
        runner: env!("CARGO_PKG_VERSION").to_owned(),
        node: None,
    }
}

/// The same for a report.
pub(crate) fn for_report() -> ReportMachine {
    let Machine { cpu, cores, system, runner, node } = describe();
    let governor = fs::read_to_string("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").ok();
    ReportMachine {
        cpu,
        cores,
        system,
        governor: governor.map(|name| name.trim().to_owned()),
        runner,
        rustc: env!("BREAKEVEN_RUSTC").to_owned(),
        guards: Vec::new(),
        keeper: None,
        node,
        browser: None,
    }
}

/// The load average over one minute; 0 where the kernel does not tell.
pub(crate) fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

/// How often the kernel has moved the calling thread to another processor; none where it does not tell.
pub(crate) fn migrations() -> Option<u64> {
    let text = fs::read_to_string("/proc/thread-self/sched").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("se.nr_migrations"))?;
    line.trim_start().strip_prefix(':')?.trim().parse().ok()
}

/// Measures the clock.
pub(crate) fn clock() -> Clock {
    const READINGS: u32 = 100_000;
    let mut tick = u64::MAX;
    let began = timing::now();
    let mut last = began;
    for _ in 0..READINGS {
        let next = timing::now();
        if next > last {
            tick = tick.min(next - last);
        }
        last = next;
    }
    Clock { tick: tick as f64, overhead: (last - began) as f64 / f64::from(READINGS) }
}

fn cpu() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
