//! The short key of a client, as people type it: `acme`, `north-sea-shipping`.

use std::fmt::Write as _;

use super::fold::fold;

/// The longest client key.
pub const LENGTH_MAX: usize = 32;

/// Words with a meaning of their own in queries and commands: no client may take one as its key.
pub const RESERVED: [&str; 8] = ["none", "me", "all", "unassigned", "last", "new", "any", "portal"];

/// A key made from a client's name: `Acme GmbH` → `acme-gmbh`. `client` where the name has no letter that can be typed.
#[must_use]
pub fn from_name(name: &str) -> String {
    let mut out = String::new();
    for c in fold(name).chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() >= LENGTH_MAX {
            break;
        }
    }
    let slug = out.trim_end_matches('-');
    match check(slug) {
        Ok(()) => slug.to_owned(),
        Err(_) if slug.is_empty() => "client".to_owned(),
        Err(_) => with_number(slug, 1),
    }
}

/// The key with a number behind it, for when it is taken: `acme` → `acme-2`.
#[must_use]
pub fn with_number(slug: &str, number: u32) -> String {
    let mut out = slug.to_owned();
    out.truncate(LENGTH_MAX - 1 - number.to_string().len());
    let mut out = out.trim_end_matches('-').to_owned();
    let _ = write!(out, "-{number}");
    out
}

/// Whether a person may choose this key.
///
/// # Errors
/// The sentence that says what is wrong with it.
pub fn check(slug: &str) -> Result<(), &'static str> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if slug.is_empty() || slug.len() > LENGTH_MAX {
        return Err("A key has 1 to 32 characters.");
    }
    if !slug.chars().all(allowed) {
        return Err("A key has lower-case letters a to z, digits and hyphens only.");
    }
    if slug.starts_with('-') || slug.ends_with('-') || slug.contains("--") {
        return Err("A key has single hyphens between letters or digits only.");
    }
    if RESERVED.contains(&slug) {
        return Err("This word has a meaning in queries. Choose another key.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("Acme GmbH", "acme-gmbh")]
    #[case("  Zürich & Söhne AG. ", "zurich-sohne-ag")]
    #[case("東京", "client")]
    #[case("None", "none-1")]
    #[case("---", "client")]
    #[case("A very long name of a company with many words", "a-very-long-name-of-a-company-wi")]
    fn keys_come_from_names(#[case] name: &str, #[case] slug: &str) {
        assert_eq!(from_name(name), slug);
    }

    #[test]
    fn a_number_is_added_within_the_length() {
        assert_eq!(with_number("acme", 2), "acme-2");
        let long = with_number(&"a".repeat(32), 1234);
        assert_eq!(long.len(), LENGTH_MAX);
        assert!(long.ends_with("-1234"));
    }

    #[rstest]
    #[case("")]
    #[case("Acme")]
    #[case("a_b")]
    #[case("-a")]
    #[case("a-")]
    #[case("a--b")]
    #[case("none")]
    #[case("é")]
    #[case("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    fn bad_keys_are_refused(#[case] slug: &str) {
        assert!(check(slug).is_err());
    }

    proptest! {
        #[test]
        fn every_name_gives_a_good_key(name in ".*", number in any::<u32>()) {
            let slug = from_name(&name);
            prop_assert_eq!(check(&slug), Ok(()));
            prop_assert_eq!(check(&with_number(&slug, number)), Ok(()));
        }
    }
}
