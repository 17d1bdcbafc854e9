//! Damage in many ways, from a seed: the same seed does the same damage on every machine.

use std::io::Write as _;

/// Longest text that is made.
pub const LONGEST: usize = 128 << 10;

/// Numbers from a seed (splitmix64): not random, only well mixed.
#[derive(Debug, Clone)]
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 for 0.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// A stretch within `length`, mostly short.
    fn stretch(&mut self, length: usize) -> std::ops::Range<usize> {
        let from = self.below(length + 1);
        let longest = if self.below(4) == 0 { length } else { 40 };
        from..(from + self.below(longest + 1)).min(length)
    }
}

/// What parsers stumble over.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\udfff\\ud800",
    "null",
    "true",
    "{}",
    "[]",
    "[[",
    "\"\":",
    "<",
    ">",
    "</",
    "/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml version=\"1.0\" encoding=\"utf-16\"?>",
    "<!DOCTYPE a [<!ENTITY b \"c\">]>",
    "&b;",
    "&#0;",
    "&#x110000;",
    "&#xD800;",
    "&amp;",
    "&",
    ";",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "\"\"",
    "\",\"",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "\u{1b}[31m",
    "\u{1b}]8;;http://x.test\u{7}",
    "\u{9b}",
    "\u{301}",
    "=cmd|' /C calc'!A0",
    "../../etc/passwd",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "http://[::1",
    "//",
    "://",
    "@",
    "%00",
    "%",
    "CVE-",
    "CVE-9999-99999999999999",
    "CWE-0",
    "CVSS:3.1/",
    "CVSS:4.0/AV:N",
    "é",
    "𝄞",
];

/// Numbers at the edges of what holds them.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-1",
    "1",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999999999",
    "1e308",
    "1e309",
    "-1e309",
    "1e-999",
    "0.1e+400",
    "NaN",
    "Infinity",
    "0x10",
    "1_000",
    "00",
    "١٢",
    "1e",
    ".",
    "253402300800",
    "253402300799999",
    "-62135596801",
    "9999-12-31T23:59:60Z",
    "0000-00-00T00:00:00Z",
    "2024-02-30",
    "31/31/2024, 25:61:61",
    "Thu, 32 Jan -1 00:00:00",
];

