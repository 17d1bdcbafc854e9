//! Findings as they go back: field by field, with what may stand in the way.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;

use super::{Plan, changed_since, impossible};
use crate::api::act::{ActChange, ActObject};
use crate::api::problem::Obstacle;
use crate::domain::access::{ClientState, Role, UserState};
use crate::domain::id::{FindingId, ProjectId, UserId};
use crate::domain::status::{Status, following};
use crate::domain::time::Time;
use crate::service::Result;
use crate::service::finding::place::leaves;
use crate::service::finding::transition::spoken;
use crate::store::act::ActRow;
use crate::store::finding::{Decisions, FindingRow};
use crate::store::{self, Tx};

impl Plan {
    pub(super) async fn findings(
        &mut self,
        tx: &mut Tx,
        all: Vec<(FindingId, Option<Decisions>, i64)>,
        now: Time,
    ) -> Result<()> {
        let ids: Vec<FindingId> = all.iter().map(|(id, ..)| *id).collect();
        let mut rows: HashMap<FindingId, FindingRow> = HashMap::new();
        for row in store::finding::by_ids(tx, &ids).await? {
            rows.insert(row.id, row);
        }
        for (id, decided, version_after) in all {
            let Some(row) = rows.remove(&id) else {
                self.refuse(impossible(
                    "A finding it touched is gone. Change the others by hand instead.",
                ));
                continue;
            };
            if row.version != version_after {
                self.refuse(changed_since(&row.key));
            }
            if let Some(owner) = &row.client
                && owner.state == ClientState::Archived
                && decided.is_some()
            {
                self.archived(&owner.name);
            }
            self.findings.push((row, decided));
        }
        self.followers(tx, &ids).await?;
        self.placed(tx).await?;
        self.decided(tx, now).await
    }

