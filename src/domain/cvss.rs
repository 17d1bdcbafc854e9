//! CVSS: vectors of version 2.0, 3.0, 3.1 and 4.0, read, checked, scored and written in one form.
//!
//! The metrics of each version are a table (`metrics.rs`); a vector is one value per row of it. The scores follow the
//! documents of FIRST to the letter, with the rounding of each version. Version 4.0's interpolation over macro vectors
//! is the `cvss` crate's; everything else is computed here.
//!
//! Vectors come from scanners and people: lower case and any order are understood, everything else that is not of the
//! grammar is an error that points at the character.

use std::fmt;

use super::severity::Severity;

mod metrics;
mod v2;
mod v3;
mod v4;

use metrics::{Group, Metric};

/// The longest vector: all metrics of 4.0 with their values need 230 characters.
const LENGTH_MAX: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    V2,
    V30,
    V31,
    V4,
}

impl Version {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::V2 => "2.0",
            Self::V30 => "3.0",
            Self::V31 => "3.1",
            Self::V4 => "4.0",
        }
    }

    /// What a vector of this version begins with.
    fn prefix(self) -> &'static str {
        match self {
            Self::V2 => "",
            Self::V30 => "CVSS:3.0/",
            Self::V31 => "CVSS:3.1/",
            Self::V4 => "CVSS:4.0/",
        }
    }

    fn metrics(self) -> &'static [Metric] {
        match self {
            Self::V2 => metrics::V2,
            Self::V30 | Self::V31 => metrics::V3,
            Self::V4 => metrics::V4,
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A complete vector: every mandatory metric has a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cvss {
    version: Version,
    /// One per row of the version's table; none: not defined.
    values: Vec<Option<&'static str>>,
}

/// Why a text is no vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CvssError {
    /// The character it stands at, from 0.
    pub at: usize,
    pub message: String,
}

impl fmt::Display for CvssError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for CvssError {}

impl Cvss {
    /// Reads a vector: `CVSS:3.1/AV:N/…`, `CVSS:4.0/…`, or of version 2 with or without brackets.
    ///
    /// # Errors
    /// Where it is not one: where, and what is wrong.
    pub fn parse(text: &str) -> Result<Self, CvssError> {
        let error = |at: usize, message: String| Err(CvssError { at, message });
        // Positions are told in characters, and only ASCII is any good, so both kinds of position are the same below.
        if let Some(at) = text.chars().position(|c| !c.is_ascii_graphic()) {
            return error(
                at,
                "A CVSS vector has no blanks and no special characters. Remove this one.".into(),
            );
        }
        if text.len() > LENGTH_MAX {
            return error(
                LENGTH_MAX,
                format!("A CVSS vector has at most {LENGTH_MAX} characters."),
            );
        }
        let (version, start) = version(text)?;
        let end = text.len() - usize::from(version == Version::V2 && text.starts_with('(') && text.ends_with(')'));
        let metrics = version.metrics();
        let mut values = vec![None; metrics.len()];
        let mut at = start;
        for part in text[start..end].split('/') {
            let Some((name, value)) = part.split_once(':') else {
                return error(
                    at,
                    format!("`{part}` is no metric. Write NAME:VALUE, with `/` between them."),
                );
            };
            let Some(index) = metrics.iter().position(|m| m.name.eq_ignore_ascii_case(name)) else {
                return error(at, format!("CVSS {version} has no metric `{name}`."));
            };
            let metric = &metrics[index];
            let Some(found) = metric.values.iter().find(|v| v.eq_ignore_ascii_case(value)) else {
                let known = metric.values.join(", ");
                let at = at + name.len() + 1;
                return error(
                    at,
                    format!("`{value}` is no value of {}. There is: {known}.", metric.name),
                );
            };
            if values[index].replace(*found).is_some() {
                return error(at, format!("{} is given twice. Remove one of them.", metric.name));
            }
            at += part.len() + 1;
        }
        if let Some(missing) = metrics
            .iter()
            .zip(&values)
            .find(|(m, v)| m.group == Group::Base && v.is_none())
        {
            return error(
                text.len(),
                format!("{} is missing: every base metric needs a value.", missing.0.name),
            );
        }
        for (metric, value) in metrics.iter().zip(&mut values) {
            if metric.undefined() == *value {
                *value = None;
            }
        }
        Ok(Self { version, values })
    }

    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// The score that counts: environmental where environmental metrics are given, else temporal (threat) likewise,
    /// else base. 0.0 to 10.0 in tenths.
    #[must_use]
    pub fn score(&self) -> f64 {
        match self.version {
            Version::V2 => v2::Scores::of(self).overall(self),
            Version::V30 | Version::V31 => v3::Scores::of(self).overall(self),
            Version::V4 => v4::score(self),
        }
    }

    /// The score of the base metrics alone.
    #[must_use]
    pub fn base_score(&self) -> f64 {
        match self.version {
            Version::V2 => v2::Scores::of(self).base,
            Version::V30 | Version::V31 => v3::Scores::of(self).base,
            Version::V4 => v4::score(&self.base()),
        }
    }

    /// The rating of [`Cvss::score`]: FIRST's bands, for version 2 (which has none of its own) those of the NVD.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match (self.version, self.score()) {
            (Version::V2, score) if score >= 7.0 => Severity::High,
            (_, score) => Severity::from_score(score),
        }
    }

    /// The vector without everything but its base metrics.
    fn base(&self) -> Self {
        let values = self.version.metrics().iter().zip(&self.values);
        Self {
            version: self.version,
            values: values
                .map(|(metric, value)| value.filter(|_| metric.group == Group::Base))
                .collect(),
        }
    }

    /// Whether any metric of the group is defined.
    fn has(&self, group: Group) -> bool {
        let mut all = self.version.metrics().iter().zip(&self.values);
        all.any(|(metric, value)| metric.group == group && value.is_some())
    }

    /// The value of a metric; `""` where it is not defined.
    fn get(&self, name: &str) -> &'static str {
        let index = self.version.metrics().iter().position(|m| m.name == name);
        index.and_then(|i| self.values[i]).unwrap_or("")
    }
}

/// The version by the prefix, and where the metrics begin.
fn version(text: &str) -> Result<(Version, usize), CvssError> {
    let starts = |prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    for version in [Version::V30, Version::V31, Version::V4] {
        if starts(version.prefix()) {
            return Ok((version, version.prefix().len()));
        }
    }
    if starts("CVSS:2.0/") {
        return Ok((Version::V2, "CVSS:2.0/".len()));
    }
    if starts("CVSS:") {
        return Err(CvssError {
            at: "CVSS:".len(),
            message: "This version of CVSS is not known. There is: 2.0, 3.0, 3.1, 4.0.".to_owned(),
        });
    }
    // Vectors of version 2 have no prefix; the one metric that only they have tells them from a lost one.
    if text.to_ascii_uppercase().contains("AU:") {
        return Ok((Version::V2, usize::from(text.starts_with('('))));
    }
    Err(CvssError {
        at: 0,
        message: "A CVSS vector begins with its version, as in `CVSS:3.1/AV:N/…`.".to_owned(),
    })
}

impl fmt::Display for Cvss {
    /// The metrics in the order of FIRST's documents, those that are not defined left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.version.prefix())?;
        let mut slash = "";
        for (metric, value) in self.version.metrics().iter().zip(&self.values) {
            if let Some(value) = value {
                write!(f, "{slash}{}:{value}", metric.name)?;
                slash = "/";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
