//! Tags that people put on findings. A scanner's own stay what its reports say: they are neither added twice nor taken
//! away by hand.

use crate::api::problem::{Code, Problem};
use crate::service::{Result, text};
use crate::store::finding::FindingRow;

/// The most tags one act may name, and one finding may have of its own.
const TAGS_MAX: usize = 20;
const TAG_MAX: usize = 40;

/// Which tags come and which go.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tags {
    pub add: Vec<String>,
    pub remove: Vec<String>,
}

impl Tags {
    /// Tidied, or why one of them is none.
    pub(crate) fn read(add: &[String], remove: &[String]) -> Result<Self> {
        let tags = Self {
            add: tidy("add_tags", add)?,
            remove: tidy("remove_tags", remove)?,
        };
        if let Some(both) = tags.add.iter().find(|tag| tags.remove.contains(tag)) {
            let detail = format!("The tag {both} is to be added and to be removed: decide.");
            return Err(Problem::new(Code::InvalidRequest, detail).field("remove_tags").into());
        }
        Ok(tags)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// A finding's own tags after it.
    pub(crate) fn on(&self, row: &FindingRow, own: &[String]) -> Result<Vec<String>> {
        if let Some(tag) = self.remove.iter().find(|tag| row.tags.iter().any(|t| same(t, tag))) {
            let detail = format!("The tag {tag} is the scanner's: its reports set it, and only they take it away.");
            return Err(Problem::new(Code::InvalidRequest, detail).field("remove_tags").into());
        }
        let mut out: Vec<String> = own.iter().filter(|tag| !self.remove.contains(tag)).cloned().collect();
        let new = |tag: &&String| !row.tags.iter().any(|t| same(t, tag));
        out.extend(self.add.iter().filter(new).cloned());
        out.sort_unstable();
        out.dedup();
        if out.len() > TAGS_MAX {
            let detail = format!("A finding has at most {TAGS_MAX} tags of its own: remove some first.");
            return Err(Problem::new(Code::InvalidRequest, detail).field("add_tags").into());
        }
        Ok(out)
    }

    /// `tags +pci -old`, for the history.
    pub(crate) fn words(&self) -> String {
        let signed = |sign: char| move |tag: &String| format!(" {sign}{tag}");
        let add = self.add.iter().map(signed('+'));
        let all: String = add.chain(self.remove.iter().map(signed('-'))).collect();
        format!("tags{all}")
    }
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// Every tag of a finding, a scanner's and people's, each once.
pub(crate) fn all(row: &FindingRow) -> Vec<String> {
    let mut out = row.tags.clone();
    out.extend(row.decided.own_tags.iter().cloned());
    out.sort_unstable();
    out.dedup();
    out
}

/// Small letters and nothing that would end a word of a query.
fn tidy(field: &'static str, tags: &[String]) -> Result<Vec<String>> {
    text::at_most(field, tags, TAGS_MAX)?;
    let mut out = Vec::new();
    for tag in tags {
        let tag = text::line(field, tag, TAG_MAX)?.to_lowercase();
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '+');
        if !tag.chars().all(fits) {
            let detail = format!("`{tag}` is no tag: letters, digits and - _ . / + make one.");
            return Err(Problem::new(Code::InvalidRequest, detail).field(field).into());
        }
        out.push(tag);
    }
    out.sort_unstable();
    out.dedup();
    Ok(out)
}
