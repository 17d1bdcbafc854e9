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
        badges: Badges {
            scan: badge("none", Some(1)),
            report: badge("none", None),
            fix: badge("overdue", Some(5)),
            handoff: badge("not_started", None),
            monitoring: badge("off", None),
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
        } else if desk.call::<ListFindings>().is_some() {
            desk.reply::<ListFindings>(findings());
        } else if desk.call::<ListQueue>().is_some() {
            desk.reply::<ListQueue>(queue());
        } else if desk.call::<CountLanes>().is_some() {
            desk.reply::<CountLanes>(LaneCounts {
                lanes: Lane::ALL.into_iter().map(|lane| LaneCount { lane, count: 1 }).collect(),
            });
        } else {
            return;
        }
    }
}

pub fn finding(n: u128, key: &str, title: &str, severity: Severity, status: Status) -> Finding {
    Finding {
        id: FindingId(Uuid::from_u128(300 + n)),
        key: key.into(),
        title: title.into(),
        severity,
        scanner_severity: Some(severity),
        cvss: Some(CvssRating {
            version: "3.1".into(),
            vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H".into(),
            score: 9.8,
        }),
        cwe: vec![89],
        cve: vec!["CVE-2024-1234".into()],
        tags: Vec::new(),
        status,
        assignee: n.is_multiple_of(2).then(ada),
        due_at: Some(NOON.plus_days(n as i64 - 2)),
        first_seen: NOON.plus_days(-30),
        last_seen: NOON.plus_days(-1),
        seen_in_latest: n != 4,
        triaged_at: (n != 1).then(|| NOON.plus_days(-3)),
        released_at: None,
        occurrence_count: n as i64 + 1,
        project: reference(101, "P-4Q7M", "Web shop"),
        client: Some(reference(1, "acme", "ACME Corporation")),
        tool: "nuclei".into(),
        version: 5,
    }
}

pub fn findings() -> Page<Finding> {
    page(vec![
        finding(
            0,
            "F-7K3QX2",
            "SQL injection in the order form",
            Severity::Critical,
            Status::Open,
        ),
        finding(
            1,
            "F-A1B2C3",
            "TLS 1.0 is offered",
            Severity::Medium,
            Status::InProgress,
        ),
        finding(
            2,
            "F-M4N5P6",
            "Directory listing",
            Severity::Low,
            Status::PendingVerification,
        ),
        finding(
            3,
            "F-Q7R8S9",
            "Reflected XSS in search",
            Severity::High,
            Status::NotFixed,
        ),
        finding(4, "F-T0V1W2", "Server version in headers", Severity::Info, Status::Open),
    ])
}

pub fn queue() -> Page<QueueItem> {
    let lanes = [Lane::Overdue, Lane::New, Lane::Verify, Lane::Back, Lane::Waiting];
    let item = |(finding, lane): (Finding, Lane)| QueueItem {
        lane,
        clock: finding.due_at.map(|due_at| Clock {
            kind: if lane == Lane::Verify {
                ClockKind::Verification
            } else {
                ClockKind::Remediation
            },
            due_at,
        }),
        holder: (lane == Lane::Back).then(|| Holder {
            user: PersonRef {
                id: UserId(Uuid::from_u128(11)),
                name: "Ben Analyst".into(),
                email: "ben@agency.test".into(),
            },
            until: NOON.plus_ms(600_000),
        }),
        finding,
    };
    let mut items: Vec<_> = findings().items.into_iter().zip(lanes).map(item).collect();
    items.sort_by_key(|i| i.lane);
    page(items)
}

pub fn detail(finding: Finding) -> FindingDetail {
    let legal = |to, needs_notes| LegalMove { to, needs_notes };
    FindingDetail {
        finding,
        description: "The parameter `id` reaches the database as it is.\n\nProof: `' OR 1=1 --`".into(),
        remediation: "Bind parameters.".into(),
        references: vec!["https://cwe.example/89".into()],
        own_severity: None,
        own_tags: Vec::new(),
        triaged_by: Some(ada()),
        released_by: None,
        due_reason: Some("critical: 7 days (agency)".into()),
        accepted_until: None,
        duplicate_of: None,
        moves: vec![
            legal(Status::InProgress, false),
            legal(Status::PendingVerification, true),
            legal(Status::VerifiedFixed, true),
            legal(Status::FalsePositive, true),
            legal(Status::OutOfScope, true),
            legal(Status::Duplicate, false),
            legal(Status::RiskAccepted, true),
        ],
        corrections: Vec::new(),
        related: Vec::new(),
        occurrences_open: 2,
        occurrences_fixed: 1,
        client_people: Some(3),
    }
}

pub fn place(n: u128, place: &str, fixed: bool) -> Occurrence {
    Occurrence {
        id: OccurrenceId(Uuid::from_u128(400 + n)),
        place: place.into(),
        fixed,
        repeats: 1,
        first_seen: NOON.plus_days(-30),
        last_seen: NOON.plus_days(-1),
        seen_in_latest: !fixed,
        detail: String::new(),
        place_key: String::new(),
        host: None,
    }
}

pub fn places() -> Page<Occurrence> {
    page(vec![
        place(0, "https://shop.acme.test/order?id=1", false),
        place(1, "https://shop.acme.test/basket?id=1", false),
        place(2, "https://old.acme.test/order?id=1", true),
    ])
}

pub fn comments() -> Page<Comment> {
    let comment = |n: u128, text: &str, from_client, audience| Comment {
        id: CommentId(Uuid::from_u128(500 + n)),
        author: ada(),
        from_client,
        audience,
        text: text.into(),
        reply_to: None,
        created_at: NOON.plus_days(-2),
        edited_at: None,
        via: (n == 1).then(|| "F-00000M".into()),
        version: 1,
    };
    page(vec![
        comment(0, "Seen on staging too.", false, Audience::Internal),
        comment(1, "Is the basket affected as well?", true, Audience::Shared),
    ])
}

pub fn history() -> Page<HistoryEntry> {
    page(vec![HistoryEntry {
        at: NOON.plus_days(-3),
        by: Some(ada()),
        rule: None,
        act: "finding.move".into(),
        from: Some(Status::Open),
        to: Some(Status::InProgress),
        notes: "with the shop's team".into(),
        round: None,
        via: None,
    }])
}

/// A first page of a list with more behind it.
pub fn beginning(n: u128, of: i64) -> Page<Finding> {
    let row = |n| {
        finding(
            n,
            &format!("F-{n:06}"),
            &format!("Row {n}"),
            Severity::Low,
            Status::Open,
        )
    };
    Page {
        items: (0..n).map(row).collect(),
        next: Some("next".into()),
        prev: None,
        has_more: true,
        count: Some(of),
    }
}
