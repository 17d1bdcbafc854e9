//! Which key does what, read from `assets/keymap.toml` and the user's own file over it. Looked up both ways: key to
//! action when a key is pressed, action to key for the key line and the help, so that neither can lie.
//!
//! Keys are our own small type and not crossterm's: shift is part of the character (`J`, `?`), as every layout sends it.

use std::collections::HashMap;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::Deserialize;

use super::action::{Action, Where};

/// The keymap that comes with the program.
pub const BUILT_IN: &str = include_str!("../../assets/keymap.toml");

/// A key as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let code = match event.code {
            KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::SHIFT) => {
                KeyCode::Char(c.to_uppercase().next().unwrap_or(c))
            }
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        Self {
            code,
            ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
            alt: event.modifiers.contains(KeyModifiers::ALT),
        }
    }
}

const NAMES: [(&str, KeyCode); 16] = [
    ("esc", KeyCode::Esc),
    ("enter", KeyCode::Enter),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("space", KeyCode::Char(' ')),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pgup", KeyCode::PageUp),
    ("pgdn", KeyCode::PageDown),
    ("del", KeyCode::Delete),
    ("ins", KeyCode::Insert),
    ("backspace", KeyCode::Backspace),
];

impl std::str::FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut ctrl, mut alt, mut rest) = (false, false, text);
        loop {
            if let Some(after) = rest.strip_prefix("ctrl-").filter(|a| !a.is_empty()) {
                (ctrl, rest) = (true, after);
            } else if let Some(after) = rest.strip_prefix("alt-").filter(|a| !a.is_empty()) {
                (alt, rest) = (true, after);
            } else {
                break;
            }
        }
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => match NAMES.iter().find(|(name, _)| *name == rest) {
                Some((_, code)) => *code,
                None => match rest.strip_prefix('f').and_then(|n| n.parse().ok()) {
                    Some(n @ 1..=12) => KeyCode::F(n),
                    _ => {
                        return Err(format!(
                            "`{text}` is no key. Write one like `j`, `ctrl-d`, `esc`, `f5`."
                        ));
                    }
                },
            },
        };
        Ok(Self { code, ctrl, alt })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "f{n}"),
            _ => f.write_str("?"),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    lists: HashMap<String, Vec<String>>,
    #[serde(default)]
    text: HashMap<String, Vec<String>>,
}

/// Both directions of the table.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    lists: HashMap<Key, Action>,
    text: HashMap<Key, Action>,
    /// In the order of the file, so that the first key is the one shown.
    keys: HashMap<(bool, Action), Vec<Key>>,
}

impl Keymap {
    /// The built-in keymap with the user's lines over it.
    ///
    /// # Errors
    /// A sentence that names the line: an unknown action, an unknown key, a key with two meanings, an act where it does not apply.
    pub fn read(user: Option<&str>) -> Result<Self, String> {
        let mut file: File =
            toml::from_str(BUILT_IN).map_err(|e| format!("The built-in keymap cannot be read: {e}"))?;
        if let Some(text) = user {
            let over: File = toml::from_str(text).map_err(|e| format!("keymap.toml cannot be read: {e}"))?;
            file.lists.extend(over.lists);
            file.text.extend(over.text);
        }
        let mut map = Self::default();
        for (is_text, table) in [(false, file.lists), (true, file.text)] {
            for (name, keys) in table {
                let action = Action::named(&name).ok_or_else(|| unknown(&name))?;
                let fits = match action.place() {
                    Where::Lists => !is_text,
                    Where::Text => is_text,
                    Where::Everywhere => true,
                };
                if !fits {
                    return Err(format!("keymap.toml: `{name}` does not apply in that table."));
                }
                for text in keys {
                    let key: Key = text.parse().map_err(|e| format!("keymap.toml, `{name}`: {e}"))?;
                    let side = if is_text { &mut map.text } else { &mut map.lists };
                    if let Some(other) = side.insert(key, action)
                        && other != action
                    {
                        return Err(format!(
                            "keymap.toml: `{key}` means both `{other}` and `{action}`. Give one of them another key."
                        ));
                    }
                    map.keys.entry((is_text, action)).or_default().push(key);
                }
            }
        }
        Ok(map)
    }

    /// What the key does in lists and details.
    pub fn in_lists(&self, key: Key) -> Option<Action> {
        self.lists.get(&key).copied()
    }

    /// What the key does in a text field, other than typing.
    pub fn in_text(&self, key: Key) -> Option<Action> {
        self.text.get(&key).copied()
    }

    /// The keys of an action, the first being the one to show.
    pub fn keys(&self, action: Action) -> &[Key] {
        let side = |text| self.keys.get(&(text, action)).map(Vec::as_slice);
        side(action.place() == Where::Text)
            .or_else(|| side(true))
            .unwrap_or_default()
    }

    /// The keys of an action as they are written, `j down`.
    pub fn shown(&self, action: Action) -> String {
        let keys: Vec<_> = self.keys(action).iter().map(ToString::to_string).collect();
        keys.join(" ")
    }

    /// The first key of an action as it is written; empty where it has none.
    pub fn first(&self, action: Action) -> String {
        self.keys(action).first().map(ToString::to_string).unwrap_or_default()
    }
}

fn unknown(name: &str) -> String {
    let near = Action::ALL
        .iter()
        .map(|a| a.name())
        .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)))
        .unwrap_or_default();
    format!("keymap.toml: there is no action `{name}`. Did you mean `{near}`?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_a_key_or_stands_in_the_file_without_one() {
        let map = Keymap::read(None).unwrap();
        let file: File = toml::from_str(BUILT_IN).unwrap();
        for action in Action::ALL {
            let bare = file.lists.get(action.name()).is_some_and(Vec::is_empty);
            assert!(bare || !map.keys(*action).is_empty(), "{action}");
        }
    }

    #[test]
    fn no_needed_key_is_taken_by_multiplexers_or_missing_on_layouts() {
        let map = Keymap::read(None).unwrap();
        for key in ["ctrl-b", "ctrl-a", "[", "]", "{", "}", "\\", "ctrl-s", "ctrl-q"] {
            assert_eq!(map.in_lists(key.parse().unwrap()), None, "{key}");
        }
    }

    #[test]
    fn a_key_is_written_as_it_is_read() {
        for text in [
            "j",
            "J",
            "ctrl-d",
            "alt-enter",
            "esc",
            "f5",
            "space",
            "ctrl-p",
            ":",
            "-",
        ] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        assert!("ctrl-banana".parse::<Key>().is_err());
    }

    #[test]
    fn the_users_file_replaces_single_lines_and_is_told_what_is_wrong() {
        let map = Keymap::read(Some("[lists]\nquit = [\"ctrl-q\"]")).unwrap();
        assert_eq!(map.in_lists("ctrl-q".parse().unwrap()), Some(Action::Quit));
        assert_eq!(map.in_lists("q".parse().unwrap()), None);
        assert_eq!(map.in_lists("j".parse().unwrap()), Some(Action::Down));
        for (text, says) in [
            ("[lists]\nquti = [\"q\"]", "Did you mean `quit`?"),
            ("[lists]\nquit = [\"j\"]", "means both"),
            ("[lists]\nquit = [\"hyper-j\"]", "is no key"),
            ("[text]\nquit = [\"ctrl-q\"]", "does not apply"),
        ] {
            let error = Keymap::read(Some(text)).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}
