//! `access why`: the answer of the access rules for a person and an object, rule by rule. Only for what the asker may open:
//! anything else is "not found", and a person of another agency is nobody.

use super::client::person;
use super::{Caller, Desk, Result, client, finding, project, refuse};
use crate::api::Ref;
use crate::api::access::{AccessAnswer, AccessRule, ExplainAccess};
use crate::api::problem::{Code, Problem};
use crate::domain::access::{AgencyAccess, Role, UserState, may_open, may_open_unassigned};
use crate::domain::id::ClientId;
use crate::store::client::{ClientRow, UserRef};
use crate::store::project::ProjectRow;
use crate::store::user::UserRow;
use crate::store::{self, Tx};

/// What is asked about, down from its client.
struct Object {
    kind: &'static str,
    name: Ref,
    project: Option<ProjectRow>,
    client: Option<ClientRow>,
}

async fn owner(tx: &mut Tx, client: Option<ClientId>) -> Result<Option<ClientRow>> {
    match client {
        Some(id) => Ok(Some(client::open(tx, &id.to_string()).await?)),
        None => Ok(None),
    }
}

/// Every object that is named, so that none of them can be guessed beside a visible one.
async fn named(tx: &mut Tx, request: &ExplainAccess) -> Result<Vec<Object>> {
    let mut out = Vec::new();
    if let Some(wanted) = &request.client {
        let row = client::open(tx, wanted).await?;
        out.push(Object {
            kind: "client",
            name: Ref {
                id: row.id.0,
                key: row.key.clone(),
                name: row.name.clone(),
            },
            project: None,
            client: Some(row),
        });
    }
    if let Some(wanted) = &request.project {
        let row = project::open(tx, wanted).await?;
        out.push(Object {
            kind: "project",
            name: Ref {
                id: row.id.0,
                key: row.key.clone(),
                name: row.name.clone(),
            },
            client: owner(tx, row.client.as_ref().map(|c| c.id)).await?,
            project: Some(row),
        });
    }
    if let Some(wanted) = &request.finding {
        let row = finding::open(tx, wanted).await?;
        out.push(Object {
            kind: "finding",
            name: Ref {
                id: row.id.0,
                key: row.key,
                name: row.title,
            },
            client: owner(tx, row.client.as_ref().map(|c| c.id)).await?,
            project: Some(project::open(tx, &row.project.id.to_string()).await?),
        });
    }
    Ok(out)
}

pub async fn why(desk: Desk, caller: Caller, request: ExplainAccess) -> Result<AccessAnswer> {
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let mut objects = named(tx, &request).await?;
            let Some(user) = store::user::find(tx, &request.person.trim().to_lowercase()).await? else {
                let detail = "There is no such user in your agency: write an e-mail that `riskdesk user list` shows.";
                return Err(Problem::new(Code::InvalidRequest, detail).field("person").into());
            };
            let (Some(object), true) = (objects.pop(), objects.is_empty()) else {
                return refuse(
                    Code::InvalidRequest,
                    "Name one client, one project or one finding to ask about.",
                );
            };
            explain(tx, user, object).await
        })
    })
    .await
}

async fn explain(tx: &mut Tx, user: UserRow, object: Object) -> Result<AccessAnswer> {
    let mut rules = Vec::new();
    let mut say = |rule: &str, grants: Option<bool>, text: String| {
        rules.push(AccessRule {
            rule: rule.to_owned(),
            grants,
            text,
        });
    };
    if let Some(project) = object.project.as_ref().filter(|_| object.kind == "finding") {
        say(
            "place",
            None,
            format!("The finding stands in the project {} ({}).", project.key, project.name),
        );
    }
    if let Some(project) = &object.project {
        let text = match &object.client {
            Some(client) => format!(
                "The project {} belongs to the client {}: whoever may open the client may open all that is in it.",
                project.key, client.name
            ),
            None => format!("The project {} belongs to no client.", project.key),
        };
        say("place", None, text);
    }
    let allowed = if user.state == UserState::Active {
        say("membership", Some(true), "The membership is active.".into());
        match (user.role, &object.client) {
            (Role::Viewer, _) => {
                say(
                    "role",
                    Some(false),
                    "Viewers see the agency overview and open no workspace, whatever a list says.".into(),
                );
                false
            }
            (Role::Admin, _) => {
                say("role", Some(true), "Admins may open every workspace.".into());
                true
            }
            (role, Some(client)) => {
                say(
                    "role",
                    None,
                    "For an analyst the client's agency access decides.".into(),
                );
                let lists = store::client::selected(tx, &[client.id]).await?;
                let selected = lists.iter().any(|(_, listed)| listed.id == user.id);
                let allowed = may_open(role, client.agency_access, selected);
                let text = match (client.agency_access, selected) {
                    (AgencyAccess::AllUsers, _) => "is open to all analysts of the agency.",
                    (AgencyAccess::AdminsOnly, _) => "is open to admins only.",
                    (AgencyAccess::AdminsAndSelected, true) => {
                        "is open to admins and a list, on which this person stands."
                    }
                    (AgencyAccess::AdminsAndSelected, false) => {
                        "is open to admins and a list, on which this person does not stand."
                    }
                };
                if client.manager.id == user.id {
                    say(
                        "account_manager",
                        None,
                        "This person is the account manager, which grants nothing by itself.".into(),
                    );
                }
                say(
                    "agency_access",
                    Some(allowed),
                    format!("The client {} {text}", client.name),
                );
                allowed
            }
            (role, None) => {
                let parts = match &object.project {
                    Some(project) => involved(tx, project, &user).await?,
                    None => Vec::new(),
                };
                let allowed = may_open_unassigned(role, !parts.is_empty());
                let text = if parts.is_empty() {
                    "A project of no client is open to admins, its keeper (who made or unassigned it), its lead and its team; this person is none of these.".to_owned()
                } else {
                    format!(
                        "A project of no client is open to those involved; this person is its {}.",
                        parts.join(", ")
                    )
                };
                say("unassigned", Some(allowed), text);
                allowed
            }
        }
    } else {
        say(
            "membership",
            Some(false),
            format!("The membership is {}: nothing is open.", store::name(user.state)),
        );
        false
    };
    Ok(AccessAnswer {
        role: user.role,
        state: user.state,
        person: person(UserRef {
            id: user.id,
            name: user.name,
            email: user.email,
        }),
        kind: object.kind.to_owned(),
        object: object.name,
        allowed,
        rules,
    })
}

/// What a person is to a project of no client.
async fn involved(tx: &mut Tx, project: &ProjectRow, user: &UserRow) -> Result<Vec<&'static str>> {
    let mut parts = Vec::new();
    if store::project::keeper(tx, project.id).await? == user.id {
        parts.push("keeper");
    }
    if project.lead.as_ref().is_some_and(|lead| lead.id == user.id) {
        parts.push("lead");
    }
    let teams = store::project::teams(tx, &[project.id.0]).await?;
    if teams.iter().any(|(_, member)| member.id == user.id) {
        parts.push("team member");
    }
    Ok(parts)
}