    /// What the histories of its findings say of the act. People of one client read them: words that count or name what
    /// is elsewhere are not for them.
    pub(in crate::service::act) fn words<'a>(&self, act: &'a ActRow) -> &'a str {
        let mut projects = self.findings.iter().map(|(row, _)| row.project.id);
        let first = projects.next();
        if !self.left.is_empty() {
            "Part of a move between clients."
        } else if self.projects.iter().any(|back| back.moved) {
            "With its project, which moved."
        } else if projects.any(|project| Some(project) != first) {
            "Part of an act on several projects."
        } else {
            &act.words
        }
    }

    /// Findings that go back to another project: whether it is there, still that client's, and has none like them.
    async fn placed(&mut self, tx: &mut Tx) -> Result<()> {
        let mut groups: BTreeMap<ProjectId, Vec<FindingId>> = BTreeMap::new();
        for (row, to) in self.findings.iter().filter_map(|(row, to)| Some((row, to.as_ref()?))) {
            if to.project != row.project.id {
                groups.entry(to.project).or_default().push(row.id);
                self.goes.insert(row.id, to.project);
            }
        }
        for (project, ids) in groups {
            let Some(home) = store::project::find(tx, &project.to_string(), "").await? else {
                self.refuse(impossible("The project it was in is gone. Move it by hand instead."));
                continue;
            };
            if let Some(owner) = home.client.as_ref().filter(|o| o.state == ClientState::Archived) {
                self.archived(&owner.name);
            }
            if let Some(twin) = store::finding::placed::twins(tx, &ids, project).await?.values().min() {
                self.refuse(impossible(format!(
                    "{} has the same finding by now, as {twin}. Work on that one instead.",
                    home.key
                )));
            }
            self.homes.insert(project, home);
        }
        let (mut elsewhere, mut left) = (None, Vec::new());
        for (row, to) in self.findings.iter().filter_map(|(row, to)| Some((row, to.as_ref()?))) {
            let Some(home) = self.goes.get(&row.id).and_then(|home| self.homes.get(home)) else {
                continue;
            };
            let (from, client) = (row.client.as_ref().map(|c| c.id), home.client.as_ref().map(|c| c.id));
            if to.client != client {
                elsewhere = Some(home.key.clone());
            }
            if leaves(from, client) {
                left.push((row.id, from));
            }
        }
        self.left = left;
        if let Some(key) = elsewhere {
            self.refuse(impossible(format!(
                "{key} went to another client since. Move it there by hand instead, and see what that takes with it."
            )));
        }
        Ok(())
    }

    /// A duplicate goes with its original. One that the act did not touch stays as it is: where that does not fit what
    /// its original goes back to, it would be left behind.
    async fn followers(&mut self, tx: &mut Tx, ids: &[FindingId]) -> Result<()> {
        let back: HashMap<FindingId, &Decisions> = self
            .findings
            .iter()
            .filter_map(|(row, to)| Some((row.id, to.as_ref()?)))
            .collect();
        let originals: Vec<FindingId> = back.keys().copied().collect();
        let known: HashSet<&FindingId> = ids.iter().collect();
        let later = store::finding::duplicates_of(tx, &originals).await?;
        let left_behind = |duplicate: &&FindingRow| {
            let original = duplicate.decided.duplicate_of.and_then(|of| back.get(&of));
            !known.contains(&duplicate.id)
                && original.is_some_and(|to| {
                    to.duplicate_of.is_some()
                        || following(to.status) != duplicate.decided.status
                        || to.project != duplicate.project.id
                })
        };
        if let Some(later) = later.iter().find(left_behind) {
            let mut problem = impossible(format!(
                "{} became a duplicate of what this is about. Change it by hand instead.",
                later.key
            ));
            problem.objects = vec![Obstacle {
                key: later.key.clone(),
                why: "became a duplicate".to_owned(),
            }];
            self.refuse(problem);
        }
        let originals: Vec<FindingId> = self
            .findings
            .iter()
            .filter_map(|(row, to)| {
                to.as_ref()?
                    .duplicate_of
                    .filter(|of| row.decided.duplicate_of != Some(*of))
            })
            .collect();
        if originals.is_empty() {
            return Ok(());
        }
        let going: HashMap<FindingId, Option<FindingId>> = self
            .findings
            .iter()
            .filter_map(|(row, to)| Some((row.id, to.as_ref()?.duplicate_of)))
            .collect();
        let there = store::finding::by_ids(tx, &originals).await?;
        for of in originals {
            let original = there.iter().find(|r| r.id == of);
            if self.corrected.iter().any(|back| back.comes(of)) {
                continue;
            }
            let fits = original.is_some_and(|r| going.get(&of).copied().unwrap_or(r.decided.duplicate_of).is_none());
            if !fits {
                self.refuse(impossible(
                    "The finding it was a duplicate of is gone, or a duplicate itself by now. Move it by hand instead.",
                ));
            }
        }
        Ok(())
    }

    /// Field by field what findings go back to, and whether that is still possible.
    async fn decided(&mut self, tx: &mut Tx, now: Time) -> Result<()> {
        let mut people: Vec<Uuid> = Vec::new();
        let mut assigned: Vec<(ProjectId, UserId)> = Vec::new();
        let mut originals: Vec<FindingId> = Vec::new();
        for (row, to) in self.findings.iter().filter_map(|(row, to)| Some((row, to.as_ref()?))) {
            let was = &row.decided;
            people.extend([was.assignee, to.assignee].into_iter().flatten().map(Uuid::from));
            originals.extend([was.duplicate_of, to.duplicate_of].into_iter().flatten());
            let stays = |a: &UserId| was.assignee == Some(*a) && was.project == to.project;
            if let Some(assignee) = to.assignee.filter(|a| !stays(a)) {
                assigned.push((to.project, assignee));
            }
        }
        people.sort_unstable();
        people.dedup();
        let mut names: HashMap<UserId, String> = HashMap::new();
        for part in people.chunks(400) {
            let found = store::finding::people(tx, part).await?;
            names.extend(found.into_iter().map(|p| (p.id, p.name)));
        }
        originals.sort_unstable();
        originals.dedup();
        let keys: HashMap<FindingId, String> = store::finding::by_ids(tx, &originals)
            .await?
            .into_iter()
            .map(|r| (r.id, r.key))
            .collect();
        assigned.sort_unstable();
        assigned.dedup();
        for (project, assignee) in assigned {
            let user = store::user::get(tx, assignee).await?;
            let fits = match user.filter(|u| u.state == UserState::Active && u.role != Role::Viewer) {
                Some(user) => store::finding::open_to(tx, project, user.id, user.role).await?,
                None => false,
            };
            if !fits {
                let name = names.get(&assignee).cloned().unwrap_or_default();
                self.refuse(impossible(format!(
                    "{name}, whose it was, may not open it any more. Assign it by hand instead."
                )));
            }
        }
        let mut late = false;
        let mut lines = Vec::new();
        for (row, to) in self.findings.iter().filter_map(|(row, to)| Some((row, to.as_ref()?))) {
            let accepts = to.status == Status::RiskAccepted && row.decided.status != Status::RiskAccepted;
            late |= accepts && to.accepted_until.is_none_or(|until| until <= now);
            let object = finding(row.id, &row.key, &row.title);
            let name =
                |id: Option<UserId>| id.map_or("nobody".to_owned(), |id| names.get(&id).cloned().unwrap_or_default());
            let key =
                |id: Option<FindingId>| id.map_or("none".to_owned(), |id| keys.get(&id).cloned().unwrap_or_default());
            let home = self.homes.get(&to.project).filter(|home| home.id != row.project.id);
            if let Some(home) = home {
                lines.push(ActChange {
                    object: object.clone(),
                    field: "project".to_owned(),
                    from: format!("{} {}", row.project.key, row.project.name),
                    to: format!("{} {}", home.key, home.name),
                });
            }
            for (field, from, to) in differences(&row.decided, to, &name, &key) {
                lines.push(ActChange {
                    object: object.clone(),
                    field: field.to_owned(),
                    from,
                    to,
                });
            }
        }
        self.lines.extend(lines);
        if late {
            self.refuse(impossible(
                "The day until which the risk was accepted has passed. Accept it anew instead.",
            ));
        }
        Ok(())
    }
}

