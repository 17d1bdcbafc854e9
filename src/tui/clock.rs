//! Times as people read them at a glance, and when such a text becomes wrong, so that the console wakes exactly then.

use jiff::tz::TimeZone;

use crate::domain::safe::Safe;
use crate::domain::time::{DAY_MS, Time};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// `12:04`, in the agency's zone.
pub fn hour(t: Time, zone: &TimeZone) -> Safe {
    Safe::new(&t.timestamp().to_zoned(zone.clone()).strftime("%H:%M").to_string())
}

/// `12:04:09`.
pub fn second(t: Time, zone: &TimeZone) -> Safe {
    Safe::new(&t.timestamp().to_zoned(zone.clone()).strftime("%H:%M:%S").to_string())
}

/// `2026-11-22`.
pub fn date(t: Time, zone: &TimeZone) -> Safe {
    Safe::new(&t.timestamp().to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string())
}

/// `2026-11-22 12:04`.
pub fn moment(t: Time, zone: &TimeZone) -> Safe {
    Safe::new(
        &t.timestamp()
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M")
            .to_string(),
    )
}

/// A span in its largest unit: `45m`, `7h`, `12d`.
fn span(ms: i64) -> (i64, &'static str, i64) {
    match ms {
        ms if ms < HOUR => (ms / MINUTE, "m", MINUTE),
        ms if ms < 2 * DAY_MS => (ms / HOUR, "h", HOUR),
        ms => (ms / DAY_MS, "d", DAY_MS),
    }
}

/// How long until then, `3d`; `-3d` where it is over.
pub fn until(t: Time, now: Time) -> Safe {
    let left = t.0.saturating_sub(now.0);
    let (n, unit, _) = span(left.saturating_abs());
    Safe::new(&format!("{}{n}{unit}", if left < 0 { "-" } else { "" }))
}

/// When [`until`] of `t` says something else. Never sooner than in a minute.
pub fn changes(t: Time, now: Time) -> Time {
    let left = t.0.saturating_sub(now.0);
    let (_, _, unit) = span(left.saturating_abs());
    let rest = left.rem_euclid(unit);
    now.plus_ms((rest + 1).max(MINUTE))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(30 * MINUTE, "30m")]
    #[case(-30 * MINUTE, "-30m")]
    #[case(5 * HOUR + 1, "5h")]
    #[case(47 * HOUR, "47h")]
    #[case(48 * HOUR, "2d")]
    #[case(-9 * DAY_MS - 5, "-9d")]
    fn spans(#[case] ms: i64, #[case] text: &str) {
        assert_eq!(until(Time(1_000_000 + ms), Time(1_000_000)).as_str(), text);
    }

    #[test]
    fn the_text_is_right_until_it_changes() {
        let t = Time(100 * DAY_MS);
        let mut now = Time(90 * DAY_MS + 12_345);
        for _ in 0..500 {
            let text = until(t, now);
            let next = changes(t, now);
            assert!(next.0 - now.0 >= MINUTE);
            assert_eq!(until(t, Time(next.0 - MINUTE)).as_str().is_empty(), text.is_empty());
            now = next;
        }
    }
}
