//! Planning a batch: what was staged against what the project has, computed once and kept as rows.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};

use super::corrected::{self, Corrections};
use super::{PlannedTool, json, not_applied, open_for_work, rows, settle, shown};
use crate::api::event::Topic;
use crate::api::import::{Batch, PlanBatch, Totals};
use crate::api::problem::Code;
use crate::domain::fold::sort_key;
use crate::domain::hex::hex;
use crate::domain::id::{BatchId, FindingId, OccurrenceId, PlanId};
use crate::domain::key::{Kind, key};
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::import::plan::{self as kernel, Age, Known, KnownPlace, Outcome, Scope, Sighting, StagedSet};
use crate::service::{Caller, Desk, Error, Result, refuse};
use crate::store::import::plan::{NewLine, NewPlace, WRITTEN};
use crate::store::import::{BatchRow, FileRow};
use crate::store::{self, Tx};

/// Bits of a row's number that count rows; the file's number stands above them.
const ROW_BITS: u32 = 40;

/// Everything a plan is made from, read in one snapshot.
struct Material {
    batch: BatchRow,
    files: Vec<FileRow>,
    heard: Heard,
    known: Vec<Known>,
    severities: HashMap<FindingId, Severity>,
    latest: Vec<store::import::plan::LatestRow>,
    head: i64,
    /// Plans of the batch that were made before.
    earlier: Vec<PlanId>,
    corrections: Corrections,
}

/// What the reports of a batch say.
#[derive(Default)]
struct Heard {
    set: StagedSet,
    /// Of the record that speaks for a finding.
    severities: HashMap<kernel::Hash, Severity>,
    /// When each tool looked last.
    observed: BTreeMap<String, Option<Time>>,
}

impl Heard {
    fn add(&mut self, s: Sighting) {
        let worst = self.severities.entry(s.finding).or_insert(s.severity);
        *worst = (*worst).max(s.severity);
        if let Some(latest) = self.observed.get_mut(&s.tool) {
            *latest = (*latest).max(s.observed_at);
        } else {
            self.observed.insert(s.tool.clone(), s.observed_at);
        }
        kernel::add(&mut self.set, s);
    }
}

pub async fn plan(desk: Desk, caller: Caller, request: PlanBatch) -> Result<Batch> {
    let plan = PlanId::fresh();
    loop {
        let row = desk
            .read(&caller, |tx| Box::pin(open_for_work(tx, request.batch)))
            .await?;
        // A second send must not take the plan away that the first one made, nor one that it makes at this moment.
        if let Some(batch) = desk.answered(&caller).await? {
            return Ok(batch);
        }
        settle::wait(&desk, &caller, row.project.id).await?;
        // Begun before it looks: whatever comes in from now on makes this plan one that nobody takes.
        if begin(&desk, &caller, &row, plan).await? {
            break;
        }
    }
    // Who asked may go away: it is planned all the same.
    let made = tokio::spawn(async move {
        let made = make(&desk, &caller, request.batch, plan).await;
        // Sent twice at once, the answer is the one that was first: this plan is nobody's then.
        if !made.as_ref().is_ok_and(|batch| batch.plan_id == Some(plan)) {
            fail(&desk, &caller, request.batch, plan).await?;
        }
        made
    });
    made.await.map_err(|e| Error::Failed(e.to_string()))?
}

async fn begin(desk: &Desk, caller: &Caller, read: &BatchRow, plan: PlanId) -> Result<bool> {
    let (batch, version) = (read.id, read.version);
    desk.store()
        .write(&caller.scope, move |tx| {
            Box::pin(async move {
                not_applied(&open_for_work(tx, batch).await?)?;
                Ok(rows::plan::begin(tx, batch, version, plan).await?)
            })
        })
        .await
}

/// Lets the batch be planned anew, and takes away what was written.
async fn fail(desk: &Desk, caller: &Caller, batch: BatchId, plan: PlanId) -> Result<()> {
    desk.store()
        .write(&caller.scope, move |tx| {
            Box::pin(async move { rows::plan::fail(tx, batch, plan).await })
        })
        .await
        .map_err(Error::Store)?;
    forget(desk, caller, batch, plan).await
}

