//! Imports: scanner reports on their way into a project.
//!
//! A batch is opened, files are uploaded to it ([`upload`](mod@upload)), it is planned ([`plan`](mod@plan)) and the plan is applied. Until then
//! the project is untouched; what broke off on the way is never seen. Applying ([`apply`](mod@apply)) is one act: one
//! audit row, one event; places that come after it are written by [`settle`].

use uuid::Uuid;

use super::client::person;
use super::finding;
use super::{Caller, Desk, Result, cursor, not_found, project, refuse};
use crate::api::event::Topic;
use crate::api::import::{
    Batch, BatchFile, BatchState, DropBatch, Formats, LeftOut, ListBatches, ListFormats, ListPlan, OpenBatch, PlanLine,
    Progress, ReportFormat, ShowBatch, Totals,
};
use crate::api::problem::{Code, Problem};
use crate::api::{Page, Ref};
use crate::domain::access::Actor;
use crate::domain::fold::sort_key;
use crate::domain::id::{AgencyId, BatchId, FindingId};
use crate::domain::time::Time;
use crate::store::correction::Told;
use crate::store::import::{BatchRow, FileRow};
use crate::store::{self, Tx, import as rows};

mod apply;
mod compare;
mod corrected;
pub(super) mod held;
mod plan;
pub(super) mod settle;
mod spool;
mod stager;
mod taking;
pub(super) mod undo;
mod upload;

pub use apply::apply;
pub use compare::compare;
pub use plan::plan;
pub use upload::{standing, upload};

/// Most targets a batch names.
const COVERS_MAX: usize = 200;
const COVER_MAX: usize = 500;

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".into())
}

fn file_wire(file: FileRow) -> BatchFile {
    BatchFile {
        left_out: serde_json::from_str::<Vec<LeftOut>>(&file.left_out).unwrap_or_default(),
        tool: file.tools.join(", "),
        file: file.name,
        format: file.format,
        bytes: file.bytes,
        records: file.records,
        findings: file.findings,
        occurrences: file.occurrences,
        observed_at: file.observed_at,
    }
}

/// Rows as the wire shows them, with their files.
async fn wire(tx: &mut Tx, batches: Vec<BatchRow>) -> Result<Vec<Batch>> {
    let ids: Vec<BatchId> = batches.iter().map(|b| b.id).collect();
    let files = rows::files(tx, &ids).await?;
    let acts = rows::undo::acts(tx, &ids).await?;
    let asker = match tx.scope().actor() {
        Actor::User { id, .. } => Some(id),
        Actor::System | Actor::Portal { .. } => None,
    };
    batches
        .into_iter()
        .map(|b| {
            let applied = acts.iter().find(|a| a.batch == b.id);
            let own = applied.filter(|a| Some(a.by.id) == asker);
            Ok(Batch {
                act: own.filter(|_| b.undone_at.is_none()).map(|a| a.act),
                applied_by: applied.map(|a| person(a.by.clone())),
                undone_at: b.undone_at,
                files: files
                    .iter()
                    .filter(|f| f.batch == b.id)
                    .cloned()
                    .map(file_wire)
                    .collect(),
                id: b.id,
                project: Ref {
                    id: b.project.id.0,
                    key: b.project.key,
                    name: b.project.name,
                },
                state: store::word(&b.state)?,
                covers: b.covers,
                plan_id: b.plan,
                totals: b.totals.and_then(|t| serde_json::from_str::<Totals>(&t).ok()),
                scope: b.scope,
                created_by: person(b.created_by),
                created_at: b.created_at,
                applied_at: b.applied_at,
                progress: b.progress.map(|(done, total)| Progress { done, total }),
                problem: b.problem,
            })
        })
        .collect()
}

async fn shown(tx: &mut Tx, id: BatchId) -> Result<Batch> {
    let row = rows::find(tx, id).await?.ok_or_else(not_found)?;
    wire(tx, vec![row]).await?.pop().ok_or_else(not_found)
}

/// A batch the caller may open, whose project may be worked on.
async fn open_for_work(tx: &mut Tx, id: BatchId) -> Result<BatchRow> {
    let row = rows::find(tx, id).await?.ok_or_else(not_found)?;
    project::open_for_work(tx, &row.project.id.to_string()).await?;
    Ok(row)
}

