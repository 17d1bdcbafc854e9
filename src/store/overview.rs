//! The agency at a glance: counts over the whole agency, without a name in them, and the few rows with names that the
//! reader may open. Archived clients are in none of them but the count of clients by state.

use uuid::Uuid;

use super::{Result, Sql, Tx, rollup, visible};
use crate::domain::access::ClientState;
use crate::domain::severity::Severity;
use crate::domain::time::Time;

/// How many clients there are in each state that has some.
pub async fn clients(tx: &mut Tx) -> Result<Vec<(ClientState, i64)>> {
    let sql = Sql::new("SELECT state, COUNT(*) AS n FROM client WHERE agency_id = $1 GROUP BY state");
    tx.all(sql)
        .await?
        .iter()
        .map(|row| Ok((row.word("state")?, row.get("n")?)))
        .collect()
}

/// Findings whose clock ends within some span.
#[derive(Debug, Clone, Copy)]
pub struct Ending {
    /// Which of the spans that were asked for.
    pub span: i64,
    /// The agency's verification clock; else the client's remediation clock.
    pub verification: bool,
    pub n: i64,
}

/// How many clocks end in each span: after its first moment (none: ever before), up to and with its second. Each count is
/// a walk along the part of an index that it counts.
pub async fn ending(tx: &mut Tx, spans: &[(Option<Time>, Time)]) -> Result<Vec<Ending>> {
    let mut sql = Sql::new(
        "WITH away AS (SELECT p.id FROM project p JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
         WHERE p.agency_id = $1 AND c.state = 'archived') ",
    );
    for (i, (after, until)) in spans.iter().enumerate() {
        for verification in [true, false] {
            if i > 0 || !verification {
                sql.push(" UNION ALL ");
            }
            sql.push("SELECT CAST(")
                .push_bind(i as i64)
                .push(" AS BIGINT) AS span, ");
            sql.push(if verification {
                "CAST(1 AS BIGINT) AS verification, COUNT(*) AS n FROM finding f WHERE f.agency_id = $1 AND f.lane_base = 0"
            } else {
                "CAST(0 AS BIGINT) AS verification, COUNT(*) AS n FROM finding f WHERE f.agency_id = $1 AND f.lane_base IN (1, 2, 5, 6, 7, 8, 9)"
            });
            sql.push(" AND f.lane_base IS NOT NULL AND f.clock_key <= ")
                .push_bind(*until);
            if let Some(after) = after {
                sql.push(" AND f.clock_key > ").push_bind(*after);
            }
            sql.push(" AND f.project_id NOT IN (SELECT id FROM away)");
        }
    }
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            Ok(Ending {
                span: row.get("span")?,
                verification: row.get::<i64>("verification")? == 1,
                n: row.get("n")?,
            })
        })
        .collect()
}

/// A client with its open findings, worst first as in [`Severity::ALL`].
#[derive(Debug, Clone)]
pub struct Loaded {
    pub id: Uuid,
    pub key: String,
    pub name: String,
    pub open: [i64; 5],
}

/// The clients with the worst open findings among those the reader may open.
pub async fn worst(tx: &mut Tx, limit: i64) -> Result<Vec<Loaded>> {
    let mut sql = Sql::new("SELECT c.id, c.key, c.name");
    for (i, column) in ["s0", "s1", "s2", "s3", "s4"].into_iter().enumerate() {
        sql.push(", CAST(SUM(CASE WHEN r.severity = ")
            .push_bind(Severity::ALL[i].rank())
            .push(" THEN r.n ELSE 0 END) AS BIGINT) AS ")
            .push(column);
    }
    sql.push(
        " FROM client c JOIN project p ON p.agency_id = c.agency_id AND p.client_id = c.id \
         JOIN rollup r ON r.agency_id = p.agency_id AND r.project_id = p.id WHERE c.agency_id = $1 AND c.state <> 'archived'",
    );
    sql.push(" AND r.status IN ").push(rollup::OPEN);
    visible::clients(&mut sql, tx.scope().actor());
    sql.push(" GROUP BY c.id, c.key, c.name HAVING SUM(r.n) > 0 ORDER BY s0 DESC, s1 DESC, s2 DESC, s3 DESC, s4 DESC, c.key LIMIT ")
        .push_bind(limit);
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            let mut open = [0; 5];
            for (n, column) in open.iter_mut().zip(["s0", "s1", "s2", "s3", "s4"]) {
                *n = row.get(column)?;
            }
            Ok(Loaded {
                id: row.get("id")?,
                key: row.get("key")?,
                name: row.get("name")?,
                open,
            })
        })
        .collect()
}

/// Something that was done.
#[derive(Debug, Clone)]
pub struct Done {
    pub at: Time,
    pub actor: Option<String>,
    pub act: String,
    /// Id, key and name.
    pub client: Option<(Uuid, String, String)>,
}

/// What people did since a moment, newest first: what admins may read of the trail, of others only what happened in the
/// clients they may open. Sign-ins and the like are no work.
pub async fn done_since(tx: &mut Tx, since: Time, limit: i64) -> Result<Vec<Done>> {
    let mut sql = Sql::new(
        "SELECT x.at, x.act, COALESCE(u.name, w.name) AS actor_name, c.id AS client_id, c.key AS client_key, c.name AS client_name \
         FROM audit_event x LEFT JOIN client c ON c.agency_id = x.agency_id AND c.id = x.client_id \
         LEFT JOIN agency_user u ON u.agency_id = x.agency_id AND u.id = x.actor_id \
         LEFT JOIN portal_user w ON w.agency_id = x.agency_id AND w.id = x.actor_id \
         WHERE x.agency_id = $1 AND x.outcome = 'allowed' AND x.act NOT LIKE 'session.%' AND x.at >= ",
    );
    sql.push_bind(since);
    // Of a row without a client only admins learn: the predicate holds for none of the others.
    visible::clients(&mut sql, tx.scope().actor());
    sql.push(" ORDER BY x.at DESC, x.id DESC LIMIT ").push_bind(limit);
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            let client = match row.get::<Option<Uuid>>("client_id")? {
                Some(id) => Some((id, row.get("client_key")?, row.get("client_name")?)),
                None => None,
            };
            Ok(Done {
                at: row.time("at")?,
                actor: row.get("actor_name")?,
                act: row.get("act")?,
                client,
            })
        })
        .collect()
}
