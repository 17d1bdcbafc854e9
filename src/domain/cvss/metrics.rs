//! The metrics of each version: names, values and order as FIRST's documents give them.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Every one needs a value.
    Base,
    /// Temporal; "threat" in 4.0.
    Temporal,
    Environmental,
    /// 4.0 only: says something, scores nothing.
    Supplemental,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Metric {
    pub name: &'static str,
    pub group: Group,
    /// Where a metric may be left undefined, its last value says so.
    pub values: &'static [&'static str],
}

impl Metric {
    /// The value that says as much as none.
    pub fn undefined(&self) -> Option<&'static str> {
        if self.group == Group::Base {
            None
        } else {
            self.values.last().copied()
        }
    }
}

const fn metric(name: &'static str, group: Group, values: &'static [&'static str]) -> Metric {
    Metric { name, group, values }
}

pub(super) const V2: &[Metric] = &[
    metric("AV", Group::Base, &["L", "A", "N"]),
    metric("AC", Group::Base, &["H", "M", "L"]),
    metric("Au", Group::Base, &["M", "S", "N"]),
    metric("C", Group::Base, &["N", "P", "C"]),
    metric("I", Group::Base, &["N", "P", "C"]),
    metric("A", Group::Base, &["N", "P", "C"]),
    metric("E", Group::Temporal, &["U", "POC", "F", "H", "ND"]),
    metric("RL", Group::Temporal, &["OF", "TF", "W", "U", "ND"]),
    metric("RC", Group::Temporal, &["UC", "UR", "C", "ND"]),
    metric("CDP", Group::Environmental, &["N", "L", "LM", "MH", "H", "ND"]),
    metric("TD", Group::Environmental, &["N", "L", "M", "H", "ND"]),
    metric("CR", Group::Environmental, &["L", "M", "H", "ND"]),
    metric("IR", Group::Environmental, &["L", "M", "H", "ND"]),
    metric("AR", Group::Environmental, &["L", "M", "H", "ND"]),
];

pub(super) const V3: &[Metric] = &[
    metric("AV", Group::Base, &["N", "A", "L", "P"]),
    metric("AC", Group::Base, &["L", "H"]),
    metric("PR", Group::Base, &["N", "L", "H"]),
    metric("UI", Group::Base, &["N", "R"]),
    metric("S", Group::Base, &["U", "C"]),
    metric("C", Group::Base, &["H", "L", "N"]),
    metric("I", Group::Base, &["H", "L", "N"]),
    metric("A", Group::Base, &["H", "L", "N"]),
    metric("E", Group::Temporal, &["H", "F", "P", "U", "X"]),
    metric("RL", Group::Temporal, &["U", "W", "T", "O", "X"]),
    metric("RC", Group::Temporal, &["C", "R", "U", "X"]),
    metric("CR", Group::Environmental, &["H", "M", "L", "X"]),
    metric("IR", Group::Environmental, &["H", "M", "L", "X"]),
    metric("AR", Group::Environmental, &["H", "M", "L", "X"]),
    metric("MAV", Group::Environmental, &["N", "A", "L", "P", "X"]),
    metric("MAC", Group::Environmental, &["L", "H", "X"]),
    metric("MPR", Group::Environmental, &["N", "L", "H", "X"]),
    metric("MUI", Group::Environmental, &["N", "R", "X"]),
    metric("MS", Group::Environmental, &["U", "C", "X"]),
    metric("MC", Group::Environmental, &["H", "L", "N", "X"]),
    metric("MI", Group::Environmental, &["H", "L", "N", "X"]),
    metric("MA", Group::Environmental, &["H", "L", "N", "X"]),
];

pub(super) const V4: &[Metric] = &[
    metric("AV", Group::Base, &["N", "A", "L", "P"]),
    metric("AC", Group::Base, &["L", "H"]),
    metric("AT", Group::Base, &["N", "P"]),
    metric("PR", Group::Base, &["N", "L", "H"]),
    metric("UI", Group::Base, &["N", "P", "A"]),
    metric("VC", Group::Base, &["H", "L", "N"]),
    metric("VI", Group::Base, &["H", "L", "N"]),
    metric("VA", Group::Base, &["H", "L", "N"]),
    metric("SC", Group::Base, &["H", "L", "N"]),
    metric("SI", Group::Base, &["H", "L", "N"]),
    metric("SA", Group::Base, &["H", "L", "N"]),
    metric("E", Group::Temporal, &["A", "P", "U", "X"]),
    metric("CR", Group::Environmental, &["H", "M", "L", "X"]),
    metric("IR", Group::Environmental, &["H", "M", "L", "X"]),
    metric("AR", Group::Environmental, &["H", "M", "L", "X"]),
    metric("MAV", Group::Environmental, &["N", "A", "L", "P", "X"]),
    metric("MAC", Group::Environmental, &["L", "H", "X"]),
    metric("MAT", Group::Environmental, &["N", "P", "X"]),
    metric("MPR", Group::Environmental, &["N", "L", "H", "X"]),
    metric("MUI", Group::Environmental, &["N", "P", "A", "X"]),
    metric("MVC", Group::Environmental, &["H", "L", "N", "X"]),
    metric("MVI", Group::Environmental, &["H", "L", "N", "X"]),
    metric("MVA", Group::Environmental, &["H", "L", "N", "X"]),
    metric("MSC", Group::Environmental, &["H", "L", "N", "X"]),
    metric("MSI", Group::Environmental, &["S", "H", "L", "N", "X"]),
    metric("MSA", Group::Environmental, &["S", "H", "L", "N", "X"]),
    metric("S", Group::Supplemental, &["N", "P", "X"]),
    metric("AU", Group::Supplemental, &["N", "Y", "X"]),
    metric("R", Group::Supplemental, &["A", "U", "I", "X"]),
    metric("V", Group::Supplemental, &["D", "C", "X"]),
    metric("RE", Group::Supplemental, &["L", "M", "H", "X"]),
    metric("U", Group::Supplemental, &["Clear", "Green", "Amber", "Red", "X"]),
];
