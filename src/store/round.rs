//! Rounds of proof: asked for, and answered with a verdict, a withdrawal or the finding's dismissal.

use super::{Result, Sql, Tx};
use crate::domain::access::Audience;
use crate::domain::id::{FindingId, RoundId, UserId};
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

pub async fn insert(tx: &mut Tx, new: NewRound, now: Time) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO round (agency_id, id, finding_id, kind, asked_by, asked_at, notes, audience) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    let sql = sql.bind(new.id).bind(new.finding).bind(new.kind).bind(new.asked_by);
    tx.run(sql.bind(now).bind(new.notes).bind(super::name(new.audience)))
        .await
        .map(drop)
}

pub async fn pending(tx: &mut Tx, finding: FindingId) -> Result<Option<OpenRound>> {
    let sql = Sql::new(
        "SELECT id, asked_at FROM round WHERE agency_id = $1 AND finding_id = $2 AND verdict IS NULL ORDER BY asked_at DESC, id DESC LIMIT 1",
    );
    let row = tx.opt(sql.bind(finding)).await?;
    row.map(|row| {
        Ok(OpenRound {
            id: row.id("id")?,
            asked_at: row.time("asked_at")?,
        })
    })
    .transpose()
}

/// How a round ended.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The status it led to, or `withdrawn`.
    pub verdict: &'static str,
    pub by: Option<UserId>,
    pub notes: String,
    pub reason: Option<&'static str>,
    pub basis: Option<String>,
}

pub async fn close(tx: &mut Tx, round: RoundId, verdict: Verdict, now: Time) -> Result<()> {
    let sql = Sql::new(
        "UPDATE round SET verdict = $3, verdict_by = $4, verdict_at = $5, verdict_notes = $6, reason = $7, basis = $8 WHERE agency_id = $1 AND id = $2",
    );
    let sql = sql.bind(round).bind(verdict.verdict).bind(verdict.by).bind(now);
    tx.run(sql.bind(verdict.notes).bind(verdict.reason).bind(verdict.basis))
        .await
        .map(drop)
}
