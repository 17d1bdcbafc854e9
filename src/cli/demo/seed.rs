//! Fills the demo's agency as its people would have: through the API, day by day, on a server whose clock is moved
//! through the last sixty days. Users and the plan are the operator's (`admin`). No row is written behind the API.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use tokio::sync::Mutex;

use super::acts::{Bytes, FATES, asking, begin, comment, each, findings, import, verdict};
use super::agency::{Client, Person, Report, Rival, Script};
use crate::api::client::{CreateClient, EditClient};
use crate::api::finding::{EditFinding, ReleaseFinding, RoundKind, TriageFinding};
use crate::api::portal::AddPortalComment;
use crate::api::project::CreateProject;
use crate::api::session::{SignIn, WhoAmI};
use crate::cli::{Context, Error, output};
use crate::credentials::Cache;
use crate::domain::access::{Audience, ClientState, PortalLevel, PortalRole, Role};
use crate::domain::time::DAY_MS;
use crate::remote::{Address, Options, Remote, Write};
use crate::service::admin;
use crate::service::clock::Clock;
use crate::store::Store;

/// The day the agency was opened, counted back from today.
const FIRST_DAY: i64 = 60;

pub struct Seed<'a> {
    cx: &'a Context,
    url: &'a str,
    script: &'a Script,
    store: Store,
    clock: &'a Clock,
    /// Who is signed in on the day that the clock shows.
    signed_in: Mutex<HashMap<String, Remote>>,
}

/// A project with the person who works on it and the reports that will come.
struct Work<'a> {
    key: String,
    worker: &'a Person,
    reports: &'a [Report],
}

impl<'a> Seed<'a> {
    pub fn new(cx: &'a Context, url: &'a str, script: &'a Script, store: Store, clock: &'a Clock) -> Self {
        Self {
            cx,
            url,
            script,
            store,
            clock,
            signed_in: Mutex::default(),
        }
    }

