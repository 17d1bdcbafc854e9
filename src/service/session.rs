//! Sign-in, tokens, and who a token stands for.
//!
//! Tokens are opaque, 256 bits, kept as digests. Refresh tokens rotate by generation: the one before the current works
//! until a token of the current generation has been used (a lost answer logs nobody out); after that its replay ends
//! the whole session and is audited.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::{Caller, Desk, Error, PortalCaller, Result, refuse, text};
use crate::api::problem::{Code, Problem};
use crate::api::session::{
    AgencyRef, ListSessions, Refresh, RevokeSession, Session, Sessions, SignIn, SignOut, Tokens, Who, WhoAmI,
};
use crate::domain::access::{Actor, UserState};
use crate::domain::id::{AgencyId, SessionId};
use crate::domain::time::Time;
use crate::store::identity::{self, Membership, NewSession, NewToken};
use crate::store::{self, Door, Scope, audit};

mod guess;
mod switch;

pub use switch::{agencies, switch};

/// How long an access token works.
pub const ACCESS_MS: i64 = 15 * 60 * 1000;
/// How long a session lasts, however often it is renewed.
pub const SESSION_MS: i64 = 24 * 60 * 60 * 1000;
/// What stands around a request that nobody is signed in for.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    pub address: Option<String>,
    pub trace: String,
}

pub(super) fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

