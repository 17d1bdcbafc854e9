//! What a scanner says at one place, as labelled paragraphs: matched text, evidence, requests and responses.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::limits::{clip, text};

/// Base64 as scanners write it: with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How much of a request or response is looked at.
const MESSAGE: usize = 4 * text::EXCERPT;

/// The beginning of what base64 holds; what is not base64 stands as it is.
#[must_use]
pub fn decoded(base64: &str) -> Vec<u8> {
    let head: Vec<u8> = base64
        .bytes()
        .filter(|b| !b.is_ascii_whitespace())
        .take(MESSAGE / 3 * 4)
        .collect();
    BASE64.decode(&head).unwrap_or_else(|_| base64.as_bytes().to_vec())
}

/// Whether bytes are text: UTF-8 but for a character that was cut, and hardly any control characters.
fn is_text(bytes: &[u8]) -> bool {
    let bytes = &bytes[..bytes.len().min(MESSAGE)];
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(e) => e.valid_up_to() + 4 > bytes.len(),
    };
    let odd = bytes
        .iter()
        .filter(|b| b.is_ascii_control() && !b.is_ascii_whitespace())
        .count();
    valid && odd * 20 <= bytes.len()
}

/// Control characters made visible.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && !matches!(c, '\n' | '\r' | '\t') {
                '\u{FFFD}'
            } else {
                c
            }
        })
        .collect()
}

/// Paragraphs that grow up to the longest detail that is kept.
#[derive(Debug, Clone, Default)]
pub struct Detail(String);

impl Detail {
    /// Adds a paragraph, unless there is nothing to say.
    pub fn add(&mut self, label: &str, body: Option<&str>) {
        let Some(body) = body.map(str::trim).filter(|b| !b.is_empty()) else {
            return;
        };
        if self.0.len() > text::DETAIL {
            return;
        }
        if !self.0.is_empty() {
            self.0.push_str("\n\n");
        }
        if !label.is_empty() {
            self.0.push_str(label);
            self.0.push_str(if body.contains('\n') { ":\n" } else { ": " });
        }
        self.0.push_str(&clip(body, text::EXCERPT));
    }

    /// Adds the paragraphs of another.
    pub fn append(&mut self, other: &Self) {
        if !self.0.is_empty() && !other.0.is_empty() {
            self.0.push_str("\n\n");
        }
        self.0.push_str(&other.0);
    }

    /// Adds a request or response. What is no text is said to be none; what is cut says how long it was.
    pub fn message(&mut self, label: &str, bytes: &[u8]) {
        self.part(label, bytes, bytes.len());
    }

    /// Adds a request or response in base64; what is not base64 stands as it is.
    pub fn encoded(&mut self, label: &str, base64: &str) {
        let length = base64.bytes().filter(|b| !b.is_ascii_whitespace()).count();
        let bytes = decoded(base64);
        let total = if length > MESSAGE / 3 * 4 {
            length / 4 * 3
        } else {
            bytes.len()
        };
        self.part(label, &bytes, total.max(bytes.len()));
    }

    fn part(&mut self, label: &str, bytes: &[u8], total: usize) {
        let body_at = [&b"\r\n\r\n"[..], b"\n\n"]
            .iter()
            .find_map(|gap| memchr::memmem::find(bytes, gap).map(|at| at + gap.len()));
        let (head, body) = bytes.split_at(body_at.unwrap_or(bytes.len()));
        let mut shown = String::from_utf8_lossy(head).trim_end().to_owned();
        if is_text(body) {
            let body = String::from_utf8_lossy(&body[..body.len().min(MESSAGE)]);
            if !body.trim().is_empty() {
                shown.push_str("\n\n");
                shown.push_str(body.trim_end());
            }
        } else {
            let n = total - head.len();
            shown.push_str(&format!("\n\n({n} bytes that are no text)"));
        }
        let shown = printable(&shown);
        if shown.len() > text::EXCERPT || total > bytes.len() {
            let label = format!("{label} (the beginning of {total} bytes)");
            self.add(&label, Some(&shown));
        } else {
            self.add(label, Some(&shown));
        }
    }

    #[must_use]
    pub fn text(self) -> String {
        clip(&self.0, text::DETAIL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(with: impl Fn(&mut Detail)) -> String {
        let mut detail = Detail::default();
        with(&mut detail);
        detail.text()
    }

    #[test]
    fn requests_and_responses_are_safe_and_short() {
        assert_eq!(
            shown(|d| d.encoded("Request", "R0VUIC8gSFRUUC8x\n")),
            "Request: GET / HTTP/1"
        );
        assert_eq!(shown(|d| d.encoded("Request", "not base64!")), "Request: not base64!");
        let picture = shown(|d| d.message("Response", b"HTTP/1 200 OK\r\nA: b\r\n\r\n\x89PNG\x00\x01\x02\xff"));
        assert_eq!(picture, "Response:\nHTTP/1 200 OK\nA: b\n\n(8 bytes that are no text)");
        let long = BASE64.encode(vec![b'x'; 100_000]);
        let long = shown(|d| d.encoded("Response", &long));
        assert!(
            long.starts_with("Response (the beginning of 1000") && long.len() < 2_100,
            "{}",
            &long[..80]
        );
        assert_eq!(
            shown(|d| d.message("R", b"a\x1b[0m\n\nb\x07cdefghijklmnopqrstuvwxyz")),
            "R:\na\u{FFFD}[0m\n\nb\u{FFFD}cdefghijklmnopqrstuvwxyz"
        );
    }
}
