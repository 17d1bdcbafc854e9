//! What the beginning of a JSON text says about itself: enough to tell formats apart.

use super::Walker;
use crate::import::limits::{Limits, Refusal};

/// What the beginning of a text says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// The first byte that is not white space.
    pub first: Option<u8>,
    /// Keys of the root, or of the first elements of the root list together; as far as the beginning reaches.
    pub keys: Vec<String>,
    /// For keys whose value is a list or an object: the key and the keys of the object, or of the list's first elements.
    pub inside: Vec<(String, Vec<String>)>,
}

/// Most keys that are looked at.
const KEYS: usize = 200;

/// Elements of a list that are looked at: its first may be the strange one.
const ELEMENTS: usize = 8;

impl Shape {
    /// Reads as much as `head` shows; what is cut off or broken just ends it.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        let mut shape = Self::default();
        let mut walker = Walker::new(head, 0, &Limits::default());
        shape.first = walker.peek().ok().flatten();
        if shape.first == Some(b'[') {
            let _ = shape.elements(&mut walker);
        } else {
            let _ = shape.object(&mut walker);
        }
        shape
    }

    /// The keys of the first elements, together.
    fn elements(&mut self, walker: &mut Walker<&[u8]>) -> Result<(), Refusal> {
        walker.enter(b'[')?;
        let (mut first, mut seen) = (true, 0);
        while seen < ELEMENTS && walker.next_item(&mut first)? {
            self.object(walker)?;
            seen += 1;
        }
        Ok(())
    }

    fn object(&mut self, walker: &mut Walker<&[u8]>) -> Result<(), Refusal> {
        if !walker.enter(b'{')? {
            return walker.skip();
        }
        let mut first = true;
        while let Some(key) = walker.next_key(&mut first)? {
            let mut found = Vec::new();
            let whole = look_inside(walker, &mut found);
            if self.keys.len() <= KEYS {
                match self.inside.iter_mut().find(|(k, _)| *k == key) {
                    Some((_, known)) => together(known, found),
                    None if found.is_empty() => {}
                    None => self.inside.push((key.clone(), found)),
                }
                together(&mut self.keys, vec![key]);
            }
            whole?;
        }
        Ok(())
    }

    /// Whether the first elements of the list (or the object) at `key` have all of these keys.
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

fn together(known: &mut Vec<String>, more: Vec<String>) {
    for key in more {
        if known.len() <= KEYS && !known.contains(&key) {
            known.push(key);
        }
    }
}

/// The keys of a value: an object's, or those of the first objects of a list.
fn look_inside(walker: &mut Walker<&[u8]>, found: &mut Vec<String>) -> Result<(), Refusal> {
    if !walker.enter(b'[')? {
        return keys_of(walker, found);
    }
    let (mut first, mut seen) = (true, 0);
    while walker.next_item(&mut first)? {
        if seen < ELEMENTS {
            keys_of(walker, found)?;
        } else {
            walker.skip()?;
        }
        seen += 1;
    }
    Ok(())
}

fn keys_of(walker: &mut Walker<&[u8]>, found: &mut Vec<String>) -> Result<(), Refusal> {
    if !walker.enter(b'{')? {
        return walker.skip();
    }
    let mut first = true;
    while let Some(key) = walker.next_key(&mut first)? {
        together(found, vec![key]);
        walker.skip()?;
    }
    Ok(())
}
