//! The small agency every screen test looks at.

use super::*;

pub fn ada() -> PersonRef {
    PersonRef {
        id: UserId(Uuid::from_u128(10)),
        name: "Ada Admin".into(),
        email: "ada@agency.test".into(),
    }
}

pub fn page<T>(items: Vec<T>) -> Page<T> {
    Page {
        count: Some(items.len() as i64),
        items,
        next: None,
        prev: None,
        has_more: false,
    }
}

pub fn client(n: u128, key: &str, name: &str) -> Client {
    Client {
        id: ClientId(Uuid::from_u128(100 + n)),
        key: key.into(),
        name: name.into(),
        contact_email: Some(format!("it@{key}.test")),
        external_ref: None,
        notes: String::new(),
        state: ClientState::Active,
        account_manager: ada(),
        agency_access: AgencyAccess::AdminsAndSelected,
        selected: vec![ada()],
        project_count: 3,
        open_findings: SeverityCounts {
            critical: 1,
            high: 4,
            medium: 12,
            low: 0,
            info: 2,
        },
        version: 7,
        warnings: Vec::new(),
    }
}

pub fn clients() -> Page<Client> {
    page(vec![
        client(1, "acme", "ACME Corporation"),
        client(2, "borealis", "Borealis Shipping"),
        client(3, "cinder", "Cinder & Sons"),
    ])
}

fn badge(state: &str, count: Option<i64>) -> Badge {
    Badge {
        state: state.into(),
        count,
    }
}

pub fn reference(n: u128, key: &str, name: &str) -> Ref {
    Ref {
        id: Uuid::from_u128(100 + n),
        key: key.into(),
        name: name.into(),
    }
}

pub fn project(n: u128, key: &str, name: &str, client: Option<Ref>) -> Project {
    Project {
        id: ProjectId(Uuid::from_u128(200 + n)),
        key: key.into(),
        name: name.into(),
        badges: Badges {
            scan: badge("done", None),
            report: badge("none", None),
            fix: badge("overdue", Some(2)),
            handoff: badge(if client.is_some() { "not_started" } else { "unassigned" }, None),
            monitoring: badge("off", None),
        },
        client,
        lead: Some(ada()),
        team: Vec::new(),
        open_findings: SeverityCounts::default(),
        version: 3,
    }
}

pub fn projects() -> Page<Project> {
    page(vec![
        project(1, "P-4Q7M", "Web shop", Some(reference(1, "acme", "ACME Corporation"))),
        project(
            2,
            "P-9XJ2",
            "Crane telemetry",
            Some(reference(2, "borealis", "Borealis Shipping")),
        ),
        project(3, "P-T0C8", "Pilot", None),
    ])
}

pub fn conflict(current: impl serde::Serialize) -> Fault {
    let mut problem = Problem::new(Code::VersionConflict, "Somebody changed this since you read it.");
    problem.current = serde_json::to_value(current).ok();
    Fault::Problem(Box::new(problem))
}

pub fn problem(code: Code, detail: &str) -> Fault {
    Fault::Problem(Box::new(Problem::new(code, detail)))
}

/// A console with a session and the first pages of clients and projects.
pub fn desk(width: u16, height: u16) -> Harness {
    let mut desk = Harness::new(width, height).signed_in(Role::Admin);
    settle(&mut desk);
    desk
}

/// Answers what the panes ask until they ask no more.
pub fn settle(desk: &mut Harness) {
    loop {
        if desk.call::<ListClients>().is_some() {
            desk.reply::<ListClients>(clients());
        } else if desk.call::<ListProjects>().is_some() {
            desk.reply::<ListProjects>(projects());
        } else {
            return;
        }
    }
}
