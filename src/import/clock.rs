//! Times as scanners write them. What names no zone is taken as UTC: reports of one tool are compared with one another.

use jiff::civil::DateTime;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

use crate::domain::time::Time;

/// Ways to write a time without a zone, or with words around it.
const WAYS: [&str; 16] = [
    "%A, %B %d, %Y %I:%M:%S %p",
    "%b %d, %Y %I:%M %p",
    "%Y%m%dT%H%M%S",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %I:%M %p",
    "%a %b %d %H:%M:%S %Y",
    "%a, %d %b %Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%b %d, %Y %H:%M:%S",
    "%b %d %Y %H:%M:%S",
    "%d-%b-%y %H:%M",
    "%d-%b-%Y %H:%M:%S",
];

/// Days without a time of day.
const DAYS: [&str; 6] = ["%Y-%m-%d", "%Y/%m/%d", "%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y"];

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
    if let Ok(number) = text.parse::<f64>() {
        return counted(number);
    }
    if let Ok(zoned) = rfc2822::parse(text) {
        return Some(Time(zoned.timestamp().as_millisecond()));
    }
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Ok(time) = strtime::parse("%Y-%m-%d %H:%M:%S %z", &words).and_then(|t| t.to_timestamp()) {
        return Some(Time(time.as_millisecond()));
    }
    if let Ok(time) = strtime::parse("%d %b %Y %I:%M%p GMT%z", &words).and_then(|t| t.to_timestamp()) {
        return Some(Time(time.as_millisecond()));
    }
    if let Some(time) = java(&words) {
        return Some(time);
    }
    let day = words.split([' ', ',']).next().unwrap_or_default();
    if day_of(day).is_some() {
        return numbered(&words);
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

/// A number as a time: seconds or milliseconds since 1970, or the days since 1900 that a spreadsheet makes of a time.
fn counted(number: f64) -> Option<Time> {
    /// 2000 and 2100, in days of a spreadsheet.
    const DAYS: std::ops::Range<f64> = 36_526.0..73_051.0;
    /// 1970, in the same.
    const EPOCH: f64 = 25_569.0;
    let ms = match number {
        // A second is a hundred-thousandth of a day: what is finer is how the number was written.
        n if DAYS.contains(&n) => ((n - EPOCH) * 86_400.0).round() * 1000.0,
        n if (9e8..4e9).contains(&n) => n * 1000.0,
        n if (9e11..4e12).contains(&n) => n,
        _ => return None,
    };
    Some(Time(ms as i64))
}

/// Names of zones that mean one thing, and their hours from UTC.
const ZONES: [(&str, i64); 11] = [
    ("UTC", 0),
    ("GMT", 0),
    ("CET", 1),
    ("CEST", 2),
    ("EET", 2),
    ("EEST", 3),
    ("EDT", -4),
    ("EST", -5),
    ("PDT", -7),
    ("PST", -8),
    ("JST", 9),
];

/// What Java prints: `Sat Sep 13 22:39:44 CEST 2014`.
fn java(words: &str) -> Option<Time> {
    let parts: Vec<&str> = words.split(' ').collect();
    let [weekday, month, day, clock, zone, year] = parts.as_slice() else {
        return None;
    };
    let (_, hours) = ZONES.iter().find(|(name, _)| name == zone)?;
    let civil = DateTime::strptime(
        "%a %b %d %H:%M:%S %Y",
        format!("{weekday} {month} {day} {clock} {year}"),
    )
    .ok()?;
    let zoned = civil.to_zoned(TimeZone::UTC).ok()?;
    Some(Time(zoned.timestamp().as_millisecond() - hours * 3_600_000))
}

/// Reads a time whose day is numbers in the order of the place where it was made: `03/02/2026`, as spreadsheets write
/// them. What could be either order is none: a time that is wrong by months would make a report older than the one
/// before it. Dots are day first everywhere.
fn numbered(words: &str) -> Option<Time> {
    /// How the rest of such times is written.
    const TIMES: [&str; 4] = ["%I:%M:%S %p", "%I:%M %p", "%H:%M:%S", "%H:%M"];
    let text = words.split('(').next().unwrap_or_default().replace(',', " ");
    let (day, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), "00:00"));
    let (a, b, year) = day_of(day)?;
    let (month, day) = match (a, b) {
        (1..=31, 1..=12) if day.contains('.') => (b, a),
        (1..=12, 13..=31) => (a, b),
        // With two digits of a year in front or behind it could be either.
        (13..=31, 1..=12) if year > 99 => (b, a),
        (1..=12, _) if a == b && year > 99 => (a, b),
        _ => return None,
    };
    let year = if year < 100 { year + 2000 } else { year };
    let rest = rest.trim().trim_end_matches("UTC").trim_end_matches("GMT").trim();
    let way = TIMES.iter().find_map(|t| {
        let plain = format!("{year:04}-{month:02}-{day:02} {rest}");
        DateTime::strptime(format!("%Y-%m-%d {t}"), plain).ok()
    })?;
    let zoned = way.to_zoned(TimeZone::UTC).ok()?;
    Some(Time(zoned.timestamp().as_millisecond()))
}

