//! What ends a command early, and the exit code and sentence it ends with.

use serde_json::json;

use super::output;
use crate::api::problem::{Code, Problem};
use crate::config::ConfigError;
use crate::credentials;
use crate::domain::safe::Safe;
use crate::remote;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server refused, could not be reached, or wants a sign-in.
    #[error(transparent)]
    Remote(#[from] remote::Error),
    /// A setting cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The session cannot be kept or read.
    #[error(transparent)]
    Credentials(#[from] credentials::Error),
    /// The server did not understand a query: the refusal, and the query.
    #[error("{0}")]
    Query(Box<Problem>, String),
    /// Nobody has signed in to anything yet.
    #[error("{0}")]
    NotSignedIn(String),
    /// The command line asks for something that does not go together.
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
    /// A report was printed already; only the code is left.
    #[error("")]
    Reported(u8),
    /// Who read our output has gone; nothing is wrong.
    #[error("")]
    ReaderGone,
}

impl Error {
    /// Knows the query that a refusal is about, so that it can point at the place.
    #[must_use]
    pub fn about(self, query: Option<&str>) -> Self {
        match (self, query) {
            (Self::Remote(remote::Error::Problem(p)), Some(query)) if p.at.is_some() => {
                Self::Query(p, query.to_owned())
            }
            (other, _) => other,
        }
    }

    /// product: 0 done, 1 failed, 2 wrong usage, 3 not signed in, 4 not allowed, 5 not found, 6 conflict,
    /// 7 server unreachable, 8 a limit.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Remote(remote::Error::Problem(p)) | Self::Query(p, _) => p.code.exit_code(),
            Self::Remote(remote::Error::Unreachable(_)) => 7,
            Self::Remote(remote::Error::SignInNeeded) | Self::NotSignedIn(_) => 3,
            Self::Remote(remote::Error::Protocol(_)) | Self::Failed(_) => 1,
            Self::Config(_) | Self::Usage(_) => 2,
            Self::Credentials(_) => 1,
            Self::Reported(code) => *code,
            Self::ReaderGone => 0,
        }
    }

    /// Says on standard error what went wrong: one sentence, or with `--json` the problem document.
    pub fn report(&self, json: bool) {
        if matches!(self, Self::Reported(_) | Self::ReaderGone) {
            return;
        }
        if json {
            match self {
                Self::Remote(remote::Error::Problem(problem)) | Self::Query(problem, _) => {
                    output::complain_json(problem);
                }
                Self::Remote(remote::Error::SignInNeeded) | Self::NotSignedIn(_) => {
                    output::complain_json(&Problem::new(Code::Unauthenticated, self.to_string()));
                }
                Self::Remote(remote::Error::Unreachable(_)) => {
                    output::complain_json(&Problem::new(Code::Unavailable, self.to_string()));
                }
                // Problems of this machine have no HTTP status; they keep the shape that scripts read.
                _ => {
                    let code = if self.exit_code() == 2 { "wrong_usage" } else { "failed" };
                    output::complain_json(&json!({
                        "type": format!("about:blank#{code}"), "title": code.replace('_', " "), "code": code,
                        "detail": self.to_string(), "retryable": false,
                    }));
                }
            }
            return;
        }
        output::complain(Safe::block(&format!("riskdesk: {}", self.sentence())).as_str());
    }

    fn sentence(&self) -> String {
        let (p, query) = match self {
            Self::Remote(remote::Error::Problem(p)) => (p, None),
            Self::Query(p, query) => (p, Some(query)),
            _ => return self.to_string(),
        };
        let mut text = p.detail.clone();
        if let Some(field) = &p.field {
            text = format!("{field}: {text}");
        }
        if let (Some(at), Some(query)) = (p.at, query) {
            // On one line, and the mark under the character: both as they will be shown.
            let before: String = query.chars().take(at).collect();
            let indent = " ".repeat(Safe::new(&before).width());
            text += &format!("\n  {}\n  {indent}^", Safe::new(query));
        }
        if let Some(allowed) = p.allowed.as_ref().filter(|a| !a.is_empty()) {
            let allowed: Vec<&str> = allowed.iter().map(|s| s.name()).collect();
            text += &format!("\nallowed now: {}", allowed.join(", "));
        }
        if let (Some(used), Some(limit)) = (p.used, p.limit) {
            text += &format!("\nused {used} of {limit}");
        }
        if p.status >= 500 && !p.trace_id.is_empty() {
            text += &format!("\nthe server's log has more under {}", p.trace_id);
        }
        text
    }
}
