//! A demo's place on this machine: a profile by which other terminals reach it, and a folder of its own. Each is held
//! under a lock that the kernel lets go if the demo dies, so that the next demo takes away what a killed one left, and a
//! second demo beside a running one gets a name of its own.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::config::{self, CredentialPlace};

/// More demos at once than anybody has use for.
const MOST: usize = 9;

/// Held while the demo lives.
pub struct Slot {
    /// The context under this demo's profile.
    pub cx: Context,
    /// Where its data goes unless the user named a folder.
    pub dir: PathBuf,
    lock: PathBuf,
    _held: File,
}

impl Slot {
    /// The first place that no living demo holds, clean.
    ///
    /// # Errors
    /// Where the state directory takes no files, or every place is held.
    pub fn take(cx: &Context) -> Result<Self, Error> {
        let mut found = None;
        for n in 1..=MOST {
            let Some(slot) = Self::hold(cx, n, found.is_none())? else {
                continue;
            };
            slot.sweep();
            if found.is_none() {
                found = Some(slot);
            } else {
                slot.leave();
            }
        }
        found.ok_or_else(|| Error::Failed(format!("{MOST} demos are running; quit one of them first")))
    }

    /// Place `n`, where nobody holds it. `make`: also where nobody ever did.
    fn hold(cx: &Context, n: usize, make: bool) -> Result<Option<Self>, Error> {
        let name = if n == 1 { "demo".to_owned() } else { format!("demo-{n}") };
        let dir = cx.paths.state_dir.join(&name);
        let lock = cx.paths.state_dir.join(format!("{name}.lock"));
        let wrong = |e: io::Error| Error::Failed(format!("{}: {e}; make its folder writable", lock.display()));
        if make {
            config::private_dir(&cx.paths.state_dir).map_err(wrong)?;
        }
        let held = match OpenOptions::new().create(make).append(true).open(&lock) {
            Ok(file) => file,
            Err(e) if !make && e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(wrong(e)),
        };
        match held.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(e)) => return Err(wrong(e)),
        }
        // Whoever leaves removes the file under its lock: what was opened may be a file that has no name any more.
        let is_the_file = |path: &Path| Ok::<_, io::Error>(path.metadata()?.ino() == held.metadata()?.ino());
        if !is_the_file(&lock).unwrap_or(false) {
            return Ok(None);
        }
        let mut cx = Context {
            profile: name,
            ..cx.clone()
        };
        // Nothing of a demo outlives it: no keyring is asked. "memory" stays what it is.
        if cx.config.credentials != CredentialPlace::Memory {
            cx.config.credentials = CredentialPlace::File;
        }
        Ok(Some(Self {
            cx,
            dir,
            lock,
            _held: held,
        }))
    }

    /// Its own profile, and those of the people who are signed in beside.
    fn profiles(&self) -> Vec<String> {
        let own = &self.cx.profile;
        let others = super::agency::Script::read().map_or_else(
            |_| Vec::new(),
            |script| script.seats(own).into_iter().map(|(name, _)| name).collect(),
        );
        if others.contains(own) {
            others
        } else {
            [vec![own.clone()], others].concat()
        }
    }

    /// Takes away what a demo that was killed left here. What cannot be removed is in nobody's way.
    fn sweep(&self) {
        let _ = std::fs::remove_dir_all(&self.dir);
        for profile in self.profiles() {
            let cx = Context {
                profile,
                ..self.cx.clone()
            };
            if let Err(error) = cx.forget_session() {
                tracing::debug!(%error, "the session of a demo that was killed is not forgotten");
            }
        }
    }

    /// Gives the place up, leaving nothing.
    pub fn leave(self) {
        self.sweep();
        let _ = std::fs::remove_file(&self.lock);
        // Empty directories, which are nobody's.
        let paths = &self.cx.paths;
        for dir in [&paths.sessions_dir(), &paths.profiles_dir(), &paths.state_dir] {
            let _ = std::fs::remove_dir(dir);
        }
    }
}