/// One damaged copy of one of `seeds`, with pieces of `others`.
pub fn mutate(numbers: &mut Numbers, seeds: &[Vec<u8>], others: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut bytes = numbers.pick(seeds).clone();
    for _ in 0..=numbers.below(6) {
        edit(numbers, &mut bytes, others, words);
        bytes.truncate(LONGEST);
    }
    if numbers.below(40) == 0 {
        bytes = encode(numbers, &bytes);
    }
    bytes
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

fn edit(numbers: &mut Numbers, bytes: &mut Vec<u8>, others: &[Vec<u8>], words: &[&str]) {
    let length = bytes.len();
    let at = numbers.below(length);
    match numbers.below(20) {
        0 | 1 if length > 0 => bytes[at] ^= 1 << numbers.below(8),
        2 if length > 0 => bytes[at] = *numbers.pick(b"\0\xFF\x80\xC3\xEF\"'<>&{}[],:;=/\\ \n\r0-e."),
        3 | 4 => insert(bytes, at, numbers.pick(TOKENS).as_bytes()),
        5 if !words.is_empty() => insert(bytes, at, numbers.pick(words).as_bytes()),
        6 => drop(bytes.drain(numbers.stretch(length))),
        7 => {
            let piece = bytes[numbers.stretch(length)].to_vec();
            insert(bytes, at, &piece);
        }
        8 => {
            let piece = bytes[numbers.stretch(length)].to_vec();
            let most = LONGEST / piece.len().max(1);
            let times = 1 << numbers.below(13);
            insert(bytes, at, &piece.repeat(times.min(most)));
        }
        9 => {
            // Two stretches change places.
            let (a, b) = (numbers.stretch(length), numbers.stretch(length));
            let (first, second) = if a.start <= b.start { (a, b) } else { (b, a) };
            if first.end <= second.start {
                let (head, middle) = (bytes[first.clone()].to_vec(), bytes[second.clone()].to_vec());
                bytes.splice(second, head);
                bytes.splice(first, middle);
            }
        }
        10 if !others.is_empty() => {
            // The beginning of this, the end of another.
            let other = numbers.pick(others);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[numbers.below(other.len())..]);
        }
        11 if !others.is_empty() => {
            let other = numbers.pick(others);
            let piece = &other[numbers.stretch(other.len())];
            insert(bytes, at, piece);
        }
        12 | 13 => {
            // A number becomes another.
            if let Some(from) = bytes[at..].iter().position(u8::is_ascii_digit).map(|n| at + n) {
                let to = bytes[from..]
                    .iter()
                    .position(|b| !b.is_ascii_digit() && *b != b'.')
                    .map_or(length, |n| from + n);
                let value = numbers.pick(NUMBERS);
                bytes.splice(from..to, value.bytes());
            }
        }
        14 | 15 => {
            // A text becomes another.
            let opens = |b: &u8| matches!(b, b'"' | b'>' | b'\'');
            if let Some(from) = bytes[at..].iter().position(opens).map(|n| at + n + 1) {
                let to = bytes[from..]
                    .iter()
                    .position(|b| matches!(b, b'"' | b'<' | b'\''))
                    .map_or(length, |n| from + n);
                let token = numbers.pick(TOKENS);
                let times = if numbers.below(4) == 0 {
                    1 << numbers.below(12)
                } else {
                    1
                };
                bytes.splice(from..to, token.repeat(times).into_bytes());
            }
        }
        16 => bytes.truncate(at),
        17 => {
            let open = numbers.pick(&["{\"a\":", "[", "<a>", "\"", "(", "-", "&", "<a b=\""]);
            let times = 1 << numbers.below(12);
            insert(bytes, at, open.repeat(times).as_bytes());
        }
        18 if length > 0 => {
            bytes[at] = if bytes[at].is_ascii_uppercase() {
                bytes[at].to_ascii_lowercase()
            } else {
                bytes[at].to_ascii_uppercase()
            }
        }
        19 if numbers.below(8) == 0 => {
            // So that what follows stands across the edge of a reader's buffer.
            let pad = [4096, 8192, 65_536][numbers.below(3)] - numbers.below(12).min(length);
            insert(bytes, at, &vec![b' '; pad]);
        }
        _ => insert(bytes, at, numbers.pick(NUMBERS).as_bytes()),
    }
}

/// The same in another coat.
fn encode(numbers: &mut Numbers, bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    match numbers.below(7) {
        0 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        1 => [0xFF, 0xFE]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_le_bytes))
            .collect(),
        2 => [0xFE, 0xFF]
            .into_iter()
            .chain(text.encode_utf16().flat_map(u16::to_be_bytes))
            .collect(),
        3 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        4 => [b"\xEF\xBB\xBF", bytes].concat(),
        5 => [&b"<?xml version='1.0' encoding='iso-8859-1'?>"[..], bytes].concat(),
        _ => gzip(bytes),
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// A zip archive of members as they are.
pub fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in members {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let mut fields = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        fields.extend(crc.sum().to_le_bytes());
        fields.extend([bytes.len() as u32; 2].into_iter().flat_map(u32::to_le_bytes));
        fields.extend((name.len() as u16).to_le_bytes());
        fields.extend([0, 0]);
        let header = out.len() as u32;
        out.extend(b"PK\x03\x04");
        out.extend(&fields);
        out.extend(name.as_bytes());
        out.extend(*bytes);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&fields);
        directory.extend([0; 10]);
        directory.extend(header.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let from = out.len() as u32;
    let entries = (members.len() as u16).to_le_bytes();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([entries, entries].concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(from.to_le_bytes());
    out.extend([0, 0]);
    out
}