async fn gather(tx: &mut Tx, id: BatchId) -> Result<Material> {
    let batch = open_for_work(tx, id).await?;
    not_applied(&batch)?;
    settle::settled(tx, batch.project.id).await?;
    let files = rows::files(tx, &[id]).await?;
    if files.is_empty() {
        return refuse(
            Code::InvalidRequest,
            "This import has no files yet. Upload a report to it first.",
        );
    }
    let mut heard = Heard::default();
    for (at, file) in files.iter().enumerate() {
        let said = |row: rows::compact::SightingRow| {
            heard.add(Sighting {
                row: ((at as i64) << ROW_BITS) | row.row,
                tool: row.tool,
                finding: row.fingerprint,
                place: row.place_key,
                severity: row.severity,
                observed_at: row.observed_at,
                facts: row.facts,
                place_facts: row.place_facts,
            });
        };
        rows::compact::sightings(tx, id, file.id, said).await?;
    }
    let tools = tools_of(&files);
    let known_rows = rows::plan::known(tx, batch.project.id, &tools).await?;
    let mut places: HashMap<FindingId, Vec<KnownPlace>> = HashMap::new();
    let latest = rows::plan::latest(tx, batch.project.id).await?;
    // Of what says the same as the latest import no place changes, and without targets none is asked where it is.
    let same = |tool: &String| {
        let evidence = evidence_of(&heard.set, tool, &covers_of(&batch, &files, tool));
        latest.iter().any(|l| l.tool == *tool && l.evidence == evidence)
    };
    let asked: Vec<String> = tools.iter().filter(|tool| !same(tool)).cloned().collect();
    let named = asked.iter().any(|tool| !covers_of(&batch, &files, tool).is_empty());
    for place in rows::plan::places(tx, batch.project.id, &asked, named).await? {
        places.entry(place.finding).or_default().push(KnownPlace {
            id: place.id,
            key: place.key,
            seen_in_latest: place.seen_in_latest,
            host: place.host,
            place: place.place,
        });
    }
    let mut severities = known_rows.iter().map(|k| (k.id, k.severity)).collect();
    let mut known = known_rows
        .into_iter()
        .map(|k| Known {
            places: places.remove(&k.id).unwrap_or_default(),
            id: k.id,
            tool: k.tool,
            finding: k.fingerprint,
            status: k.status,
            seen_in_latest: k.seen_in_latest,
            facts: k.facts,
        })
        .collect();
    let corrections = corrected::read(tx, batch.project.id, &tools, &mut known, &mut severities).await?;
    Ok(Material {
        latest,
        head: rows::plan::head(tx, batch.project.id).await?,
        earlier: rows::plan::written(tx, id).await?,
        batch,
        files,
        heard,
        known,
        severities,
        corrections,
    })
}

/// The tools whose results a batch holds, as findings store their names.
fn tools_of(files: &[FileRow]) -> Vec<String> {
    let mut tools: Vec<String> = files.iter().flat_map(|f| &f.tools).map(|t| sort_key(t)).collect();
    tools.sort();
    tools.dedup();
    tools
}

/// The computed plan with what its rows need.
struct Made {
    plan: kernel::Plan,
    scope: Vec<String>,
    tools: Vec<PlannedTool>,
    files: Vec<uuid::Uuid>,
    /// Of the record that speaks for a finding.
    severities: HashMap<kernel::Hash, Severity>,
    /// Of findings that are part of others.
    said: Vec<kernel::corrected::Said>,
}

fn compute(material: &mut Material) -> Made {
    let Heard {
        set,
        mut severities,
        mut observed,
    } = std::mem::take(&mut material.heard);
    for known in &material.known {
        if let Some(severity) = material.severities.get(&known.id) {
            severities.entry(known.finding).or_insert(*severity);
        }
    }
    for file in &material.files {
        for tool in &file.tools {
            let latest = observed.entry(sort_key(tool)).or_default();
            // Of several tools in one file, each has its records' time: another's is not its own.
            if file.tools.len() == 1 || latest.is_none() {
                *latest = (*latest).max(file.observed_at);
            }
        }
    }
    let mut scope = Scope::default();
    let mut covers = BTreeMap::new();
    let mut tools = Vec::new();
    for (tool, observed_at) in observed {
        let covered = covers_of(&material.batch, &material.files, &tool);
        let evidence = evidence_of(&set, &tool, &covered);
        let age = age_of(material, &tool, &evidence, observed_at);
        tools.push(PlannedTool {
            evidence: hex(&evidence),
            observed_at,
            latest: age != Age::Older,
            tool: tool.clone(),
        });
        scope.covers.insert(tool.clone(), covered.iter().collect());
        scope.tools.insert(tool.clone(), age);
        covers.insert(tool, covered);
    }
    let words = scope_words(&scope, &covers);
    let Corrections { splits, parts } = &material.corrections;
    // What a report says, and what an earlier one said, is compared as the scanner wrote it: corrections come after.
    let set = if splits.is_empty() {
        set
    } else {
        kernel::corrected::split(set, splits)
    };
    let plan = kernel::plan(&set, &material.known, &scope);
    let (plan, said) = if parts.own.is_empty() {
        (plan, Vec::new())
    } else {
        kernel::corrected::fold(plan, parts, &set)
    };
    Made {
        plan,
        said,
        scope: words,
        tools,
        files: material.files.iter().map(|f| f.id).collect(),
        severities,
    }
}

