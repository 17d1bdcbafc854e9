//! The few look-ups before an agency is known: who signs in, whose token this is. Nothing else may go through a
//! [`Door`] (the event hub's reading of the stream excepted).

use uuid::Uuid;

use super::{Door, Result, Row, Sql};
use crate::domain::access::{PortalRole, Role, TokenScope, UserState};
use crate::domain::id::{AgencyId, ClientId, PersonId, PortalUserId, SessionId, UserId};
use crate::domain::plan::AgencyKind;
use crate::domain::time::Time;

/// A secret of the server itself, made on first use.
pub async fn server_secret(door: &mut Door, name: &'static str, fresh: [u8; 32]) -> Result<Vec<u8>> {
    let make = Sql::new("INSERT INTO server_secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
    door.run(make.bind(name).bind(fresh)).await?;
    let row = door
        .opt(Sql::new("SELECT value FROM server_secret WHERE name = $1").bind(name))
        .await?;
    row.ok_or(super::Error::Missing)?.get("value")
}

#[derive(Debug, Clone)]
pub struct PersonRow {
    pub id: PersonId,
    pub email: String,
    pub password_hash: Option<String>,
}

pub async fn person(door: &mut Door, email: &str) -> Result<Option<PersonRow>> {
    let row = door
        .opt(Sql::new("SELECT id, email, password_hash FROM person WHERE email = $1").bind(email))
        .await?;
    row.map(|row| {
        Ok(PersonRow {
            id: row.id("id")?,
            email: row.get("email")?,
            password_hash: row.get("password_hash")?,
        })
    })
    .transpose()
}

/// What is known of the guesses at one account.
#[derive(Debug, Clone, Copy, Default)]
pub struct Guard {
    pub failures: i64,
    pub not_before: i64,
    pub day_start: i64,
    pub day_count: i64,
}

/// What is known of an account, its row locked until the transaction ends: guesses in parallel are counted one by one.
/// `account` is a digest of the e-mail, so that guesses at unknown accounts are counted alike.
pub async fn hold_guard(door: &mut Door, account: [u8; 32]) -> Result<Guard> {
    let sql = Sql::new(
        "INSERT INTO sign_in_guard (account, failures, not_before, day_start, day_count) VALUES ($1, 0, 0, 0, 0) \
         ON CONFLICT (account) DO UPDATE SET failures = sign_in_guard.failures \
         RETURNING failures, not_before, day_start, day_count",
    );
    let row = door.opt(sql.bind(account)).await?.ok_or(super::Error::Missing)?;
    Ok(Guard {
        failures: row.get("failures")?,
        not_before: row.get("not_before")?,
        day_start: row.get("day_start")?,
        day_count: row.get("day_count")?,
    })
}

pub async fn set_guard(door: &mut Door, account: [u8; 32], guard: Guard) -> Result<()> {
    let sql = Sql::new(
        "UPDATE sign_in_guard SET failures = $2, not_before = $3, day_start = $4, day_count = $5 WHERE account = $1",
    );
    let sql = sql.bind(account).bind(guard.failures).bind(guard.not_before);
    door.run(sql.bind(guard.day_start).bind(guard.day_count))
        .await
        .map(drop)
}

/// The password was right: waits end, and this guess does not count; wrong ones of the day still do.
pub async fn forgive(door: &mut Door, account: [u8; 32]) -> Result<()> {
    let sql = Sql::new(
        "UPDATE sign_in_guard SET failures = 0, not_before = 0, day_count = CASE WHEN day_count > 0 THEN day_count - 1 ELSE 0 END \
         WHERE account = $1",
    );
    door.run(sql.bind(account)).await.map(drop)
}

/// A membership one may sign in to.
#[derive(Debug, Clone)]
pub struct Membership {
    pub agency: AgencyId,
    pub agency_name: String,
    pub agency_kind: AgencyKind,
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
}

impl Membership {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            agency: row.id("agency_id")?,
            agency_name: row.get("agency_name")?,
            agency_kind: row.word("kind")?,
            user: row.id("user_id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            role: row.word("role")?,
        })
    }
}

/// The person's active memberships, the one used last first.
pub async fn memberships(door: &mut Door, person: PersonId) -> Result<Vec<Membership>> {
    let sql = Sql::new(
        "SELECT u.agency_id, a.name AS agency_name, a.kind, u.id AS user_id, u.name, u.email, u.role \
         FROM agency_user u JOIN agency a ON a.agency_id = u.agency_id \
         WHERE u.person_id = $1 AND u.state = 'active' ORDER BY COALESCE(u.last_used_at, 0) DESC, u.created_at, u.id",
    );
    door.all(sql.bind(person)).await?.iter().map(Membership::read).collect()
}

