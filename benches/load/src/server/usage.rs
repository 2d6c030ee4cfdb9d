//! What a process has used, as the kernel counts it.

use std::fs;
use std::ops::Sub;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

/// User and system time so far, of all threads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Both, by the process's own clock, to the nanosecond.
    pub cpu: Duration,
    /// The same apart, in the kernel's steps of 10 ms.
    user_ticks: u64,
    system_ticks: u64,
}

impl Usage {
    /// What the process has used since it began.
    pub fn of(process: u32) -> Result<Self> {
        let clock = clock_getcpuclockid(Pid::from_raw(process.cast_signed()))?;
        let cpu = Duration::from(clock_gettime(clock)?);
        let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
        // The name, in parentheses, may have spaces; utime and stime are the 14th and 15th field (proc(5)).
        let mut ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11);
        let mut next = || ticks.next().context("no utime and stime in /proc")?.parse().context("a number");
        Ok(Self { cpu, user_ticks: next()?, system_ticks: next()? })
    }

    /// The system's part.
    pub fn system_share(&self) -> f64 {
        self.system_ticks as f64 / (self.user_ticks + self.system_ticks) as f64
    }
}

impl Sub for Usage {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            cpu: self.cpu.saturating_sub(before.cpu),
            user_ticks: self.user_ticks.saturating_sub(before.user_ticks),
            system_ticks: self.system_ticks.saturating_sub(before.system_ticks),
        }
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
