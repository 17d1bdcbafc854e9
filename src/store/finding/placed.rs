//! Findings that go to another project: what would leave their client with them, and what they would meet there.

use std::collections::HashMap;

use crate::domain::id::{ClientId, CommentId, FindingId, ProjectId, RoundId};
use crate::store::comment::CommentState;
use crate::store::round::{self, RoundState};
use crate::store::{Result, Sql, Tx};

/// What of these findings is shared with a client, as it stands: comments with their version, and rounds.
pub type Shared = (Vec<(CommentId, CommentState, i64)>, Vec<(RoundId, RoundState)>);

/// What of these findings, each of this client, is shared with it.
pub async fn shared(tx: &mut Tx, findings: &[(FindingId, Option<ClientId>)]) -> Result<Shared> {
    let clients: HashMap<FindingId, Option<ClientId>> = findings.iter().copied().collect();
    let (mut comments, mut rounds) = (Vec::new(), Vec::new());
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT id, finding_id, version, audience FROM comment WHERE agency_id = $1 AND audience = 'shared' AND finding_id IN ",
        );
        sql.push_list(part.iter().map(|(id, _)| *id))
            .push(" ORDER BY finding_id, id");
        for row in tx.all(sql).await? {
            let state = CommentState {
                audience: row.word("audience")?,
                client: clients.get(&row.id("finding_id")?).copied().flatten(),
            };
            comments.push((row.id("id")?, state, row.get("version")?));
        }
        let mut sql = Sql::new("SELECT * FROM round WHERE agency_id = $1 AND audience = 'shared' AND finding_id IN ");
        sql.push_list(part.iter().map(|(id, _)| *id))
            .push(" ORDER BY finding_id, id");
        for row in tx.all(sql).await? {
            rounds.push(round::state(&row)?);
        }
    }
    Ok((comments, rounds))
}

/// How many of these findings somebody works on right now.
pub async fn claims(tx: &mut Tx, findings: &[FindingId]) -> Result<i64> {
    let mut n = 0;
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new("SELECT COUNT(*) AS n FROM claim WHERE agency_id = $1 AND finding_id IN ");
        sql.push_list(part.iter().copied());
        n += tx.one(sql).await?.get::<i64>("n")?;
    }
    Ok(n)
}

/// Makes what these findings share internal, and ends their claims: a move leaks nothing.
pub async fn unshare(tx: &mut Tx, findings: &[FindingId]) -> Result<()> {
    for part in findings.chunks(Sql::rows_at_once(1)) {
        for text in [
            "UPDATE comment SET audience = 'internal', version = version + 1 WHERE agency_id = $1 AND audience = 'shared' AND finding_id IN ",
            "UPDATE round SET audience = 'internal' WHERE agency_id = $1 AND audience = 'shared' AND finding_id IN ",
            "DELETE FROM claim WHERE agency_id = $1 AND finding_id IN ",
        ] {
            let mut sql = Sql::new(text);
            sql.push_list(part.iter().copied());
            tx.run(sql).await?;
        }
    }
    Ok(())
}

/// What makes a scanner's finding the same again: its tool and fingerprint. Findings written by hand have none.
pub type Likeness = (String, Vec<u8>);

/// What these findings are known by.
pub async fn likeness(tx: &mut Tx, findings: &[FindingId]) -> Result<HashMap<FindingId, Likeness>> {
    let mut out = HashMap::new();
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT id, tool, fingerprint FROM finding WHERE agency_id = $1 AND fingerprint IS NOT NULL AND id IN ",
        );
        sql.push_list(part.iter().copied());
        for row in tx.all(sql).await? {
            out.insert(row.id("id")?, (row.get("tool")?, row.get("fingerprint")?));
        }
    }
    Ok(out)
}

/// Which of these findings a project has already, as its own finding of this key.
pub async fn twins(tx: &mut Tx, findings: &[FindingId], project: ProjectId) -> Result<HashMap<FindingId, String>> {
    let mut out = HashMap::new();
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT f.id, t.key FROM finding f JOIN finding t ON t.agency_id = f.agency_id AND t.tool = f.tool \
               AND t.fingerprint = f.fingerprint AND t.id <> f.id AND t.project_id = $2 WHERE f.agency_id = $1 AND f.id IN ",
        )
        .bind(project);
        sql.push_list(part.iter().copied());
        for row in tx.all(sql).await? {
            out.insert(row.id("id")?, row.get("key")?);
        }
    }
    Ok(out)
}
