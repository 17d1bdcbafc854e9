//! The environment, read once at the start: our own variables, and the few of others that we honour.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;

/// What the environment says. Made once; tests make their own.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    token: Option<SecretString>,
}

impl Environment {
    /// Reads the process's environment. The token leaves the map at once, so that no dump of it shows the secret.
    #[must_use]
    pub fn read() -> Self {
        let wanted = |name: &str| {
            name.starts_with("RISKDESK_")
                || matches!(
                    name,
                    "EDITOR"
                        | "VISUAL"
                        | "PAGER"
                        | "LESS"
                        | "LV"
                        | "NO_COLOR"
                        | "TERM"
                        | "COLORTERM"
                        | "TMUX"
                        | "LANG"
                        | "LC_ALL"
                        | "LC_CTYPE"
                )
        };
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| wanted(name))
            .collect();
        Self::with(variables)
    }

    fn with(mut variables: BTreeMap<String, String>) -> Self {
        let token = variables.remove("RISKDESK_TOKEN").filter(|t| !t.is_empty());
        Self {
            variables,
            token: token.map(SecretString::from),
        }
    }

    /// No variables at all.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// Made-up variables, for tests.
    #[must_use]
    pub fn of(variables: &[(&str, &str)]) -> Self {
        Self::with(
            variables
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    /// A variable that is set to something.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|v| !v.is_empty())
    }

    /// A variable that is there, be it empty: for those where empty is an answer.
    #[must_use]
    pub fn set(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// A variable that names a directory or file.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// `RISKDESK_TOKEN`: a script's own credential, used instead of any session.
    #[must_use]
    pub fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// Whether colours are unwanted (`NO_COLOR`, `TERM=dumb`).
    #[must_use]
    pub fn plain_terminal(&self) -> bool {
        self.get("NO_COLOR").is_some() || self.get("TERM") == Some("dumb")
    }
}
