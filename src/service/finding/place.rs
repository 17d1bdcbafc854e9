//! Findings that go to another project, one or many: what they meet there, and what they leave behind. At another client
//! nothing of the old one is shared, as where a whole project moves (`service/project/assign.rs`).

use std::collections::{BTreeSet, HashMap, HashSet};
use std::slice::from_ref;

use super::decide::{by_hand, set_due};
use super::pen::Pen;
use super::{open_for_work, seen_is, shown};
use crate::api::bulk::BulkLosses;
use crate::api::event::Topic;
use crate::api::finding::Finding;
use crate::api::place::PlaceFinding;
use crate::api::problem::{Code, Problem};
use crate::domain::id::{ClientId, FindingId, ProjectId, UserId};
use crate::service::client::not_archived;
use crate::service::import::settle;
use crate::service::project::{self, assign};
use crate::service::{Caller, Desk, Note, Result, refuse};
use crate::store::client::Hold;
use crate::store::finding::placed::{self, Likeness};
use crate::store::finding::{Decisions, FindingRow};
use crate::store::history::NewEntry;
use crate::store::project::ProjectRow;
use crate::store::{self, Tx};

/// Whether a finding leaves its workspace. Without a client every project is one of its own.
pub(crate) fn leaves(from: Option<ClientId>, to: Option<ClientId>) -> bool {
    from != to || to.is_none()
}

/// Holds both ends where they are until the act is done: clients first, then projects, as every act does. What was read
/// of them before may be old by now.
pub(super) async fn hold(tx: &mut Tx, wanted: &str, rows: &[FindingRow]) -> Result<()> {
    let target = project::open_for_work(tx, wanted).await?;
    let client = target.client.as_ref().map(|c| c.id);
    let clients: BTreeSet<ClientId> = rows.iter().filter_map(|r| Some(r.client.as_ref()?.id)).collect();
    for client in clients.into_iter().chain(client).collect::<BTreeSet<_>>() {
        store::client::hold(tx, client, Hold::AsItIs).await?;
    }
    let projects: BTreeSet<ProjectId> = rows.iter().map(|r| r.project.id).chain([target.id]).collect();
    for project in projects {
        store::project::hold_duplicates(tx, project).await?;
    }
    let now = project::open_for_work(tx, &target.id.to_string()).await?;
    if now.client.as_ref().map(|c| c.id) != client {
        return refuse(
            Code::StalePlan,
            "The project went to another client in this very moment. Look at it again.",
        );
    }
    Ok(())
}

/// Where findings go, and what is known of them and of that.
#[derive(Debug)]
pub(super) struct Target {
    row: ProjectRow,
    by: UserId,
    /// All that the act is about: what repeats one another goes together.
    together: HashSet<FindingId>,
    repeats: HashMap<FindingId, Vec<String>>,
    likeness: HashMap<FindingId, Likeness>,
    /// What the project has of these already, and what came with this act.
    twins: HashMap<FindingId, String>,
    came: HashMap<Likeness, String>,
    insiders: HashMap<UserId, bool>,
    left: Vec<(FindingId, Option<ClientId>)>,
    ends: BTreeSet<ProjectId>,
    clients: BTreeSet<ClientId>,
    losses: BulkLosses,
}

impl Target {
    /// The project that the caller may open and work in, for these findings.
    pub(super) async fn of(tx: &mut Tx, wanted: &str, rows: &[FindingRow], by: UserId) -> Result<Self> {
        let row = project::open_for_work(tx, wanted).await?;
        let ids: Vec<FindingId> = rows.iter().map(|r| r.id).collect();
        let mut repeats: HashMap<FindingId, Vec<String>> = HashMap::new();
        let together: HashSet<FindingId> = ids.iter().copied().collect();
        for duplicate in store::finding::duplicates_of(tx, &ids).await? {
            if let Some(of) = duplicate
                .decided
                .duplicate_of
                .filter(|_| !together.contains(&duplicate.id))
            {
                repeats.entry(of).or_default().push(duplicate.key);
            }
        }
        Ok(Self {
            likeness: placed::likeness(tx, &ids).await?,
            twins: placed::twins(tx, &ids, row.id).await?,
            clients: row.client.iter().map(|c| c.id).collect(),
            ends: BTreeSet::from([row.id]),
            row,
            by,
            together,
            repeats,
            came: HashMap::new(),
            insiders: HashMap::new(),
            left: Vec::new(),
            losses: BulkLosses::default(),
        })
    }

    fn client(&self) -> Option<ClientId> {
        self.row.client.as_ref().map(|c| c.id)
    }

    /// Puts one of them there. `false`: it is there already.
    pub(super) async fn place(&mut self, tx: &mut Tx, pen: &mut Pen, row: &FindingRow) -> Result<bool> {
        if let Some(owner) = &row.client {
            not_archived(owner.state)?;
        }
        if row.project.id == self.row.id {
            return Ok(false);
        }
        self.fits(row)?;
        let from = row.client.as_ref().map(|c| c.id);
        let mut decided = pen.decided(row);
        (decided.project, decided.client) = (self.row.id, self.client());
        let notes = if leaves(from, self.client()) {
            self.left.push((row.id, from));
            self.bereft(tx, row, &mut decided).await?
        } else {
            format!("From {} to {}.", row.project.key, self.row.key)
        };
        pen.knows(self.row.id, self.client());
        pen.write(row, decided);
        let entry = NewEntry {
            user: Some(self.by),
            act: "finding.place",
            notes,
            ..NewEntry::default()
        };
        pen.tell(row.id, entry);
        self.ends.insert(row.project.id);
        self.clients.extend(from);
        if let Some(likeness) = self.likeness.get(&row.id) {
            self.came.insert(likeness.clone(), row.key.clone());
        }
        Ok(true)
    }

