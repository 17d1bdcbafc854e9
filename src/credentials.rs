//! The session cache: refresh token and current access token, kept between commands and shared by all of a user's
//! consoles and commands.
//!
//! Kept in the desktop's keyring, or in a 0600 file of a 0700 directory, or only in memory. An entry is bound to the
//! server it came from: its name and its content both say which. Whoever renews a session holds the lock, re-reads
//! inside it, and stores before using what it got; otherwise processes that share a rotating token log each other out.
//! Everything here blocks; [`crate::remote`], the only caller besides the command line, calls it off its workers.

use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::config::CredentialPlace;
use crate::domain::hex::hex;
use crate::domain::id::AgencyId;
use crate::domain::time::Time;

mod file;
mod keyring;

/// Why a session cannot be kept or read. Each says what mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The file or directory is not as safe as it must be.
    #[error("{path}: {what}; mend it with: {mend}")]
    Unsafe { path: String, what: String, mend: String },
    #[error("{path} is damaged; `riskdesk login` writes a new one")]
    Damaged { path: String },
    #[error("{path}: {what}; make it writable, point RISKDESK_STATE_DIR elsewhere, or use RISKDESK_TOKEN")]
    Files { path: String, what: String },
    #[error("the keyring {0}; unlock it, or set credentials = \"file\"")]
    Keyring(String),
    #[error("credentials = \"memory\" keeps nothing between commands; give commands a token in RISKDESK_TOKEN")]
    MemoryOnly,
}

/// A session as it is kept. `Debug` shows no secret.
#[derive(Debug, Clone)]
pub struct Session {
    pub email: String,
    /// Where it is: another agency's session is never taken for this one.
    pub agency: AgencyId,
    pub access_token: SecretString,
    pub access_expires_at: Time,
    pub refresh_token: SecretString,
    pub refresh_expires_at: Time,
}

/// A person in an agency.
pub type Whose = (String, AgencyId);

impl Session {
    #[must_use]
    pub fn whose(&self) -> Whose {
        (self.email.clone(), self.agency)
    }
}

/// What lies in the file, or in the keyring's entry.
#[derive(Serialize, Deserialize)]
#[serde(tag = "place", rename_all = "snake_case")]
enum Record {
    /// The session itself.
    Here {
        origins: Vec<String>,
        email: String,
        agency: AgencyId,
        access_token: Zeroizing<String>,
        access_expires_at: Time,
        refresh_token: Zeroizing<String>,
        refresh_expires_at: Time,
    },
    /// Only in the file: ask the keyring.
    Keyring,
}

/// One entry: of one profile and one server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Cache {
    place: CredentialPlace,
    dir: PathBuf,
    name: String,
    /// Sorted addresses the entry is bound to.
    origins: Vec<String>,
    memory: Arc<Mutex<Option<Session>>>,
}

/// The entry under its lock: nobody else reads or writes it until this is dropped.
#[derive(Debug)]
pub struct Locked {
    cache: Cache,
    /// Held for its lock; absent in memory.
    _file: Option<File>,
}

impl Cache {
    /// The entry of `profile` for a server known by `origins` (`scheme://host:port`).
    #[must_use]
    pub fn new(place: CredentialPlace, dir: PathBuf, profile: &str, origins: &[String]) -> Self {
        let mut origins = origins.to_vec();
        origins.sort();
        origins.dedup();
        let short = hex(&Sha256::digest(origins.join("\n"))[..6]);
        Self {
            place,
            dir,
            name: format!("{profile}-{short}"),
            origins,
            memory: Arc::default(),
        }
    }

