//! What an act's way back would do, worked out without writing: every row as it is, as it was, and what stands in the way.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::api::act::{ActChange, ActObject};
use crate::api::problem::{Code, Obstacle, Problem};
use crate::domain::access::{AgencyAccess, ClientState, Role, UserState};
use crate::domain::id::{ClientId, CommentId, FindingId, ProjectId, RoundId, UserId};
use crate::domain::time::Time;
use crate::service::comment::Made;
use crate::service::finding::pen::Places;
use crate::service::{Error, Result, client};
use crate::store::act::{ActRow, Kept};
use crate::store::client::{ClientBefore, ClientRow};
use crate::store::comment::{CommentState, Placed};
use crate::store::finding::{Decisions, FindingRow, WholeFinding};
use crate::store::project::{ProjectRow, ProjectState, WholeProject};
use crate::store::round::RoundState;
use crate::store::{self, Tx};

mod corrected;
mod made;
mod worked;

pub(super) use corrected::{CorrectedBack, CorrectedBefore};

/// A project as it goes back.
#[derive(Debug)]
pub(super) struct ProjectBack {
    pub row: ProjectRow,
    pub was: ProjectState,
    pub to: ProjectState,
    /// From one client to another.
    pub moved: bool,
}

/// A row that the act made, or took away.
#[derive(Debug)]
pub(super) struct MadeBack<I, W> {
    pub id: I,
    pub version_after: i64,
    /// To be made again; without, to be taken away.
    pub whole: Option<W>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The version that each row had before the act: what stood then stands again.
    pub before: HashMap<Uuid, i64>,
    /// Findings and what was decided about them; `None`: only their version counts.
    pub findings: Vec<(FindingRow, Option<Decisions>)>,
    /// The projects that findings go back to from others.
    pub homes: HashMap<ProjectId, ProjectRow>,
    /// Where each of those goes.
    pub goes: HashMap<FindingId, ProjectId>,
    /// The findings that leave a client by it, each with that one.
    pub left: Vec<(FindingId, Option<ClientId>)>,
    pub places: Vec<(FindingId, Places)>,
    pub rounds: Vec<(RoundId, Option<RoundState>)>,
    pub made_findings: Vec<MadeBack<FindingId, WholeFinding>>,
    pub projects: Vec<ProjectBack>,
    pub made_projects: Vec<MadeBack<ProjectId, WholeProject>>,
    /// The kind under which it is kept, the row, the list beside it, and what it goes back to.
    pub clients: Vec<(&'static str, ClientRow, ClientBefore, ClientBefore)>,
    pub comments: Vec<(Placed, CommentState)>,
    pub made_comments: Vec<MadeBack<CommentId, Made>>,
    /// Findings that were merged or split.
    pub corrected: Vec<CorrectedBack>,
    pub lines: Vec<ActChange>,
    pub also: Vec<String>,
    pub not_undone: Vec<String>,
    /// The first thing that stands in the way.
    pub refusal: Option<Problem>,
}

fn kept<T: DeserializeOwned>(change: &Kept) -> Result<T> {
    serde_json::from_str(&change.before).map_err(|e| Error::Failed(format!("a kept {}: {e}", change.kind)))
}

fn impossible(detail: impl Into<String>) -> Problem {
    Problem::new(Code::UndoNotPossible, detail)
}

fn changed_since(key: &str) -> Problem {
    let mut problem = impossible(format!("{key} was changed since. Change it by hand instead."));
    problem.objects = vec![Obstacle {
        key: key.to_owned(),
        why: "was changed since".to_owned(),
    }];
    problem
}

impl Plan {
    pub(super) async fn of(tx: &mut Tx, row: &ActRow, now: Time) -> Result<Self> {
        let mut plan = Self::default();
        let mut findings: Vec<(FindingId, Option<Decisions>, i64)> = Vec::new();
        let mut comments: HashMap<CommentId, (CommentState, i64)> = HashMap::new();
        let changes = store::act::changes(tx, row.head).await?;
        // Clients first: a project may go into one that comes back with it.
        for change in &changes {
            match change.kind.as_str() {
                "client" => plan.client(tx, "client", change).await?,
                "client_made" => plan.client(tx, "client_made", change).await?,
                _ => {}
            }
        }
        for change in changes {
            if change.version_before > 0 {
                plan.before.insert(change.object, change.version_before);
            }
            let (id, version_after) = (change.object, change.version_after);
            match change.kind.as_str() {
                "finding" => findings.push((FindingId(id), kept(&change)?, version_after)),
                "places" => plan.places.push((FindingId(id), kept(&change)?)),
                "round" => plan.rounds.push((RoundId(id), kept(&change)?)),
                "finding_made" => plan.made_findings.push(MadeBack {
                    id: FindingId(id),
                    version_after,
                    whole: kept(&change)?,
                }),
                "project" | "project_moved" => plan.project(tx, &change).await?,
                "project_made" => plan.made_projects.push(MadeBack {
                    id: ProjectId(id),
                    version_after,
                    whole: kept(&change)?,
                }),
                "merged" | "split" => plan.corrected.push(CorrectedBack::of(&change)?),
                "client" | "client_made" => {}
                "comment" => {
                    comments.insert(CommentId(id), (kept(&change)?, version_after));
                }
                "comment_made" => plan.made_comments.push(MadeBack {
                    id: CommentId(id),
                    version_after,
                    whole: Some(kept(&change)?),
                }),
                other => return Err(Error::Failed(format!("nobody knows how to take back a {other}"))),
            }
        }
        plan.findings(tx, findings, now).await?;
        plan.comments(tx, comments).await?;
        plan.left_behind(tx).await?;
        plan.made(tx).await?;
        plan.corrections(tx).await?;
        plan.say(row);
        Ok(plan)
    }

