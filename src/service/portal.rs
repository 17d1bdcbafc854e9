//! What a client's own people may do in their workspace: see what was released to them, and comment on it.

use super::{Desk, PortalCaller, Result, client, not_found, refuse, text};
use crate::api::event::Topic;
use crate::api::portal::{AddPortalComment, PortalComment};
use crate::api::problem::Code;
use crate::domain::access::{Audience, PortalLevel, portal_may_comment};
use crate::domain::id::CommentId;
use crate::domain::key::{self, Kind};
use crate::store::{self, comment::NewComment};

const TEXT_MAX: usize = 20_000;

pub async fn comment(desk: Desk, caller: PortalCaller, request: AddPortalComment) -> Result<PortalComment> {
    let words = text::line_or_block("text", &request.text, TEXT_MAX)?;
    let now = desk.now();
    let who = caller.clone();
    desk.act(&caller, "comment.add", move |tx, note| {
        Box::pin(async move {
            let typed = key::parse(Kind::Finding, &request.finding).unwrap_or_default();
            let id = request.finding.trim().parse().unwrap_or(uuid::Uuid::nil());
            let seen = store::portal::released(tx, who.user, &typed, id).await?;
            let seen = seen.ok_or_else(not_found)?;
            // It may be moved to another client in this very moment: hold it where it is and look again.
            store::project::hold(tx, seen.project).await?;
            let seen = store::portal::released(tx, who.user, "", seen.finding.0).await?;
            let seen = seen.ok_or_else(not_found)?;
            if seen.level == PortalLevel::Disabled {
                return Err(not_found());
            }
            if !portal_may_comment(seen.level, who.role) {
                return refuse(
                    Code::Forbidden,
                    "You may read here, not comment. Ask your organisation's manager for another role.",
                );
            }
            client::not_archived(seen.client_state)?;
            let new = NewComment {
                id: CommentId::fresh(),
                finding: seen.finding,
                author: None,
                portal_author: Some(who.user),
                author_name: who.name.clone(),
                audience: Audience::Shared,
                text: words.clone(),
                reply_to: None,
            };
            let id = new.id;
            store::comment::insert(tx, new, now).await?;
            store::comment::set_client_wrote_last(tx, seen.finding, true).await?;
            note.object(Topic::Comment, id)
                .event(Topic::Finding, Some(seen.finding.0))
                .event(Topic::Queue, Some(seen.finding.0))
                .within(Some(seen.project), Some(who.client))
                .detail(&serde_json::json!({"finding": seen.finding, "audience": Audience::Shared}));
            Ok(PortalComment {
                id,
                author: who.name,
                text: words,
                created_at: now,
            })
        })
    })
    .await
}
