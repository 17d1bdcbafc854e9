//! A decoder in a process of its own, watched: what it said, and what CPU time and memory it took.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use riskdesk::import::child::{Child, Said};
use riskdesk::import::limits::Refusal;
use riskdesk::import::record::Summary;
use riskdesk::import::sighted::{Sighted, Telling};

/// What a decoder may take: seconds of CPU time, bytes of memory.
pub const CPU: Duration = Duration::from_secs(10);
pub const PEAK: u64 = 256 << 20;

/// The program whose decoder is looked at; `RISKDESK_TEST_DECODER` names one built with optimisation, whose CPU time then
/// counts.
pub fn program() -> PathBuf {
    std::env::var_os("RISKDESK_TEST_DECODER").map_or_else(|| env!("CARGO_BIN_EXE_riskdesk").into(), PathBuf::from)
}

/// Whether the decoder is fast enough for its CPU time to mean something.
pub fn optimised() -> bool {
    std::env::var_os("RISKDESK_TEST_DECODER").is_some() || !cfg!(debug_assertions)
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub cpu: Duration,
    pub peak: u64,
}

impl Cost {
    pub fn within(&self) -> bool {
        self.peak <= PEAK && (self.cpu <= CPU || !optimised())
    }

    pub fn worst(&mut self, other: Self) {
        self.cpu = self.cpu.max(other.cpu);
        self.peak = self.peak.max(other.peak);
    }
}

pub fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    file
}

/// Looks at a process until it is gone. What it took stays readable until its parent has asked after its end; its memory
/// only while it runs, so that it is looked at as often as can be.
#[cfg(target_os = "linux")]
fn watch(pid: u32) -> Cost {
    let read = |what: &str| std::fs::read_to_string(format!("/proc/{pid}/{what}")).ok();
    let mut cost = Cost::default();
    while let Some(stat) = read("stat") {
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        let ticks: u64 = [11, 12]
            .iter()
            .filter_map(|at| fields.get(*at)?.parse::<u64>().ok())
            .sum();
        cost.cpu = Duration::from_millis(ticks * 10).max(cost.cpu);
        if fields.first() == Some(&"Z") {
            break;
        }
        let status = read("status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = peak.and_then(|p| p.trim().trim_end_matches(" kB").parse::<u64>().ok());
        cost.peak = cost.peak.max(kilobytes.unwrap_or_default() << 10);
        std::thread::park_timeout(Duration::from_micros(500));
    }
    cost
}

#[cfg(not(target_os = "linux"))]
fn watch(_: u32) -> Cost {
    Cost::default()
}

/// What a decoder said of a report.
#[derive(Debug, Default)]
pub struct Heard {
    pub records: Vec<Sighted>,
    pub facts: Vec<Telling>,
    pub members: usize,
    pub summary: Summary,
}

pub async fn measured(report: File, format: Option<&str>) -> (Result<Heard, Refusal>, Cost) {
    let mut child = match Child::start(&program(), report, format) {
        Ok(child) => child,
        Err(refusal) => return (Err(refusal), Cost::default()),
    };
    let pid = child.id().unwrap();
    let watched = tokio::task::spawn_blocking(move || watch(pid));
    let mut heard = Heard::default();
    let outcome = loop {
        match child.next().await {
            Ok(Said::Records(more)) => heard.records.extend(more),
            Ok(Said::Facts(more)) => heard.facts.extend(more),
            Ok(Said::Text(_) | Said::Progress(_)) => {}
            Ok(Said::Member(..)) => heard.members += 1,
            Ok(Said::End(summary)) => {
                heard.summary = *summary;
                break Ok(heard);
            }
            Err(refusal) => break Err(refusal),
        }
    };
    let cost = watched.await.unwrap();
    drop(child);
    (outcome, cost)
}