    /// Whether nothing ties the finding to where it is, and nothing there is the same.
    fn fits(&self, row: &FindingRow) -> Result<()> {
        let same = self.likeness.get(&row.id).and_then(|l| self.came.get(l));
        if let Some(twin) = self.twins.get(&row.id).or(same) {
            let detail = format!(
                "{} has this finding of {} already, as {twin}. Work on that one, and close this one (out of scope) if it does not belong here.",
                self.row.key, row.tool
            );
            return Err(Problem::new(Code::AlreadyExists, detail).field("project").into());
        }
        if row.decided.duplicate_of.is_some_and(|of| !self.together.contains(&of)) {
            return refuse(
                Code::TransitionNotAllowed,
                "It is a duplicate of another finding of its project. Move that one along with it, or open this one again first.",
            );
        }
        if let Some(first) = self.repeats.get(&row.id).and_then(|keys| keys.first()) {
            let detail = format!(
                "{first} of the same project is a duplicate of it. Move that one along, or open it again first."
            );
            return refuse(Code::TransitionNotAllowed, detail);
        }
        Ok(())
    }

    /// What a finding loses that leaves its workspace, in words of which no word names where it was.
    async fn bereft(&mut self, tx: &mut Tx, row: &FindingRow, decided: &mut Decisions) -> Result<String> {
        let mut notes = match row.client {
            Some(_) => "It came from another client.".to_owned(),
            None => "It came from a project without a client.".to_owned(),
        };
        if decided.released_at.is_some() {
            (decided.released_at, decided.released_by) = (None, None);
            self.losses.releases_taken_back += 1;
            notes.push_str(" Its release was taken back.");
            if !by_hand(decided) {
                if let Some(was) = decided.due_at {
                    notes.push_str(&format!(" The due date was {was}."));
                }
                set_due(decided, None);
            }
        }
        if let Some(assignee) = decided.assignee
            && !self.insider(tx, assignee).await?
        {
            decided.assignee = None;
            self.losses.assignees_dropped += 1;
            notes.push_str(" Its assignee may not open this project.");
        }
        Ok(notes)
    }

    async fn insider(&mut self, tx: &mut Tx, user: UserId) -> Result<bool> {
        if let Some(known) = self.insiders.get(&user) {
            return Ok(*known);
        }
        let opens = match store::user::get(tx, user).await? {
            Some(user) => store::finding::open_to(tx, self.row.id, user.id, user.role).await?,
            None => false,
        };
        self.insiders.insert(user, opens);
        Ok(opens)
    }

    /// What those that were put there lose, counted.
    pub(super) async fn losses(&mut self, tx: &mut Tx) -> Result<BulkLosses> {
        let (comments, rounds) = placed::shared(tx, &self.left).await?;
        let ids: Vec<FindingId> = self.left.iter().map(|(id, _)| *id).collect();
        self.losses.leave_their_client = ids.len() as i64;
        self.losses.comments_made_internal = comments.len() as i64;
        self.losses.rounds_made_internal = rounds.len() as i64;
        self.losses.claims_ended = placed::claims(tx, &ids).await?;
        Ok(self.losses)
    }

    /// Says what the act did, in its own words and to the audit trail.
    pub(super) fn told(&self, note: &mut Note, moved: &[FindingRow]) {
        let on = match moved {
            [only] => only.key.clone(),
            many => format!("{} findings", many.len()),
        };
        let keys: Vec<&str> = moved.iter().map(|r| r.key.as_str()).collect();
        let detail =
            serde_json::json!({ "change": "place", "project": self.row.key, "count": keys.len(), "findings": keys });
        note.words(format!("Moved {on} to {}", self.row.key))
            .detail(&detail)
            .within(Some(self.row.id), self.client());
        if let [only] = moved {
            note.object(Topic::Finding, only.id);
        }
    }

    /// Takes from those that left their workspace what was shared there, and tells both ends.
    pub(super) async fn leave(self, tx: &mut Tx, note: &mut Note) -> Result<()> {
        assign::leave_alone(tx, &self.left).await?.note(note);
        ended(tx, note, self.ends, self.clients).await
    }
}

/// What every move of findings does at its ends, a move back too: plans of imports are good no more, and counts on the
/// clients' rows moved.
pub(crate) async fn ended(
    tx: &mut Tx,
    note: &mut Note,
    projects: BTreeSet<ProjectId>,
    clients: BTreeSet<ClientId>,
) -> Result<()> {
    for project in projects {
        settle::settled(tx, project).await?;
        store::import::outdate_plans(tx, project).await?;
    }
    for client in clients {
        note.event_in(Topic::Client, Some(client.0), client)
            .event_in(Topic::Queue, None, client);
    }
    Ok(())
}

pub async fn place(desk: Desk, caller: Caller, request: PlaceFinding) -> Result<Finding> {
    let seen = caller.seen_version()?;
    let (now, by) = (desk.now(), caller.user);
    desk.act(&caller, "finding.place", move |tx, note| {
        Box::pin(async move {
            let row = open_for_work(tx, &request.finding).await?;
            hold(tx, &request.project, from_ref(&row)).await?;
            let row = open_for_work(tx, &row.id.to_string()).await?;
            let mut target = Target::of(tx, &request.project, from_ref(&row), by).await?;
            seen_is(tx, &row, seen).await?;
            let mut pen = Pen::new(now);
            if !target.place(tx, &mut pen, &row).await? {
                let detail = format!("{} is in {} already.", row.key, row.project.key);
                return Err(Problem::new(Code::InvalidRequest, detail).field("project").into());
            }
            target.told(note, from_ref(&row));
            pen.flush(tx, note).await?;
            target.leave(tx, note).await?;
            shown(tx, row.id).await
        })
    })
    .await
}
