//! Folding: the stored form by which text is sorted and found, alike on every database and in every locale.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The most characters a folded key keeps: enough to sort by, short enough for any index.
pub const SORT_MAX: usize = 160;

/// Without case, accents, control characters and repeated blanks: `Zürich  AG` → `zurich ag`, `Straße` → `strasse`.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match c {
            c if c.is_whitespace() || c.is_control() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            'ß' | 'ẞ' => out.push_str("ss"),
            'æ' | 'Æ' => out.push_str("ae"),
            'œ' | 'Œ' => out.push_str("oe"),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => out.push('d'),
            'þ' | 'Þ' => out.push_str("th"),
            'ı' | 'İ' => out.push('i'),
            'ς' => out.push('σ'),
            c => out.extend(c.to_lowercase().filter(|c| !is_combining_mark(*c))),
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// [`fold`], cut to what an index can hold.
#[must_use]
pub fn sort_key(text: &str) -> String {
    // Folding may lengthen a character, never by more than NFKD's eighteen times; cutting twice keeps a megabyte cheap.
    let head: String = text.chars().take(SORT_MAX * 2).collect();
    fold(&head).chars().take(SORT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("  Zürich \t AG\n", "zurich ag")]
    #[case("Straße", "strasse")]
    #[case("ŁÓDŹ Ærø", "lodz aero")]
    #[case("ＡＣＭＥ ﬁx", "acme fix")]
    #[case("ΟΔΟΣ οδος", "οδοσ οδοσ")]
    #[case("İstanbul ısı", "istanbul isi")]
    #[case("東京", "東京")]
    #[case("a\0b", "a b")]
    #[case("", "")]
    fn alike_texts_fold_alike(#[case] text: &str, #[case] folded: &str) {
        assert_eq!(fold(text), folded);
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in "\\PC*") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }

        #[test]
        fn a_sort_key_fits_an_index(text in ".*") {
            prop_assert!(sort_key(&text).chars().count() <= SORT_MAX);
            prop_assert!(!sort_key(&text).contains('\0'));
        }
    }
}
