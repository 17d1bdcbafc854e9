//! What the tabs list, as rows of a window.

use uuid::Uuid;

use super::super::super::window::Row;
use crate::api::comment::Comment;
use crate::api::finding::{HistoryEntry, Occurrence};

impl Row for Occurrence {
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn words(&self) -> String {
        self.place.clone()
    }
}

impl Row for Comment {
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn words(&self) -> String {
        format!("{} {}", self.author.name, self.text)
    }
}

impl Row for HistoryEntry {
    /// History has no ids of its own: what and when make one.
    fn id(&self) -> Uuid {
        let to = self.to.map_or(0, |s| s as u128 + 1);
        let act = self
            .act
            .bytes()
            .fold(7_u128, |h, b| h.wrapping_mul(131).wrapping_add(u128::from(b)));
        Uuid::from_u128(((self.at.0 as u128) << 64) ^ (act << 8) ^ to)
    }
    fn words(&self) -> String {
        format!("{} {}", self.act, self.notes)
    }
}
