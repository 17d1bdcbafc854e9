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
    /// For keys whose value is a list or an object: the key and the keys of what stands first in it.
    pub inside: Vec<(String, Vec<String>)>,
}

/// Most keys that are looked at.
const KEYS: usize = 200;

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
                shape.keys.push(key.clone());
                let (inside, whole) = look_inside(&mut walker);
                if !inside.is_empty() {
                    shape.inside.push((key, inside));
                }
                if shape.keys.len() > KEYS || !whole {
                    break;
                }
            }
        }
        shape
    }

    /// Whether what stands first in the list (or object) at `key` has all of these keys.
    #[must_use]
    pub fn item(&self, key: &str, keys: &[&str]) -> bool {
        let inside = self.inside.iter().find(|(k, _)| k == key);
        inside.is_some_and(|(_, found)| keys.iter().all(|k| found.iter().any(|f| f == k)))
    }

    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|k| k == key)
    }
}

/// The keys of a value's first object, and whether the value was passed over whole.
fn look_inside(walker: &mut Walker<&[u8]>) -> (Vec<String>, bool) {
    let mut found = Vec::new();
    let whole = (|| {
        let list = walker.enter(b'[')?;
        let mut start = true;
        if list && !walker.next_item(&mut start)? {
            return Ok(());
        }
        if walker.enter(b'{')? {
            let mut first = true;
            while let Some(key) = walker.next_key(&mut first)? {
                if found.len() < KEYS {
                    found.push(key);
                }
                walker.skip()?;
            }
        } else {
            walker.skip()?;
        }
        if list {
            while walker.next_item(&mut start)? {
                walker.skip()?;
            }
        }
        Ok::<(), crate::import::limits::Refusal>(())
    })();
    (found, whole.is_ok())
}
