//! Load on all processors, and what a process uses.

use std::process::{Child, Command};

/// Processes that do nothing but use a processor, until this is dropped.
#[derive(Debug)]
pub(crate) struct Load(Vec<Child>);

impl Load {
    /// Two for each processor.
    pub(crate) fn start() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let mut load = Self(Vec::new());
        for _ in 0..2 * processors {
            // It also ends if this process ends in a way that drops nothing.
            let busy = format!("while [ -d /proc/{} ]; do :; done", std::process::id());
            let burner = Command::new("sh").args(["-c", &busy]).spawn().unwrap();
            load.0.push(burner);
        }
        load
    }

    pub(crate) fn processes(&self) -> usize {
        self.0.len()
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for burner in &mut self.0 {
            // It may have been ended by somebody else.
            let _ = burner.kill();
            let _ = burner.wait();
        }
    }
}

/// Resident memory of a process, in MiB.
pub(crate) fn resident_mib(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// The machine's load averages.
pub(crate) fn average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}
