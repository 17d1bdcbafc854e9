//! A fuzzer that needs nothing but `cargo test`: damaged copies of a corpus, kept where they lead somewhere new.
//!
//! What it cannot see is coverage; it goes by what a unit came to instead (the sentence of a refusal without its numbers,
//! what was left out), which for parsers that name their reasons is nearly the same. A run is the same for the same seed.
//!
//! | variable | meaning |
//! |---|---|
//! | `RISKDESK_FUZZ_SECONDS` | so long for each target, instead of a fixed number of units |
//! | `RISKDESK_FUZZ_SEED` | another seed |
//! | `RISKDESK_FUZZ_KEEP` | a folder for the unit that is running and for those that failed |

use std::collections::HashSet;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::mutate::{Numbers, mutate};

/// CPU time of one unit, in a build that is optimised.
const UNIT: Duration = Duration::from_secs(1);

/// A unit that takes longer than this is stuck.
const STUCK: Duration = Duration::from_mins(2);

/// Damaged copies that led somewhere new are kept up to here.
const KEPT: usize = 3_000;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What is fuzzed with what.
pub struct Target<'t> {
    pub name: &'t str,
    pub seeds: Vec<Vec<u8>>,
    /// For pieces of others in the seeds.
    pub others: &'t [Vec<u8>],
    /// Words of the language.
    pub words: &'t [&'t str],
    /// Units of a run that is not bound by time.
    pub rounds: usize,
}

impl Target<'_> {
    /// Runs `unit` on damaged copies; it says what came of one, and panics where that must not be. Gives the number of
    /// units, and those that failed.
    pub fn run(self, unit: impl Fn(&[u8]) -> String) -> (usize, Vec<String>) {
        let until = variable("RISKDESK_FUZZ_SECONDS").map(|s| Instant::now() + Duration::from_secs(s));
        let name_seed = self
            .name
            .bytes()
            .fold(7_u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
        let mut numbers = Numbers::new(variable("RISKDESK_FUZZ_SEED").unwrap_or(1) ^ name_seed);
        let keep = std::env::var_os("RISKDESK_FUZZ_KEEP").map(PathBuf::from);
        let file_name: String = self
            .name
            .chars()
            .map(|c| if c.is_alphanumeric() { c } else { '-' })
            .collect();
        let (beat, heard) = channel::<()>();
        let watched = self.name.to_owned();
        let watch = std::thread::spawn(move || {
            loop {
                match heard.recv_timeout(STUCK) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        let _ = writeln!(std::io::stderr().lock(), "fuzz {watched}: a unit is stuck");
                        std::process::abort();
                    }
                }
            }
        });
        let mut corpus = self.seeds.clone();
        let mut seen = HashSet::new();
        let (mut units, mut failed, mut slowest) = (0, Vec::new(), Duration::ZERO);
        while failed.len() < 5 && until.map_or(units < self.rounds, |until| Instant::now() < until) {
            let bytes = match self.seeds.get(units) {
                // First as they are.
                Some(whole) => whole.clone(),
                // The seeds again and again, or the drift of what was found hides them.
                None if numbers.below(3) == 0 => mutate(&mut numbers, &self.seeds, self.others, self.words),
                None => mutate(&mut numbers, &corpus, self.others, self.words),
            };
            if let Some(keep) = &keep {
                std::fs::write(keep.join(format!("{file_name}.running")), &bytes).unwrap();
            }
            let started = Instant::now();
            let outcome = catch_unwind(AssertUnwindSafe(|| unit(&bytes)));
            let took = started.elapsed();
            let _ = beat.send(());
            units += 1;
            // A machine that is busy makes everything slow: once more before it counts.
            let slow = took > UNIT && outcome.is_ok() && {
                let again = Instant::now();
                let _ = unit(&bytes);
                again.elapsed() > UNIT
            };
            slowest = slowest.max(took);
            if outcome.is_err() || slow && !cfg!(debug_assertions) {
                let shown: String = String::from_utf8_lossy(&bytes).chars().take(1_500).collect();
                let what = if slow {
                    format!("took {took:?}")
                } else {
                    "panicked".into()
                };
                failed.push(format!("{}: unit {units} {what}: {shown:?}", self.name));
                if let Some(keep) = &keep {
                    std::fs::write(keep.join(format!("{file_name}.{units}")), &bytes).unwrap();
                }
            }
            if let Ok(came) = outcome
                && corpus.len() < self.seeds.len() + KEPT
                && bytes.len() < 16 << 10
                && seen.insert(skeleton(&came))
            {
                corpus.push(bytes);
            }
        }
        drop(beat);
        watch.join().unwrap();
        let _ = writeln!(
            std::io::stderr().lock(),
            "fuzz {}: checked={units} failed={} ({} outcomes, slowest unit {slowest:.1?})",
            self.name,
            failed.len(),
            seen.len(),
        );
        (units, failed)
    }
}

/// A text without its numbers and the words of the report in it.
fn skeleton(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    for c in text.chars().take(400) {
        match c {
            '`' => quoted = !quoted,
            c if quoted || c.is_ascii_digit() || !c.is_ascii() => {}
            c => out.push(c),
        }
    }
    out
}
