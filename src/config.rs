//! Settings: what there is to set, and where each value came from. The only module that reads the environment.
//!
//! `config.example.toml` is the default and is embedded; a user's file, the environment and flags stand above it in this
//! order. Nothing is read from the working directory. Called once by [`crate::cli`]; everybody else is handed values.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

mod environment;
mod layers;
mod paths;

pub use environment::Environment;
pub use layers::ConfigError;
pub use paths::{Paths, home, private_dir};

/// The default, word for word as users read it.
pub const EXAMPLE: &str = include_str!("../config.example.toml");

/// Every setting, after all layers.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Config {
    pub profile: String,
    pub credentials: CredentialPlace,
    /// `auto`, empty for none, or a command.
    pub pager: String,
    pub console: Console,
    pub network: Network,
    pub log: Log,
    pub serve: Serve,
    pub limits: Limits,
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
}

/// Where a session is kept between commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CredentialPlace {
    /// The keyring where it answers in time, else the file.
    Auto,
    Keyring,
    File,
    Memory,
}

/// The `[console]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Console {
    pub theme: String,
    pub mouse: bool,
    /// 1 to 60.
    pub idle_minutes: u64,
}

/// The `[network]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Network {
    pub connect_seconds: u64,
    pub answer_seconds: u64,
    pub heartbeat_seconds: u64,
    pub retries: usize,
    pub completion_milliseconds: u64,
}

/// The `[log]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Log {
    pub level: String,
}

/// The `[serve]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Serve {
    pub database: String,
    pub listen: String,
    /// Addresses and ranges of the proxies that are believed.
    pub trusted_proxies: Vec<String>,
    /// Empty: the figures are for this machine alone.
    pub metrics_token: String,
}

/// The `[limits]` section.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Limits {
    pub streams_per_person: u64,
    pub streams_per_agency: u64,
    pub streams: u64,
    pub decoders: usize,
    pub decoder_wait_seconds: u64,
    pub upload_megabytes: u64,
    pub spool_megabytes_per_agency: u64,
    pub spool_megabytes: u64,
    pub requests_per_minute: u32,
    pub requests_burst: u32,
    pub visits_per_minute: u32,
    pub visits_burst: u32,
    pub passwords_at_once: usize,
    pub passwords_waiting: usize,
    pub rows_at_once: i64,
}

/// One `[profiles.NAME]` section.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub struct Profile {
    /// Addresses of one server, tried in order.
    pub server: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// The keys of a profile, for "did you mean": the example cannot list them, it holds no profile.
const PROFILE_KEYS: [&str; 2] = ["server", "email"];

impl Config {
    /// Reads all layers below the flags. `file` absent: the usual place, where it need not exist.
    ///
    /// # Errors
    /// Where a file cannot be read or a value is not what its key takes: with file, line and column.
    pub fn load(file: Option<&Path>, usual: &Path, environment: &Environment) -> Result<Self, ConfigError> {
        let (path, text) = match file {
            Some(path) => (path, Some(layers::read(path)?)),
            None => (usual, layers::read_if_there(usual)?),
        };
        let config = layers::merge(text.as_deref().map(|t| (path, t)), environment)?;
        config.check()
    }

    /// The defaults alone.
    ///
    /// # Errors
    /// Never for the embedded example; a test holds it.
    pub fn defaults() -> Result<Self, ConfigError> {
        layers::merge(None, &Environment::empty())?.check()
    }

    fn check(self) -> Result<Self, ConfigError> {
        if !(1..=60).contains(&self.console.idle_minutes) {
            return Err(ConfigError::new(
                "console.idle_minutes must be 1 to 60: the console may not stay open unattended for longer",
            ));
        }
        if self.limits.rows_at_once < 1 {
            return Err(ConfigError::new(
                "limits.rows_at_once must be at least 1: with none an import never ends",
            ));
        }
        if self.limits.decoders == 0 || self.limits.passwords_at_once == 0 {
            return Err(ConfigError::new(
                "limits.decoders and limits.passwords_at_once must be at least 1: with none the server takes no report and nobody in",
            ));
        }
        if (1..16).contains(&self.serve.metrics_token.len()) {
            return Err(ConfigError::new(
                "serve.metrics_token must have at least 16 characters: whoever guesses it reads the server's figures",
            ));
        }
        for name in std::iter::once(&self.profile).chain(self.profiles.keys()) {
            check_profile_name(name)?;
        }
        Ok(self)
    }
}

