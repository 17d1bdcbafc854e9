//! What an act writes on findings, collected and then written in few statements: five thousand findings cost little more
//! than a hundred. Every decision on a finding goes through a [`Pen`], of a single act, of one on many, of a rule and of
//! an undo alike, so that counts, history and the way back are kept in one place.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::event::Topic;
use crate::domain::clock::{self, Start, Terms};
use crate::domain::id::{ClientId, FindingId, OccurrenceId, ProjectId, RoundId, UserId};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::service::{Note, Result, conflict, job, not_found};
use crate::store::finding::{Days, Decided, Decisions, FindingRow};
use crate::store::history::NewEntry;
use crate::store::round::{NewRound, OpenRound, RoundState, Verdict};
use crate::store::{self, Tx};

/// The most findings that streams are told of one by one; of more they are told by project.
const NAMED_MAX: usize = 50;

/// Which places of a finding are fixed, as undo keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Places {
    All,
    Only(Vec<OccurrenceId>),
}

#[derive(Debug)]
struct Saved {
    before: FindingRow,
    decided: Decisions,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Pen {
    now: Time,
    zone: Option<TimeZone>,
    days: HashMap<ProjectId, Days>,
    pending: HashMap<FindingId, Option<OpenRound>>,
    workers: HashMap<(ProjectId, String), Option<UserId>>,
    saved: BTreeMap<FindingId, Saved>,
    history: Vec<(FindingId, NewEntry)>,
    asked: Vec<(NewRound, Option<Verdict>)>,
    closed: Vec<(Verdict, Vec<RoundId>)>,
    rounds: Vec<(RoundId, RoundState)>,
    /// Every place of these becomes fixed, or none is.
    all: BTreeMap<FindingId, bool>,
    only: BTreeMap<FindingId, Vec<OccurrenceId>>,
    kept_places: BTreeMap<FindingId, Places>,
    ends: Vec<(FindingId, Time)>,
    /// The clients of the projects that findings go to.
    homes: HashMap<ProjectId, Option<ClientId>>,
}

impl Pen {
    pub(crate) fn new(now: Time) -> Self {
        Self {
            now,
            zone: None,
            days: HashMap::new(),
            pending: HashMap::new(),
            workers: HashMap::new(),
            saved: BTreeMap::new(),
            history: Vec::new(),
            asked: Vec::new(),
            closed: Vec::new(),
            rounds: Vec::new(),
            all: BTreeMap::new(),
            only: BTreeMap::new(),
            kept_places: BTreeMap::new(),
            ends: Vec::new(),
            homes: HashMap::new(),
        }
    }

    pub(crate) fn now(&self) -> Time {
        self.now
    }

    /// The finding as this act has left it so far.
    pub(crate) fn decided(&self, row: &FindingRow) -> Decisions {
        self.saved.get(&row.id).map_or(&row.decided, |s| &s.decided).clone()
    }

    /// Who was found by this name, for work in this project; the inner `None`: nobody can.
    pub(crate) fn worker(&self, project: ProjectId, wanted: &str) -> Option<Option<UserId>> {
        self.workers.get(&(project, wanted.to_owned())).copied()
    }

    pub(crate) fn know_worker(&mut self, project: ProjectId, wanted: String, found: Option<UserId>) {
        self.workers.insert((project, wanted), found);
    }

    /// Looks up what the coming decisions on these findings will ask for, in one go.
    pub(crate) async fn prepare(&mut self, tx: &mut Tx, rows: &[FindingRow]) -> Result<()> {
        let ids: Vec<FindingId> = rows.iter().map(|r| r.id).collect();
        for id in &ids {
            self.pending.entry(*id).or_insert(None);
        }
        for (finding, round) in store::round::pending(tx, &ids).await? {
            self.pending.insert(finding, Some(round));
        }
        Ok(())
    }

    /// The round a finding waits in.
    pub(crate) async fn pending(&mut self, tx: &mut Tx, finding: FindingId) -> Result<Option<OpenRound>> {
        if let Some(known) = self.pending.get(&finding) {
            return Ok(known.clone());
        }
        let round = store::round::pending(tx, &[finding])
            .await?
            .pop()
            .map(|(_, round)| round);
        self.pending.insert(finding, round.clone());
        Ok(round)
    }

    /// The agency's time zone.
    pub(crate) async fn zone(&mut self, tx: &mut Tx) -> Result<TimeZone> {
        if let Some(zone) = &self.zone {
            return Ok(zone.clone());
        }
        let zone = clock::zone(&store::agency::get(tx).await?.time_zone);
        self.zone = Some(zone.clone());
        Ok(zone)
    }

    async fn days(&mut self, tx: &mut Tx, project: ProjectId) -> Result<Days> {
        if let Some(days) = self.days.get(&project) {
            return Ok(days.clone());
        }
        let days = store::finding::days(tx, project).await?;
        self.days.insert(project, days.clone());
        Ok(days)
    }

