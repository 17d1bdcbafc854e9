//! One server per SQLite file: two would each believe to be its only writer.
//!
//! A lock on a file beside the database, held while a server runs and let go by the kernel if it dies. The operator's
//! commands do not take it: they may work beside a running server.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Error, Result};

#[derive(Debug, Clone)]
pub(super) struct Lock {
    path: PathBuf,
    held: Arc<Mutex<Option<File>>>,
}

impl Lock {
    pub(super) fn beside(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        Self {
            path: path.into(),
            held: Arc::default(),
        }
    }

    /// Takes the lock, or says that another server has it.
    pub(super) fn take(&self) -> Result<()> {
        let failed = |e: &dyn std::fmt::Display| {
            Error::Setup(format!(
                "{} cannot be locked: {e}. Check that its folder is writable.",
                self.path.display()
            ))
        };
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)
            .map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {
                *self.held.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(Error::Setup(format!(
                "Another server is using this database ({} is locked). Stop that one first, or serve another file.",
                self.path.display()
            ))),
            Err(TryLockError::Error(e)) => Err(failed(&e)),
        }
    }

    pub(super) fn give_up(&self) {
        drop(self.held.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
