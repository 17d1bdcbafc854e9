//! Bytes from the terminal become keys and pastes. Pure: the reader thread of [`super::terminal`] feeds it.
//!
//! Ours instead of crossterm's reader for three reasons: a sequence that arrives in two pieces over a slow link is not
//! Esc and some letters; crossterm 0.29 spins for ever when the terminal goes away (crossterm #793), and there is no
//! way to stop it; and a paste stays one message whatever the size of the reads. Everything unknown is swallowed
//! whole, so that an answer of the terminal never types.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// The longest paste that is kept, in bytes; what follows is dropped until its end.
const PASTE_MAX: usize = 1 << 20;

/// The longest escape sequence waited for. What is longer is not one.
const SEQUENCE_MAX: usize = 64;

const PASTE_END: &[u8] = b"\x1b[201~";

/// What the terminal said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Key(KeyEvent),
    Paste(String),
    Focus(bool),
    /// Only where the mouse was asked for: column and row from 0.
    Mouse(Mouse, u16, u16),
}

/// What a mouse did. What is not here does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    Click,
    WheelUp,
    WheelDown,
}

/// Collects bytes until they mean something.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
    paste: Option<Vec<u8>>,
}

/// One step over the pending bytes.
enum Step {
    /// So many bytes were an input, or nothing of ours.
    Took(usize, Option<Input>),
    /// More bytes are needed to tell.
    More,
}

impl Decoder {
    /// Takes bytes as they arrive.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<Input>) {
        self.pending.extend_from_slice(bytes);
        self.drain(out, false);
    }

    /// Whether an unfinished sequence waits: [`Decoder::settle`] a few milliseconds later.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty() && self.paste.is_none()
    }

    /// Nothing came after an unfinished sequence: a lone Esc is Esc, what follows it are keys.
    pub fn settle(&mut self, out: &mut Vec<Input>) {
        self.drain(out, true);
    }

    fn drain(&mut self, out: &mut Vec<Input>, last: bool) {
        loop {
            if self.paste.is_some() {
                if !self.drain_paste(out) {
                    return;
                }
                continue;
            }
            if self.pending.is_empty() {
                return;
            }
            match step(&self.pending) {
                Step::Took(n, input) => {
                    let opens = self.pending.starts_with(b"\x1b[200~");
                    self.pending.drain(..n);
                    if opens {
                        self.paste = Some(Vec::new());
                    }
                    out.extend(input);
                }
                Step::More if last || self.pending.len() > SEQUENCE_MAX => {
                    let first = self.pending.remove(0);
                    if first == 0x1b {
                        out.push(key(KeyCode::Esc, KeyModifiers::NONE));
                    }
                }
                Step::More => return,
            }
        }
    }

    /// Moves pending bytes into the paste; whether its end was found.
    fn drain_paste(&mut self, out: &mut Vec<Input>) -> bool {
        let Some(paste) = self.paste.as_mut() else { return true };
        let end = self.pending.windows(PASTE_END.len()).position(|w| w == PASTE_END);
        // The end may be cut by the read: what could be its beginning stays.
        let take = end.unwrap_or_else(|| self.pending.len().saturating_sub(PASTE_END.len() - 1));
        let room = PASTE_MAX.saturating_sub(paste.len());
        paste.extend(self.pending.drain(..take).take(room));
        if end.is_none() {
            return false;
        }
        self.pending.drain(..PASTE_END.len());
        let text = String::from_utf8_lossy(paste).replace("\r\n", "\n").replace('\r', "\n");
        out.push(Input::Paste(text));
        self.paste = None;
        true
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
    Input::Key(KeyEvent::new(code, modifiers))
}

fn step(bytes: &[u8]) -> Step {
    match bytes[0] {
        0x1b => escape(bytes),
        b'\r' | b'\n' => took(1, key(KeyCode::Enter, KeyModifiers::NONE)),
        b'\t' => took(1, key(KeyCode::Tab, KeyModifiers::NONE)),
        0x7f | 0x08 => took(1, key(KeyCode::Backspace, KeyModifiers::NONE)),
        0 => took(1, key(KeyCode::Char(' '), KeyModifiers::CONTROL)),
        c @ 0x01..=0x1a => took(1, key(KeyCode::Char((c - 1 + b'a') as char), KeyModifiers::CONTROL)),
        0x1c..=0x1f => Step::Took(1, None),
        _ => character(bytes, KeyModifiers::NONE),
    }
}

fn took(n: usize, input: Input) -> Step {
    Step::Took(n, Some(input))
}

fn character(bytes: &[u8], modifiers: KeyModifiers) -> Step {
    let wanted = match bytes[0] {
        0x00..=0x7f => 1,
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => return Step::Took(1, None),
    };
    if bytes.len() < wanted {
        return Step::More;
    }
    match std::str::from_utf8(&bytes[..wanted])
        .ok()
        .and_then(|s| s.chars().next())
    {
        Some(c) => took(wanted, key(KeyCode::Char(c), modifiers)),
        None => Step::Took(1, None),
    }
}

