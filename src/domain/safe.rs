//! Text that may be drawn, printed or copied: every hostile character has become a visible mark.
//!
//! What scanners, clients and the network say is hostile until it is a [`Safe`]. The console and the command line draw
//! nothing else. A mark takes the place of the character: control pictures (`␛`) for C0 and DEL, `‹U+202E›` for
//! everything else that would steer the terminal, reorder text, or hide. Ordinary text of any script stays as it is;
//! joiners and variation selectors inside emoji are marked too, because the same characters smuggle bytes.
//!
//! Called wherever text enters the console or a printer. Nothing here decides layout beyond [`Safe::truncate`].

use std::fmt::{self, Write as _};

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

mod host;

/// The longest line that is kept, in characters of the input; what follows is counted and left out.
pub const LINE_MAX: usize = 8_192;

/// The longest block that is kept, in characters of the input.
pub const BLOCK_MAX: usize = 262_144;

/// Columns between two tab stops of a block.
const TAB: usize = 4;

/// Marks that may pile up on one letter. Living scripts need at most three; more is an attempt to paint over other rows.
const PILE_MAX: usize = 4;

/// Text without control, bidi or invisible characters. Made only by this module, so that holding one is the proof.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Safe(String);

impl Safe {
    /// One line: line breaks and tabs are marked like every other control character.
    #[must_use]
    pub fn new(text: &str) -> Self {
        if is_plain(text.as_bytes()) && text.len() <= LINE_MAX {
            return Self(text.to_owned());
        }
        let mut out = Marker::new(text.len());
        out.line(text);
        Self(out.text)
    }

    /// Several lines: `\n` and `\r\n` stay line breaks (as `\n`), tabs become spaces up to the next stop, the rest is marked.
    #[must_use]
    pub fn block(text: &str) -> Self {
        let (kept, left_out) = clamp(text, BLOCK_MAX);
        let mut out = Marker::new(kept.len());
        out.tabs = true;
        for (i, line) in kept.split('\n').enumerate() {
            if i > 0 {
                out.text.push('\n');
            }
            out.line(line.strip_suffix('\r').unwrap_or(line));
        }
        if left_out > 0 {
            out.text.push('\n');
            out.left_out(left_out);
        }
        Self(out.text)
    }

    /// A host name. One that is, or could be read as, something else than plain ASCII shows its ASCII (punycode) form
    /// first and what it looks like second, so that look-alikes give themselves away.
    #[must_use]
    pub fn host(host: &str) -> Self {
        Self(host::shown(host))
    }