    /// The due date of a released finding whose clock starts at `at`, by the days that hold for its project.
    pub(crate) async fn due(
        &mut self,
        tx: &mut Tx,
        row: &FindingRow,
        severity: Severity,
        start: Start,
        at: Time,
    ) -> Result<Option<clock::Due>> {
        let days = self.days(tx, row.project.id).await?;
        let zone = self.zone(tx).await?;
        let terms = Terms {
            agency: days.agency,
            client: days.client,
            client_name: row.client.as_ref().map(|c| c.name.as_str()),
        };
        Ok(clock::remediation(start, at, severity, &terms, &zone))
    }

    /// Until when the agency has to say whether it is fixed.
    pub(crate) async fn verification(&mut self, tx: &mut Tx, row: &FindingRow) -> Result<Time> {
        let days = self.days(tx, row.project.id).await?.verification;
        let zone = self.zone(tx).await?;
        Ok(clock::verification(self.now, days, &zone))
    }

    /// Decides over the version of the row.
    pub(crate) fn write(&mut self, row: &FindingRow, decided: Decisions) {
        if let Some(saved) = self.saved.get_mut(&row.id) {
            saved.decided = decided;
        } else {
            let before = row.clone();
            self.saved.insert(row.id, Saved { before, decided });
        }
    }

    /// Findings may go to this project of this client: streams and the way back are told.
    pub(crate) fn knows(&mut self, project: ProjectId, client: Option<ClientId>) {
        self.homes.insert(project, client);
    }

    /// A line of a finding's history.
    pub(crate) fn tell(&mut self, finding: FindingId, entry: NewEntry) {
        self.history.push((finding, entry));
    }

    pub(crate) fn ask(&mut self, new: NewRound, verdict: Option<Verdict>) {
        if verdict.is_none() {
            let open = OpenRound {
                id: new.id,
                asked_at: self.now,
            };
            self.pending.insert(new.finding, Some(open));
        }
        self.asked.push((new, verdict));
    }

    pub(crate) fn close(&mut self, finding: FindingId, round: RoundId, verdict: Verdict) {
        self.pending.insert(finding, None);
        if let Some(asked) = self.asked.iter_mut().find(|(new, _)| new.id == round) {
            asked.1 = Some(verdict);
        } else if let Some((_, rounds)) = self.closed.iter_mut().find(|(v, _)| *v == verdict) {
            rounds.push(round);
        } else {
            self.closed.push((verdict, vec![round]));
        }
    }

    /// Puts a round back to what it was.
    pub(crate) fn restore_round(&mut self, round: RoundId, state: RoundState) {
        self.rounds.push((round, state));
    }

    /// Every place of the finding is fixed, or none is.
    pub(crate) fn set_places(&mut self, finding: FindingId, fixed: bool) {
        self.all.insert(finding, fixed);
    }

    /// Puts the places of a finding back to what they were.
    pub(crate) fn restore_places(&mut self, finding: FindingId, places: Places) {
        match places {
            Places::All => {
                self.all.insert(finding, true);
            }
            Places::Only(fixed) => {
                self.all.insert(finding, false);
                if !fixed.is_empty() {
                    self.only.insert(finding, fixed);
                }
            }
        }
    }

    /// Remembers which places of these findings are fixed, before that changes.
    pub(crate) async fn keep_places(&mut self, tx: &mut Tx, rows: &[(FindingId, i64)]) -> Result<()> {
        let new: Vec<(FindingId, i64)> = rows
            .iter()
            .filter(|(id, _)| !self.kept_places.contains_key(id))
            .copied()
            .collect();
        let ids: Vec<FindingId> = new.iter().map(|(id, _)| *id).collect();
        let mut fixed: BTreeMap<FindingId, Vec<OccurrenceId>> = BTreeMap::new();
        for (finding, place) in store::occurrence::fixed(tx, &ids).await? {
            fixed.entry(finding).or_default().push(place);
        }
        for (id, count) in new {
            let fixed = fixed.remove(&id).unwrap_or_default();
            let places = if count > 0 && fixed.len() as i64 == count {
                Places::All
            } else {
                Places::Only(fixed)
            };
            self.kept_places.insert(id, places);
        }
        Ok(())
    }

    /// The acceptance of its risk ends by itself.
    pub(crate) fn ends(&mut self, finding: FindingId, at: Time) {
        self.ends.push((finding, at));
    }

