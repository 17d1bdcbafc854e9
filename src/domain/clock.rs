//! Due dates: how many days a client has per severity, and when those end on the agency's calendar.
//!
//! The remediation clock starts at release and stands still while the agency verifies; the verification clock runs only
//! while a finding waits for a verdict. Every due date comes with the sentence that explains it, and both are stored.

use jiff::ToSpan;
use jiff::civil::time;
use jiff::tz::TimeZone;

use super::severity::Severity;
use super::time::Time;

/// Days per severity, worst first as in [`Severity::ALL`]; none: no due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RemediationDays {
    pub critical: Option<i64>,
    pub high: Option<i64>,
    pub medium: Option<i64>,
    pub low: Option<i64>,
    pub info: Option<i64>,
}

impl RemediationDays {
    /// What an agency starts with.
    pub const DEFAULT: Self = Self {
        critical: Some(7),
        high: Some(30),
        medium: Some(90),
        low: Some(180),
        info: None,
    };

    #[must_use]
    pub fn of(&self, severity: Severity) -> Option<i64> {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info => self.info,
        }
    }
}

/// The days that hold for a client, with their origin for the reason.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub agency: RemediationDays,
    /// The client's own, where it has some; severities it leaves out fall back to the agency's.
    pub client: RemediationDays,
    pub client_name: Option<&'a str>,
}

/// When something is due, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub at: Time,
    pub reason: String,
}

/// What sets the remediation clock going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Released,
    /// Closed once, and open again: the client gets its days anew.
    Reopened,
}

/// The due date of a finding whose clock starts at `at`; none where its severity has no days.
#[must_use]
pub fn remediation(start: Start, at: Time, severity: Severity, terms: &Terms<'_>, zone: &TimeZone) -> Option<Due> {
    let (days, origin) = match (terms.client.of(severity), terms.client_name) {
        (Some(days), Some(name)) => (days, format!("agreed with {name}")),
        _ => (terms.agency.of(severity)?, "the agency's default".to_owned()),
    };
    let plural = if days == 1 { "day" } else { "days" };
    let started = match start {
        Start::Released => "released",
        Start::Reopened => "reopened",
    };
    Some(Due {
        at: end_of_day(at, days, zone),
        reason: format!(
            "{days} {plural} for {severity} ({origin}), {started} on {}.",
            day(at, zone)
        ),
    })
}

/// When the agency owes a verdict that was asked for at `asked`.
#[must_use]
pub fn verification(asked: Time, days: i64, zone: &TimeZone) -> Time {
    end_of_day(asked, days, zone)
}

/// The client's due date after the agency has verified: moved by as long as the clock stood still.
#[must_use]
pub fn resumed(due: Time, stopped: Time, resumed: Time, zone: &TimeZone) -> Due {
    let pause = (resumed.0 - stopped.0).max(0);
    Due {
        at: due.plus_ms(pause),
        reason: format!(
            "The clock stood still while the agency verified, from {} to {}.",
            day(stopped, zone),
            day(resumed, zone)
        ),
    }
}

/// The day an instant falls on, as the agency's calendar has it.
#[must_use]
pub fn day(at: Time, zone: &TimeZone) -> jiff::civil::Date {
    at.timestamp().to_zoned(zone.clone()).date()
}

/// The first instant of a calendar day.
#[must_use]
pub fn start_of(date: jiff::civil::Date, zone: &TimeZone) -> Time {
    date.at(0, 0, 0, 0)
        .to_zoned(zone.clone())
        .map_or(Time(0), |start| Time(start.timestamp().as_millisecond()))
}

/// The last millisecond of the day that lies `days` after the day of `from`. Days are the calendar's, so that a change
/// of the clocks moves nothing.
fn end_of_day(from: Time, days: i64, zone: &TimeZone) -> Time {
    let end = day(from, zone)
        .checked_add(days.clamp(0, 36_500).days())
        .ok()
        .and_then(|date| {
            date.to_datetime(time(23, 59, 59, 999_000_000))
                .to_zoned(zone.clone())
                .ok()
        });
    end.map_or_else(|| from.plus_days(days), |end| Time(end.timestamp().as_millisecond()))
}

/// The time zone by its name (`Europe/Zurich`), or UTC where the name is not known on this machine.
#[must_use]
pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn t(text: &str) -> Time {
        Time::parse(text).unwrap()
    }

    #[rstest]
    #[case("2026-11-22T00:30:00Z", "UTC", "2026-11-29T23:59:59.999Z")]
    // In New York it is still the evening before.
    #[case("2026-11-22T00:30:00Z", "America/New_York", "2026-11-29T04:59:59.999Z")]
    // Over the end of summer time: a calendar day more or less an hour.
    #[case("2026-10-20T10:00:00Z", "Europe/Zurich", "2026-10-27T22:59:59.999Z")]
    #[case("2026-03-25T10:00:00Z", "Europe/Zurich", "2026-04-01T21:59:59.999Z")]
    // Released in the last second of a year.
    #[case("2026-12-31T23:59:59.999Z", "UTC", "2027-01-07T23:59:59.999Z")]
    fn a_due_date_is_the_end_of_a_day_in_the_agencys_zone(
        #[case] released: &str,
        #[case] name: &str,
        #[case] due: &str,
    ) {
        let terms = Terms {
            agency: RemediationDays::DEFAULT,
            client: RemediationDays::default(),
            client_name: None,
        };
        let found = remediation(Start::Released, t(released), Severity::Critical, &terms, &zone(name)).unwrap();
        assert_eq!(found.at.to_string(), due);
    }

    #[test]
    fn the_clients_days_stand_above_the_agencys_and_the_reason_says_so() {
        let terms = Terms {
            agency: RemediationDays::DEFAULT,
            client: RemediationDays {
                high: Some(1),
                ..RemediationDays::default()
            },
            client_name: Some("Acme"),
        };
        let utc = TimeZone::UTC;
        let high = remediation(Start::Released, t("2026-11-22T10:00:00Z"), Severity::High, &terms, &utc).unwrap();
        assert_eq!(high.at.to_string(), "2026-11-23T23:59:59.999Z");
        assert_eq!(
            high.reason,
            "1 day for high (agreed with Acme), released on 2026-11-22."
        );
        let low = remediation(Start::Released, t("2026-11-22T10:00:00Z"), Severity::Low, &terms, &utc).unwrap();
        assert_eq!(
            low.reason,
            "180 days for low (the agency's default), released on 2026-11-22."
        );
        assert_eq!(
            remediation(Start::Released, t("2026-11-22T10:00:00Z"), Severity::Info, &terms, &utc),
            None
        );
    }

    #[test]
    fn the_clock_stands_still_while_the_agency_verifies() {
        let due = t("2026-11-29T23:59:59.999Z");
        let moved = resumed(
            due,
            t("2026-11-24T08:00:00Z"),
            t("2026-11-26T09:00:00Z"),
            &TimeZone::UTC,
        );
        assert_eq!(moved.at.to_string(), "2026-12-02T00:59:59.999Z");
        assert!(moved.reason.contains("from 2026-11-24 to 2026-11-26"));
    }

    #[test]
    fn far_away_times_do_no_harm() {
        for at in [Time(i64::MIN), Time(i64::MAX), Time(0)] {
            let _ = verification(at, i64::MAX, &zone("Europe/Zurich"));
            let _ = day(at, &zone("nowhere"));
        }
    }
}