    fn refuse(&mut self, problem: Problem) {
        self.refusal.get_or_insert(problem);
    }

    fn archived(&mut self, name: &str) {
        self.refuse(Problem::new(
            Code::ClientArchived,
            format!("{name} is archived. Restore it before you change anything in it."),
        ));
    }

    async fn project(&mut self, tx: &mut Tx, change: &Kept) -> Result<()> {
        let id = ProjectId(change.object);
        let to: ProjectState = kept(change)?;
        let found = store::project::find(tx, &id.to_string(), "").await?;
        let whole = store::project::whole(tx, id).await?;
        let (Some(row), Some(whole)) = (found, whole) else {
            self.refuse(impossible(
                "A project it touched is gone. Change the others by hand instead.",
            ));
            return Ok(());
        };
        if row.version != change.version_after {
            self.refuse(changed_since(&row.key));
        }
        if let Some(owner) = row.client.as_ref().filter(|o| o.state == ClientState::Archived) {
            self.archived(&owner.name);
        }
        let object = ActObject {
            kind: "project".into(),
            id: id.0,
            key: row.key.clone(),
            name: row.name.clone(),
        };
        let moved = to.client != whole.state.client;
        let mut target = None;
        if let Some(client) = to.client.filter(|_| moved) {
            // Whoever may not open it was told "not found" already: every workspace of the act is looked at first.
            let found = store::client::find(tx, &client.to_string(), "").await?;
            match found {
                Some(found) => {
                    // A client that this very act put away comes back before its projects do.
                    let comes_back = self.clients.iter().any(|(_, row, ..)| row.id == found.id);
                    if found.state == ClientState::Archived && !comes_back {
                        self.archived(&found.name);
                    }
                    target = Some(found.name);
                }
                None => self.refuse(Problem::not_found()),
            }
        }
        let mut line = |field: &str, from: String, to: String| {
            if from != to {
                self.lines.push(ActChange {
                    object: object.clone(),
                    field: field.to_owned(),
                    from,
                    to,
                });
            }
        };
        let none = || "none".to_owned();
        line("name", row.name.clone(), to.name.clone());
        if moved {
            line(
                "client",
                row.client.as_ref().map_or_else(none, |c| c.name.clone()),
                target.clone().unwrap_or_else(none),
            );
        }
        let mut names = Vec::new();
        for lead in [whole.state.lead, to.lead] {
            names.push(match lead {
                Some(lead) => store::user::get(tx, lead).await?.map_or_else(none, |u| u.name),
                None => none(),
            });
        }
        line("lead", names.remove(0), names.remove(0));
        if whole.state.team != to.team {
            line(
                "team",
                format!("{} people", whole.state.team.len()),
                format!("{} people", to.team.len()),
            );
        }
        if let Some(lead) = to.lead.filter(|l| whole.state.lead != Some(*l)) {
            self.works_here(tx, lead).await?;
        }
        if moved {
            let baggage = store::project::baggage(tx, id).await?;
            for (n, what) in [
                (baggage.shared_comments, "shared comments of"),
                (baggage.shared_rounds, "shared rounds of"),
            ] {
                if n > 0 && row.client.is_some() {
                    self.also.push(format!("{n} {what} {} become internal.", row.key));
                }
            }
            if baggage.claims > 0 {
                self.also
                    .push(format!("{} claims on findings of {} end.", baggage.claims, row.key));
            }
        }
        self.projects.push(ProjectBack {
            row,
            was: whole.state,
            to,
            moved,
        });
        Ok(())
    }