/// Refuses what can only be done before a batch is applied.
fn not_applied(row: &BatchRow) -> Result<()> {
    let detail = match row.state.as_str() {
        "applied" | "applying" => "This import was applied already. Start a new one for further reports.",
        "undone" => "This import was taken back. Import its reports again: the plan will be what it was.",
        _ => return Ok(()),
    };
    refuse(Code::AlreadyExists, detail)
}

pub async fn open(desk: Desk, caller: Caller, request: OpenBatch) -> Result<Batch> {
    let covers: Vec<String> = request.covers.iter().map(|c| c.trim().to_owned()).collect();
    if covers.len() > COVERS_MAX || covers.iter().any(|c| c.is_empty() || c.len() > COVER_MAX) {
        let detail = format!(
            "`covers` takes up to {COVERS_MAX} targets (hosts, URL or path prefixes) of 1 to {COVER_MAX} characters."
        );
        return Err(Problem::new(Code::InvalidRequest, detail).field("covers").into());
    }
    let (now, by) = (desk.now(), caller.user);
    desk.act(&caller, "import.open", move |tx, note| {
        Box::pin(async move {
            let project = project::open_for_work(tx, &request.project).await?;
            let id = BatchId::fresh();
            rows::open(tx, id, project.id, json(&covers), by, now).await?;
            note.object(Topic::Import, id)
                .within(Some(project.id), project.client.as_ref().map(|c| c.id));
            shown(tx, id).await
        })
    })
    .await
}

pub async fn show(desk: Desk, caller: Caller, request: ShowBatch) -> Result<Batch> {
    let mut batch = desk
        .read(&caller, |tx| Box::pin(async move { shown(tx, request.batch).await }))
        .await?;
    if batch.state == BatchState::Applying {
        batch.problem = desk.settling().problem(batch.id);
    }
    Ok(batch)
}

pub async fn list(desk: Desk, caller: Caller, request: ListBatches) -> Result<Page<Batch>> {
    let wanted = request.project.as_deref().map(sort_key).unwrap_or_default();
    let list = cursor::List::new(&caller, "imports", &wanted);
    let window = desk.cursors().window(&list, request.limit, request.cursor.as_deref())?;
    let of = desk.clone();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let project = match request.project.as_deref() {
                Some(wanted) => Some(project::open(tx, wanted).await?.id),
                None => None,
            };
            let slice = rows::list(tx, project, &window).await?;
            let around = of.cursors().around(&list, &slice, rows::keys);
            Ok(Page {
                items: wire(tx, slice.items).await?,
                ..around
            })
        })
    })
    .await
}

pub async fn list_plan(desk: Desk, caller: Caller, request: ListPlan) -> Result<Page<PlanLine>> {
    let list = cursor::List::new(&caller, "plan", &request.batch.to_string());
    let window = desk.cursors().window(&list, request.limit, request.cursor.as_deref())?;
    let of = desk.clone();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let batch = rows::find(tx, request.batch).await?.ok_or_else(not_found)?;
            let Some(plan) = batch.plan else {
                return refuse(Code::InvalidRequest, "This import has no plan yet. Plan it first.");
            };
            let slice = rows::plan::lines(tx, batch.id, plan, &window).await?;
            // Whose sightings these are by hand.
            let mut known: Vec<_> = slice.items.iter().filter_map(|l| l.corrected).collect();
            known.dedup();
            let told = store::correction::of(tx, &known).await?;
            let wire = |row| line_wire(row, &told);
            Ok(of.cursors().page(&list, slice, rows::plan::keys, wire))
        })
    })
    .await
}

fn line_wire(row: rows::plan::LineRow, told: &[Told]) -> PlanLine {
    let fields: Vec<(String, String)> = serde_json::from_str(&row.fingerprint_fields).unwrap_or_default();
    let fields: Vec<String> = fields
        .into_iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    // What an import made goes with it, its name too.
    let title = if row.title.is_empty() {
        "(taken away with the import)".to_owned()
    } else {
        row.title
    };
    PlanLine {
        outcome: row.outcome,
        severity: row.severity,
        title,
        finding: row.finding,
        occurrences: row.places,
        matched_by: matched_by(row.fingerprint_version, &fields, row.corrected, told),
    }
}

/// The fields that matched, and what people made of it.
fn matched_by(version: i64, fields: &[String], corrected: Option<FindingId>, told: &[Told]) -> String {
    let mut words = format!("rule {version}: {}", fields.join(", "));
    let mine = told.iter().filter(|t| Some(t.finding) == corrected);
    for one in mine.cloned().map(finding::correction) {
        words.push_str("; ");
        words.push_str(&one.words());
    }
    words
}

