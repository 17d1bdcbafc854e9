//! What the whole console knows: who is signed in, where one stands, how the link is, what is being written.
//!
//! Panes and sheets read it; only [`super::app`] changes it, on their effects.

use std::collections::{BTreeMap, VecDeque};

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::drafts::Drafts;
use super::keymap::Keymap;
use super::theme::Theme;
use crate::api::Ref;
use crate::api::agency::{Agency, User};
use crate::api::session::Who;
use crate::domain::access::Role;
use crate::domain::id::ClientId;
use crate::domain::safe::Safe;
use crate::domain::time::Time;

/// A client or project that was chosen with Enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub id: Uuid,
    /// As typed in requests and queries.
    pub key: String,
    pub name: Safe,
}

impl From<&Ref> for Chosen {
    fn from(to: &Ref) -> Self {
        Self {
            id: to.id,
            key: to.key.clone(),
            name: Safe::new(&to.name),
        }
    }
}

/// Where one stands: what the projects, findings and queue are narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    pub client: Option<Chosen>,
    pub project: Option<Chosen>,
    /// Whose project it is, where it was chosen among all clients': shown, never asked for.
    pub owner: Option<Chosen>,
}

impl Standing {
    /// The words this adds to a query.
    pub fn words(&self) -> String {
        match (&self.project, &self.client) {
            (Some(project), _) => format!("project:{}", project.key),
            (None, Some(client)) => format!("client:{}", client.key),
            (None, None) => String::new(),
        }
    }

    /// A query of one's own with the standing behind it, so that the server's "at character 5" still counts in what was typed.
    pub fn narrow(&self, own: &str) -> Option<String> {
        let text = [own.trim(), &self.words()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ");
        (!text.is_empty()).then_some(text)
    }
}

/// How the link is. Always true, always on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// Nobody is signed in, or the first answer has not come.
    Connecting,
    /// Changes arrive as they happen.
    Live,
    /// Calls are answered, but changes do not arrive: true as of then.
    AsOf(Time),
    /// Nothing is answered; since when.
    Offline(Time),
}

/// A call as the log keeps it.
#[derive(Debug, Clone)]
pub struct Logged {
    pub at: Time,
    pub method: &'static str,
    /// With its fields and, of a read, the query.
    pub path: String,
    /// The status, or why there is none.
    pub status: String,
    pub ms: i64,
    /// Empty where nothing answered.
    pub trace: String,
    /// The command that does the same, where there is one.
    pub command: Option<String>,
}

/// How many calls the log keeps.
pub const LOG_MAX: usize = 200;

/// See the module's description.
#[derive(Debug)]
pub struct Model {
    pub now: Time,
    pub zone: TimeZone,
    pub who: Option<Who>,
    pub agency: Option<Agency>,
    /// The agency's people, once they have been asked for.
    pub people: Vec<User>,
    pub server: Safe,
    pub standing: Standing,
    pub pin: Option<Chosen>,
    pub link: Link,
    pub drafts: Drafts,
    /// The last notes that were sent, newest first.
    pub recall: Vec<String>,
    /// Findings taken from here, with the end of each lease; one that has ended is nobody's.
    pub held: BTreeMap<String, Time>,
    /// The last calls, newest last.
    pub log: VecDeque<Logged>,
    /// Writes kept until the link is back.
    pub unsent: usize,
    /// How many steps of the tour are done.
    pub toured: usize,
    /// Calls under way.
    pub running: usize,
    pub keymap: Keymap,
    pub theme: Theme,
}

impl Model {
    pub fn role(&self) -> Option<Role> {
        self.who.as_ref().map(|w| w.role)
    }

    pub fn is_admin(&self) -> bool {
        self.role() == Some(Role::Admin)
    }

    /// Why an act on something of this client must not be: another one is pinned.
    pub fn pinned_elsewhere(&self, client: Option<Uuid>) -> bool {
        self.pin.as_ref().is_some_and(|pin| Some(pin.id) != client)
    }

    /// Whether the chosen client is this one.
    pub fn stands_in(&self, client: ClientId) -> bool {
        self.standing.client.as_ref().is_some_and(|c| c.id == client.0)
    }
}
