//! Secrets in files: every name is opened relative to a directory that was checked, without following links, and what
//! was opened is checked again: type, owner, permissions, link count.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::Error;

/// More than any session; what is longer is not one.
const SIZE_MAX: u64 = 65_536;

/// A directory of mode 0700 that is ours.
#[derive(Debug)]
pub(super) struct Dir {
    fd: rustix::fd::OwnedFd,
    path: PathBuf,
}

impl Dir {
    /// Opens a directory that may not be there yet.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = match rustix::fs::open(path, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::NOTDIR) => {
                return Err(unsafe_path(
                    path,
                    "is not a directory of its own",
                    format!("rm {}", quoted(path)),
                ));
            }
            Err(e) => return Err(files(path, e)),
        };
        let stat = rustix::fs::fstat(&fd).map_err(|e| files(path, e))?;
        check_owner(path, stat.st_uid)?;
        if stat.st_mode & 0o777 != 0o700 {
            let what = format!("has permissions {:o} instead of 700", stat.st_mode & 0o777);
            return Err(unsafe_path(path, &what, format!("chmod 700 {}", quoted(path))));
        }
        Ok(Some(Self {
            fd,
            path: path.to_owned(),
        }))
    }

    /// Opens the directory, making it and its parents where they are missing.
    pub(super) fn make(path: &Path) -> Result<Self, Error> {
        if let Some(dir) = Self::open(path)? {
            return Ok(dir);
        }
        let mut builder = std::fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(builder.recursive(true), 0o700);
        builder.create(path).map_err(|e| files(path, e))?;
        Self::open(path)?.ok_or_else(|| files(path, "vanished while it was made"))
    }

    /// The text of a file, where there is one that can be trusted.
    pub(super) fn read(&self, name: &str) -> Result<Option<Zeroizing<String>>, Error> {
        let path = self.path.join(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(&self.fd, name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(unsafe_path(&path, "is a link", format!("rm {}", quoted(&path)))),
            Err(e) => return Err(files(&path, e)),
        };
        let file = File::from(fd);
        check_file(&path, &file)?;
        let mut text = Zeroizing::new(String::new());
        match file.take(SIZE_MAX).read_to_string(&mut text) {
            Ok(_) => Ok(Some(text)),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => Ok(Some(Zeroizing::new(String::new()))),
            Err(e) => Err(files(&path, e)),
        }
    }

    /// Replaces a file as a whole: readers see the old text or the new one, a crash leaves one of them.
    pub(super) fn replace(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path.join(name);
        let temporary = format!(".{name}.{}", uuid::Uuid::new_v4().simple());
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd =
            rustix::fs::openat(&self.fd, &temporary, flags, Mode::from_raw_mode(0o600)).map_err(|e| files(&path, e))?;
        let mut file = File::from(fd);
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| {
                rustix::fs::renameat(&self.fd, &temporary, &self.fd, name)?;
                Ok(rustix::fs::fsync(&self.fd)?)
            });
        written.map_err(|e| {
            // The half-written file is of no use to anybody.
            let _ = rustix::fs::unlinkat(&self.fd, &temporary, AtFlags::empty());
            files(&path, e)
        })
    }

    pub(super) fn remove(&self, name: &str) -> Result<(), Error> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(e) => Err(files(&self.path.join(name), e)),
        }
    }

    /// Waits for an exclusive lock. It ends with the returned file, or with the process.
    pub(super) fn lock(&self, name: &str) -> Result<File, Error> {
        let path = self.path.join(name);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let fd = rustix::fs::openat(&self.fd, name, flags, Mode::from_raw_mode(0o600)).map_err(|e| match e {
                Errno::LOOP => unsafe_path(&path, "is a link", format!("rm {}", quoted(&path))),
                e => files(&path, e),
            })?;
            let file = File::from(fd);
            let locked = rustix::fs::flock(&file, FlockOperation::LockExclusive);
            match locked {
                Ok(()) => {}
                Err(Errno::INTR) => continue,
                Err(e) => return Err(files(&path, e)),
            }
            // Whoever forgot the session while we waited took this file away with it; the lock is its successor's.
            let ours = rustix::fs::fstat(&file).map_err(|e| files(&path, e))?;
            if ours.st_nlink == 0 {
                continue;
            }
            check_file(&path, &file)?;
            return Ok(file);
        }
    }
}

fn check_file(path: &Path, file: &File) -> Result<(), Error> {
    let stat = rustix::fs::fstat(file).map_err(|e| files(path, e))?;
    let remove = || format!("rm {}", quoted(path));
    if rustix::fs::FileType::from_raw_mode(stat.st_mode) != rustix::fs::FileType::RegularFile {
        return Err(unsafe_path(path, "is not a regular file", remove()));
    }
    check_owner(path, stat.st_uid)?;
    if stat.st_mode & 0o7777 != 0o600 {
        let what = format!("has permissions {:o} instead of 600", stat.st_mode & 0o7777);
        return Err(unsafe_path(path, &what, format!("chmod 600 {}", quoted(path))));
    }
    if stat.st_nlink != 1 {
        return Err(unsafe_path(path, "has more than one name (hard links)", remove()));
    }
    Ok(())
}

fn check_owner(path: &Path, owner: u32) -> Result<(), Error> {
    if owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(unsafe_path(
        path,
        "belongs to another user",
        format!("sudo chown -R \"$(id -u)\" {}", quoted(path)),
    ))
}

fn unsafe_path(path: &Path, what: &str, mend: String) -> Error {
    Error::Unsafe {
        path: path.display().to_string(),
        what: what.to_owned(),
        mend,
    }
}

fn files(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::Files {
        path: path.display().to_string(),
        what: what.to_string(),
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c)) {
        text
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
