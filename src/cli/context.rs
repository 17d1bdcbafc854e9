//! What every command is given: settings, directories, the printer, and a way to the server.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::error::Error;
use super::output::{self, Printer};
use super::pager::Pager;
use crate::config::{self, Config, Environment, Paths, check_profile_name};
use crate::credentials::Cache;
use crate::domain::safe::Safe;
use crate::remote::{Address, Options, Remote};

/// Flags that stand on every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The profile to use: a server and the session with it
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "NAME")]
    pub profile: Option<String>,
    /// The server's address, above what the profile says
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "URL")]
    pub server: Option<String>,
    /// Answer with the API's own JSON, one document
    #[arg(long, global = true, help_heading = "Everywhere", conflicts_with = "plain")]
    pub json: bool,
    /// Answer with values separated by tabs, one row a line
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub plain: bool,
    /// Never show long answers through a pager
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub no_pager: bool,
    /// Refuse everything that would write, before it is sent
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub read_only: bool,
    /// Another settings file than the usual one
    #[arg(long, global = true, help_heading = "Everywhere", value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The process's surroundings, read once.
#[derive(Debug, Clone)]
pub struct Context {
    pub global: Global,
    pub environment: Environment,
    pub paths: Paths,
    pub config: Config,
    pub out: Printer,
    /// The profile in force.
    pub profile: String,
}

/// What a sign-in remembers of a profile that the settings do not name.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Remembered {
    pub server: Vec<String>,
    #[serde(default)]
    pub email: Option<String>,
}

impl Context {
    /// Reads environment and settings.
    ///
    /// # Errors
    /// Where a setting cannot be used.
    pub fn new(global: Global) -> Result<Self, Error> {
        let environment = Environment::read();
        let paths = Paths::find(&environment)?;
        let file = global.config.clone().or_else(|| environment.path("RISKDESK_CONFIG"));
        let config = Config::load(file.as_deref(), &config::usual_file(&paths), &environment)?;
        let profile = global.profile.clone().unwrap_or_else(|| config.profile.clone());
        check_profile_name(&profile)?;
        let pager = if global.no_pager {
            None
        } else {
            Pager::chosen(&config, &environment)
        };
        let out = Printer::new(global.json, global.plain, environment.plain_terminal()).with_pager(pager);
        Ok(Self {
            global,
            environment,
            paths,
            config,
            out,
            profile,
        })
    }