pub(super) fn fresh_token(kind: char) -> String {
    let bytes: [u8; 32] = rand::random();
    format!("rd{kind}_{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// Signs in with a password. Unknown, suspended and wrong are one answer, after the same work.
pub async fn sign_in(desk: Desk, visitor: Visitor, request: SignIn) -> Result<Tokens> {
    let email = request.email.trim().to_lowercase();
    let label = text::optional("label", request.label.as_deref().unwrap_or("riskdesk"), 80)?;
    let account = digest(&email);
    let now = desk.now();
    let turn = desk.passwords().turn()?;
    // The guess is counted before it is looked at, so that a crowd of guesses is no faster than a queue of them.
    let person = match guess::reserve(&desk, account, email.clone(), now).await? {
        Ok(person) => person,
        Err(refusal) => return Err(refusal.into()),
    };
    let stored = person.as_ref().and_then(|p| p.password_hash.as_deref());
    let right = desk.passwords().verify(turn, &request.password, stored).await?;
    let Some(person) = person.as_ref().filter(|_| right).cloned() else {
        note_failure(&desk, person, visitor, now);
        return wrong();
    };
    let wanted = request.agency;
    let issued = desk
        .store()
        .door(move |door| {
            Box::pin(async move {
                let memberships = identity::memberships(door, person.id).await?;
                let Some(member) = memberships.into_iter().find(|m| wanted.is_none_or(|a| a == m.agency)) else {
                    return Ok::<_, Error>(None);
                };
                identity::forgive(door, account).await?;
                let new = NewSession {
                    agency: member.agency,
                    id: SessionId::fresh(),
                    user: member.user,
                    label,
                    expires_at: now.plus_ms(SESSION_MS),
                };
                let (session, expires_at) = (new.id, new.expires_at);
                identity::open_session(door, new, now).await?;
                identity::sweep(door, now).await?;
                record(door, &member, &visitor, "session.open", None, now).await?;
                issue(door, member, session, 1, expires_at, now).await.map(Some)
            })
        })
        .await?;
    match issued {
        Some(tokens) => Ok(tokens),
        None => wrong(),
    }
}

fn wrong<T>() -> Result<T> {
    refuse(
        Code::InvalidCredentials,
        "E-mail or password is wrong. Check both, or ask an admin of your agency to reset it.",
    )
}

/// Records a wrong password in the trail of every agency the person belongs to, after the answer: the time it takes
/// would tell that the account exists.
fn note_failure(desk: &Desk, person: Option<identity::PersonRow>, visitor: Visitor, now: Time) {
    let Some(person) = person else { return };
    let store = desk.store().clone();
    tokio::spawn(async move {
        let noted: Result<()> = store
            .door(move |door| {
                Box::pin(async move {
                    for member in identity::memberships(door, person.id).await? {
                        record(
                            door,
                            &member,
                            &visitor,
                            "session.open",
                            Some(Code::InvalidCredentials),
                            now,
                        )
                        .await?;
                    }
                    Ok(())
                })
            })
            .await;
        if let Err(error) = noted {
            tracing::error!(%error, "a failed sign-in could not be recorded");
        }
    });
}

async fn record(
    door: &mut Door,
    member: &Membership,
    visitor: &Visitor,
    act: &str,
    refused: Option<Code>,
    now: Time,
) -> Result<()> {
    let row = audit::NewAudit {
        at: now,
        actor_kind: "user",
        actor: Some(member.user.0),
        act: act.to_owned(),
        object_kind: None,
        object: None,
        project: None,
        client: None,
        refused: refused.map(Code::name),
        address: visitor.address.clone(),
        trace: Some(visitor.trace.clone()),
        detail: "{}".to_owned(),
    };
    Ok(audit::write_at_door(door, member.agency, row).await?)
}

/// Makes the tokens of a generation.
async fn issue(
    door: &mut Door,
    member: Membership,
    session: SessionId,
    generation: i64,
    session_ends: Time,
    now: Time,
) -> Result<Tokens> {
    let (access, refresh) = (fresh_token('a'), fresh_token('r'));
    let access_expires_at = now.plus_ms(ACCESS_MS).min(session_ends);
    for (token, refresh, expires_at) in [(&access, false, access_expires_at), (&refresh, true, session_ends)] {
        let new = NewToken {
            hash: digest(token),
            agency: member.agency,
            session,
            refresh,
            generation,
            expires_at,
        };
        identity::add_token(door, new).await?;
    }
    Ok(Tokens {
        access_token: access,
        access_expires_at,
        refresh_token: refresh,
        refresh_expires_at: session_ends,
        who: Who {
            session,
            user: member.user,
            name: member.name,
            email: member.email,
            role: member.role,
            agency: AgencyRef {
                id: member.agency,
                name: member.agency_name,
                kind: member.agency_kind,
            },
        },
    })
}

fn over() -> Error {
    Problem::new(
        Code::SessionRevoked,
        "This session has ended. Sign in again: riskdesk login.",
    )
    .into()
}

/// Trades a refresh token for the next generation.
pub async fn refresh(desk: Desk, visitor: Visitor, request: Refresh) -> Result<Tokens> {
    let hash = digest(&request.refresh_token);
    let now = desk.now();
    // What was never issued costs a read, not the one writer.
    let known = desk
        .store()
        .door_read(|door| Box::pin(async move { identity::token(door, hash).await }))
        .await
        .map_err(Error::Store)?;
    if known.is_none_or(|row| !row.refresh) {
        return Err(over());
    }
    let tokens = desk
        .store()
        .door(move |door| {
            Box::pin(async move {
                let Some(row) = identity::token(door, hash).await? else {
                    return Ok(None);
                };
                let Some((member, state)) = row.member else {
                    return Ok(None);
                };
                let dead = row.revoked
                    || row.session_expires_at <= now
                    || row.token_expires_at <= now
                    || state != UserState::Active;
                if !row.refresh || dead {
                    return Ok(None);
                }
                let (agency, session) = (row.agency, row.session);
                let current = row.generation == row.session_generation && !row.replaced;
                let lost_answer = row.generation + 1 == row.session_generation && !row.confirmed && !row.replaced;
                let generation = if current && identity::rotate(door, agency, session, row.generation, now).await? {
                    row.generation + 1
                } else if lost_answer {
                    identity::replace_tokens(door, agency, session, row.session_generation).await?;
                    row.session_generation
                } else if current {
                    // Another request with this very token was faster by a moment: its answer may be lost too.
                    identity::replace_tokens(door, agency, session, row.generation + 1).await?;
                    row.generation + 1
                } else {
                    identity::revoke(door, agency, session, now).await?;
                    record(
                        door,
                        &member,
                        &visitor,
                        "session.replay",
                        Some(Code::SessionRevoked),
                        now,
                    )
                    .await?;
                    return Ok(None);
                };
                issue(door, member, session, generation, row.session_expires_at, now)
                    .await
                    .map(Some)
            })
        })
        .await?;
    desk.wake();
    tokens.ok_or_else(over)
}

/// Whose access token is this, right now?
#[derive(Debug)]
pub enum Bearer {
    /// Boxed: a caller is much larger than the rest.
    User(Box<Caller>),
    /// One of a client's own people: agency routes do not exist for it.
    Portal(Box<PortalCaller>),
}

/// Finds out who a bearer token stands for, with the rights as they are at this moment.
pub async fn authenticate(desk: &Desk, token: &str, visitor: &Visitor) -> Result<Bearer> {
    let hash = digest(token);
    let now = desk.now();
    let unknown = || Problem::new(Code::Unauthenticated, "This needs a session. Sign in: riskdesk login.").into();
    let row = desk
        .store()
        .door_read(|door| Box::pin(async move { identity::token(door, hash).await }))
        .await
        .map_err(Error::Store)?;
    let Some(row) = row.filter(|row| !row.refresh) else {
        return Err(unknown());
    };
    if row.revoked || row.session_expires_at <= now {
        return Err(over());
    }
    if row.token_expires_at <= now || row.replaced {
        return Err(Problem::new(
            Code::Unauthenticated,
            "The access token has expired. Renew the session.",
        )
        .into());
    }
    if let Some(portal) = row.portal {
        if portal.state != UserState::Active {
            return Err(over());
        }
        let actor = Actor::Portal {
            client: portal.client,
            role: portal.role,
        };
        return Ok(Bearer::Portal(Box::new(PortalCaller {
            user: portal.user,
            client: portal.client,
            name: portal.name,
            role: portal.role,
            scope: Scope::session(row.agency, actor),
            idempotency: None,
            address: visitor.address.clone(),
            trace: visitor.trace.clone(),
        })));
    }
    let Some((member, UserState::Active)) = row.member else {
        return Err(over());
    };
    let (agency, session, generation) = (row.agency, row.session, row.generation);
    // The first use of a generation consumes the one before it; later uses write at most once a minute.
    let first_use = generation == row.session_generation && !row.confirmed;
    if first_use || now.0 - row.last_used_at.0 > 60_000 {
        desk.store()
            .door(move |door| Box::pin(async move { identity::confirm(door, agency, session, generation, now).await }))
            .await
            .map_err(Error::Store)?;
    }
    Ok(Bearer::User(Box::new(Caller {
        session,
        session_expires_at: row.session_expires_at,
        user: member.user,
        name: member.name,
        email: member.email,
        role: member.role,
        agency,
        agency_name: member.agency_name,
        agency_kind: member.agency_kind,
        scope: Scope::session(
            agency,
            Actor::User {
                id: member.user,
                role: member.role,
            },
        ),
        token: row.scope,
        idempotency: None,
        pin: None,
        version: None,
        address: visitor.address.clone(),
        trace: visitor.trace.clone(),
    })))
}

pub async fn sign_out(desk: Desk, caller: Caller, _: SignOut) -> Result<()> {
    let (session, user, now) = (caller.session, caller.user, desk.now());
    desk.act(&caller, "session.close", move |tx, _| {
        Box::pin(async move { Ok(store::session::revoke(tx, user, session, now).await.map(drop)?) })
    })
    .await
}

pub async fn who_am_i(_: Desk, caller: Caller, _: WhoAmI) -> Result<Who> {
    Ok(Who {
        session: caller.session,
        user: caller.user,
        name: caller.name,
        email: caller.email,
        role: caller.role,
        agency: AgencyRef {
            id: caller.agency,
            name: caller.agency_name,
            kind: caller.agency_kind,
        },
    })
}

pub async fn list(desk: Desk, caller: Caller, _: ListSessions) -> Result<Sessions> {
    let (user, current, now) = (caller.user, caller.session, desk.now());
    let rows = desk
        .read(&caller, |tx| {
            Box::pin(async move { Ok(store::session::list(tx, user, now).await?) })
        })
        .await?;
    let item = |row: store::session::SessionRow| Session {
        current: row.id == current,
        id: row.id,
        label: row.label,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    };
    Ok(Sessions {
        items: rows.into_iter().map(item).collect(),
    })
}

pub async fn revoke(desk: Desk, caller: Caller, request: RevokeSession) -> Result<()> {
    let (user, session, now) = (caller.user, SessionId(request.session), desk.now());
    desk.act(&caller, "session.revoke", move |tx, _| {
        Box::pin(async move {
            if store::session::revoke(tx, user, session, now).await? {
                Ok(())
            } else {
                Err(super::not_found())
            }
        })
    })
    .await
}

/// Opens a session without a password: for the operator's test users and the demo's own console.
pub async fn open_for(desk: &Desk, agency: AgencyId, email: &str, label: &str) -> Result<Option<Tokens>> {
    let (email, label, now) = (email.to_lowercase(), label.to_owned(), desk.now());
    desk.store()
        .door(move |door| {
            Box::pin(async move {
                let Some(person) = identity::person(door, &email).await? else {
                    return Ok(None);
                };
                let Some(member) = identity::memberships(door, person.id)
                    .await?
                    .into_iter()
                    .find(|m| m.agency == agency)
                else {
                    return Ok(None);
                };
                let new = NewSession {
                    agency,
                    id: SessionId::fresh(),
                    user: member.user,
                    label,
                    expires_at: now.plus_ms(SESSION_MS),
                };
                let (session, expires_at) = (new.id, new.expires_at);
                identity::open_session(door, new, now).await?;
                issue(door, member, session, 1, expires_at, now).await.map(Some)
            })
        })
        .await
}
