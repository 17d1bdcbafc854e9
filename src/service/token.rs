//! API tokens: made by a person for a script, within what that person may do. A token makes no tokens and ends no
//! sessions: the door of the server sees to that ([`crate::domain::access::TokenScope`]).

use super::session::{digest, fresh_token};
use super::{Caller, Desk, Error, Result, not_found, text};
use crate::api::problem::{Code, Problem};
use crate::api::token::{ApiToken, ApiTokens, CreateToken, ListTokens, MadeToken, RevokeToken};
use crate::domain::id::SessionId;
use crate::store::identity::{self, NewToken};
use crate::store::{self, audit};

const NAME_MAX: usize = 80;
const DAYS: u32 = 90;
const DAYS_MAX: u32 = 365;

pub async fn create(desk: Desk, caller: Caller, request: CreateToken) -> Result<MadeToken> {
    let name = text::line("name", &request.name, NAME_MAX)?;
    let days = request.days.unwrap_or(DAYS);
    if !(1..=DAYS_MAX).contains(&days) {
        let detail = format!("A token lives for 1 to {DAYS_MAX} days.");
        return Err(Problem::new(Code::InvalidRequest, detail).field("days").into());
    }
    let (now, scope, id) = (desk.now(), request.scope, SessionId::fresh());
    let expires_at = now.plus_days(i64::from(days));
    let token = fresh_token('t');
    let (agency, hash) = (caller.agency, digest(&token));
    let row = audit::NewAudit {
        at: now,
        actor_kind: "user",
        actor: Some(caller.user.0),
        act: "token.create".to_owned(),
        object_kind: Some("token".to_owned()),
        object: Some(id.0),
        project: None,
        client: None,
        refused: None,
        address: caller.address.clone(),
        trace: Some(caller.trace.clone()),
        detail: serde_json::json!({ "name": name, "scope": scope, "until": expires_at }).to_string(),
    };
    let new = identity::NewSession {
        agency,
        id,
        user: caller.user,
        label: name.clone(),
        expires_at,
    };
    desk.store()
        .door(move |door| {
            Box::pin(async move {
                identity::open_scoped(door, new, store::name(scope), now)
                    .await
                    .map_err(|error| {
                        if error.is_unique("session", "label") {
                            Error::from(
                                Problem::new(
                                    Code::AlreadyExists,
                                    "You have a token of this name. Its secret is not shown again: revoke it first, or choose another name.",
                                )
                                .field("name"),
                            )
                        } else {
                            error.into()
                        }
                    })?;
                let new = NewToken {
                    hash,
                    agency,
                    session: id,
                    refresh: false,
                    generation: 1,
                    expires_at,
                };
                identity::add_token(door, new).await?;
                Ok::<_, Error>(audit::write_at_door(door, agency, row).await?)
            })
        })
        .await?;
    Ok(MadeToken {
        token,
        id,
        name,
        scope,
        expires_at,
    })
}

pub async fn list(desk: Desk, caller: Caller, _: ListTokens) -> Result<ApiTokens> {
    let (user, now) = (caller.user, desk.now());
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let rows = store::session::tokens(tx, user, now).await?;
            let items = rows.into_iter().map(|(row, scope)| ApiToken {
                id: row.id,
                name: row.label,
                scope,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
                expires_at: row.expires_at,
            });
            Ok(ApiTokens { items: items.collect() })
        })
    })
    .await
}

pub async fn revoke(desk: Desk, caller: Caller, request: RevokeToken) -> Result<()> {
    let (user, id, now) = (caller.user, SessionId(request.session), desk.now());
    desk.act(&caller, "token.revoke", move |tx, _| {
        Box::pin(async move {
            if store::session::revoke_token(tx, user, id, now).await? {
                Ok(())
            } else {
                Err(not_found())
            }
        })
    })
    .await
}
