//! Single values: dates, lengths of time, scores, CVE numbers.

use jiff::civil::Date;

use super::{Span, Unit};

pub(super) fn is_cve(text: &str) -> bool {
    let mut parts = text.split('-');
    let digits = |part: Option<&str>, min, max| {
        part.is_some_and(|p| (min..=max).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
    };
    parts.next() == Some("CVE") && digits(parts.next(), 4, 4) && digits(parts.next(), 4, 19) && parts.next().is_none()
}

/// `2026-11-30`, and nothing else that a lenient reader would take.
pub(super) fn date(text: &str) -> Option<Date> {
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| {
            if i == 4 || i == 7 {
                b == b'-'
            } else {
                b.is_ascii_digit()
            }
        });
    shape.then(|| text.parse().ok()).flatten()
}

/// `3d`. At most about a century, so that no arithmetic overflows.
pub(super) fn span(text: &str) -> Option<Span> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let count: u32 = text.get(..digits)?.parse().ok()?;
    let unit = text.get(digits..)?;
    let unit = Unit::ALL.into_iter().find(|u| u.name() == unit)?;
    let span = Span { count, unit };
    (span.ms() <= 100 * 366 * 24 * 3_600_000).then_some(span)
}

/// A score in tenths: `7`, `7.5`.
pub(super) fn tenths(text: &str) -> Option<u16> {
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let plain = |part: &str, max| (1..=max).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole, 2) || !plain(tenth, 1) {
        return None;
    }
    let score = whole.parse::<u16>().ok()? * 10 + tenth.parse::<u16>().ok()?;
    (score <= 100).then_some(score)
}