    /// Writes all of it, or says what stands there now where somebody was faster.
    pub(crate) async fn flush(mut self, tx: &mut Tx, note: &mut Note) -> Result<()> {
        let counted: Vec<(FindingId, i64)> = self
            .all
            .keys()
            .filter_map(|id| Some((*id, self.saved.get(id)?.before.occurrence_count)))
            .collect();
        self.keep_places(tx, &counted).await?;
        let closed: Vec<RoundId> = self.closed.iter().flat_map(|(_, r)| r.iter().copied()).collect();
        let restored = self.rounds.iter().map(|(id, _)| *id);
        let kept_rounds = store::round::states(tx, &closed.iter().copied().chain(restored).collect::<Vec<_>>()).await?;
        self.save(tx).await?;
        self.note(note);
        for (finding, places) in &self.kept_places {
            note.changed("places", *finding, places, 0);
        }
        for (round, state) in kept_rounds {
            note.changed("round", round, &Some(state), 0);
        }
        // One that went with its finding is there again only now.
        for (round, _) in &self.rounds {
            note.changed("round", *round, &None::<RoundState>, 0);
        }
        for (new, _) in &self.asked {
            note.changed("round", new.id, &None::<RoundState>, 0);
        }
        self.count_up(tx).await?;
        store::round::insert(tx, self.asked, self.now).await?;
        for (verdict, rounds) in &self.closed {
            store::round::close(tx, rounds, verdict, self.now).await?;
        }
        store::round::restore(tx, self.rounds).await?;
        for fixed in [true, false] {
            let these = self.all.iter().filter(|(_, f)| **f == fixed);
            let these: Vec<FindingId> = these.map(|(id, _)| *id).collect();
            store::occurrence::set_all(tx, &these, fixed).await?;
        }
        let some: Vec<OccurrenceId> = self.only.into_values().flatten().collect();
        store::occurrence::set_some(tx, &some, true).await?;
        store::history::insert(tx, self.history, self.now).await?;
        for (finding, at) in self.ends {
            job::enqueue(tx, job::Kind::EndAcceptance, finding.0, at).await?;
        }
        Ok(())
    }

    async fn save(&self, tx: &mut Tx) -> Result<()> {
        let decided: Vec<Decided> = self
            .saved
            .iter()
            .map(|(id, saved)| Decided {
                id: *id,
                seen: saved.before.version,
                decided: saved.decided.clone(),
            })
            .collect();
        let saved = store::finding::save(tx, &decided).await?;
        if saved.len() == decided.len() {
            return Ok(());
        }
        let saved: BTreeSet<FindingId> = saved.into_iter().collect();
        let lost = decided.iter().map(|d| d.id).find(|id| !saved.contains(id));
        Err(conflict(&super::shown(tx, lost.ok_or_else(not_found)?).await?))
    }

    /// Where a finding stood and, where it goes elsewhere, where that is: project and client.
    fn ends_of(&self, saved: &Saved) -> impl Iterator<Item = (Uuid, Option<Uuid>)> {
        let (before, to) = (&saved.before, saved.decided.project);
        let left = (before.project.id.0, before.client.as_ref().map(|c| c.id.0));
        let home = self.homes.get(&to).copied().flatten();
        let came = (to != before.project.id).then_some((to.0, home.map(|c| c.0)));
        [left].into_iter().chain(came)
    }

    /// Says what was touched: to undo, and to streams.
    fn note(&self, note: &mut Note) {
        let mut counts_moved: BTreeSet<(Uuid, Option<Uuid>)> = BTreeSet::new();
        let mut places: BTreeSet<(Uuid, Option<Uuid>)> = BTreeSet::new();
        for (id, saved) in &self.saved {
            let (before, decided) = (&saved.before, &saved.decided);
            places.extend(self.ends_of(saved));
            if counted(&before.decided) != counted(decided) {
                counts_moved.extend(self.ends_of(saved));
            }
            note.changed("finding", *id, &before.decided, before.version + 1);
        }
        for (project, client) in places {
            note.place(Some(project), client);
            if self.saved.len() > NAMED_MAX {
                note.event_at(Topic::Finding, None, project, client);
            }
        }
        if self.saved.len() <= NAMED_MAX {
            for (id, saved) in &self.saved {
                for (project, client) in self.ends_of(saved) {
                    note.event_at(Topic::Finding, Some(id.0), project, client);
                }
            }
        }
        for (project, client) in counts_moved {
            note.event_at(Topic::Project, Some(project), project, client);
        }
    }

    /// Brings the roll-ups in line, one statement for each count that moved, always in the same order.
    async fn count_up(&self, tx: &mut Tx) -> Result<()> {
        let mut moved: BTreeMap<_, i64> = BTreeMap::new();
        for saved in self.saved.values() {
            let (was, is) = (counted(&saved.before.decided), counted(&saved.decided));
            if was != is {
                *moved.entry(was).or_insert(0) -= 1;
                *moved.entry(is).or_insert(0) += 1;
            }
        }
        for ((project, status, severity), n) in moved {
            store::rollup::add(tx, project, status, severity, n).await?;
        }
        Ok(())
    }
}

/// Under what a finding is counted.
fn counted(decided: &Decisions) -> (ProjectId, Status, Severity) {
    (decided.project, decided.status, decided.severity)
}