    /// An entry that nobody shares.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::new(CredentialPlace::Memory, PathBuf::new(), "memory", &[])
    }

    #[must_use]
    pub fn place(&self) -> CredentialPlace {
        self.place
    }

    /// Where the file of this entry is, for people.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.dir.join(format!("{}.json", self.name))
    }

    /// The session as it is now, without waiting for who renews it.
    ///
    /// # Errors
    /// Where it is there but cannot be trusted or read.
    pub fn load(&self) -> Result<Option<Session>, Error> {
        if self.place == CredentialPlace::Memory {
            return Ok(self.memory.lock().unwrap_or_else(PoisonError::into_inner).clone());
        }
        let Some(dir) = file::Dir::open(&self.dir)? else {
            return Ok(None);
        };
        self.load_from(&dir)
    }

    fn load_from(&self, dir: &file::Dir) -> Result<Option<Session>, Error> {
        let Some(text) = dir.read(&self.file_name())? else {
            return Ok(None);
        };
        match self.decode(&text)? {
            Record::Keyring => match keyring::load(&self.name)? {
                None => Ok(None),
                Some(text) => Ok(self.session(self.decode(&text)?)),
            },
            here @ Record::Here { .. } => Ok(self.session(here)),
        }
    }

    /// Waits for the lock.
    ///
    /// # Errors
    /// Where the directory cannot be made or trusted.
    pub fn lock(&self) -> Result<Locked, Error> {
        let file = match self.place {
            CredentialPlace::Memory => None,
            _ => Some(file::Dir::make(&self.dir)?.lock(&format!("{}.lock", self.name))?),
        };
        Ok(Locked {
            cache: self.clone(),
            _file: file,
        })
    }

    fn file_name(&self) -> String {
        format!("{}.json", self.name)
    }

    fn decode(&self, text: &str) -> Result<Record, Error> {
        serde_json::from_str(text).map_err(|_| Error::Damaged {
            path: self.path().display().to_string(),
        })
    }

    /// Only a session of this server: one of another is as good as none.
    fn session(&self, record: Record) -> Option<Session> {
        match record {
            Record::Here {
                origins,
                email,
                agency,
                access_token,
                access_expires_at,
                refresh_token,
                refresh_expires_at,
            } if origins == self.origins => Some(Session {
                email,
                agency,
                access_token: SecretString::from(access_token.as_str()),
                access_expires_at,
                refresh_token: SecretString::from(refresh_token.as_str()),
                refresh_expires_at,
            }),
            _ => None,
        }
    }

    fn encode(&self, session: &Session) -> Result<Zeroizing<String>, Error> {
        let record = Record::Here {
            origins: self.origins.clone(),
            email: session.email.clone(),
            agency: session.agency,
            access_token: Zeroizing::new(session.access_token.expose_secret().to_owned()),
            access_expires_at: session.access_expires_at,
            refresh_token: Zeroizing::new(session.refresh_token.expose_secret().to_owned()),
            refresh_expires_at: session.refresh_expires_at,
        };
        self.write(&record)
    }

    fn write(&self, record: &Record) -> Result<Zeroizing<String>, Error> {
        serde_json::to_string(record)
            .map(Zeroizing::new)
            .map_err(|e| Error::Files {
                path: self.path().display().to_string(),
                what: e.to_string(),
            })
    }
}

impl Locked {
    /// The session as it is now; nobody changes it while this lock is held.
    ///
    /// # Errors
    /// Where it is there but cannot be trusted or read.
    pub fn load(&self) -> Result<Option<Session>, Error> {
        self.cache.load()
    }

    /// Keeps a session; it is on disk when this returns. Says where it went.
    ///
    /// # Errors
    /// Where no place would take it; what was kept before is untouched then.
    pub fn store(&self, session: &Session) -> Result<CredentialPlace, Error> {
        let cache = &self.cache;
        if cache.place == CredentialPlace::Memory {
            *cache.memory.lock().unwrap_or_else(PoisonError::into_inner) = Some(session.clone());
            return Ok(CredentialPlace::Memory);
        }
        let dir = file::Dir::make(&cache.dir)?;
        let text = cache.encode(session)?;
        // What lies there must be trustworthy before it is replaced, so that tampering is noticed and not papered over.
        let before = dir.read(&cache.file_name())?.and_then(|text| cache.decode(&text).ok());
        let try_keyring = match cache.place {
            CredentialPlace::File | CredentialPlace::Memory => false,
            CredentialPlace::Keyring => true,
            // A keyring that failed once is not asked again at every renewal.
            CredentialPlace::Auto => !matches!(before, Some(Record::Here { .. })),
        };
        if try_keyring {
            match keyring::store(&cache.name, &text) {
                Ok(()) => {
                    dir.replace(&cache.file_name(), &cache.write(&Record::Keyring)?)?;
                    return Ok(CredentialPlace::Keyring);
                }
                Err(error) if cache.place == CredentialPlace::Keyring => return Err(error),
                Err(error) => tracing::info!(%error, "the session is kept in a file"),
            }
        }
        dir.replace(&cache.file_name(), &text)?;
        Ok(CredentialPlace::File)
    }

    /// Forgets the session.
    ///
    /// # Errors
    /// Where it cannot be removed.
    pub fn clear(&self) -> Result<(), Error> {
        let cache = &self.cache;
        *cache.memory.lock().unwrap_or_else(PoisonError::into_inner) = None;
        if cache.place == CredentialPlace::Memory {
            return Ok(());
        }
        let Some(dir) = file::Dir::open(&cache.dir)? else {
            return Ok(());
        };
        let kept = dir.read(&cache.file_name())?.and_then(|text| cache.decode(&text).ok());
        if matches!(kept, Some(Record::Keyring)) {
            keyring::clear(&cache.name)?;
        }
        dir.remove(&cache.file_name())?;
        // Under its own lock: who waits for it finds that it is gone, and makes a new one.
        dir.remove(&format!("{}.lock", cache.name))
    }
}

/// Whether the keyring answers within its time.
///
/// # Errors
/// What it says, or that it is silent.
pub fn probe_keyring() -> Result<(), Error> {
    keyring::load("probe").map(|_| ())
}