/// What a person said the reports cover, else what the tool's reports say themselves.
fn covers_of(batch: &BatchRow, files: &[FileRow], tool: &str) -> Vec<String> {
    if !batch.covers.is_empty() {
        return batch.covers.clone();
    }
    let files = || files.iter().filter(|f| f.tools.iter().any(|t| sort_key(t) == tool));
    // One file that says nothing covers everything of its tool.
    if files().any(|f| f.covers.is_empty()) {
        return Vec::new();
    }
    let mut covers: Vec<String> = files().flat_map(|f| f.covers.clone()).collect();
    covers.sort();
    covers.dedup();
    covers
}

/// The same sightings over another scope say something else about what is missing.
fn evidence_of(set: &StagedSet, tool: &str, covers: &[String]) -> Vec<u8> {
    let mut covers = covers.to_vec();
    covers.sort();
    let mut digest = Sha256::new();
    digest.update(kernel::evidence(set, tool));
    for cover in covers {
        digest.update((cover.len() as u64).to_be_bytes());
        digest.update(cover.as_bytes());
    }
    digest.finalize().to_vec()
}

fn age_of(material: &Material, tool: &str, evidence: &[u8], observed_at: Option<Time>) -> Age {
    match material.latest.iter().find(|l| l.tool == tool) {
        Some(last) if last.evidence == evidence => Age::Same,
        Some(last)
            if last
                .observed_at
                .zip(observed_at)
                .is_some_and(|(last, this)| this < last) =>
        {
            Age::Older
        }
        _ => Age::Latest,
    }
}

/// The scope as a sentence per tool.
fn scope_words(scope: &Scope, covers: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    const SHOWN: usize = 10;
    if scope.tools.is_empty() {
        return vec!["nothing: the files are empty, so that nothing counts as not seen any more".into()];
    }
    scope
        .tools
        .iter()
        .map(
            |(tool, age)| match (age, covers.get(tool).map(Vec::as_slice).unwrap_or_default()) {
                (Age::Latest, []) => format!("{tool}: everything of this tool in the project"),
                (Age::Latest, covered) if covered.len() > SHOWN => {
                    let (first, rest) = covered.split_at(SHOWN);
                    format!("{tool}: {} and {} more", first.join(", "), rest.len())
                }
                (Age::Latest, covered) => format!("{tool}: {}", covered.join(", ")),
                (Age::Older, _) => format!("{tool}: older than its latest import, so that it only adds sightings"),
                (Age::Same, _) => format!("{tool}: the same as its latest import, so that it changes nothing"),
            },
        )
        .collect()
}

async fn make(desk: &Desk, caller: &Caller, batch: BatchId, plan_id: PlanId) -> Result<Batch> {
    let mut material = desk
        .read(caller, |tx| Box::pin(async move { gather(tx, batch).await }))
        .await?;
    let joined = tokio::task::spawn_blocking(move || {
        let made = compute(&mut material);
        (material, made)
    });
    let (material, made) = joined.await.map_err(|e| Error::Failed(e.to_string()))?;
    let fresh = made.plan.totals.new;
    // Numbers are taken when they are planned: a plan that is never applied leaves a gap nobody can see.
    let (first, secret) = desk
        .store()
        .write(&caller.scope, move |tx| {
            Box::pin(async move {
                let first = store::agency::next_numbers(tx, true, fresh).await?;
                Ok::<_, store::Error>((first, store::agency::get(tx).await?.secret))
            })
        })
        .await?;
    let (lines, places) = to_rows(&made, first, &secret);
    write_all(desk, caller, batch, plan_id, lines, places).await?;
    for earlier in material.earlier {
        forget(desk, caller, batch, earlier).await?;
    }
    if !made.said.is_empty() {
        let said = made.said;
        desk.store()
            .write(&caller.scope, move |tx| {
                Box::pin(async move { store::correction::follow::write_said(tx, batch, plan_id, &said).await })
            })
            .await?;
    }
    let totals = made.plan.totals;
    let totals = Totals {
        new: totals.new,
        recurring: totals.recurring,
        reopened: totals.reopened,
        not_seen: totals.not_seen,
        unchanged: totals.unchanged,
    };
    let (scope, tools, totals) = (json(&made.scope), json(&made.tools), json(&totals));
    let project = material.batch.project;
    desk.act(caller, "import.plan", move |tx, note| {
        Box::pin(async move {
            not_applied(&open_for_work(tx, batch).await?)?;
            if !rows::plan::adopt(tx, batch, plan_id, material.head, scope, tools, totals).await? {
                return refuse(
                    Code::StalePlan,
                    "A file came into this import, or it was planned once more, while this plan was made. Plan it again.",
                );
            }
            note.object(Topic::Import, batch)
                .within(Some(project.id), project.client);
            shown(tx, batch).await
        })
    })
    .await
}