fn finding(id: FindingId, key: &str, title: &str) -> ActObject {
    ActObject {
        kind: "finding".into(),
        id: id.0,
        key: key.to_owned(),
        name: title.to_owned(),
    }
}

/// The fields in which two decisions differ, as people read them.
fn differences(
    was: &Decisions,
    to: &Decisions,
    name: &dyn Fn(Option<UserId>) -> String,
    key: &dyn Fn(Option<FindingId>) -> String,
) -> Vec<(&'static str, String, String)> {
    let none = || "none".to_owned();
    let time = |t: Option<Time>| t.map_or_else(none, |t| t.to_string());
    let yes = |t: Option<Time>, word: &str| t.map_or_else(|| format!("not {word}"), |t| format!("{word} {t}"));
    let cvss = |d: &Decisions| d.cvss.as_ref().map_or_else(none, |c| c.vector.clone());
    let tags = |d: &Decisions| match d.own_tags.as_slice() {
        [] => none(),
        tags => tags.join(" "),
    };
    let rows = [
        ("status", spoken(was.status), spoken(to.status)),
        ("severity", was.severity.to_string(), to.severity.to_string()),
        ("CVSS", cvss(was), cvss(to)),
        ("assignee", name(was.assignee), name(to.assignee)),
        ("due", time(was.due_at), time(to.due_at)),
        ("triaged", yes(was.triaged_at, "triaged"), yes(to.triaged_at, "triaged")),
        (
            "released",
            yes(was.released_at, "released"),
            yes(to.released_at, "released"),
        ),
        ("verdict due", time(was.verify_due_at), time(to.verify_due_at)),
        ("accepted until", time(was.accepted_until), time(to.accepted_until)),
        ("duplicate of", key(was.duplicate_of), key(to.duplicate_of)),
        (
            "fixed places",
            was.occurrence_fixed.to_string(),
            to.occurrence_fixed.to_string(),
        ),
        ("tags", tags(was), tags(to)),
    ];
    rows.into_iter().filter(|(_, from, to)| from != to).collect()
}