#[derive(Debug, Clone)]
pub struct NewSession {
    pub agency: AgencyId,
    pub id: SessionId,
    pub user: UserId,
    pub label: String,
    pub expires_at: Time,
}

pub async fn open_session(door: &mut Door, new: NewSession, now: Time) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO session (agency_id, id, user_id, label, generation, confirmed, created_at, last_used_at, expires_at) \
         VALUES ($1, $2, $3, $4, 1, TRUE, $5, $5, $6)",
    );
    door.run(
        sql.bind(new.agency)
            .bind(new.id)
            .bind(new.user)
            .bind(new.label)
            .bind(now)
            .bind(new.expires_at),
    )
    .await?;
    let sql = Sql::new("UPDATE agency_user SET last_used_at = $3 WHERE agency_id = $1 AND id = $2");
    door.run(sql.bind(new.agency).bind(new.user).bind(now)).await.map(drop)
}

/// Opens the session that an API token stands for.
pub async fn open_scoped(door: &mut Door, new: NewSession, scope: String, now: Time) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO session (agency_id, id, user_id, label, generation, confirmed, created_at, last_used_at, expires_at, scope) \
         VALUES ($1, $2, $3, $4, 1, TRUE, $5, $5, $6, $7)",
    );
    let sql = sql.bind(new.agency).bind(new.id).bind(new.user).bind(new.label);
    door.run(sql.bind(now).bind(new.expires_at).bind(scope)).await.map(drop)
}

#[derive(Debug, Clone, Copy)]
pub struct NewToken {
    pub hash: [u8; 32],
    pub agency: AgencyId,
    pub session: SessionId,
    pub refresh: bool,
    pub generation: i64,
    pub expires_at: Time,
}

pub async fn add_token(door: &mut Door, new: NewToken) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO session_token (hash, agency_id, session_id, kind, generation, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
    );
    let sql = sql
        .bind(new.hash)
        .bind(new.agency)
        .bind(new.session)
        .bind(if new.refresh { "refresh" } else { "access" });
    door.run(sql.bind(new.generation).bind(new.expires_at)).await.map(drop)
}

/// A token with the session and membership behind it, as they are now.
#[derive(Debug, Clone)]
pub struct TokenRow {
    pub session: SessionId,
    pub refresh: bool,
    pub generation: i64,
    pub token_expires_at: Time,
    /// A later token of the same generation was issued in its place.
    pub replaced: bool,
    pub session_generation: i64,
    /// Whether a token of the session's current generation has been used.
    pub confirmed: bool,
    pub session_expires_at: Time,
    pub last_used_at: Time,
    pub revoked: bool,
    /// `None` where it is a portal user's.
    pub member: Option<(Membership, UserState)>,
    pub portal: Option<PortalMember>,
    pub agency: AgencyId,
    /// Of an API token.
    pub scope: Option<TokenScope>,
}

/// One of a client's own people.
#[derive(Debug, Clone)]
pub struct PortalMember {
    pub user: PortalUserId,
    pub client: ClientId,
    pub name: String,
    pub role: PortalRole,
    pub state: UserState,
}

/// Looks a token up by its digest.
pub async fn token(door: &mut Door, hash: [u8; 32]) -> Result<Option<TokenRow>> {
    let sql = Sql::new(
        "SELECT t.session_id, t.kind AS token_kind, t.generation, t.expires_at AS token_expires_at, t.replaced, t.agency_id, \
           s.generation AS session_generation, s.confirmed, s.expires_at AS session_expires_at, s.last_used_at, s.revoked_at, s.user_id, s.scope, \
           s.portal_user_id, u.name, u.email, u.role, u.state, a.name AS agency_name, a.kind, pu.client_id, pu.name AS portal_name, pu.role AS portal_role, pu.state AS portal_state \
         FROM session_token t JOIN session s ON s.agency_id = t.agency_id AND s.id = t.session_id \
           JOIN agency a ON a.agency_id = t.agency_id \
           LEFT JOIN agency_user u ON u.agency_id = s.agency_id AND u.id = s.user_id \
           LEFT JOIN portal_user pu ON pu.agency_id = s.agency_id AND pu.id = s.portal_user_id \
         WHERE t.hash = $1",
    );
    let Some(row) = door.opt(sql.bind(hash)).await? else {
        return Ok(None);
    };
    let member = match row.get::<Option<Uuid>>("user_id")? {
        Some(_) => Some((Membership::read(&row)?, row.word("state")?)),
        None => None,
    };
    let portal = match (row.opt_id("portal_user_id")?, row.opt_id("client_id")?) {
        (Some(user), Some(client)) => Some(PortalMember {
            user,
            client,
            name: row.get("portal_name")?,
            role: row.word("portal_role")?,
            state: row.word("portal_state")?,
        }),
        _ => None,
    };
    Ok(Some(TokenRow {
        session: row.id("session_id")?,
        refresh: row.get::<String>("token_kind")? == "refresh",
        generation: row.get("generation")?,
        token_expires_at: row.time("token_expires_at")?,
        replaced: row.get("replaced")?,
        session_generation: row.get("session_generation")?,
        confirmed: row.get("confirmed")?,
        session_expires_at: row.time("session_expires_at")?,
        last_used_at: row.time("last_used_at")?,
        revoked: row.opt_time("revoked_at")?.is_some(),
        member,
        portal,
        agency: row.id("agency_id")?,
        scope: row
            .get::<Option<String>>("scope")?
            .as_deref()
            .map(super::word)
            .transpose()?,
    }))
}

