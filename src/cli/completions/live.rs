//! Values for the word being typed: from the server within a limit of time, from the settings, or from the language.
//!
//! Everything a server sends is hostile here twice over: a shell may run what it is given, and a terminal obeys what it
//! is shown. A key or an e-mail is offered only if it is made of harmless characters; what describes it is [`Safe`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::super::context::Context;
use super::super::output::{when, word};
use super::takes::Takes;
use crate::api::PAGE_MAX;
use crate::api::act::ListActs;
use crate::api::agency::ListUsers;
use crate::api::client::ListClients;
use crate::api::import::{ListBatches, ListFormats};
use crate::api::project::ListProjects;
use crate::api::queue::ListQueue;
use crate::api::session::{ListAgencies, ListSessions};
use crate::api::token::ListTokens;
use crate::domain::access::UserState;
use crate::domain::query::{Field, complete_with};
use crate::domain::safe::Safe;
use crate::remote::{self, Options, Remote};

/// A value and one line about it.
pub type Value = (String, String);

/// Columns of what describes a value.
const HELP: usize = 60;

/// What one answer may ask.
pub struct Live {
    cx: Option<Context>,
    /// All questions together may take this long.
    until: Instant,
    files: AtomicBool,
}

impl Live {
    #[must_use]
    pub fn new(cx: Option<Context>) -> Self {
        let limit = cx.as_ref().map_or(0, |cx| cx.config.network.completion_milliseconds);
        Self {
            cx,
            until: Instant::now() + Duration::from_millis(limit),
            files: AtomicBool::new(false),
        }
    }

    /// Whether the word being typed may be a file's name: shells know those best.
    #[must_use]
    pub fn wants_files(&self) -> bool {
        self.files.load(Ordering::Relaxed)
    }

    /// The values that begin as `typed` does, whatever the case of its letters.
    #[must_use]
    pub fn candidates(&self, what: Takes, typed: &str) -> Vec<Value> {
        if what == Takes::Query {
            return self.query(typed);
        }
        let mut all: Vec<Value> = what
            .words()
            .into_iter()
            .map(|w| (w.to_owned(), String::new()))
            .collect();
        all.extend(self.values(what, typed));
        let begins = typed.to_lowercase();
        all.retain(|(value, _)| harmless(value) && value.to_lowercase().starts_with(&begins));
        for (_, help) in &mut all {
            *help = Safe::new(help).truncate(HELP).into_string();
        }
        all
    }

    fn values(&self, what: Takes, typed: &str) -> Vec<Value> {
        match what {
            Takes::Clients(_) => self.clients(typed),
            Takes::Projects => self.projects(),
            Takes::Findings => self.findings(),
            Takes::Objects => match typed.get(..2).map(str::to_uppercase).as_deref() {
                Some("P-") => self.projects(),
                Some("F-") => self.findings(),
                Some(_) => self.clients(typed),
                None => [self.clients(typed), self.projects(), self.findings()].concat(),
            },
            Takes::People(_) => self.people(),
            Takes::Formats => self.formats(),
            Takes::Batches => self.batches(),
            Takes::Profiles => self.profiles(),
            Takes::Sessions => self.sessions(),
            Takes::Agencies => self.agencies(),
            Takes::Tokens => self.tokens(),
            Takes::Acts { undone } => self.acts(undone),
            Takes::Files => {
                self.files.store(true, Ordering::Relaxed);
                Vec::new()
            }
            Takes::Query | Takes::Severities(_) | Takes::Statuses | Takes::Words(_) => Vec::new(),
        }
    }

    /// The whole query with each way to go on: shells put in words, not parts of them.
    fn query(&self, typed: &str) -> Vec<Value> {
        let keys = |values: Vec<Value>| values.into_iter().map(|(key, _)| key).filter(|k| harmless(k)).collect();
        let known = |field| match field {
            Field::Client => keys(self.clients("")),
            Field::Project => keys(self.projects()),
            Field::Assignee => keys(self.people()),
            _ => Vec::new(),
        };
        let chars: Vec<char> = typed.chars().collect();
        complete_with(typed, chars.len(), known)
            .into_iter()
            .map(|c| {
                let before: String = chars[..c.replace.start.min(chars.len())].iter().collect();
                (before + &c.insert, c.help.to_owned())
            })
            .collect()
    }

    fn clients(&self, typed: &str) -> Vec<Value> {
        // One page: where there are more, the letters typed so far narrow it down.
        let words = typed.trim();
        let request = ListClients {
            q: (!words.is_empty()).then(|| words.to_owned()),
            limit: Some(PAGE_MAX),
            sort: Some("key".into()),
            ..ListClients::default()
        };
        let page = self.ask(async |desk| desk.call(&request).await);
        page.map(|page| page.items)
            .unwrap_or_default()
            .into_iter()
            .map(|c| (c.key, c.name))
            .collect()
    }

    fn projects(&self) -> Vec<Value> {
        let request = ListProjects {
            limit: Some(PAGE_MAX),
            sort: Some("name".into()),
            ..ListProjects::default()
        };
        let page = self.ask(async |desk| desk.call(&request).await);
        let items = page.map(|page| page.items).unwrap_or_default();
        let told = |name: String, client: Option<String>| match client {
            Some(client) => format!("{name} ({client})"),
            None => name,
        };
        items
            .into_iter()
            .map(|p| (p.key, told(p.name, p.client.map(|c| c.name))))
            .collect()
    }

    fn findings(&self) -> Vec<Value> {
        let request = ListQueue {
            limit: Some(PAGE_MAX),
            ..ListQueue::default()
        };
        let page = self.ask(async |desk| desk.call(&request).await);
        let items = page.map(|page| page.items).unwrap_or_default().into_iter();
        items
            .map(|item| {
                let about = format!("{}, {}: {}", item.lane, item.finding.severity, item.finding.title);
                (item.finding.key, about)
            })
            .collect()
    }