fn to_rows(made: &Made, first: i64, secret: &[u8]) -> (Vec<NewLine>, Vec<NewPlace>) {
    let record = |row: i64| {
        let file = made.files.get((row >> ROW_BITS) as usize).copied();
        file.map(|file| (file, row & ((1 << ROW_BITS) - 1)))
    };
    let (mut lines, mut places) = (Vec::new(), Vec::new());
    let mut number = first;
    for (n, line) in made.plan.lines.iter().enumerate() {
        let new = line.id.is_none();
        let finding = line.id.unwrap_or_else(FindingId::fresh);
        let key = new.then(|| {
            let key = key(Kind::Finding, secret, number.cast_unsigned());
            number += 1;
            key
        });
        let rank = Outcome::ALL.iter().position(|o| *o == line.outcome).unwrap_or_default();
        let severity = made.severities.get(&line.finding).copied();
        lines.push(NewLine {
            n: n as i64,
            rank: rank as i64,
            outcome: line.outcome.name(),
            severity: severity.unwrap_or(Severity::Info),
            finding,
            key,
            record: line.row.and_then(record),
            unchanged: line.unchanged,
            current: line.current,
            places: line.places.len() as i64,
            seen: line.seen,
            via: line.via.clone(),
        });
        for place in &line.places {
            places.push(NewPlace {
                occurrence: place.id.unwrap_or_else(OccurrenceId::fresh),
                finding,
                record: record(place.row),
                new: place.id.is_none(),
                current: place.current,
                repeats: place.repeats,
                seen: place.seen,
                via: place.via.clone(),
            });
        }
        for gone in &line.gone {
            places.push(NewPlace {
                occurrence: *gone,
                finding,
                record: None,
                new: false,
                current: true,
                repeats: 0,
                seen: None,
                via: String::new(),
            });
        }
    }
    (lines, places)
}

/// Takes an earlier plan away, a little at a time: it is the batch's plan no more since this one is being made.
async fn forget(desk: &Desk, caller: &Caller, batch: BatchId, plan: PlanId) -> Result<()> {
    while desk
        .store()
        .write_behind(&caller.scope, move |tx| {
            Box::pin(async move { rows::plan::forget(tx, batch, plan).await })
        })
        .await
        .map_err(Error::Store)?
    {}
    Ok(())
}

/// Writes the rows in short transactions: nobody sees them before the plan is adopted.
async fn write_all(
    desk: &Desk,
    caller: &Caller,
    batch: BatchId,
    plan: PlanId,
    lines: Vec<NewLine>,
    places: Vec<NewPlace>,
) -> Result<()> {
    // In their order: rows that follow one another lie side by side.
    let total = (lines.len() + places.len()) as i64;
    let (mut lines, mut places) = (lines.into_iter(), places.into_iter());
    while lines.len() + places.len() > 0 {
        let done = total - (lines.len() + places.len()) as i64;
        let some_lines: Vec<_> = lines.by_ref().take(WRITTEN).collect();
        let some_places: Vec<_> = places.by_ref().take(WRITTEN * 2).collect();
        desk.store()
            .write_behind(&caller.scope, move |tx| {
                Box::pin(async move {
                    if !rows::set_progress(tx, batch, done, total).await? {
                        return Err(store::Error::Missing);
                    }
                    rows::plan::write_lines(tx, batch, plan, some_lines).await?;
                    rows::plan::write_places(tx, batch, plan, some_places).await
                })
            })
            .await
            .map_err(Error::Store)?;
    }
    Ok(())
}