/// Whether sessions could be kept in files of this directory.
///
/// # Errors
/// What stands against it, with the command that mends it.
pub fn probe_files(dir: &std::path::Path) -> Result<(), Error> {
    file::Dir::make(dir).map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn session(token: &str) -> Session {
        Session {
            email: "ann@agency.test".into(),
            agency: AgencyId(uuid::Uuid::nil()),
            access_token: SecretString::from(format!("access-{token}")),
            access_expires_at: Time(1),
            refresh_token: SecretString::from(format!("refresh-{token}")),
            refresh_expires_at: Time(2),
        }
    }

    fn cache(dir: &std::path::Path, origin: &str) -> Cache {
        let dir = dir.join("state/sessions");
        Cache::new(CredentialPlace::File, dir, "default", &[origin.to_owned()])
    }

    fn mode(path: &std::path::Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn kept() -> (tempfile::TempDir, Cache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = cache(dir.path(), "https://a.test:443");
        assert_eq!(
            cache.lock().unwrap().store(&session("1")).unwrap(),
            CredentialPlace::File
        );
        (dir, cache)
    }

    #[test]
    fn a_session_is_kept_where_only_its_owner_can_read_it() {
        let (dir, cache) = kept();
        assert_eq!(mode(&cache.path()), 0o600);
        assert_eq!(mode(&dir.path().join("state/sessions")), 0o700);
        assert_eq!(mode(&dir.path().join("state")), 0o700);
        let found = cache.load().unwrap().unwrap();
        assert!(found.refresh_token.expose_secret() == "refresh-1" && found.access_token.expose_secret() == "access-1");
        assert!(!format!("{found:?}{cache:?}").contains("refresh-"), "a secret in Debug");
        cache.lock().unwrap().clear().unwrap();
        assert!(cache.load().unwrap().is_none());
        let left: Vec<_> = std::fs::read_dir(dir.path().join("state/sessions")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn one_holds_the_lock_however_often_its_file_is_taken_away() {
        let (_dir, cache) = kept();
        let inside = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (cache, inside) = (&cache, &inside);
                scope.spawn(move || {
                    for round in 0..50 {
                        let locked = cache.lock().unwrap();
                        assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                        if (n + round) % 3 == 0 {
                            locked.clear().unwrap();
                        } else {
                            locked.store(&session("3")).unwrap();
                        }
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    }
                });
            }
        });
    }

    #[test]
    fn a_session_of_one_server_is_nothing_to_another() {
        let (dir, one) = kept();
        let other = cache(dir.path(), "https://b.test:443");
        assert!(other.load().unwrap().is_none());
        // Not even where somebody moves the file.
        std::fs::rename(one.path(), other.path()).unwrap();
        assert!(other.load().unwrap().is_none());
    }

    #[test]
    fn what_is_not_as_it_was_left_is_refused_with_the_command_that_mends_it() {
        let unsafe_by = |change: &dyn Fn(&std::path::Path)| {
            let (dir, cache) = kept();
            change(&cache.path());
            let Err(Error::Unsafe { what, mend, .. }) = cache.load() else {
                panic!("{:?}", cache.load());
            };
            // Writing does not paper over it either.
            assert!(matches!(
                cache.lock().and_then(|l| l.store(&session("2"))),
                Err(Error::Unsafe { .. })
            ));
            drop(dir);
            (what, mend.split(' ').next().unwrap().to_owned())
        };
        let set = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for wrong in [0o644, 0o640, 0o660, 0o700, 0o400, 0o4600] {
            assert_eq!(unsafe_by(&|path| set(path, wrong)).1, "chmod", "{wrong:o}");
        }
        assert_eq!(unsafe_by(&|path| set(path.parent().unwrap(), 0o755)).1, "chmod");
        let (what, mend) = unsafe_by(&|path| {
            let aside = path.with_extension("aside");
            std::fs::rename(path, &aside).unwrap();
            symlink(&aside, path).unwrap();
        });
        assert_eq!((what.as_str(), mend.as_str()), ("is a link", "rm"));
        let (what, _) = unsafe_by(&|path| std::fs::hard_link(path, path.with_extension("more")).unwrap());
        assert!(what.contains("hard links"), "{what}");
        let (what, _) = unsafe_by(&|path| {
            std::fs::remove_file(path).unwrap();
            std::fs::create_dir(path).unwrap();
        });
        assert!(what.contains("regular file"), "{what}");
        let (what, _) = unsafe_by(&|path| {
            let dir = path.parent().unwrap();
            let aside = dir.with_extension("aside");
            std::fs::rename(dir, &aside).unwrap();
            symlink(&aside, dir).unwrap();
        });
        assert!(what.contains("directory"), "{what}");
    }

    #[test]
    fn a_truncated_file_is_damaged_and_a_sign_in_replaces_it() {
        let (_dir, cache) = kept();
        let whole = std::fs::read(cache.path()).unwrap();
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            std::fs::write(cache.path(), &whole[..length]).unwrap();
            assert!(matches!(cache.load(), Err(Error::Damaged { .. })), "{length} bytes");
        }
        cache.lock().unwrap().store(&session("2")).unwrap();
        assert!(cache.load().unwrap().is_some());
    }

    #[test]
    fn memory_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(CredentialPlace::Memory, dir.path().join("sessions"), "default", &[]);
        cache.lock().unwrap().store(&session("1")).unwrap();
        assert!(cache.load().unwrap().is_some());
        assert!(!dir.path().join("sessions").exists());
    }
}
