//! Instants: milliseconds since 1970 in rows and arithmetic, RFC 3339 UTC with milliseconds on the wire.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub i64);

/// One day in milliseconds, as clocks count it.
pub const DAY_MS: i64 = 86_400_000;

impl Time {
    /// The instant now by the system's clock. Rules never call this: they are given the time.
    #[must_use]
    pub fn system_now() -> Self {
        Self(Timestamp::now().as_millisecond())
    }

    /// This instant moved by `ms` milliseconds (negative: earlier), clamped at the ends of `i64`.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This instant moved by whole days of 24 hours.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        self.plus_ms(days.saturating_mul(DAY_MS))
    }

    /// The calendar's view of this instant; the ends of the calendar where the number lies outside it.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.0).unwrap_or(if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX })
    }

    /// Reads RFC 3339 (any offset), as scanners and scripts write it.
    ///
    /// # Errors
    /// Where the text is not an RFC 3339 instant.
    pub fn parse(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<Timestamp>().map(|t| Self(t.as_millisecond()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.timestamp())
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "format": "date-time"})
    }
    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_has_milliseconds_and_comes_back() {
        let t = Time(1_795_000_000_120);
        assert_eq!(t.to_string(), "2026-11-18T11:06:40.120Z");
        assert_eq!(Time::parse(&t.to_string()).unwrap(), t);
        assert_eq!(Time::parse("2026-11-18T12:06:40.12+01:00").unwrap(), t);
        assert_eq!(Time(0).to_string(), "1970-01-01T00:00:00.000Z");
    }
}
