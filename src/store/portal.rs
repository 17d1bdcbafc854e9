//! Portal users: made by the operator until the portal has screens, so that the access matrix covers them from the start.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Admin, Result, Sql, name};
use crate::domain::access::PortalRole;
use crate::domain::id::{AgencyId, PersonId, PortalUserId, SessionId};
use crate::domain::time::Time;

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
