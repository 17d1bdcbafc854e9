//! What an act made and its way back takes away, what was taken away and comes again, and comments.

use std::collections::{HashMap, HashSet};

use super::{Plan, changed_since, impossible};
use crate::domain::access::{Audience, ClientState};
use crate::domain::id::{ClientId, CommentId};
use crate::service::{Result, client};
use crate::store::comment::{CommentState, Placed};
use crate::store::{self, Tx};

impl Plan {
    pub(super) async fn comments(
        &mut self,
        tx: &mut Tx,
        mut all: HashMap<CommentId, (CommentState, i64)>,
    ) -> Result<()> {
        let ids: Vec<CommentId> = all.keys().copied().collect();
        let (mut shared, mut internal) = (0, 0);
        for placed in store::comment::placed(tx, &ids).await? {
            let Some((to, version_after)) = all.remove(&placed.id) else {
                continue;
            };
            if placed.version != version_after {
                self.refuse(impossible("A comment was changed since. Change it by hand instead."));
            }
            if to.audience == Audience::Shared && self.client_after(&placed) != to.client {
                self.refuse(impossible(
                    "The comment was shared with another client than the one its project belongs to now.",
                ));
            }
            if to.audience != placed.audience {
                match to.audience {
                    Audience::Shared => shared += 1,
                    Audience::Internal => internal += 1,
                }
            }
            self.comments.push((placed, to));
        }
        if !all.is_empty() {
            self.refuse(impossible("A comment it touched is gone."));
        }
        for (n, what) in [(shared, "shared with the client again"), (internal, "internal again")] {
            match n {
                0 => {}
                1 => self.also.push(format!("1 comment becomes {what}.")),
                n => self.also.push(format!("{n} comments become {what}.")),
            }
        }
        Ok(())
    }

    /// The client that a comment's finding will belong to.
    fn client_after(&self, placed: &Placed) -> Option<ClientId> {
        if let Some(home) = self.goes.get(&placed.finding).and_then(|home| self.homes.get(home)) {
            return home.client.as_ref().map(|c| c.id);
        }
        let moved = self.projects.iter().find(|p| p.row.id == placed.project);
        moved.map_or(placed.client, |p| p.to.client)
    }

    /// What findings that leave a client share there, besides what the act itself had shared or not.
    pub(super) async fn left_behind(&mut self, tx: &mut Tx) -> Result<()> {
        let (comments, rounds) = store::finding::placed::shared(tx, &self.left).await?;
        let known: HashSet<CommentId> = self.comments.iter().map(|(placed, _)| placed.id).collect();
        let comments = comments.iter().filter(|(id, ..)| !known.contains(id)).count();
        let rounds = rounds.iter().filter(|(id, _)| self.rounds.iter().all(|(r, _)| r != id));
        for (n, what) in [(comments, "comments"), (rounds.count(), "rounds")] {
            if n > 0 {
                self.also
                    .push(format!("{n} {what} that are shared with a client become internal."));
            }
        }
        Ok(())
    }

    /// What was made and goes, and what went and is made again.
    pub(super) async fn made(&mut self, tx: &mut Tx) -> Result<()> {
        for n in 0..self.made_findings.len() {
            let back = &self.made_findings[n];
            let (id, version_after) = (back.id, back.version_after);
            if let Some(whole) = &back.whole {
                let (key, project) = (whole.new.key.clone(), whole.new.project);
                match store::project::find(tx, &project.to_string(), "").await? {
                    Some(project) => {
                        if let Some(owner) = project.client.as_ref().filter(|o| o.state == ClientState::Archived) {
                            self.archived(&owner.name);
                        }
                    }
                    None => self.refuse(impossible("The project it was in is gone.")),
                }
                self.also.push(format!("{key} is written again, under its own key."));
            } else {
                match store::finding::by_ids(tx, &[id]).await?.pop() {
                    Some(row) if row.version == version_after => {
                        if let Some(owner) = row.client.as_ref().filter(|o| o.state == ClientState::Archived) {
                            self.archived(&owner.name);
                        }
                        self.also.push(format!(
                            "{} is removed, with its places and its history; its key is not used again.",
                            row.key
                        ));
                    }
                    Some(row) => self.refuse(changed_since(&row.key)),
                    None => self.refuse(impossible("The finding is gone already.")),
                }
            }
        }
        for n in 0..self.made_projects.len() {
            let back = &self.made_projects[n];
            let (id, version_after) = (back.id, back.version_after);
            if let Some(whole) = &back.whole {
                let (key, lead) = (whole.key.clone(), whole.state.lead);
                if let Some(client) = whole.state.client {
                    let found = client::open(tx, &client.to_string()).await?;
                    if found.state == ClientState::Archived {
                        self.archived(&found.name);
                    }
                }
                if let Some(lead) = lead {
                    self.works_here(tx, lead).await?;
                }
                self.also
                    .push(format!("The project {key} is made again, under its own key."));
            } else {
                match store::project::find(tx, &id.to_string(), "").await? {
                    Some(row) if row.version == version_after => {
                        if let Some(owner) = row.client.as_ref().filter(|o| o.state == ClientState::Archived) {
                            self.archived(&owner.name);
                        }
                        self.also.push(format!(
                            "The project {} is removed; its key is not used again.",
                            row.key
                        ));
                    }
                    Some(row) => self.refuse(changed_since(&row.key)),
                    None => self.refuse(impossible("The project is gone already.")),
                }
            }
        }
        self.made_comments(tx).await
    }

    async fn made_comments(&mut self, tx: &mut Tx) -> Result<()> {
        for n in 0..self.made_comments.len() {
            let back = &self.made_comments[n];
            let (id, version_after) = (back.id, back.version_after);
            let whole = back.whole.as_ref().and_then(|made| made.whole.clone());
            if let Some(whole) = whole {
                let found = store::finding::by_ids(tx, &[whole.new.finding]).await?.pop();
                let parent = match whole.new.reply_to {
                    Some(parent) => store::comment::find(tx, whole.new.finding, parent)
                        .await?
                        .map(|p| p.audience),
                    None => Some(whole.new.audience),
                };
                let fits = found.as_ref().is_some_and(|row| {
                    let client = row.client.as_ref().map(|c| c.id);
                    whole.new.audience == Audience::Internal || client == whole.client
                });
                if !fits || parent != Some(whole.new.audience) {
                    self.refuse(impossible(
                        "What the comment stood on is not there any more, or belongs to another client by now. Write it anew.",
                    ));
                }
                if let Some(owner) = found
                    .and_then(|row| row.client)
                    .filter(|o| o.state == ClientState::Archived)
                {
                    self.archived(&owner.name);
                }
                self.also.push("The comment is written again.".into());
            } else {
                match store::comment::placed(tx, &[id]).await?.pop() {
                    Some(placed) if placed.version == version_after => {
                        let row = store::finding::by_ids(tx, &[placed.finding]).await?.pop();
                        if let Some(owner) = row.and_then(|r| r.client).filter(|o| o.state == ClientState::Archived) {
                            self.archived(&owner.name);
                        }
                        self.also.push("The comment is removed.".into());
                    }
                    _ => self.refuse(impossible("The comment was changed since, or is gone.")),
                }
            }
        }
        Ok(())
    }
}
