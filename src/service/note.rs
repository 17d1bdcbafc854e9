//! What an act touched, as it tells it itself: for the audit trail, for streams, and for its way back.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;
use uuid::Uuid;

use super::{Result, refuse};
use crate::api::event::Topic;
use crate::api::problem::Code;
use crate::domain::id::{ActId, ClientId};
use crate::store::record;

/// Where a thing changed, if elsewhere than the act itself: its project and client.
type Elsewhere = Option<(Option<Uuid>, Option<Uuid>)>;

/// What an act touched, as it tells it itself.
#[derive(Debug)]
pub struct Note {
    pub(super) id: ActId,
    pub(super) kind: Option<&'static str>,
    pub(super) object: Option<Uuid>,
    pub(super) project: Option<Uuid>,
    pub(super) client: Option<Uuid>,
    pub(super) detail: Option<String>,
    pub(super) events: Vec<(Topic, Option<Uuid>, Elsewhere)>,
    pub(super) changes: Vec<record::Change>,
    /// Where each change stands in `changes`.
    pub(super) known: HashMap<(&'static str, Uuid), usize>,
    pub(super) touched: Vec<Uuid>,
    pub(super) projects: BTreeSet<Uuid>,
    pub(super) clients: BTreeSet<Uuid>,
    pub(super) words: Option<String>,
    pub(super) root: Option<ActId>,
}

impl Default for Note {
    fn default() -> Self {
        Self {
            id: ActId::fresh(),
            kind: None,
            object: None,
            project: None,
            client: None,
            detail: None,
            events: Vec::new(),
            changes: Vec::new(),
            known: HashMap::new(),
            touched: Vec::new(),
            projects: BTreeSet::new(),
            clients: BTreeSet::new(),
            words: None,
            root: None,
        }
    }
}

impl Note {
    /// The object of the act; streams are told that it changed.
    pub fn object(&mut self, topic: Topic, id: impl Into<Uuid>) -> &mut Self {
        let id = id.into();
        self.kind = Some(match topic {
            Topic::Agency => "agency",
            Topic::User => "user",
            Topic::Client => "client",
            Topic::Project => "project",
            Topic::Finding => "finding",
            Topic::Comment => "comment",
            Topic::Queue => "queue",
            Topic::Import => "import",
        });
        self.object = Some(id);
        self.event(topic, Some(id))
    }

    /// Another thing that changed with it; `None`: many of them.
    pub fn event(&mut self, topic: Topic, id: Option<Uuid>) -> &mut Self {
        self.events.push((topic, id, None));
        self
    }

    /// A thing that changed in another client's workspace than the act's own: only who may open that one learns of it.
    pub fn event_in(&mut self, topic: Topic, id: Option<Uuid>, client: ClientId) -> &mut Self {
        self.events.push((topic, id, Some((None, Some(client.0)))));
        self
    }

    /// Things that changed in one of several workspaces an act touched.
    pub fn event_at(&mut self, topic: Topic, id: Option<Uuid>, project: Uuid, client: Option<Uuid>) -> &mut Self {
        self.events.push((topic, id, Some((Some(project), client))));
        self
    }

    /// A project that the answer speaks of: sent again, it is given to those alone who may still open all of them.
    pub fn also(&mut self, project: impl Into<Uuid>) -> &mut Self {
        self.projects.insert(project.into());
        self
    }

    /// Refuses an act that touched another client than the pinned one: source and target alike. What it did so far goes
    /// with its transaction.
    pub(super) fn within_pin(&self, pin: Option<ClientId>) -> Result<()> {
        let Some(pin) = pin else { return Ok(()) };
        let elsewhere = self.events.iter().filter_map(|(_, _, place)| (*place)?.1);
        if self
            .client
            .into_iter()
            .chain(elsewhere)
            .chain(self.clients.iter().copied())
            .all(|client| client == pin.0)
        {
            return Ok(());
        }
        refuse(
            Code::PinnedElsewhere,
            "Another client is pinned, and this act touches one that is not it. Nothing was done. Unpin first, or choose a row of \
             the pinned client.",
        )
    }

    /// The workspace it happened in: who may open it learns of it.
    pub fn within(&mut self, project: Option<impl Into<Uuid>>, client: Option<impl Into<Uuid>>) -> &mut Self {
        self.project = project.map(Into::into);
        self.client = client.map(Into::into);
        self
    }

    /// Facts for the audit trail. Never secrets, never free text of people.
    pub fn detail(&mut self, detail: &serde_json::Value) -> &mut Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// A row as it was one version before, so that the act can be undone. Noted again within one act, the first `before`
    /// stays.
    pub fn changed(
        &mut self,
        kind: &'static str,
        id: impl Into<Uuid>,
        before: &impl Serialize,
        version_after: i64,
    ) -> &mut Self {
        let id = id.into();
        if let Some(at) = self.known.get(&(kind, id)) {
            self.changes[*at].version_after = version_after;
        } else if let Ok(before) = serde_json::to_string(before) {
            self.known.insert((kind, id), self.changes.len());
            self.changes.push(record::Change {
                object_kind: kind,
                object: id,
                before,
                version_before: version_after - 1,
                version_after,
            });
        }
        self
    }

    /// Every finding of this project got a new version.
    pub fn touched(&mut self, project: impl Into<Uuid>) -> &mut Self {
        self.touched.push(project.into());
        self
    }

    /// A workspace the act touched besides its own: only who may open all of them learns of the act again.
    pub fn place(&mut self, project: Option<Uuid>, client: Option<Uuid>) -> &mut Self {
        self.projects.extend(project);
        self.clients.extend(client);
        self
    }

    /// What was done, for its doer's list of acts; without, the kind of the act says it.
    pub fn words(&mut self, words: impl Into<String>) -> &mut Self {
        self.words = Some(words.into());
        self
    }

    /// Tells streams what another note would have told, and where; how rows stood before is kept elsewhere.
    pub(super) fn absorb(&mut self, other: Self) -> &mut Self {
        self.events.extend(other.events);
        self.projects.extend(other.projects);
        self.clients.extend(other.clients);
        self
    }

    /// The act takes `root` back, or does it again.
    pub fn way_of(&mut self, root: ActId) -> &mut Self {
        self.root = Some(root);
        self
    }

    /// The act's id, by which it can be taken back.
    #[must_use]
    pub fn id(&self) -> ActId {
        self.id
    }

    /// Whether the act is kept for its way back.
    #[must_use]
    pub fn kept(&self) -> bool {
        !self.changes.is_empty()
    }
}
