//! One entry of an XML report as a tree: small, bounded by the reader that made it.

use super::Tag;
use crate::import::Out;
use crate::import::limits::clip_line;
use crate::import::record::Span;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
    /// The element's own text, without that of elements inside it.
    pub text: String,
    pub span: Span,
}

pub(super) fn attribute<'a>(list: &'a [(String, String)], name: &str) -> Option<&'a str> {
    list.iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v.trim())
        .filter(|v| !v.is_empty())
}

impl Node {
    pub(super) fn of(tag: Tag) -> Self {
        Self {
            name: tag.name,
            attributes: tag.attributes,
            span: Span {
                offset: tag.offset,
                length: 0,
            },
            ..Self::default()
        }
    }

    /// An attribute that says something.
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<&str> {
        attribute(&self.attributes, name)
    }

    /// The element's own text, if there is any.
    #[must_use]
    pub fn words(&self) -> Option<&str> {
        Some(self.text.trim()).filter(|t| !t.is_empty())
    }

    /// The text of the element and of all inside it: a line for each, entries of lists with a dash.
    #[must_use]
    pub fn paragraphs(&self) -> String {
        let mut out = String::new();
        let mut open = vec![self];
        while let Some(node) = open.pop() {
            for line in node.text.lines().map(str::trim).filter(|l| !l.is_empty()) {
                if !out.is_empty() {
                    out.push('\n');
                }
                if node.name == "ListItem" {
                    out.push_str("- ");
                }
                out.push_str(line);
            }
            if let Some(link) = node.attr("LinkURL") {
                out.push_str(&format!(" ({link})"));
            }
            open.extend(node.children.iter().rev());
        }
        out
    }

    /// Looks into an entry of which nothing came: elements of unknown names that hold others may be what was looked for.
    pub fn strange(&self, known: &[&str], of: &str, out: &mut Out<'_>) {
        for child in &self.children {
            let holds = !child.children.is_empty() || !child.attributes.is_empty();
            if holds && !known.contains(&child.name.as_str()) {
                let what = format!("elements `{}`{of}", clip_line(&child.name, 60));
                out.unknown_inside(&what, child.span.offset);
            }
        }
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |c| c.name == name)
    }

    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|c| c.name == name)
    }

    /// The text of the first child of this name that has one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.children.iter().filter(|c| c.name == name).find_map(Node::words)
    }

    /// The texts of all children of this name.
    pub fn each<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name).filter_map(Node::words)
    }
}
