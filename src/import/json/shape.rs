//! What the beginning of a JSON text says about itself: enough to tell formats apart.

use super::Walker;
use crate::import::limits::Limits;

/// What the beginning of a text says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// The first byte that is not white space.
    pub first: Option<u8>,
    /// Keys of the first object: the root, or the root array's first element; as far as the beginning reaches.
    pub keys: Vec<String>,
}

impl Shape {
    /// Reads as much as `head` shows; what is cut off or broken just ends it.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        let mut shape = Self::default();
        let mut walker = Walker::new(head, 0, &Limits::default());
        shape.first = walker.peek().ok().flatten();
        if shape.first == Some(b'[') {
            let mut first = true;
            if !walker.enter(b'[').unwrap_or(false) || !walker.next_item(&mut first).unwrap_or(false) {
                return shape;
            }
        }
        if walker.enter(b'{').unwrap_or(false) {
            let mut first = true;
            while let Ok(Some(key)) = walker.next_key(&mut first) {
                shape.keys.push(key);
                if shape.keys.len() > 200 || walker.skip().is_err() {
                    break;
                }
            }
        }
        shape
    }

    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|k| k == key)
    }
}
