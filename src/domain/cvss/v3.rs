//! Versions 3.0 and 3.1: the specification documents, sections 7 (3.1) and 8 (3.0).
//!
//! They differ in two places: how a score is rounded up, and the impact of a changed scope in environmental scores.

use super::metrics::Group;
use super::{Cvss, Version};

pub(super) struct Scores {
    pub base: f64,
    pub temporal: f64,
    pub environmental: f64,
}

impl Scores {
    pub fn of(cvss: &Cvss) -> Self {
        let rounded = |score| round_up(cvss.version, score);
        let get = |name| weight(name, cvss.get(name));

        let changed = cvss.get("S") == "C";
        let iss = 1.0 - (1.0 - get("C")) * (1.0 - get("I")) * (1.0 - get("A"));
        let impact = if changed {
            7.52 * (iss - 0.029) - 3.25 * (iss - 0.02).powi(15)
        } else {
            6.42 * iss
        };
        let exploitability = 8.22 * get("AV") * get("AC") * privileges(cvss.get("PR"), changed) * get("UI");
        let base = rounded(combined(impact, exploitability, changed));

        // A modified metric that is not defined keeps the base metric's value.
        let modified = |name: &'static str| match cvss.get(name) {
            "" => cvss.get(&name[1..]),
            value => value,
        };
        let changed = modified("MS") == "C";
        let part =
            |requirement: &'static str, name: &'static str| get(requirement) * weight(&name[1..], modified(name));
        let miss = 1.0 - (1.0 - part("CR", "MC")) * (1.0 - part("IR", "MI")) * (1.0 - part("AR", "MA"));
        let miss = miss.min(0.915);
        let impact = match (changed, cvss.version) {
            (false, _) => 6.42 * miss,
            (true, Version::V30) => 7.52 * (miss - 0.029) - 3.25 * (miss - 0.02).powi(15),
            (true, _) => 7.52 * (miss - 0.029) - 3.25 * (miss * 0.9731 - 0.02).powi(13),
        };
        let exploitability = 8.22
            * weight("AV", modified("MAV"))
            * weight("AC", modified("MAC"))
            * privileges(modified("MPR"), changed)
            * weight("UI", modified("MUI"));
        let over_time = get("E") * get("RL") * get("RC");
        Self {
            base,
            temporal: rounded(base * over_time),
            environmental: rounded(rounded(combined(impact, exploitability, changed)) * over_time),
        }
    }

    pub fn overall(&self, cvss: &Cvss) -> f64 {
        if cvss.has(Group::Environmental) {
            self.environmental
        } else if cvss.has(Group::Temporal) {
            self.temporal
        } else {
            self.base
        }
    }
}

fn combined(impact: f64, exploitability: f64, changed: bool) -> f64 {
    if impact <= 0.0 {
        0.0
    } else if changed {
        (1.08 * (impact + exploitability)).min(10.0)
    } else {
        (impact + exploitability).min(10.0)
    }
}

/// Up to one decimal. 3.1 defines it on integers (appendix A); 3.0 asks for the smallest decimal not below the exact
/// value, where the tiny amount stands for what binary fractions add to decimal ones.
fn round_up(version: Version, score: f64) -> f64 {
    if version == Version::V30 {
        return (score * 10.0 - 1e-9).ceil() / 10.0 + 0.0;
    }
    let scaled = (score * 100_000.0).round() as i64;
    let tenths = scaled / 10_000 + i64::from(scaled % 10_000 != 0);
    tenths as f64 / 10.0
}

fn privileges(value: &str, changed: bool) -> f64 {
    match (value, changed) {
        ("L", false) => 0.62,
        ("L", true) => 0.68,
        ("H", false) => 0.27,
        ("H", true) => 0.5,
        _ => 0.85,
    }
}

fn weight(metric: &str, value: &str) -> f64 {
    match (metric, value) {
        ("AV", "N") => 0.85,
        ("AV", "A") => 0.62,
        ("AV", "L") => 0.55,
        ("AV", "P") => 0.2,
        ("AC", "L") => 0.77,
        ("AC", "H") => 0.44,
        ("UI", "N") => 0.85,
        ("UI", "R") => 0.62,
        ("C" | "I" | "A", "H") => 0.56,
        ("C" | "I" | "A", "L") => 0.22,
        ("C" | "I" | "A", "N") => 0.0,
        ("E", "F") => 0.97,
        ("E", "P") => 0.94,
        ("E", "U") => 0.91,
        ("RL", "W") => 0.97,
        ("RL", "T") => 0.96,
        ("RL", "O") => 0.95,
        ("RC", "R") => 0.96,
        ("RC", "U") => 0.92,
        ("CR" | "IR" | "AR", "H") => 1.5,
        ("CR" | "IR" | "AR", "L") => 0.5,
        _ => 1.0,
    }
}
