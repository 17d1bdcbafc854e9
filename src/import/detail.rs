//! What a scanner says at one place, as labelled paragraphs: matched text, evidence, requests and responses.

use super::limits::{clip, text};

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

    #[must_use]
    pub fn text(self) -> String {
        clip(&self.0, text::DETAIL)
    }
}