    async fn works_here(&mut self, tx: &mut Tx, user: UserId) -> Result<()> {
        let found = store::user::get(tx, user).await?;
        if !found
            .as_ref()
            .is_some_and(|u| u.state == UserState::Active && u.role != Role::Viewer)
        {
            let name = found.map(|u| u.name).unwrap_or_default();
            self.refuse(impossible(format!(
                "{name} does not work with clients any more. Name somebody else by hand."
            )));
        }
        Ok(())
    }

    async fn client(&mut self, tx: &mut Tx, kind: &'static str, change: &Kept) -> Result<()> {
        let id = ClientId(change.object);
        let to: ClientBefore = kept(change)?;
        let row = client::open(tx, &id.to_string()).await?;
        let was = ClientBefore::of(tx, &row).await?;
        if row.version != change.version_after {
            self.refuse(changed_since(&row.key));
        }
        if row.state == ClientState::Archived && to.state == ClientState::Archived {
            self.archived(&row.name);
        }
        if was.manager != to.manager {
            self.works_here(tx, to.manager).await?;
        }
        let object = ActObject {
            kind: "client".into(),
            id: id.0,
            key: row.key.clone(),
            name: row.name.clone(),
        };
        let manager = store::user::get(tx, to.manager)
            .await?
            .map(|u| u.name)
            .unwrap_or_default();
        let text = |t: &Option<String>| t.clone().unwrap_or_else(|| "none".to_owned());
        let state = |s: ClientState| store::name(s);
        let access = |a: AgencyAccess| store::name(a).replace('_', " ");
        let rows = [
            ("name", was.name.clone(), to.name.clone()),
            ("contact email", text(&was.contact_email), text(&to.contact_email)),
            ("external reference", text(&was.external_ref), text(&to.external_ref)),
            ("notes", was.notes.clone(), to.notes.clone()),
            ("state", state(was.state), state(to.state)),
            ("account manager", row.manager.name.clone(), manager),
            ("agency access", access(was.agency_access), access(to.agency_access)),
            (
                "on its list",
                format!("{} people", was.selected.len()),
                format!("{} people", to.selected.len()),
            ),
        ];
        for (field, from, to) in rows.into_iter().filter(|(_, from, to)| from != to) {
            self.lines.push(ActChange {
                object: object.clone(),
                field: field.to_owned(),
                from,
                to,
            });
        }
        if kind == "client_made" && to.state == ClientState::Archived {
            self.also.push(format!(
                "{} is archived, not erased: its key stays taken, and it can be restored.",
                row.name
            ));
        }
        self.clients.push((kind, row, was, to));
        Ok(())
    }

    /// What stays as it is, whatever is taken back.
    fn say(&mut self, row: &ActRow) {
        let undoing = row.undone_at.is_none();
        let mut stays = |what: &str| self.not_undone.push(what.to_owned());
        let told = self.findings.iter().any(|(row, to)| {
            to.as_ref()
                .is_some_and(|to| row.decided.released_at.is_some() && to.released_at.is_none())
        });
        if told {
            stays("What the client has seen, it has seen.");
        }
        if undoing && (!self.made_comments.is_empty() || !self.comments.is_empty()) {
            stays("Whoever has read a comment has read it.");
        }
        if !self.left.is_empty() || self.projects.iter().any(|p| p.moved) {
            stays("Claims that ended with a move stay ended.");
        }
        if !self.findings.is_empty() {
            stays("The history keeps what was done, and that it was taken back.");
        }
    }
}
