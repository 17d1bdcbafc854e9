//! What was typed and not sent. Kept in memory, and in a 0600 file of the state directory unless credentials are to be
//! kept in memory only. Survives Esc, hangup, panic and a restart; a sent text is gone at once.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Drafts by what they belong to (`comment F-7K3QX2`), each the texts of a form by field name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drafts {
    texts: BTreeMap<String, BTreeMap<String, String>>,
}

impl Drafts {
    pub fn get(&self, key: &str) -> Option<&BTreeMap<String, String>> {
        self.texts.get(key)
    }

    /// Keeps a draft; one without any text is dropped. Whether anything changed.
    pub fn keep(&mut self, key: &str, fields: BTreeMap<String, String>) -> bool {
        if fields.values().all(|v| v.trim().is_empty()) {
            return self.drop(key);
        }
        self.texts.insert(key.to_owned(), fields.clone()) != Some(fields)
    }

    /// Whether there was one.
    pub fn drop(&mut self, key: &str) -> bool {
        self.texts.remove(key).is_some()
    }

    /// What each belongs to.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().map(String::as_str)
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Reads the file; none, or one that cannot be read, is no drafts.
    pub fn load(path: &Path) -> Self {
        let texts = std::fs::read(path)
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self { texts }
    }

    /// The file's content.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.texts).unwrap_or_default()
    }
}

/// Where drafts are kept between runs.
#[derive(Debug, Clone)]
pub struct Drawer {
    path: PathBuf,
}

impl Drawer {
    pub fn new(state: &Path) -> Self {
        Self {
            path: state.join("drafts.json"),
        }
    }

    pub fn load(&self) -> Drafts {
        Drafts::load(&self.path)
    }

    /// Replaces the file in one step, readable by its owner alone; an empty set removes it.
    ///
    /// # Errors
    /// Where the state directory cannot be written.
    pub fn save(&self, json: &str) -> std::io::Result<()> {
        if json == "{}" {
            return match std::fs::remove_file(&self.path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            };
        }
        replace(&self.path, json)
    }
}

/// Replaces a file in one step, readable by its owner alone.
///
/// # Errors
/// Where its folder cannot be written.
pub(super) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = std::fs::DirBuilder::new();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        builder.mode(0o700);
        options.mode(0o600);
    }
    builder.recursive(true).create(folder)?;
    let temporary = path.with_extension("new");
    let _ = std::fs::remove_file(&temporary);
    let mut file = options.open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("text".to_owned(), text.to_owned())])
    }

    #[test]
    fn drafts_come_back_after_a_restart_and_are_readable_by_the_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let drawer = Drawer::new(&dir.path().join("state"));
        let mut drafts = Drafts::default();
        assert!(drafts.keep("comment F-1", fields("half a thought")));
        assert!(!drafts.keep("comment F-1", fields("half a thought")), "nothing changed");
        drawer.save(&drafts.to_json()).unwrap();
        assert_eq!(drawer.load(), drafts);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(dir.path().join("state/drafts.json"))
                .unwrap()
                .permissions();
            assert_eq!(mode.mode() & 0o777, 0o600);
        }
        assert!(drafts.keep("comment F-1", fields("  ")), "an empty draft is none");
        drawer.save(&drafts.to_json()).unwrap();
        assert!(drawer.load().is_empty());
        assert!(!dir.path().join("state/drafts.json").exists());
    }
}