fn escape(bytes: &[u8]) -> Step {
    match bytes.get(1) {
        None => Step::More,
        Some(b'[') => csi(bytes),
        Some(b'O') => match bytes.get(2) {
            None => Step::More,
            Some(&last) => match arrow(last).or_else(|| function(last)) {
                Some(code) => took(3, key(code, KeyModifiers::NONE)),
                None => Step::Took(3, None),
            },
        },
        // OSC, DCS, APC, PM: an answer of the terminal, up to BEL or ST.
        Some(b']' | b'P' | b'_' | b'^') if bytes.len() > 2 => string(bytes),
        Some(b']' | b'P' | b'_' | b'^') => Step::More,
        // Two Esc in a row: the first is one; the second may begin something.
        Some(0x1b) => took(1, key(KeyCode::Esc, KeyModifiers::NONE)),
        Some(b'\r') => took(2, key(KeyCode::Enter, KeyModifiers::ALT)),
        Some(0x7f | 0x08) => took(2, key(KeyCode::Backspace, KeyModifiers::ALT)),
        Some(c) if *c < 0x20 => took(1, key(KeyCode::Esc, KeyModifiers::NONE)),
        Some(_) => match character(&bytes[1..], KeyModifiers::ALT) {
            Step::Took(n, input) => Step::Took(n + 1, input),
            Step::More => Step::More,
        },
    }
}

fn string(bytes: &[u8]) -> Step {
    let bell = bytes.iter().position(|b| *b == 0x07).map(|i| i + 1);
    let st = bytes.windows(2).skip(2).position(|w| w == b"\x1b\\").map(|i| i + 4);
    match bell.into_iter().chain(st).min() {
        Some(n) => Step::Took(n, None),
        None if bytes.len() > SEQUENCE_MAX => Step::Took(bytes.len(), None),
        None => Step::More,
    }
}

fn csi(bytes: &[u8]) -> Step {
    let Some(last) = bytes[2..].iter().position(|b| (0x40..=0x7e).contains(b)) else {
        return Step::More;
    };
    let n = last + 3;
    let body = &bytes[2..n - 1];
    let last = bytes[n - 1];
    // The Linux console's function keys: CSI [ A … E.
    if last == b'[' && body.is_empty() {
        return if bytes.len() > n {
            Step::Took(n + 1, None)
        } else {
            Step::More
        };
    }
    if body.first() == Some(&b'<') && matches!(last, b'M' | b'm') {
        return Step::Took(n, mouse(&body[1..], last));
    }
    let mut numbers = body
        .split(|b| *b == b';')
        .map(|part| std::str::from_utf8(part).ok().and_then(|s| s.parse::<u16>().ok()));
    let first = numbers.next().flatten();
    let modifiers = numbers.next().flatten().map_or(KeyModifiers::NONE, modifiers);
    let code = match last {
        b'~' => match first {
            Some(1 | 7) => Some(KeyCode::Home),
            Some(4 | 8) => Some(KeyCode::End),
            Some(2) => Some(KeyCode::Insert),
            Some(3) => Some(KeyCode::Delete),
            Some(5) => Some(KeyCode::PageUp),
            Some(6) => Some(KeyCode::PageDown),
            Some(f @ 11..=15) => Some(KeyCode::F((f - 10) as u8)),
            Some(f @ 17..=21) => Some(KeyCode::F((f - 11) as u8)),
            Some(f @ 23..=24) => Some(KeyCode::F((f - 12) as u8)),
            _ => None,
        },
        b'Z' => return took(n, key(KeyCode::BackTab, KeyModifiers::SHIFT)),
        b'I' if body.is_empty() => return took(n, Input::Focus(true)),
        b'O' if body.is_empty() => return took(n, Input::Focus(false)),
        // `CSI code ; modifiers u`: what terminals in "modify other keys" or kitty mode send.
        b'u' => first.and_then(|c| char::from_u32(u32::from(c))).map(|c| match c {
            '\r' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            '\u{1b}' => KeyCode::Esc,
            '\u{7f}' => KeyCode::Backspace,
            c => KeyCode::Char(c),
        }),
        other => arrow(other).or_else(|| {
            if body.is_empty() || first == Some(1) {
                function(other)
            } else {
                None
            }
        }),
    };
    Step::Took(n, code.map(|code| key(code, modifiers)))
}

/// `CSI < button ; column ; row M`, counted from 1; `m` is a release.
fn mouse(body: &[u8], last: u8) -> Option<Input> {
    let mut numbers = std::str::from_utf8(body).ok()?.split(';').map(str::parse::<u16>);
    let (button, x, y) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    // Shift, alt and control are bits of the button.
    let what = match (button & !0b1_1100, last) {
        (0, b'M') => Mouse::Click,
        (64, b'M') => Mouse::WheelUp,
        (65, b'M') => Mouse::WheelDown,
        _ => return None,
    };
    Some(Input::Mouse(what, x.saturating_sub(1), y.saturating_sub(1)))
}