    #[must_use]
    pub fn script(&self) -> &'a Script {
        self.script
    }

    /// Whether the data directory holds a desk already.
    pub async fn is_made(&self) -> Result<bool, Error> {
        admin::exists(&self.store, &self.script.name)
            .await
            .map_err(crate::cli::admin::refused)
    }

    /// Makes the agency and lives through its sixty days. `tell`: somebody watches.
    pub async fn make(&self, tell: bool) -> Result<(), Error> {
        self.to_day(FIRST_DAY).await;
        self.people().await?;
        let works = self.workspaces().await?;
        // What happens on which day; older days first.
        let mut days: BTreeMap<i64, Vec<(usize, Step)>> = BTreeMap::new();
        for (n, work) in works.iter().enumerate() {
            for report in work.reports {
                let mut on =
                    |after: i64, step: Step| days.entry(-(report.day - after).max(0)).or_default().push((n, step));
                on(0, Step::Import(report.clone()));
                on(1, Step::Triage);
                on(2, Step::Release);
                on(5, Step::Work);
                on(9, Step::Verdicts);
            }
        }
        let last = days.len();
        for (done, (day, steps)) in days.into_iter().enumerate() {
            if tell {
                output::progress("making the demo desk", done, last);
            }
            self.to_day(-day).await;
            for (n, step) in steps {
                self.step(&works[n], step).await?;
            }
        }
        self.to_day(0).await;
        self.today(&works).await?;
        self.question().await?;
        self.rival().await?;
        self.clock.set_offset(0);
        self.signed_in.lock().await.clear();
        if tell {
            output::progress("making the demo desk", last, last);
        }
        Ok(())
    }

    /// Moves the clock to a morning, so many days ago. Sessions of another day are over by then.
    async fn to_day(&self, day: i64) {
        // Never later than now, and a little earlier than the same time that day: what people do takes its time.
        self.clock.set_offset(-day * DAY_MS - 3_600_000);
        self.signed_in.lock().await.clear();
    }

    async fn people(&self) -> Result<(), Error> {
        let refused = crate::cli::admin::refused;
        let (script, now) = (self.script, self.clock.now());
        let mut agency = admin::NewAgency::named(&script.name);
        (agency.clients, agency.projects, agency.seats) =
            (script.plan.clients, script.plan.projects, script.plan.seats);
        agency.time_zone = "Europe/Berlin".into();
        let first = script.admin();
        admin::init(&self.store, agency, &first.email, &first.name, &script.password, now)
            .await
            .map_err(refused)?;
        for person in script.people.iter().filter(|p| p.email != first.email) {
            let Person { email, name, role, .. } = person;
            admin::add_user(
                &self.store,
                &script.name,
                email,
                name,
                *role,
                Some(&script.password),
                now,
            )
            .await
            .map_err(refused)?;
        }
        Ok(())
    }

    /// The second agency: one admin, one client, one project with what its first import brought.
    async fn rival(&self) -> Result<(), Error> {
        let Rival {
            name,
            admin: person,
            client,
            project,
            report,
        } = &self.script.rival;
        let agency = admin::NewAgency::named(name);
        let now = self.clock.now();
        admin::init(
            &self.store,
            agency,
            &person.email,
            &person.name,
            &self.script.password,
            now,
        )
        .await
        .map_err(crate::cli::admin::refused)?;
        let desk = self.as_person(&person.email).await?;
        let request = CreateClient {
            name: client.clone(),
            account_manager: Some(person.email.clone()),
            ..CreateClient::default()
        };
        let opened = desk.write(&request, &Write::fresh()).await?;
        let request = CreateProject {
            name: project.clone(),
            client: Some(opened.key),
            ..CreateProject::default()
        };
        let made = desk.write(&request, &Write::fresh()).await?;
        let reports = vec![(report.clone(), Bytes::Built(super::agency::bytes(report)?))];
        import(&desk, &made.key, reports).await?;
        Ok(())
    }

    /// Somebody else of the agency, signed in on a session of their own.
    pub async fn colleague(&self) -> Result<Remote, Error> {
        let script = self.script;
        let analyst = script.people.iter().rfind(|p| p.role == Role::Analyst);
        let email = &analyst.unwrap_or_else(|| script.admin()).email;
        let remote = self.connect(None)?;
        let request = SignIn {
            email: email.clone(),
            password: script.password.clone(),
            agency: None,
            label: Some("colleague".into()),
        };
        remote.sign_in(&request).await?;
        Ok(remote)
    }

    /// A client of the API signed in as this person today.
    async fn as_person(&self, email: &str) -> Result<Remote, Error> {
        let mut signed_in = self.signed_in.lock().await;
        if let Some(remote) = signed_in.get(email) {
            return Ok(remote.clone());
        }
        let remote = self.connect(None)?;
        let request = SignIn {
            email: email.to_owned(),
            password: self.script.password.clone(),
            agency: None,
            label: Some("demo".into()),
        };
        let tokens = remote.call(&request).await?;
        // A fixed token: the server's clock is not this machine's.
        let remote = self.connect(Some(tokens.access_token))?;
        signed_in.insert(email.to_owned(), remote.clone());
        Ok(remote)
    }

    fn connect(&self, token: Option<String>) -> Result<Remote, Error> {
        let address: Address = self.url.parse()?;
        Ok(Remote::new(Options {
            servers: vec![address],
            token: token.map(Into::into),
            cache: Cache::in_memory(),
            network: self.cx.config.network.clone(),
            read_only: false,
            slow: None,
        })?)
    }

    async fn workspaces(&self) -> Result<Vec<Work<'a>>, Error> {
        let admin = self.as_person(&self.script.admin().email).await?;
        let mut works = Vec::new();
        for client in &self.script.clients {
            let opened = admin.write(&opening(client), &Write::fresh()).await?;
            if !client.onboarding {
                let request = EditClient {
                    client: client.key.clone(),
                    state: Some(ClientState::Active),
                    ..EditClient::default()
                };
                admin.write(&request, &Write::over(opened.version)).await?;
            }
            let worker = self.worker(client);
            for project in &client.projects {
                let request = CreateProject {
                    name: project.name.clone(),
                    client: Some(client.key.clone()),
                    lead: Some(worker.email.clone()),
                    team: Vec::new(),
                };
                let made = admin.write(&request, &Write::fresh()).await?;
                works.push(Work {
                    key: made.key,
                    worker,
                    reports: &project.reports,
                });
            }
        }
        for project in &self.script.unassigned {
            let request = CreateProject {
                name: project.name.clone(),
                ..CreateProject::default()
            };
            self.as_person(&project.by)
                .await?
                .write(&request, &Write::fresh())
                .await?;
        }
        Ok(works)
    }

    /// Who works for a client: its manager (all of them may open it).
    fn worker(&self, client: &Client) -> &'a Person {
        let manager = self
            .script
            .people
            .iter()
            .find(|p| p.email == client.manager && p.role != Role::Viewer);
        manager.unwrap_or_else(|| self.script.admin())
    }

    async fn step(&self, work: &Work<'_>, step: Step) -> Result<(), Error> {
        let desk = self.as_person(&work.worker.email).await?;
        match step {
            Step::Import(report) => import(
                &desk,
                &work.key,
                vec![(report.file.clone(), Bytes::Built(report.bytes()?))],
            )
            .await
            .map(drop),
            Step::Triage => self.triage(&desk, work).await,
            Step::Release => {
                let list = findings(&desk, &format!("project:{} is:open triaged:yes released:no", work.key)).await?;
                each(
                    list,
                    |n, f| n % 5 != 4 && f.released_at.is_none(),
                    |_, finding| {
                        let desk = desk.clone();
                        async move {
                            let request = ReleaseFinding {
                                finding: finding.key,
                                undo: false,
                            };
                            desk.write(&request, &Write::over(finding.version)).await.map(drop)
                        }
                    },
                )
                .await
            }
            Step::Work => {
                let list = findings(&desk, &format!("project:{} status:open released:yes", work.key)).await?;
                let first = list.first().map(|f| f.key.clone());
                each(
                    list,
                    |_, _| true,
                    |n, finding| {
                        let (desk, first, now) = (desk.clone(), first.clone(), self.clock.now());
                        async move { begin(&desk, finding, FATES[n % FATES.len()], first, now).await }
                    },
                )
                .await
            }
            Step::Verdicts => {
                let list = findings(&desk, &format!("project:{} status:pending_verification", work.key)).await?;
                each(
                    list,
                    |_, _| true,
                    |n, finding| {
                        let desk = desk.clone();
                        async move { verdict(&desk, finding, n).await }
                    },
                )
                .await
            }
        }
    }

    /// Most findings are looked at, and half of those get somebody.
    async fn triage(&self, desk: &Remote, work: &Work<'_>) -> Result<(), Error> {
        let list = findings(desk, &format!("project:{} is:open triaged:no", work.key)).await?;
        each(
            list,
            |n, _| n % 4 != 3,
            |n, finding| {
                let (desk, worker) = (desk.clone(), work.worker.email.clone());
                async move {
                    let request = TriageFinding {
                        finding: finding.key.clone(),
                        undo: false,
                    };
                    let seen = desk.write(&request, &Write::over(finding.version)).await?;
                    if n % 2 == 0 {
                        let request = EditFinding {
                            finding: finding.key,
                            assignee: Some(Some(worker)),
                            ..EditFinding::default()
                        };
                        desk.write(&request, &Write::over(seen.version)).await?;
                    }
                    Ok(())
                }
            },
        )
        .await
    }

    /// What is on the desk this morning: three findings that wait for a verdict, and notes on them.
    async fn today(&self, works: &[Work<'_>]) -> Result<(), Error> {
        let mut wanted = 3;
        for work in works.iter().filter(|w| !w.reports.is_empty()) {
            let desk = self.as_person(&work.worker.email).await?;
            let list = findings(&desk, &format!("project:{} status:in_progress sev:>=medium", work.key)).await?;
            if let Some(finding) = list.into_iter().next() {
                let notes = "The client says: patched and rolled out to all hosts last night. Please check.";
                let request = asking(&finding, RoundKind::Remediated, notes);
                desk.write(&request, &Write::over(finding.version)).await?;
                comment(
                    &desk,
                    &finding,
                    "Fix is in release 2.14.1, behind the load balancer since 02:00.",
                    Audience::Internal,
                )
                .await?;
                wanted -= 1;
            }
            if wanted == 0 {
                break;
            }
        }
        Ok(())
    }

    /// A question that one of the client's own people asked this morning, on a finding that was released to them.
    async fn question(&self) -> Result<(), Error> {
        let refused = crate::cli::admin::refused;
        let client = &self.script.clients[0];
        let admin = self.as_person(&self.script.admin().email).await?;
        let query = format!(
            "client:{} is:open released:yes -status:pending_verification sev:>=high",
            client.key
        );
        let (Some(finding), who) = (
            findings(&admin, &query).await?.into_iter().nth(1),
            admin.call(&WhoAmI {}).await?,
        ) else {
            return Ok(());
        };
        let Some(owner) = &finding.client else { return Ok(()) };
        let (role, level) = (PortalRole::Collaborator, PortalLevel::Full);
        let (agency, now) = (who.agency.id, self.clock.now());
        let token = admin::portal_session(&self.store, agency, owner.id, &client.contact, role, level, now)
            .await
            .map_err(refused)?;
        let request = AddPortalComment {
            finding: finding.key,
            text: "Is this reachable without an account? We would like to plan the fix for this sprint.".into(),
        };
        self.connect(Some(token))?.write(&request, &Write::fresh()).await?;
        Ok(())
    }

    /// Takes the newcomer's own reports into a project that nobody else knows.
    pub async fn own_reports(&self, files: &[PathBuf]) -> Result<(), Error> {
        if files.is_empty() {
            return Ok(());
        }
        let admin = self.as_person(&self.script.admin().email).await?;
        let request = CreateProject {
            name: "My own report".into(),
            ..CreateProject::default()
        };
        let project = admin.write(&request, &Write::fresh()).await?;
        let mut reports = Vec::new();
        for file in files {
            let name = file
                .file_name()
                .map_or_else(|| "report".into(), |n| n.to_string_lossy().into_owned());
            reports.push((name, Bytes::File(file.clone())));
        }
        let batch = import(&admin, &project.key, reports).await?;
        let new = batch.totals.unwrap_or_default().new;
        self.cx
            .out
            .remark(&format!("{}: {new} findings from your own report", project.key));
        Ok(())
    }
}

/// One thing that is done in a project on a day.
enum Step {
    Import(Report),
    Triage,
    Release,
    Work,
    Verdicts,
}

fn opening(client: &Client) -> CreateClient {
    CreateClient {
        name: client.name.clone(),
        account_manager: Some(client.manager.clone()),
        key: Some(client.key.clone()),
        contact_email: Some(client.contact.clone()),
        external_ref: Some(client.reference.clone()),
        notes: Some(client.notes.clone()),
        agency_access: Some(client.access),
        selected: client.selected.clone(),
        projects: Vec::new(),
    }
}