/// A profile's name becomes a file name: letters, digits, `-` and `_`.
///
/// # Errors
/// Where it is anything else.
pub fn check_profile_name(name: &str) -> Result<(), ConfigError> {
    let fits =
        !name.is_empty() && name.len() <= 40 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if fits {
        Ok(())
    } else {
        Err(ConfigError::new(
            "a profile's name is 1 to 40 letters, digits, - or _; rename the profile",
        ))
    }
}

/// The file settings are read from, where nothing else is said.
#[must_use]
pub fn usual_file(paths: &Paths) -> PathBuf {
    paths.config_dir.join("config.toml")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        Config::load(None, &file, &Environment::of(variables))
            .map_err(|e| e.to_string().replace(&dir.path().display().to_string(), "DIR"))
    }

    #[test]
    fn the_example_is_the_default_and_every_key_of_it_is_known() {
        let config = Config::defaults().unwrap();
        let written: toml::Table = toml::from_str(EXAMPLE).unwrap();
        let mut read = toml::Table::try_from(&config).unwrap();
        read.remove("profiles");
        assert_eq!(written, read);
        // What the example shows in comments parses too.
        let with_profile: String = EXAMPLE
            .lines()
            .map(|l| {
                l.strip_prefix("# ")
                    .filter(|l| l.starts_with('[') || l.contains(" = "))
                    .unwrap_or(l)
            })
            .fold(String::new(), |all, l| all + l + "\n");
        let config = load(&with_profile, &[]).unwrap();
        assert_eq!(config.profiles["work"].server, ["https://desk.example.com"]);
    }

    #[test]
    fn later_layers_stand_above_earlier_ones() {
        assert_eq!(load("", &[]).unwrap().console.theme, "terminal");
        let file = "[console]\ntheme = \"mono\"\n";
        assert_eq!(load(file, &[]).unwrap().console.theme, "mono");
        let variables = [("RISKDESK_CONSOLE_THEME", "light"), ("RISKDESK_CONSOLE_MOUSE", "true")];
        let config = load(file, &variables).unwrap();
        assert_eq!(config.console.theme, "light");
        assert!(config.console.mouse);
    }

    #[test]
    fn an_unknown_key_is_refused_at_its_place_with_the_nearest_word() {
        let error = load("profile = \"x\"\n\n[console]\n  them = \"mono\"\n", &[]).unwrap_err();
        assert_eq!(
            error,
            "DIR/config.toml:4:3: there is no setting `console.them`; did you mean `theme`?"
        );
        let error = load("[profiles.work]\nserver = []\nmail = \"a@b.test\"\n", &[]).unwrap_err();
        assert_eq!(
            error,
            "DIR/config.toml:3:1: there is no setting `profiles.work.mail`; did you mean `email`?"
        );
    }

    #[test]
    fn a_wrong_value_is_refused_at_its_place() {
        let error = load("[console]\nmouse = \"yes\"\n", &[]).unwrap_err();
        assert!(error.starts_with("DIR/config.toml:2:9: `console.mouse`: "), "{error}");
        let error = load("credentials = \"disk\"\n", &[]).unwrap_err();
        assert!(error.starts_with("DIR/config.toml:1:15: `credentials`: "), "{error}");
        let error = load("a = \n", &[]).unwrap_err();
        assert!(error.starts_with("DIR/config.toml:1:"), "{error}");
        let error = load("", &[("RISKDESK_CONSOLE_MOUSE", "yes")]).unwrap_err();
        assert!(error.contains("RISKDESK_CONSOLE_MOUSE"), "{error}");
        assert!(
            load("[console]\nidle_minutes = 600\n", &[])
                .unwrap_err()
                .contains("1 to 60")
        );
        assert!(load("profile = \"../x\"\n", &[]).is_err());
    }
}
