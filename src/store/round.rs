//! Rounds of proof: asked for, and answered with a verdict, a withdrawal or the finding's dismissal.

use serde::{Deserialize, Serialize};

use super::{Result, Row, Sql, Tx};
use crate::domain::access::Audience;
use crate::domain::id::{FindingId, ProjectId, RoundId, UserId};
use crate::domain::time::Time;

/// The round a finding waits in.
#[derive(Debug, Clone)]
pub struct OpenRound {
    pub id: RoundId,
    pub asked_at: Time,
}

/// A round as it is asked for; one that was proven in one act has its verdict already.
#[derive(Debug, Clone)]
pub struct NewRound {
    pub id: RoundId,
    pub finding: FindingId,
    /// `remediated`, `retest`, or `direct` for a proof in one act.
    pub kind: &'static str,
    pub asked_by: Option<UserId>,
    pub notes: String,
    pub audience: Audience,
}

/// Writes rounds that are asked for, some with their verdict already.
pub async fn insert(tx: &mut Tx, rounds: Vec<(NewRound, Option<Verdict>)>, now: Time) -> Result<()> {
    for part in rounds.chunks(Sql::rows_at_once(13)) {
        let mut sql = Sql::new(
            "INSERT INTO round (agency_id, id, finding_id, kind, asked_by, asked_at, notes, audience, verdict, verdict_by, verdict_at, \
               verdict_notes, reason, basis) VALUES ",
        );
        sql.push_rows(part.iter().cloned().map(|(new, verdict)| {
            let given = verdict.is_some().then_some(now);
            vec![
                new.id.into(),
                new.finding.into(),
                new.kind.into(),
                new.asked_by.into(),
                now.into(),
                new.notes.into(),
                super::name(new.audience).into(),
                verdict.as_ref().map(|v| v.verdict).into(),
                verdict.as_ref().and_then(|v| v.by).into(),
                given.into(),
                verdict.as_ref().map(|v| v.notes.clone()).into(),
                verdict.as_ref().and_then(|v| v.reason).into(),
                verdict.and_then(|v| v.basis).into(),
            ]
        }));
        tx.run(sql).await?;
    }
    Ok(())
}

/// The rounds that these findings wait in.
pub async fn pending(tx: &mut Tx, findings: &[FindingId]) -> Result<Vec<(FindingId, OpenRound)>> {
    let mut out = Vec::new();
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT finding_id, id, asked_at FROM round WHERE agency_id = $1 AND verdict IS NULL AND finding_id IN ",
        );
        sql.push_list(part.iter().copied()).push(" ORDER BY asked_at, id");
        for row in tx.all(sql).await? {
            let round = OpenRound {
                id: row.id("id")?,
                asked_at: row.time("asked_at")?,
            };
            out.push((row.id("finding_id")?, round));
        }
    }
    Ok(out)
}

/// How a round ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The status it led to, or `withdrawn`.
    pub verdict: &'static str,
    pub by: Option<UserId>,
    pub notes: String,
    pub reason: Option<&'static str>,
    pub basis: Option<String>,
}

/// Ends these rounds alike.
pub async fn close(tx: &mut Tx, rounds: &[RoundId], verdict: &Verdict, now: Time) -> Result<()> {
    for part in rounds.chunks(Sql::rows_at_once(1)) {
        let verdict = verdict.clone();
        let sql = Sql::new(
            "UPDATE round SET verdict = $2, verdict_by = $3, verdict_at = $4, verdict_notes = $5, reason = $6, basis = $7 \
             WHERE agency_id = $1 AND id IN ",
        );
        let sql = sql.bind(verdict.verdict).bind(verdict.by).bind(now).bind(verdict.notes);
        let mut sql = sql.bind(verdict.reason).bind(verdict.basis);
        sql.push_list(part.iter().copied());
        tx.run(sql).await?;
    }
    Ok(())
}

/// A round whole: what undo puts back, even where its finding went and came again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoundState {
    pub finding: FindingId,
    pub kind: String,
    pub asked_by: Option<UserId>,
    pub asked_at: Time,
    pub notes: String,
    pub audience: Audience,
    pub verdict: Option<String>,
    pub verdict_by: Option<UserId>,
    pub verdict_at: Option<Time>,
    pub verdict_notes: Option<String>,
    pub reason: Option<String>,
    pub basis: Option<String>,
}

pub async fn states(tx: &mut Tx, rounds: &[RoundId]) -> Result<Vec<(RoundId, RoundState)>> {
    let mut out = Vec::new();
    for part in rounds.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new("SELECT * FROM round WHERE agency_id = $1 AND id IN ");
        sql.push_list(part.iter().copied()).push(" ORDER BY id");
        for row in tx.all(sql).await? {
            out.push(state(&row)?);
        }
    }
    Ok(out)
}

/// The rounds of a project that are shared with its client.
pub async fn shared(tx: &mut Tx, project: ProjectId) -> Result<Vec<(RoundId, RoundState)>> {
    let sql = Sql::new(
        "SELECT r.* FROM round r JOIN finding f ON f.agency_id = r.agency_id AND f.id = r.finding_id \
         WHERE r.agency_id = $1 AND f.project_id = $2 AND r.audience = 'shared' ORDER BY r.id",
    );
    tx.all(sql.bind(project)).await?.iter().map(state).collect()
}

pub(super) fn state(row: &Row) -> Result<(RoundId, RoundState)> {
    let state = RoundState {
        finding: row.id("finding_id")?,
        kind: row.get("kind")?,
        asked_by: row.opt_id("asked_by")?,
        asked_at: row.time("asked_at")?,
        notes: row.get("notes")?,
        audience: row.word("audience")?,
        verdict: row.get("verdict")?,
        verdict_by: row.opt_id("verdict_by")?,
        verdict_at: row.opt_time("verdict_at")?,
        verdict_notes: row.get("verdict_notes")?,
        reason: row.get("reason")?,
        basis: row.get("basis")?,
    };
    Ok((row.id("id")?, state))
}

pub async fn restore(tx: &mut Tx, rounds: Vec<(RoundId, RoundState)>) -> Result<()> {
    for part in rounds.chunks(Sql::rows_at_once(13)) {
        let mut sql = Sql::new(
            "INSERT INTO round (agency_id, id, finding_id, kind, asked_by, asked_at, notes, audience, verdict, verdict_by, verdict_at, \
               verdict_notes, reason, basis) VALUES ",
        );
        sql.push_rows(part.iter().cloned().map(|(id, state)| {
            vec![
                id.into(),
                state.finding.into(),
                state.kind.into(),
                state.asked_by.into(),
                state.asked_at.into(),
                state.notes.into(),
                super::name(state.audience).into(),
                state.verdict.into(),
                state.verdict_by.into(),
                state.verdict_at.into(),
                state.verdict_notes.into(),
                state.reason.into(),
                state.basis.into(),
            ]
        }));
        sql.push(
            " ON CONFLICT (agency_id, id) DO UPDATE SET audience = excluded.audience, verdict = excluded.verdict, \
             verdict_by = excluded.verdict_by, verdict_at = excluded.verdict_at, verdict_notes = excluded.verdict_notes, \
             reason = excluded.reason, basis = excluded.basis",
        );
        tx.run(sql).await?;
    }
    Ok(())
}
