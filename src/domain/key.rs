//! The keys people type: `P-4Q7M` for a project, `F-7K3QX2` for a finding.
//!
//! A key is the agency's counter, scrambled by a permutation that only the agency's secret knows, in Crockford's base 32
//! (no I, L, O, U). So keys never repeat, tell nobody volume or order, never change and never name a client. Two agencies
//! may have the same key: it is looked up within one agency only.

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS_PER_CHARACTER: u32 = 5;
/// Rounds of the Feistel network. Eight with an unpredictable round function are more than a permutation of this use asks for.
const ROUNDS: u8 = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Project,
    Finding,
}

impl Kind {
    fn letter(self) -> char {
        match self {
            Self::Project => 'P',
            Self::Finding => 'F',
        }
    }

    /// How many characters the first keys have: a million projects, a thousand million findings.
    fn characters(self) -> u32 {
        match self {
            Self::Project => 4,
            Self::Finding => 6,
        }
    }
}

/// The key of the `counter`-th thing (from 0) of its kind in an agency. Grows by one character when a length is used up.
#[must_use]
pub fn key(kind: Kind, secret: &[u8], counter: u64) -> String {
    let mut characters = kind.characters();
    let mut rest = counter;
    // Twelve characters are 60 bits: more than the counter will ever reach, and the shift below stays defined.
    while characters < 12 && rest >> (characters * BITS_PER_CHARACTER) > 0 {
        rest -= 1 << (characters * BITS_PER_CHARACTER);
        characters += 1;
    }
    let number = permute(kind, secret, characters * BITS_PER_CHARACTER, rest);
    let mut out = format!("{}-", kind.letter());
    for i in (0..characters).rev() {
        let digit = (number >> (i * BITS_PER_CHARACTER)) & 31;
        out.push(char::from(ALPHABET[digit as usize]));
    }
    out
}

/// Reads a key as people type it: any case, O for 0, I and L for 1. None where it is no key of this kind.
#[must_use]
pub fn parse(kind: Kind, text: &str) -> Option<String> {
    let mut chars = text.trim().chars();
    let prefix = chars.next()?.to_ascii_uppercase();
    if prefix != kind.letter() || chars.next() != Some('-') {
        return None;
    }
    let mut out = format!("{prefix}-");
    for c in chars {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        if !c.is_ascii() || !ALPHABET.contains(&(c as u8)) {
            return None;
        }
        out.push(c);
    }
    let characters = out.len() as u32 - 2;
    (kind.characters()..=12).contains(&characters).then_some(out)
}

/// A bijection of the numbers below 2^`bits`: a Feistel network whose halves differ by at most one bit.
fn permute(kind: Kind, secret: &[u8], bits: u32, number: u64) -> u64 {
    let low_bits = bits / 2;
    let high_bits = bits - low_bits;
    let (low_mask, high_mask) = ((1 << low_bits) - 1, (1 << high_bits) - 1);
    let (mut low, mut high) = (number & low_mask, (number >> low_bits) & high_mask);
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            low ^= scramble(kind, secret, bits, round, high) & low_mask;
        } else {
            high ^= scramble(kind, secret, bits, round, low) & high_mask;
        }
    }
    high << low_bits | low
}

fn scramble(kind: Kind, secret: &[u8], bits: u32, round: u8, half: u64) -> u64 {
    let mut hash = Sha256::new();
    hash.update((secret.len() as u64).to_be_bytes());
    hash.update(secret);
    hash.update([kind.letter() as u8, bits as u8, round]);
    hash.update(half.to_be_bytes());
    let mut first = [0; 8];
    first.copy_from_slice(&hash.finalize()[..8]);
    u64::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rstest::rstest;

    use super::*;

    #[test]
    fn every_number_has_exactly_one_image() {
        for bits in [2, 5, 11, 14] {
            let images: HashSet<u64> = (0..1 << bits)
                .map(|n| permute(Kind::Project, b"secret", bits, n))
                .collect();
            assert_eq!(images.len(), 1 << bits);
            assert!(images.iter().all(|n| *n < 1 << bits));
        }
    }

    #[test]
    fn keys_do_not_repeat_and_do_not_show_their_order() {
        let keys: Vec<String> = (0..20_000).map(|n| key(Kind::Finding, b"secret", n)).collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        let rising = keys.windows(2).filter(|w| w[0] < w[1]).count();
        assert!((8_000..12_000).contains(&rising), "{rising} of 20,000 neighbours rise");
        assert!(
            keys.iter()
                .all(|k| k.len() == 8 && parse(Kind::Finding, k).as_ref() == Some(k))
        );
    }

    #[test]
    fn another_secret_or_kind_gives_other_keys() {
        let of = |kind, secret: &[u8]| {
            (0..8)
                .map(|n| key(kind, secret, n)[2..6].to_owned())
                .collect::<Vec<_>>()
        };
        assert_ne!(of(Kind::Project, b"a"), of(Kind::Project, b"b"));
        assert_ne!(of(Kind::Project, b"a"), of(Kind::Finding, b"a"));
    }

    #[test]
    fn keys_grow_when_a_length_is_used_up() {
        assert_eq!(key(Kind::Project, b"s", (1 << 20) - 1).len(), "P-4Q7M".len());
        assert_eq!(key(Kind::Project, b"s", 1 << 20).len(), "P-4Q7M1".len());
        assert_eq!(key(Kind::Project, b"s", (1 << 20) + (1 << 25)).len(), "P-4Q7M12".len());
        assert!(key(Kind::Project, b"s", u64::MAX).len() <= 14);
    }

    #[rstest]
    #[case(Kind::Project, "P-4Q7M", Some("P-4Q7M"))]
    #[case(Kind::Project, " p-4q7m ", Some("P-4Q7M"))]
    #[case(Kind::Finding, "f-oil3x2", Some("F-0113X2"))]
    #[case(Kind::Project, "F-7K3QX2", None)]
    #[case(Kind::Project, "P4Q7M", None)]
    #[case(Kind::Project, "P-4Q7", None)]
    #[case(Kind::Project, "P-4Q7U", None)]
    #[case(Kind::Project, "P-4Q7é", None)]
    #[case(Kind::Project, "P-0123456789ABC", None)]
    #[case(Kind::Project, "", None)]
    fn keys_are_read_as_people_type_them(#[case] kind: Kind, #[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(parse(kind, text).as_deref(), expected);
    }
}