/// The three numbers of a day whose year stands last.
fn day_of(day: &str) -> Option<(u16, u16, u16)> {
    let mut parts = day.split(['/', '.', '-']);
    let mut next = |most: usize| {
        let part = parts.next()?;
        (part.len() <= most && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let (a, b, year) = (next(2)?, next(2)?, next(4)?);
    parts.next().is_none().then_some((a, b, year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_of_days_that_nobody_knows_is_no_time() {
        let read = |text: &str| time(text).map(|t| t.to_string());
        for text in [
            "24/09/2026, 18:09:55",
            "09/24/2026 06:09:55 PM",
            "24/09/2026 18:09:55 (UTC-06:00)",
            "2026-09-24T18:09:55Z",
        ] {
            assert_eq!(read(text).as_deref(), Some("2026-09-24T18:09:55.000Z"), "{text}");
        }
        assert_eq!(read("25/06/2026 09:59 AM").as_deref(), Some("2026-06-25T09:59:00.000Z"));
        assert_eq!(read("03/03/2026").as_deref(), Some("2026-03-03T00:00:00.000Z"));
        for text in [
            "03/02/2026 15:50:29",
            "",
            "/",
            "13/13/2026",
            "1/2",
            "24/09/99999 1:1",
            "22/06/25",
            "3-2-2026",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_spreadsheets_make_of_times_is_read() {
        let read = |text: &str| time(text).map(|t| t.to_string());
        for text in [
            "46289.757",
            "24.09.2026 18:10:05",
            "9/24/26 6:10:05 PM",
            "9/24/2026 18:10:05",
        ] {
            assert_eq!(read(text).as_deref(), Some("2026-09-24T18:10:05.000Z"), "{text}");
        }
        for text in ["46289", "24-Sep-26", "2026/09/24", "02.03.2026"] {
            let day = if text.starts_with("02") {
                "2026-03-02"
            } else {
                "2026-09-24"
            };
            assert_eq!(read(text), Some(format!("{day}T00:00:00.000Z")), "{text}");
        }
        for text in ["1", "12", "2026", "45", "123456", "#####", "1e300"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn zones_that_mean_one_thing_are_read() {
        let read = |text: &str| time(text).map(|t| t.to_string());
        assert_eq!(
            read("Sat Sep 13 22:39:44 CEST 2014").as_deref(),
            Some("2014-09-13T20:39:44.000Z")
        );
        assert_eq!(read("Sat Sep 13 22:39:44 IST 2014"), None);
        assert_eq!(
            read("01 Apr 2020 01:16PM GMT-0400").as_deref(),
            Some("2020-04-01T17:16:00.000Z")
        );
        assert_eq!(
            read("Feb 03, 2026 07:00 AM").as_deref(),
            Some("2026-02-03T07:00:00.000Z")
        );
        assert_eq!(read("20210211T164705").as_deref(), Some("2021-02-11T16:47:05.000Z"));
    }

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
