//! The agencies of a person, and going from one to another.

use super::{Visitor, issue, over, record};
use crate::api::problem::{Code, Problem};
use crate::api::session::{self, AgencyRef, ListAgencies, Memberships, SwitchAgency, Tokens};
use crate::domain::fold::sort_key;
use crate::domain::id::SessionId;
use crate::service::{Caller, Desk, Result};
use crate::store::Door;
use crate::store::identity::{self, Membership, NewSession};

fn wrong<T>(what: &str) -> Result<T> {
    Err(Problem::new(Code::InvalidRequest, what).field("agency").into())
}

/// What the caller's person is a member of, the one used last first.
async fn memberships_of(door: &mut Door, email: &str) -> Result<Vec<Membership>> {
    match identity::person(door, email).await? {
        Some(person) => Ok(identity::memberships(door, person.id).await?),
        None => Ok(Vec::new()),
    }
}

pub async fn agencies(desk: Desk, caller: Caller, _: ListAgencies) -> Result<Memberships> {
    let (email, current) = (caller.email, caller.agency);
    let found = desk
        .store()
        .door_read(move |door| Box::pin(async move { memberships_of(door, &email).await }))
        .await?;
    let item = |member: Membership| session::Membership {
        current: member.agency == current,
        role: member.role,
        agency: AgencyRef {
            id: member.agency,
            name: member.agency_name,
            kind: member.agency_kind,
        },
    };
    Ok(Memberships {
        items: found.into_iter().map(item).collect(),
    })
}

/// Opens a session in another agency of the caller's person and ends the caller's. It lasts no longer than that one would
/// have: going back and forth is no way round the limit.
pub async fn switch(desk: Desk, caller: Caller, request: SwitchAgency) -> Result<Tokens> {
    let now = desk.now();
    let visitor = Visitor {
        address: caller.address.clone(),
        trace: caller.trace.clone(),
    };
    let tokens = desk
        .store()
        .door(move |door| {
            Box::pin(async move {
                let name = sort_key(&request.agency);
                let all = memberships_of(door, &caller.email).await?;
                let mut named = all
                    .iter()
                    .filter(|m| m.agency.to_string() == request.agency.trim() || sort_key(&m.agency_name) == name);
                let Some(member) = named.next().cloned() else {
                    return wrong("You belong to no agency of this name. Those you belong to: riskdesk session agencies.");
                };
                if named.next().is_some() {
                    return wrong(
                        "You belong to several agencies of this name. Say which by its id: riskdesk session agencies --json.",
                    );
                }
                if member.agency == caller.agency {
                    return wrong("This session is in that agency already.");
                }
                let Some(own) = all.into_iter().find(|m| m.agency == caller.agency) else {
                    return Err(over());
                };
                let new = NewSession {
                    agency: member.agency,
                    id: SessionId::fresh(),
                    user: member.user,
                    label: "command line".to_owned(),
                    expires_at: caller.session_expires_at,
                };
                let (session, expires_at) = (new.id, new.expires_at);
                identity::open_session(door, new, now).await?;
                identity::revoke(door, caller.agency, caller.session, now).await?;
                record(door, &own, &visitor, "session.close", None, now).await?;
                record(door, &member, &visitor, "session.open", None, now).await?;
                issue(door, member, session, 1, expires_at, now).await
            })
        })
        .await?;
    desk.wake();
    Ok(tokens)
}
