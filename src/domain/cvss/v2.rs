//! Version 2.0: "A Complete Guide to the Common Vulnerability Scoring System Version 2.0", section 3.2.

use super::Cvss;
use super::metrics::Group;

pub(super) struct Scores {
    pub base: f64,
    pub temporal: f64,
    pub environmental: f64,
}

impl Scores {
    pub fn of(cvss: &Cvss) -> Self {
        let get = |name| weight(name, cvss.get(name));
        let (c, i, a) = (get("C"), get("I"), get("A"));
        let impact = 10.41 * (1.0 - (1.0 - c) * (1.0 - i) * (1.0 - a));
        let exploitability = 20.0 * get("AV") * get("AC") * get("Au");
        let base_of = |impact: f64| {
            let reach = if impact == 0.0 { 0.0 } else { 1.176 };
            round((0.6 * impact + 0.4 * exploitability - 1.5) * reach)
        };
        let over_time = get("E") * get("RL") * get("RC");
        let base = base_of(impact);
        let adjusted = 10.41 * (1.0 - (1.0 - c * get("CR")) * (1.0 - i * get("IR")) * (1.0 - a * get("AR")));
        let adjusted = round(base_of(adjusted.min(10.0)) * over_time);
        Self {
            base,
            temporal: round(base * over_time),
            environmental: round((adjusted + (10.0 - adjusted) * get("CDP")) * get("TD")).max(0.0),
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

/// To one decimal, halves up. The tiny amount makes up for what binary fractions lose against decimal ones.
fn round(score: f64) -> f64 {
    // Adding nothing turns the -0.0 of a score that vanishes into 0.0.
    (score * 10.0 + 1e-9_f64.copysign(score)).round() / 10.0 + 0.0
}

fn weight(metric: &str, value: &str) -> f64 {
    match (metric, value) {
        ("AV", "L") => 0.395,
        ("AV", "A") => 0.646,
        ("AV", "N") => 1.0,
        ("AC", "H") => 0.35,
        ("AC", "M") => 0.61,
        ("AC", "L") => 0.71,
        ("Au", "M") => 0.45,
        ("Au", "S") => 0.56,
        ("Au", "N") => 0.704,
        ("C" | "I" | "A", "N") => 0.0,
        ("C" | "I" | "A", "P") => 0.275,
        ("C" | "I" | "A", "C") => 0.66,
        ("E", "U") => 0.85,
        ("E", "POC") => 0.9,
        ("E", "F") => 0.95,
        ("RL", "OF") => 0.87,
        ("RL", "TF") => 0.9,
        ("RL", "W") => 0.95,
        ("RC", "UC") => 0.9,
        ("RC", "UR") => 0.95,
        ("CDP", "L") => 0.1,
        ("CDP", "LM") => 0.3,
        ("CDP", "MH") => 0.4,
        ("CDP", "H") => 0.5,
        ("CDP", _) => 0.0,
        ("TD", "N") => 0.0,
        ("TD", "L") => 0.25,
        ("TD", "M") => 0.75,
        ("CR" | "IR" | "AR", "L") => 0.5,
        ("CR" | "IR" | "AR", "H") => 1.51,
        _ => 1.0,
    }
}