    fn people(&self) -> Vec<Value> {
        let users = self.ask(async |desk| desk.call(&ListUsers {}).await);
        let users = users.map(|users| users.items).unwrap_or_default();
        let active = users.into_iter().filter(|user| user.state == UserState::Active);
        active
            .map(|user| (user.email, format!("{} ({})", user.name, word(&user.role))))
            .collect()
    }

    fn formats(&self) -> Vec<Value> {
        let formats = self.ask(async |desk| desk.call(&ListFormats {}).await);
        let formats = formats.map(|formats| formats.items).unwrap_or_default();
        formats.into_iter().map(|format| (format.name, format.title)).collect()
    }

    fn batches(&self) -> Vec<Value> {
        let request = ListBatches {
            project: None,
            limit: None,
            cursor: None,
        };
        let page = self.ask(async |desk| desk.call(&request).await);
        let items = page.map(|page| page.items).unwrap_or_default().into_iter();
        items
            .map(|batch| {
                let about = format!(
                    "{} {}, {}",
                    when(batch.created_at),
                    word(&batch.state),
                    batch.project.name
                );
                (batch.id.to_string(), about)
            })
            .collect()
    }

    fn sessions(&self) -> Vec<Value> {
        let sessions = self.ask(async |desk| desk.call(&ListSessions {}).await);
        let sessions = sessions.map(|sessions| sessions.items).unwrap_or_default();
        let about = |label: &str, last| format!("{label}, last used {}", when(last));
        sessions
            .into_iter()
            .map(|s| (s.id.to_string(), about(&s.label, s.last_used_at)))
            .collect()
    }

    fn agencies(&self) -> Vec<Value> {
        let found = self.ask(async |desk| desk.call(&ListAgencies {}).await);
        let found = found.map(|found| found.items).unwrap_or_default();
        found
            .into_iter()
            .filter(|of| !of.current)
            .map(|of| (of.agency.name, word(&of.role)))
            .collect()
    }

    fn tokens(&self) -> Vec<Value> {
        let tokens = self.ask(async |desk| desk.call(&ListTokens {}).await);
        let tokens = tokens.map(|tokens| tokens.items).unwrap_or_default();
        tokens
            .into_iter()
            .map(|token| (token.id.to_string(), token.name))
            .collect()
    }

    fn acts(&self, undone: bool) -> Vec<Value> {
        let request = ListActs {
            undone,
            limit: None,
            cursor: None,
        };
        let page = self.ask(async |desk| desk.call(&request).await);
        let items = page.map(|page| page.items).unwrap_or_default().into_iter();
        items
            .map(|act| (act.id.to_string(), format!("{} {}", when(act.at), act.summary)))
            .collect()
    }

    fn profiles(&self) -> Vec<Value> {
        let Some(cx) = &self.cx else { return Vec::new() };
        cx.profiles().into_iter().map(|name| (name, String::new())).collect()
    }

    /// Asks the server, or does without: nobody is signed in, it takes too long, it refuses, it is away.
    ///
    /// The session that commands share is used as they use it, renewed where it must be: an answer cut off on its way
    /// costs nothing, since the old refresh token works until the new one has been used.
    fn ask<T>(&self, question: impl AsyncFnOnce(Remote) -> Result<T, remote::Error>) -> Option<T> {
        let cx = self.cx.as_ref()?;
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let servers = cx.servers().ok().filter(|servers| !servers.is_empty())?;
        let mut network = cx.config.network.clone();
        network.retries = 0;
        let options = Options {
            cache: cx.cache(&servers),
            servers,
            token: cx.environment.token().cloned(),
            network,
            read_only: true,
            slow: None,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .ok()?;
        let answer = runtime.block_on(async {
            let desk = Remote::new(options).ok()?;
            tokio::time::timeout(left, question(desk)).await.ok()?.ok()
        });
        // A hung keyring or lock holds a thread; the shell does not wait for it.
        runtime.shutdown_background();
        answer
    }
}

/// Characters that mean nothing to a shell, and no flag.
fn harmless(value: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@' | '+' | ':' | '%' | '/' | ',');
    !value.is_empty() && value.len() <= 120 && !value.starts_with('-') && value.chars().all(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_values_are_offered() {
        for good in ["acme", "P-4Q7M", "ann+x@agency.test", "0192-ab"] {
            assert!(harmless(good), "{good}");
        }
        for bad in [
            "",
            "-rf",
            "$(id)",
            "a b",
            "a;b",
            "`id`@x.test",
            "a\nb",
            "a\u{1b}[2J",
            "é",
            "a'b",
            "a*",
            "~a",
            "!x",
        ] {
            assert!(!harmless(bad), "{bad}");
        }
    }

    #[test]
    fn without_a_server_there_are_the_words_of_the_language() {
        let live = Live::new(None);
        let of = |what, typed| {
            live.candidates(what, typed)
                .into_iter()
                .map(|(v, _)| v)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Takes::Severities(&["none"]), "N"), ["none"]);
        assert_eq!(of(Takes::Clients(&["none"]), ""), ["none"]);
        assert_eq!(of(Takes::Query, "sev:>=high st"), ["sev:>=high status:"]);
        assert_eq!(of(Takes::Query, "sev:>=hi"), ["sev:>=high"]);
        assert_eq!(of(Takes::Query, "client:"), ["client:none"]);
        assert!(!live.wants_files());
        assert!(of(Takes::Files, "").is_empty() && live.wants_files());
    }
}
