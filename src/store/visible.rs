//! The access rule of agency users as a predicate: `domain::access::may_open` and `may_open_unassigned`, in SQL.
//!
//! The one place where it is written in SQL; lists, counts, searches and events all append it. Aliases are fixed:
//! `c` is the client, `p` the project.

use super::sql::Sql;
use crate::domain::access::{Actor, Role};

/// Appends ` AND (the actor may open client c)`.
pub fn clients(sql: &mut Sql, actor: Actor) {
    match actor {
        Actor::System | Actor::User { role: Role::Admin, .. } => {}
        Actor::User {
            role: Role::Analyst,
            id,
        } => {
            sql.push(" AND (");
            open_client(sql, id.0);
            sql.push(")");
        }
        // A client's own people see it through the portal's routes alone.
        Actor::User { role: Role::Viewer, .. } | Actor::Portal { .. } => {
            sql.push(" AND FALSE");
        }
    }
}

/// Appends ` AND (the actor may open project p, whose client is c where it has one)`.
pub fn projects(sql: &mut Sql, actor: Actor) {
    match actor {
        Actor::User {
            role: Role::Analyst,
            id,
        } => {
            sql.push(" AND ((p.client_id IS NOT NULL AND (");
            open_client(sql, id.0);
            sql.push(")) OR (p.client_id IS NULL AND (COALESCE(p.keeper_id, p.created_by) = ")
                .push_bind(id.0);
            sql.push(" OR p.lead_id = ").push_bind(id.0);
            sql.push(" OR EXISTS (SELECT 1 FROM project_user pu WHERE pu.agency_id = $1 AND pu.project_id = p.id AND pu.user_id = ");
            sql.push_bind(id.0).push("))))");
        }
        other => clients(sql, other),
    }
}

fn open_client(sql: &mut Sql, user: uuid::Uuid) {
    sql.push("c.agency_access = 'all_users' OR (c.agency_access = 'admins_and_selected' AND EXISTS (SELECT 1 FROM client_user cu WHERE cu.agency_id = $1 AND cu.client_id = c.id AND cu.user_id = ");
    sql.push_bind(user).push("))");
}

/// Appends `(the user in a column may open this client)`.
pub(super) fn insider(sql: &mut Sql, column: &'static str, client: uuid::Uuid) {
    sql.push("EXISTS (SELECT 1 FROM agency_user w JOIN client c ON c.agency_id = w.agency_id WHERE w.agency_id = $1 AND w.id = ")
        .push(column)
        .push(" AND c.id = ")
        .push_bind(client);
    sql.push(" AND (w.role = 'admin' OR (w.role = 'analyst' AND (c.agency_access = 'all_users' OR (c.agency_access = 'admins_and_selected' \
         AND EXISTS (SELECT 1 FROM client_user cu WHERE cu.agency_id = $1 AND cu.client_id = c.id AND cu.user_id = w.id))))))");
}

/// Whether the actor may open this client.
pub async fn client(tx: &mut super::Tx, id: uuid::Uuid) -> super::Result<bool> {
    let mut sql = Sql::new("SELECT 1 AS seen FROM client c WHERE c.agency_id = $1 AND c.id = ");
    sql.push_bind(id);
    clients(&mut sql, tx.scope().actor());
    Ok(tx.opt(sql).await?.is_some())
}

/// Whether the actor may open this project.
pub async fn project(tx: &mut super::Tx, id: uuid::Uuid) -> super::Result<bool> {
    let mut sql = Sql::new(
        "SELECT 1 AS seen FROM project p LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id WHERE p.agency_id = $1 AND p.id = ",
    );
    sql.push_bind(id);
    projects(&mut sql, tx.scope().actor());
    Ok(tx.opt(sql).await?.is_some())
}