    /// A URL: its host is treated as by [`Safe::host`], the rest as by [`Safe::new`].
    #[must_use]
    pub fn url(url: &str) -> Self {
        Self(host::shown_in_url(url))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Terminal columns; of a block, those of its widest line.
    #[must_use]
    pub fn width(&self) -> usize {
        self.0.split('\n').map(UnicodeWidthStr::width).max().unwrap_or(0)
    }

    /// At most `width` columns, with `…` in the last one where something was cut. Only for one line.
    #[must_use]
    pub fn truncate(&self, width: usize) -> Self {
        if self.width() <= width {
            return self.clone();
        }
        let mut out = String::with_capacity(width);
        let mut used = 0;
        for cluster in self.0.graphemes(true) {
            let next = used + cluster.width();
            if next >= width {
                break;
            }
            out.push_str(cluster);
            used = next;
        }
        if width > 0 {
            out.push('…');
        }
        Self(out)
    }

    /// The lines of a block, each safe by itself.
    pub fn lines(&self) -> impl Iterator<Item = Safe> + '_ {
        self.0.split('\n').map(|line| Self(line.to_owned()))
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for Safe {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<&String> for Safe {
    fn from(text: &String) -> Self {
        Self::new(text)
    }
}

impl From<String> for Safe {
    fn from(text: String) -> Self {
        Self::new(&text)
    }
}

impl AsRef<str> for Safe {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::ops::Add<&Safe> for Safe {
    type Output = Self;
    fn add(mut self, other: &Safe) -> Self {
        self.0.push_str(&other.0);
        self
    }
}

/// Whether every byte is printable ASCII: the common case, which needs no look at single characters.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| (0x20..0x7f).contains(b))
}

/// The first `max` characters, and how many more there are.
fn clamp(text: &str, max: usize) -> (&str, usize) {
    if text.len() <= max {
        return (text, 0);
    }
    match text.char_indices().nth(max) {
        None => (text, 0),
        Some((end, _)) => (&text[..end], text[end..].chars().count()),
    }
}

/// Writes text with its hostile characters marked.
struct Marker {
    text: String,
    tabs: bool,
}

impl Marker {
    fn new(len: usize) -> Self {
        Self {
            text: String::with_capacity(len.min(BLOCK_MAX) + 16),
            tabs: false,
        }
    }

    fn line(&mut self, line: &str) {
        let (kept, left_out) = clamp(line, LINE_MAX);
        let mut column = 0;
        // How many combining marks the letter before us may still carry; none at the start of a line.
        let mut room = 0;
        for c in kept.chars() {
            let before = self.text.len();
            match treat(c) {
                Treat::Keep => {
                    self.text.push(c);
                    room = if c == ' ' { 0 } else { PILE_MAX };
                }
                Treat::Blank => {
                    self.text.push(' ');
                    room = 0;
                }
                Treat::Combining if room > 0 => {
                    self.text.push(c);
                    room -= 1;
                }
                Treat::Tab if self.tabs => {
                    self.text.extend(std::iter::repeat_n(' ', TAB - column % TAB));
                    room = 0;
                }
                Treat::Tab | Treat::Mark | Treat::Combining => {
                    self.mark(c);
                    room = 0;
                }
            }
            column += self.text[before..].width();
        }
        if left_out > 0 {
            self.left_out(left_out);
        }
    }

    fn mark(&mut self, c: char) {
        match u32::from(c) {
            code @ 0..=0x1f => self.text.extend(char::from_u32(0x2400 + code)),
            0x7f => self.text.push('␡'),
            code => {
                let _ = write!(self.text, "‹U+{code:04X}›");
            }
        }
    }

    fn left_out(&mut self, characters: usize) {
        let _ = write!(self.text, "… ‹{characters} more characters›");
    }
}

enum Treat {
    Keep,
    /// A space of some other width: shown as the plain one, so that columns stay countable.
    Blank,
    Tab,
    /// Drawn over the letter before it.
    Combining,
    Mark,
}

/// What becomes of one character.
fn treat(c: char) -> Treat {
    use GeneralCategory as Category;
    match c {
        ' '..='~' => return Treat::Keep,
        '\t' => return Treat::Tab,
        // Letters and symbols by category, nothing on the screen: Hangul fillers, the empty Braille cell, the null notehead.
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{2800}' | '\u{1D159}' => return Treat::Mark,
        // Combining marks that show nothing: grapheme joiner, Khmer inherent vowels, variation selectors.
        '\u{034F}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0100}'..='\u{E01EF}' => return Treat::Mark,
        _ => {}
    }
    match c.general_category() {
        Category::Control
        | Category::Format
        | Category::PrivateUse
        | Category::Unassigned
        | Category::Surrogate
        | Category::LineSeparator
        | Category::ParagraphSeparator
        | Category::EnclosingMark => Treat::Mark,
        Category::SpaceSeparator if c == '\u{3000}' => Treat::Keep,
        Category::SpaceSeparator => Treat::Blank,
        Category::NonspacingMark | Category::SpacingMark => Treat::Combining,
        _ => match c.width() {
            None | Some(0) => Treat::Mark,
            Some(_) => Treat::Keep,
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;
    use crate::tests::fuzz::Target;

    /// Whether every character of the text may stand on a screen: the property everything else relies on.
    fn is_harmless(text: &str, lines: bool) -> bool {
        let mut marks = usize::MAX;
        text.chars().all(|c| match treat(c) {
            Treat::Keep => {
                marks = 0;
                true
            }
            Treat::Combining => {
                marks = marks.saturating_add(1);
                marks <= PILE_MAX
            }
            _ => {
                marks = usize::MAX;
                lines && c == '\n'
            }
        })
    }

    #[rstest]
    #[case("plain text", "plain text")]
    #[case("Zürich 東京 Ελλάδα кириллица नमस्ते עברית", "Zürich 東京 Ελλάδα кириллица नमस्ते עברית")]
    #[case("e\u{301}", "e\u{301}")]
    #[case("\u{301}x", "‹U+0301›x")]
    #[case("a\u{1b}[31mred\u{7}", "a␛[31mred␇")]
    #[case("a\r\nb\tc\0\u{7f}", "a␍␊b␉c␀␡")]
    #[case("\u{9b}31m\u{85}", "‹U+009B›31m‹U+0085›")]
    #[case("abc\u{202e}fdp.exe", "abc‹U+202E›fdp.exe")]
    #[case("\u{2066}x\u{2069}\u{61c}\u{200f}", "‹U+2066›x‹U+2069›‹U+061C›‹U+200F›")]
    #[case("pass\u{200b}word\u{feff}\u{2060}\u{ad}", "pass‹U+200B›word‹U+FEFF›‹U+2060›‹U+00AD›")]
    #[case("a\u{2028}b\u{2029}", "a‹U+2028›b‹U+2029›")]
    #[case("\u{e0041}\u{e007f}", "‹U+E0041›‹U+E007F›")]
    #[case("⚠\u{fe0f}", "⚠‹U+FE0F›")]
    #[case("👩\u{200d}💻", "👩‹U+200D›💻")]
    #[case("\u{e000}\u{f0000}\u{378}\u{ffff}", "‹U+E000›‹U+F0000›‹U+0378›‹U+FFFF›")]
    #[case("a\u{a0}b\u{2009}c\u{3000}d", "a b c\u{3000}d")]
    #[case("\u{3164}\u{115f}\u{2800}", "‹U+3164›‹U+115F›‹U+2800›")]
    #[case("a\u{20dd}", "a‹U+20DD›")]
    fn hostile_characters_are_marked_and_ordinary_ones_stay(#[case] text: &str, #[case] shown: &str) {
        assert_eq!(Safe::new(text).as_str(), shown);
    }

    #[test]
    fn a_block_keeps_its_lines_and_expands_tabs() {
        let block = Safe::block("a\tb\r\n\tc\n東\td\re\u{1b}");
        assert_eq!(block.as_str(), "a   b\n    c\n東  d␍e␛");
        assert_eq!(block.lines().count(), 3);
        assert_eq!(block.width(), 8);
    }

    #[test]
    fn a_pile_of_marks_is_cut() {
        let pile = format!("a{}", "\u{301}".repeat(500));
        let safe = Safe::new(&pile);
        assert!(is_harmless(safe.as_str(), false));
        assert_eq!(safe.as_str().chars().filter(|c| *c == '\u{301}').count(), PILE_MAX);
    }

    #[test]
    fn a_megabyte_line_is_clamped_and_says_so() {
        let line = Safe::new(&"x".repeat(1 << 20));
        assert!(
            line.as_str()
                .ends_with(&format!("… ‹{} more characters›", (1 << 20) - LINE_MAX))
        );
        assert!(line.as_str().len() < LINE_MAX + 64);
        let block = Safe::block(&"ab\n".repeat(200_000));
        assert!(block.as_str().ends_with("more characters›"));
        assert!(block.as_str().len() < BLOCK_MAX + 64);
    }

    #[rstest]
    #[case("abcdef", 6, "abcdef")]
    #[case("abcdef", 4, "abc…")]
    #[case("東京都", 4, "東…")]
    #[case("abc", 1, "…")]
    #[case("abc", 0, "")]
    #[case("ne\u{301}e\u{301}", 2, "n…")]
    fn truncation_stays_within_the_width(#[case] text: &str, #[case] width: usize, #[case] shown: &str) {
        assert_eq!(Safe::new(text).truncate(width).as_str(), shown);
    }

    #[test]
    fn every_single_character_comes_out_harmless() {
        let mut checked = 0;
        for c in '\0'..=char::MAX {
            let shown = Safe::new(&c.to_string());
            assert!(is_harmless(shown.as_str(), false), "U+{:04X}", u32::from(c));
            assert!(shown.width() > 0, "U+{:04X} is invisible", u32::from(c));
            checked += 1;
        }
        assert!(checked > 1_100_000);
    }

    /// Check 20: damaged text of all sorts, as texts, blocks, hosts and URLs.
    #[test]
    fn no_damage_makes_a_text_unsafe() {
        let seeds = [
            "plain text",
            "Zürich 東京 नमस्ते עברית e\u{301} 👩\u{200d}💻",
            "a\u{1b}[31mred\u{7} \u{1b}]8;;https://x.test\u{1b}\\link \u{9b}5n",
            "\u{202e}txt.exe \u{2066}\u{200b}\u{feff}\u{e0041}",
            "https://u:p@xn--pypal-4ve.example:8080/a%00?b=\r\n#c",
            "[2001:db8::1%25eth0]:443",
            "раураl.example.",
            "a\r\nb\tc\0\u{7f}\n\n",
        ];
        let target = Target {
            name: "safe",
            seeds: seeds.iter().map(|s| s.as_bytes().to_vec()).collect(),
            others: &[],
            words: &["xn--", "://", "\u{5d0}", "\u{fe0f}", "\u{115f}", "\u{2028}", ".."],
            rounds: 3_000,
        };
        let (units, failed) = target.run(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            for safe in [Safe::new(&text), Safe::host(&text), Safe::url(&text)] {
                assert!(is_harmless(safe.as_str(), false), "{safe}");
                assert!(safe.truncate(20).width() <= 20);
            }
            let block = Safe::block(&text);
            assert!(is_harmless(block.as_str(), true));
            assert!(block.lines().all(|line| is_harmless(line.as_str(), false)));
            format!("{}", Safe::new(&text).truncate(12))
        });
        assert!(failed.is_empty() && units >= 50, "{failed:#?}");
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_hostile_character(text in ".*|\\PC*|[\u{0}-\u{9f}\u{200b}-\u{206f}\u{300}-\u{36f}a ]*") {
            prop_assert!(is_harmless(Safe::new(&text).as_str(), false));
            prop_assert!(is_harmless(Safe::block(&text).as_str(), true));
            prop_assert!(is_harmless(Safe::host(&text).as_str(), false));
            let url = format!("https://{text}");
            prop_assert!(is_harmless(Safe::url(&url).as_str(), false));
        }

        #[test]
        fn safe_text_stays_as_it_is(text in ".*") {
            let once = Safe::new(&text);
            prop_assert_eq!(Safe::new(once.as_str()), once);
        }

        #[test]
        fn truncated_text_fits(text in ".*", width in 0_usize..40) {
            prop_assert!(Safe::new(&text).truncate(width).width() <= width);
        }
    }
}
