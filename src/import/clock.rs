//! Times as scanners write them. What names no zone is taken as UTC: reports of one tool are compared with one another.

use jiff::civil::DateTime;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

use crate::domain::time::Time;

/// Ways to write a time without a zone, or with words around it.
const WAYS: [&str; 10] = [
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%d %b %Y %H:%M:%S",
    "%b %d, %Y %H:%M:%S",
    "%b %d %Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
];

/// Days without a time of day.
const DAYS: [&str; 3] = ["%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y"];

/// Reads a time: RFC 3339, RFC 2822, seconds since 1970, and what C and Java print by default.
#[must_use]
pub fn time(text: &str) -> Option<Time> {
    let text = text.trim();
    if text.len() > 60 || text.is_empty() {
        return None;
    }
    if let Ok(time) = Time::parse(text) {
        return Some(time);
    }
    if let Ok(seconds) = text.parse::<f64>() {
        // Milliseconds are what is too far away for seconds.
        let ms = if seconds > 1e11 { seconds } else { seconds * 1000.0 };
        return (ms > 0.0 && ms < 4e12).then_some(Time(ms as i64));
    }
    if let Ok(zoned) = rfc2822::parse(text) {
        return Some(Time(zoned.timestamp().as_millisecond()));
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Ok(time) = strtime::parse("%Y-%m-%d %H:%M:%S %z", &words).and_then(|t| t.to_timestamp()) {
        return Some(Time(time.as_millisecond()));
    }
    let bare = words.trim_end_matches(" UTC").trim_end_matches(" GMT");
    WAYS.iter()
        .find_map(|way| DateTime::strptime(way, bare).ok())
        .or_else(|| {
            let days = DAYS.iter();
            days.filter_map(|way| jiff::civil::Date::strptime(way, bare).ok())
                .map(|day| day.at(0, 0, 0, 0))
                .next()
        })
        .and_then(|civil| civil.to_zoned(TimeZone::UTC).ok())
        .map(|zoned| Time(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_however_they_are_written() {
        for text in [
            "2025-06-22T04:04:14Z",
            "2025-06-22T06:04:14+02:00",
            "Sun, 22 Jun 2025 04:04:14",
            "Sun, 22 Jun 2025 04:04:14 +0000",
            "Sun, 22 Jun 2025 04:04:14 GMT",
            "Sun Jun 22 04:04:14 2025",
            "2025-06-22 04:04:14",
            "2025-06-22 04:04:14 +0000",
            "2025-06-22 04:04:14 UTC",
            "1750565054",
            "1750565054000",
            "06/22/2025 04:04:14",
            "22/06/2025 04:04:14",
        ] {
            let read = time(text).map(|t| t.to_string());
            assert_eq!(read.as_deref(), Some("2025-06-22T04:04:14.000Z"), "{text}");
        }
        assert_eq!(time("28/02/2021").unwrap().to_string(), "2021-02-28T00:00:00.000Z");
        for text in ["", "yesterday", "-1", "NaN", "99999999999999999999"] {
            assert_eq!(time(text), None, "{text}");
        }
    }
}