fn arrow(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        _ => return None,
    })
}

fn function(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        b'M' => KeyCode::Enter,
        _ => return None,
    })
}

fn modifiers(code: u16) -> KeyModifiers {
    let bits = code.saturating_sub(1);
    let mut out = KeyModifiers::NONE;
    for (bit, modifier) in [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
    ] {
        if bits & bit != 0 {
            out |= modifier;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn decode(chunks: &[&[u8]]) -> Vec<Input> {
        let (mut decoder, mut out) = (Decoder::default(), Vec::new());
        for chunk in chunks {
            decoder.feed(chunk, &mut out);
        }
        decoder.settle(&mut out);
        out
    }

    fn plain(code: KeyCode) -> Input {
        key(code, KeyModifiers::NONE)
    }

    #[rstest]
    #[case(b"j", plain(KeyCode::Char('j')))]
    #[case(b"\x1b", plain(KeyCode::Esc))]
    #[case(b"\r", plain(KeyCode::Enter))]
    #[case(b"\x1b[A", plain(KeyCode::Up))]
    #[case(b"\x1bOB", plain(KeyCode::Down))]
    #[case(b"\x1b[1;5C", key(KeyCode::Right, KeyModifiers::CONTROL))]
    #[case(b"\x1b[6~", plain(KeyCode::PageDown))]
    #[case(b"\x1b[15~", plain(KeyCode::F(5)))]
    #[case(b"\x1b[Z", key(KeyCode::BackTab, KeyModifiers::SHIFT))]
    #[case(b"\x10", key(KeyCode::Char('p'), KeyModifiers::CONTROL))]
    #[case(b"\x1bx", key(KeyCode::Char('x'), KeyModifiers::ALT))]
    #[case(b"\x1b\r", key(KeyCode::Enter, KeyModifiers::ALT))]
    #[case(b"\x1b[<0;5;7M", Input::Mouse(Mouse::Click, 4, 6))]
    #[case(b"\x1b[<65;1;1M", Input::Mouse(Mouse::WheelDown, 0, 0))]
    #[case("é".as_bytes(), plain(KeyCode::Char('é')))]
    #[case("東".as_bytes(), plain(KeyCode::Char('東')))]
    fn one_input(#[case] bytes: &[u8], #[case] input: Input) {
        assert_eq!(decode(&[bytes]), [input]);
    }

    #[test]
    fn a_sequence_in_pieces_is_one_key() {
        for whole in [&b"\x1b[A"[..], b"\x1b[1;5C", b"\x1bOB", "東".as_bytes()] {
            let at_once = decode(&[whole]);
            assert_eq!(at_once.len(), 1);
            let pieces: Vec<&[u8]> = whole.chunks(1).collect();
            assert_eq!(decode(&pieces), at_once);
        }
    }

    #[test]
    fn a_lone_escape_waits_and_then_is_esc() {
        let (mut decoder, mut out) = (Decoder::default(), Vec::new());
        decoder.feed(b"\x1b", &mut out);
        assert!(out.is_empty() && decoder.is_waiting());
        decoder.settle(&mut out);
        assert_eq!(out, [plain(KeyCode::Esc)]);
        assert!(!decoder.is_waiting());
    }

    #[test]
    fn a_paste_is_one_message_however_it_is_cut() {
        let bytes = b"\x1b[200~:quit\r\nq\x1b[A\x1b[201~j";
        let whole = decode(&[bytes]);
        assert_eq!(whole[0], Input::Paste(":quit\nq\x1b[A".into()));
        assert_eq!(whole[1], plain(KeyCode::Char('j')));
        for cut in 1..bytes.len() {
            assert_eq!(decode(&[&bytes[..cut], &bytes[cut..]]), whole, "cut at {cut}");
        }
    }

    #[test]
    fn answers_of_the_terminal_never_type() {
        for answer in [
            &b"\x1b]11;rgb:ffff/ffff/ffff\x07"[..],
            b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\",
            b"\x1bP>|tmux 3.5\x1b\\",
            b"\x1b[?62;22c",
            b"\x1b[24;80R",
        ] {
            let keys = decode(&[answer, b"j"]);
            assert_eq!(keys.last(), Some(&plain(KeyCode::Char('j'))));
            assert!(keys.len() <= 2, "{keys:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_consumed(bytes: Vec<u8>, cut in 0_usize..64) {
            let (mut decoder, mut out) = (Decoder::default(), Vec::new());
            let cut = cut.min(bytes.len());
            decoder.feed(&bytes[..cut], &mut out);
            decoder.feed(&bytes[cut..], &mut out);
            decoder.settle(&mut out);
            prop_assert!(decoder.pending.is_empty() || decoder.paste.is_some());
        }
    }
}