/// What a plan found out about a tool, kept until it is applied.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct PlannedTool {
    tool: String,
    /// Hexadecimal.
    evidence: String,
    observed_at: Option<Time>,
    /// Whether applying makes the batch the tool's latest import.
    latest: bool,
}

/// Takes away what is not needed any more (`store/import/staging.rs`), a little at a time, while nobody waits for it.
fn sweep_later(desk: &Desk, caller: &Caller, batch: BatchId, files: Option<Vec<Uuid>>) {
    let (desk, scope) = (desk.clone(), caller.scope);
    tokio::spawn(async move {
        if let Err(error) = sweep(&desk, &scope, batch, files).await {
            tracing::warn!(%error, "what an import left behind could not be swept");
        }
    });
}

async fn sweep(desk: &Desk, scope: &store::Scope, batch: BatchId, files: Option<Vec<Uuid>>) -> store::Result<()> {
    let of_files = files.is_some();
    loop {
        let files = files.clone();
        let swept = desk.store().write_behind(scope, move |tx| {
            Box::pin(async move { rows::staging::sweep(tx, batch, files.as_deref()).await })
        });
        if !swept.await? {
            break;
        }
    }
    if of_files {
        return Ok(());
    }
    let plans = desk.store().read::<_, store::Error, _>(scope, move |tx| {
        Box::pin(async move { rows::plan::with_places(tx, batch).await })
    });
    for plan in plans.await? {
        while desk
            .store()
            .write_behind::<_, store::Error, _>(scope, move |tx| {
                Box::pin(async move { rows::plan::forget_places(tx, plan).await })
            })
            .await?
        {}
    }
    Ok(())
}

/// Sweeps what a server that ended had no time for, and throws away batches that were begun and forgotten, with all that
/// was staged for them, a few at a time: each is an act of the system's own. `true` where more are left.
pub(super) async fn clear_abandoned(desk: &Desk, agency: AgencyId, before: Time) -> Result<bool> {
    let scope = store::Scope::job(agency);
    let unswept = desk
        .store()
        .read::<_, store::Error, _>(&scope, |tx| Box::pin(async move { rows::unswept(tx).await }))
        .await?;
    for batch in unswept {
        sweep(desk, &scope, batch, None).await?;
    }
    let batches = desk
        .store()
        .read::<_, store::Error, _>(&scope, |tx| Box::pin(async move { rows::abandoned(tx, before).await }))
        .await?;
    let more = !batches.is_empty();
    for batch in batches {
        sweep(desk, &scope, batch, None).await?;
        let gone = desk
            .act_by_rule(agency, "import.expire", move |tx, note| {
                Box::pin(async move {
                    let row = rows::find(tx, batch).await?.ok_or_else(not_found)?;
                    if !rows::delete(tx, batch).await? {
                        return Err(not_found());
                    }
                    note.object(Topic::Import, batch)
                        .within(Some(row.project.id), row.project.client);
                    Ok(())
                })
            })
            .await;
        match gone {
            // Applied or dropped a moment ago.
            Ok(()) | Err(super::Error::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(more)
}

pub async fn drop_batch(desk: Desk, caller: Caller, request: DropBatch) -> Result<()> {
    desk.act(&caller, "import.drop", move |tx, note| {
        Box::pin(async move {
            let row = open_for_work(tx, request.batch).await?;
            not_applied(&row)?;
            rows::delete(tx, row.id).await?;
            note.object(Topic::Import, row.id)
                .within(Some(row.project.id), row.project.client);
            Ok(())
        })
    })
    .await
}

pub async fn formats(_: Desk, _: Caller, _: ListFormats) -> Result<Formats> {
    Ok(reference())
}

/// What every format says of itself. It is part of the program: nobody has to be asked for it.
#[must_use]
pub fn reference() -> Formats {
    let items = crate::import::FORMATS.iter().map(|f| {
        let about = f.about();
        ReportFormat {
            name: about.name.to_owned(),
            title: about.title.to_owned(),
            records: about.records.to_owned(),
            finding: about.finding.to_owned(),
            occurrence: about.place.to_owned(),
            severity: about.severity.to_owned(),
            left_out: about.left_out.to_owned(),
            covers: about.covers.to_owned(),
        }
    });
    Formats { items: items.collect() }
}
