//! What the beginning of a report says about itself: enough to tell formats apart by content alone.

use super::json::Shape;
use super::limits::Limits;
use super::{table, xml};

/// Most elements inside the root that are looked at.
const INSIDE: usize = 40;

/// The beginning of a report.
#[derive(Debug, Default)]
pub struct Head<'h> {
    pub bytes: &'h [u8],
    pub json: Shape,
    /// The root element of an XML text.
    pub root: Option<xml::Tag>,
    /// The first elements inside the root, at any depth.
    pub inside: Vec<String>,
    /// The names of the columns of a table.
    pub columns: Vec<String>,
}

impl<'h> Head<'h> {
    /// Reads as much as `bytes` show; what is cut off or broken just ends it.
    #[must_use]
    pub fn of(bytes: &'h [u8]) -> Self {
        let mut head = Self {
            bytes,
            ..Self::default()
        };
        match bytes.trim_ascii_start().first() {
            Some(b'<') => head.look_at_xml(),
            Some(b'{' | b'[') => head.json = Shape::of(bytes),
            Some(_) => {
                head.json = Shape::of(bytes);
                head.columns = table::header(bytes);
            }
            None => {}
        }
        head
    }

    fn look_at_xml(&mut self) {
        // Declarations are refused when the report is read, with a reason; here they only must not hide the root.
        let mut reader = xml::Reader::new(self.bytes, 0, &Limits::default()).with_any_declaration();
        let Ok(root) = reader.root() else {
            return;
        };
        self.root = Some(root);
        let mut depth = 1;
        while depth > 0 && self.inside.len() < INSIDE {
            match reader.child() {
                Ok(Some(tag)) => {
                    depth += 1;
                    self.inside.push(tag.name);
                }
                Ok(None) => depth -= 1,
                Err(_) => break,
            }
        }
    }

    /// Whether the root element has this name (case does not count).
    #[must_use]
    pub fn is_root(&self, name: &str) -> bool {
        self.root.as_ref().is_some_and(|r| r.name.eq_ignore_ascii_case(name))
    }

    #[must_use]
    pub fn has_inside(&self, name: &str) -> bool {
        self.inside.iter().any(|n| n == name)
    }

    /// Whether the table has all of these columns.
    #[must_use]
    pub fn has_columns(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.columns.iter().any(|c| c == name))
    }
}
