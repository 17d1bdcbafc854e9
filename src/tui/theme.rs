//! Tones and what they look like. A tone is a meaning ("this is a warning"), never a colour; the theme files under
//! `assets/themes` say what it looks like, and a file of the same name in the configuration directory replaces one.

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::domain::severity::Severity;

/// What a piece of text means on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    Text,
    Dim,
    Strong,
    Title,
    Border,
    /// The border and title of the pane that has the keys.
    Focus,
    /// The row under the cursor of the focused pane.
    Cursor,
    /// The row under the cursor of a pane without the keys.
    Rest,
    Key,
    Good,
    Warn,
    Bad,
    Pin,
    /// A text field's line.
    Field,
    Severity(Severity),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    text: String,
    dim: String,
    strong: String,
    title: String,
    border: String,
    focus: String,
    cursor: String,
    rest: String,
    key: String,
    good: String,
    warn: String,
    bad: String,
    pin: String,
    field: String,
    critical: String,
    high: String,
    medium: String,
    low: String,
    info: String,
}

/// A parsed theme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: [Style; 14],
    severities: [Style; 5],
}

/// The themes that come with the program, by name.
pub const BUILT_IN: [(&str, &str); 4] = [
    ("terminal", include_str!("../../assets/themes/terminal.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("high-contrast", include_str!("../../assets/themes/high-contrast.toml")),
    ("mono", include_str!("../../assets/themes/mono.toml")),
];

impl Theme {
    /// A built-in theme.
    ///
    /// # Errors
    /// Where no theme has that name; the sentence lists those that exist.
    pub fn named(name: &str) -> Result<Self, String> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::parse(text),
            None => Err(format!(
                "There is no theme `{name}`. Choose terminal, light, high-contrast or mono, or put `{name}.toml` into the `themes` folder of the configuration directory."
            )),
        }
    }

    /// Reads a theme file.
    ///
    /// # Errors
    /// A sentence that names the tone and the word that was not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| format!("The theme file cannot be read: {e}"))?;
        Ok(Self {
            styles: [
                style("text", &file.text)?,
                style("dim", &file.dim)?,
                style("strong", &file.strong)?,
                style("title", &file.title)?,
                style("border", &file.border)?,
                style("focus", &file.focus)?,
                style("cursor", &file.cursor)?,
                style("rest", &file.rest)?,
                style("key", &file.key)?,
                style("good", &file.good)?,
                style("warn", &file.warn)?,
                style("bad", &file.bad)?,
                style("pin", &file.pin)?,
                style("field", &file.field)?,
            ],
            severities: [
                style("info", &file.info)?,
                style("low", &file.low)?,
                style("medium", &file.medium)?,
                style("high", &file.high)?,
                style("critical", &file.critical)?,
            ],
        })
    }

    pub(super) fn style(&self, tone: Tone) -> Style {
        let i = match tone {
            Tone::Severity(severity) => return self.severities[severity.rank() as usize],
            Tone::Text => 0,
            Tone::Dim => 1,
            Tone::Strong => 2,
            Tone::Title => 3,
            Tone::Border => 4,
            Tone::Focus => 5,
            Tone::Cursor => 6,
            Tone::Rest => 7,
            Tone::Key => 8,
            Tone::Good => 9,
            Tone::Warn => 10,
            Tone::Bad => 11,
            Tone::Pin => 12,
            Tone::Field => 13,
        };
        self.styles[i]
    }
}

fn style(tone: &str, words: &str) -> Result<Style, String> {
    let mut style = Style::new();
    let mut background = false;
    for word in words.split_whitespace() {
        let modifier = match word {
            "on" => {
                background = true;
                continue;
            }
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            _ => {
                let color: Color = word
                    .parse()
                    .map_err(|_| format!("Theme, `{tone}`: `{word}` is neither a colour nor a modifier."))?;
                style = if background { style.bg(color) } else { style.fg(color) };
                background = false;
                continue;
            }
        };
        style = style.add_modifier(modifier);
    }
    Ok(style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_theme_is_read() {
        for (name, _) in BUILT_IN {
            Theme::named(name).unwrap();
        }
    }

    #[test]
    fn the_mono_theme_has_no_colour() {
        let mono = Theme::named("mono").unwrap();
        for style in mono.styles.iter().chain(&mono.severities) {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn a_wrong_word_is_named() {
        let text = BUILT_IN[0].1.replace("dim = \"dim\"", "dim = \"dimm\"");
        assert!(Theme::parse(&text).unwrap_err().contains("`dimm`"));
        assert!(Theme::named("solarised").unwrap_err().contains("high-contrast"));
    }
}
