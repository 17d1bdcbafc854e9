//! Portal users: made by the operator until the portal has screens, so that the access matrix covers them from the start.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Admin, Result, Sql, Tx, name};
use crate::domain::access::{ClientState, PortalLevel, PortalRole};
use crate::domain::id::{AgencyId, ClientId, FindingId, PersonId, PortalUserId, ProjectId, SessionId};
use crate::domain::time::Time;

/// A finding that was released to the client of the transaction's scope.
#[derive(Debug, Clone, Copy)]
pub struct Released {
    pub finding: FindingId,
    pub project: ProjectId,
    pub level: PortalLevel,
    pub client_state: ClientState,
}

/// By key or id; `None` where it is another client's, was not released, or lies outside the user's listed projects.
pub async fn released(tx: &mut Tx, user: PortalUserId, key: &str, id: Uuid) -> Result<Option<Released>> {
    let Some(client) = tx.scope().client() else {
        return Ok(None);
    };
    let sql = Sql::new(
        "SELECT f.id, f.project_id, c.portal_level, c.state FROM finding f \
         JOIN project p ON p.agency_id = f.agency_id AND p.id = f.project_id \
         JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
         WHERE f.agency_id = $1 AND c.id = $2 AND (f.key = $3 OR f.id = $4 OR f.id = (SELECT m.survivor_id FROM finding_merged m WHERE m.agency_id = $1 \
             AND (m.key = $3 OR m.id = $4) AND m.released_at IS NOT NULL)) AND f.released_at IS NOT NULL \
           AND (NOT EXISTS (SELECT 1 FROM portal_user_project l WHERE l.agency_id = $1 AND l.portal_user_id = $5) \
             OR EXISTS (SELECT 1 FROM portal_user_project l WHERE l.agency_id = $1 AND l.portal_user_id = $5 AND l.project_id = p.id))",
    );
    let row = tx.opt(sql.bind(client).bind(key).bind(id).bind(user)).await?;
    row.map(|row| {
        Ok(Released {
            finding: row.id("id")?,
            project: row.id("project_id")?,
            level: row.word("portal_level")?,
            client_state: row.word("state")?,
        })
    })
    .transpose()
}

/// How many of a client's people see what is released in a project of it: none while the portal is shut.
pub async fn readers(tx: &mut Tx, client: ClientId, project: ProjectId) -> Result<i64> {
    let sql = Sql::new(
        "SELECT COUNT(*) AS n FROM portal_user w JOIN client c ON c.agency_id = w.agency_id AND c.id = w.client_id \
         WHERE w.agency_id = $1 AND w.client_id = $2 AND w.state = 'active' AND c.portal_level <> 'disabled' \
           AND (NOT EXISTS (SELECT 1 FROM portal_user_project l WHERE l.agency_id = $1 AND l.portal_user_id = w.id) \
             OR EXISTS (SELECT 1 FROM portal_user_project l WHERE l.agency_id = $1 AND l.portal_user_id = w.id AND l.project_id = $3))",
    );
    tx.one(sql.bind(client).bind(project)).await?.get("n")
}

/// Lets a client's people into their portal, or shuts it.
pub async fn set_level(admin: &mut Admin, agency: AgencyId, client: Uuid, level: PortalLevel) -> Result<bool> {
    let sql = Sql::new("UPDATE client SET portal_level = $3, version = version + 1 WHERE agency_id = $1 AND id = $2");
    Ok(admin.run(sql.bind(agency).bind(client).bind(name(level))).await? == 1)
}

/// Makes a portal user with a session of one hour and gives its access token.
pub async fn open(
    admin: &mut Admin,
    agency: AgencyId,
    client: Uuid,
    person: PersonId,
    email: &str,
    role: PortalRole,
    now: Time,
) -> Result<String> {
    let (user, session) = (PortalUserId::fresh(), SessionId::fresh());
    let sql = Sql::new(
        "INSERT INTO portal_user (agency_id, client_id, id, person_id, email, name, role, state, created_at) VALUES ($1, $2, $3, $4, $5, $5, $6, 'active', $7)",
    );
    admin
        .run(
            sql.bind(agency)
                .bind(client)
                .bind(user)
                .bind(person)
                .bind(email)
                .bind(name(role))
                .bind(now),
        )
        .await?;
    let ends = now.plus_ms(3_600_000);
    let sql = Sql::new(
        "INSERT INTO session (agency_id, id, portal_user_id, label, generation, confirmed, created_at, last_used_at, expires_at) VALUES ($1, $2, $3, 'portal', 1, TRUE, $4, $4, $5)",
    );
    admin
        .run(sql.bind(agency).bind(session).bind(user).bind(now).bind(ends))
        .await?;
    let bytes: [u8; 32] = rand::random();
    let token = format!("rda_{}", URL_SAFE_NO_PAD.encode(bytes));
    let hash: [u8; 32] = Sha256::digest(&token).into();
    let sql = Sql::new(
        "INSERT INTO session_token (hash, agency_id, session_id, kind, generation, expires_at) VALUES ($1, $2, $3, 'access', 1, $4)",
    );
    admin.run(sql.bind(hash).bind(agency).bind(session).bind(ends)).await?;
    Ok(token)
}