/// What a stream's session and membership are at this moment.
#[derive(Debug, Clone, Copy)]
pub struct StandingRow {
    pub token: [u8; 32],
    /// When token or session run out, whichever is first.
    pub until: Time,
    pub role: Role,
    /// The agency's, which changes with anybody's rights.
    pub access_epoch: i64,
}

/// Of these tokens the ones that still stand for an active user, in one statement.
pub async fn standings(door: &mut Door, tokens: &[[u8; 32]]) -> Result<Vec<StandingRow>> {
    let mut sql = Sql::new(
        "SELECT t.hash, t.expires_at, s.expires_at AS session_expires_at, u.role, a.access_epoch \
         FROM session_token t JOIN session s ON s.agency_id = t.agency_id AND s.id = t.session_id \
           JOIN agency_user u ON u.agency_id = s.agency_id AND u.id = s.user_id JOIN agency a ON a.agency_id = t.agency_id \
         WHERE t.kind = 'access' AND NOT t.replaced AND s.revoked_at IS NULL AND u.state = 'active' AND t.hash IN (",
    );
    for (n, token) in tokens.iter().enumerate() {
        sql.push(if n == 0 { "" } else { ", " });
        sql.push_door_bind(*token);
    }
    sql.push(")");
    door.all(sql)
        .await?
        .iter()
        .map(|row| {
            let hash: Vec<u8> = row.get("hash")?;
            Ok(StandingRow {
                token: hash
                    .try_into()
                    .map_err(|_| super::Error::Corrupt("a token's digest has the wrong length".into()))?,
                until: row.time("expires_at")?.min(row.time("session_expires_at")?),
                role: row.word("role")?,
                access_epoch: row.get("access_epoch")?,
            })
        })
        .collect()
}

/// Notes that a token of the current generation was used: from now on the one before it is consumed.
pub async fn confirm(door: &mut Door, agency: AgencyId, session: SessionId, generation: i64, now: Time) -> Result<()> {
    let sql = Sql::new(
        "UPDATE session SET confirmed = TRUE, last_used_at = $4 WHERE agency_id = $1 AND id = $2 AND generation = $3",
    );
    door.run(sql.bind(agency).bind(session).bind(generation).bind(now))
        .await
        .map(drop)
}

/// Begins the next generation of a session's tokens; the current one must be `from`. `false` where another was faster.
pub async fn rotate(door: &mut Door, agency: AgencyId, session: SessionId, from: i64, now: Time) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE session SET generation = generation + 1, confirmed = FALSE, last_used_at = $4 \
         WHERE agency_id = $1 AND id = $2 AND generation = $3 AND revoked_at IS NULL",
    );
    Ok(door.run(sql.bind(agency).bind(session).bind(from).bind(now)).await? == 1)
}

/// Marks the unused tokens of a generation as replaced: their answer was lost on the way.
pub async fn replace_tokens(door: &mut Door, agency: AgencyId, session: SessionId, generation: i64) -> Result<()> {
    let sql = Sql::new(
        "UPDATE session_token SET replaced = TRUE WHERE agency_id = $1 AND session_id = $2 AND generation = $3",
    );
    door.run(sql.bind(agency).bind(session).bind(generation))
        .await
        .map(drop)
}

pub async fn revoke(door: &mut Door, agency: AgencyId, session: SessionId, now: Time) -> Result<()> {
    let sql = Sql::new("UPDATE session SET revoked_at = $3 WHERE agency_id = $1 AND id = $2 AND revoked_at IS NULL");
    door.run(sql.bind(agency).bind(session).bind(now)).await.map(drop)
}

/// Forgets tokens that can never be used again, and guesses of past days.
pub async fn sweep(door: &mut Door, now: Time) -> Result<u64> {
    let old = Sql::new("DELETE FROM sign_in_guard WHERE day_start < $1 AND not_before < $1");
    door.run(old.bind(now.plus_days(-2))).await?;
    door.run(Sql::new("DELETE FROM session_token WHERE expires_at < $1").bind(now.plus_days(-2)))
        .await
}
