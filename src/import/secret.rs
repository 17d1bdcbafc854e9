//! Secrets that scanners found, made fit to be shown: lists, mails and exports must not spread what a report exposes.
//!
//! What people see is a masked beginning; what tells secrets apart is a digest. The report itself, which only those see
//! who may open raw records, keeps what its tool wrote.

use super::record::digest;

/// Shortest text that is treated as a secret inside other text: shorter ones are everywhere by chance.
const SHORTEST: usize = 6;

/// Whether a tool has masked it already.
#[must_use]
pub fn is_masked(text: &str) -> bool {
    text.contains("***") || text.contains("REDACTED") || text.contains("[MASKED]")
}

/// `AKIA… (20 characters)`: at most four characters, and never more than a quarter.
#[must_use]
pub fn mask(secret: &str) -> String {
    let secret = secret.trim();
    if is_masked(secret) || secret.is_empty() {
        return secret.to_owned();
    }
    let length = secret.chars().count();
    let shown: String = secret
        .chars()
        .take((length / 4).min(4))
        .filter(char::is_ascii_graphic)
        .collect();
    format!("{shown}… ({length} characters)")
}

/// A text with the secret in it masked.
#[must_use]
pub fn redact(text: &str, secret: &str) -> String {
    let secret = secret.trim();
    if secret.len() < SHORTEST || is_masked(secret) {
        return if is_masked(text) { text.to_owned() } else { mask(text) };
    }
    if text.contains(secret) {
        return text.replace(secret, &mask(secret));
    }
    // Where it does not stand in it as it is (broken over lines, say), nobody knows which part of the text it is.
    if is_masked(text) { text.to_owned() } else { mask(text) }
}

/// What tells one secret from another without saying it.
#[must_use]
pub fn fingerprint(secret: &str) -> String {
    digest(&["secret", secret.trim()])[..16].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let secret = "AKIAEXAMPLEEXAMPLE00";
        assert_eq!(mask(secret), "AKIA… (20 characters)");
        assert_eq!(mask("abc"), "… (3 characters)");
        assert_eq!(mask("key=****"), "key=****");
        assert_eq!(
            redact(&format!("k = '{secret}'"), secret),
            "k = 'AKIA… (20 characters)'"
        );
        for text in ["k = AKIA\nEXAMPLEEXAMPLE00", "k = x"] {
            assert!(!redact(text, secret).contains("EXAMPLE"), "{text}");
        }
        assert!(!redact("password = ab", "ab").contains("ab"));
        assert_ne!(fingerprint("a"), fingerprint("b"));
    }
}