    /// The addresses in force: flag, `RISKDESK_SERVER`, the settings' profile, what a sign-in remembered.
    ///
    /// # Errors
    /// Where one cannot be read, or a profile that was asked for is not known.
    pub fn servers(&self) -> Result<Vec<Address>, Error> {
        let named: Vec<String> = if let Some(server) = &self.global.server {
            vec![server.clone()]
        } else if let Some(server) = self.environment.get("RISKDESK_SERVER") {
            vec![server.to_owned()]
        } else if let Some(profile) = self.config.profiles.get(&self.profile) {
            profile.server.clone()
        } else {
            self.remembered().server
        };
        Ok(named.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
    }

    /// The e-mail a sign-in starts with.
    pub fn email(&self) -> Option<String> {
        let profile = self.config.profiles.get(&self.profile);
        profile
            .and_then(|p| p.email.clone())
            .or_else(|| self.remembered().email)
    }

    /// The profiles there are: of the settings, and those that a sign-in noted.
    pub fn profiles(&self) -> Vec<String> {
        let mut names: Vec<String> = self.config.profiles.keys().cloned().collect();
        let noted = std::fs::read_dir(self.paths.profiles_dir())
            .into_iter()
            .flatten()
            .flatten();
        names.extend(noted.filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_suffix(".json").map(str::to_owned)
        }));
        names.retain(|name| check_profile_name(name).is_ok());
        names.sort();
        names.dedup();
        names
    }

    /// Says that the profile in force has no server, and which ones have.
    #[must_use]
    pub fn no_server(&self) -> Error {
        let profile = &self.profile;
        let Some(_) = &self.global.profile else {
            return Error::NotSignedIn(format!(
                "profile `{profile}` names no server; run: riskdesk login --server URL --email E"
            ));
        };
        let known = self.profiles();
        let known = if known.is_empty() {
            "no profile yet".to_owned()
        } else {
            known.join(", ")
        };
        Error::NotSignedIn(format!(
            "there is no profile `{profile}` (there is: {known}); to make it, run: riskdesk login --profile {profile} \
             --server URL --email E"
        ))
    }

    /// The client of the server in force.
    ///
    /// # Errors
    /// Where no server is known.
    pub fn remote(&self) -> Result<Remote, Error> {
        self.remote_that(self.out.talks())
    }

    /// As [`Context::remote`], for a console: nothing but the console writes on its screen.
    ///
    /// # Errors
    /// Where no server is known.
    pub fn silent_remote(&self) -> Result<Remote, Error> {
        self.remote_that(false)
    }

    fn remote_that(&self, talks: bool) -> Result<Remote, Error> {
        let servers = self.servers()?;
        if servers.is_empty() {
            return Err(self.no_server());
        }
        Ok(Remote::new(Options {
            cache: self.cache(&servers),
            servers,
            token: self.environment.token().cloned(),
            network: self.config.network.clone(),
            read_only: self.global.read_only,
            slow: talks.then_some(still_waiting),
        })?)
    }

    /// The session cache of the profile and these addresses.
    #[must_use]
    pub fn cache(&self, servers: &[Address]) -> Cache {
        let origins: Vec<String> = servers.iter().map(Address::origin).collect();
        Cache::new(
            self.config.credentials,
            self.paths.sessions_dir(),
            &self.profile,
            &origins,
        )
    }

    fn remembered_file(&self) -> PathBuf {
        self.paths.profiles_dir().join(format!("{}.json", self.profile))
    }

    fn remembered(&self) -> Remembered {
        // A missing or damaged note is no note: the flag or the settings name the server.
        std::fs::read(self.remembered_file())
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default()
    }

    /// Notes the server of a profile that the settings do not name, so that the next command finds it.
    ///
    /// # Errors
    /// Where the state directory takes no file.
    pub fn remember(&self, note: &Remembered) -> Result<(), Error> {
        if self.config.profiles.contains_key(&self.profile) {
            return Ok(());
        }
        let file = self.remembered_file();
        let wrong = |e: std::io::Error| Error::Failed(format!("{}: {e}; make it writable", file.display()));
        let text = serde_json::to_vec_pretty(note).map_err(|e| Error::Failed(e.to_string()))?;
        config::private_dir(&self.paths.profiles_dir()).map_err(wrong)?;
        let temporary = file.with_extension(format!("{}.new", std::process::id()));
        std::fs::write(&temporary, text)
            .and_then(|()| std::fs::rename(&temporary, &file))
            .map_err(wrong)
    }
}

impl Context {
    /// Forgets the profile that [`Context::remember`] noted, and the session with its server.
    ///
    /// # Errors
    /// Where one cannot be removed.
    pub fn forget_session(&self) -> Result<(), Error> {
        let servers: Vec<Address> = self.remembered().server.iter().filter_map(|s| s.parse().ok()).collect();
        if !servers.is_empty() {
            let lock = self.cache(&servers).lock().map_err(crate::remote::Error::from)?;
            lock.clear().map_err(crate::remote::Error::from)?;
        }
        let file = self.remembered_file();
        match std::fs::remove_file(&file) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::Failed(format!("{}: {e}; remove it", file.display())))
            }
            _ => Ok(()),
        }
    }
}

/// A command says why nothing happens.
fn still_waiting(server: &Address) {
    output::complain(Safe::new(&format!("{server} has not answered yet; still waiting (ctrl-c stops)")).as_str());
}

/// Reads one of the API's words (`admins_only`) from a flag.
///
/// # Errors
/// Where it is none: with the ones there are, as clap shows it.
pub fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let plain = text.to_lowercase().replace('-', "_");
    serde_json::from_value(serde_json::Value::String(plain)).map_err(|e| e.to_string())
}
