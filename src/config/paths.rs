//! Where riskdesk keeps things on this machine: the XDG directories, each of which a variable can move.

use std::path::{Path, PathBuf};

use super::{ConfigError, Environment};

/// Directories of one user. None of them need exist yet.
#[derive(Debug, Clone)]
pub struct Paths {
    /// What the user writes: config.toml, keymap.toml, themes.
    pub config_dir: PathBuf,
    /// What the program keeps: session, drafts, log. Mode 0700.
    pub state_dir: PathBuf,
    /// What can be thrown away.
    pub cache_dir: PathBuf,
}

/// This user's home directory, for paths typed as `~/…`.
#[must_use]
pub fn home() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned())
}

impl Paths {
    /// `RISKDESK_CONFIG_DIR`, `RISKDESK_STATE_DIR`, `RISKDESK_CACHE_DIR`, else what the platform says.
    ///
    /// # Errors
    /// Where the platform names no home and the variables do not either.
    pub fn find(environment: &Environment) -> Result<Self, ConfigError> {
        let project = directories::ProjectDirs::from("", "", "riskdesk");
        let or = |name: &str, usual: Option<PathBuf>| {
            environment.path(name).or(usual).ok_or_else(|| {
                ConfigError::new(format!(
                    "no home directory is known; set HOME, or {name} to a directory of yours"
                ))
            })
        };
        let of = |f: fn(&directories::ProjectDirs) -> PathBuf| project.as_ref().map(f);
        Ok(Self {
            config_dir: or("RISKDESK_CONFIG_DIR", of(|p| p.config_dir().to_owned()))?,
            // macOS has no state directory; the local data directory is its place for such things.
            state_dir: or(
                "RISKDESK_STATE_DIR",
                of(|p| p.state_dir().unwrap_or_else(|| p.data_local_dir()).to_owned()),
            )?,
            cache_dir: or("RISKDESK_CACHE_DIR", of(|p| p.cache_dir().to_owned()))?,
        })
    }

    /// The console's log.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.state_dir.join("console.log")
    }

    /// Texts begun in the console and not yet sent.
    #[must_use]
    pub fn drafts_dir(&self) -> PathBuf {
        self.state_dir.join("drafts")
    }

    /// Texts the console was asked to write to a file.
    #[must_use]
    pub fn written_dir(&self) -> PathBuf {
        self.state_dir.join("written")
    }

    /// Where sessions are kept in files, and the locks of those kept in the keyring.
    #[must_use]
    pub fn sessions_dir(&self) -> PathBuf {
        self.state_dir.join("sessions")
    }

    /// Servers that were signed in to without a profile in the settings.
    #[must_use]
    pub fn profiles_dir(&self) -> PathBuf {
        self.state_dir.join("profiles")
    }
}

/// Makes a directory that only its owner can enter, and its parents.
///
/// # Errors
/// Where it cannot be made.
pub fn private_dir(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
