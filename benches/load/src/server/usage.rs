//! What a process has used, as the kernel counts it.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

/// User and system time so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Both, by the process's own clock, to the nanosecond.
    pub cpu: Duration,
    /// The system's part, in the kernel's steps of 10 ms.
    pub system: Duration,
}

impl Usage {
    /// What the process has used since it began.
    pub fn of(process: u32) -> Result<Self> {
        let clock = clock_getcpuclockid(Pid::from_raw(process.cast_signed()))?;
        let cpu = Duration::from(clock_gettime(clock)?);
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name, in parentheses, may have spaces; stime is the 15th field, the 13th after it (proc(5)).
        let ticks = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(12));
        let ticks: u64 = ticks.context("no stime in /proc")?.parse()?;
        Ok(Self { cpu, system: Duration::from_millis(ticks * 10) })
    }
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        let cpu = self.cpu.saturating_sub(before.cpu);
        Self { cpu, system: self.system.saturating_sub(before.system) }
    }
}

/// Resident memory now, in KiB.
pub fn resident_kib(process: u32) -> Result<u64> {
    field_kib(&format!("/proc/{process}/smaps_rollup"), "Rss:")
}

/// The most that was ever resident, in KiB.
pub fn peak_kib(process: u32) -> Result<u64> {
    field_kib(&format!("/proc/{process}/status"), "VmHWM:")
}

/// What the kernel holds for itself on the whole machine (slab caches and socket buffers), in KiB.
pub fn kernel_kib() -> Result<u64> {
    let slab = field_kib("/proc/meminfo", "Slab:")?;
    let sockets = fs::read_to_string("/proc/net/sockstat")?;
    let tcp = sockets.lines().find(|line| line.starts_with("TCP:")).context("no TCP in sockstat")?;
    let pages: u64 = tcp.rsplit(' ').next().unwrap_or("0").parse()?;
    Ok(slab + pages * 4)
}

fn field_kib(file: &str, name: &str) -> Result<u64> {
    let text = fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.and_then(|line| line.split_whitespace().next());
    Ok(value.with_context(|| format!("no {name} in {file}"))?.parse()?)
}
