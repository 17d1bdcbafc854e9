//! Findings of where one stands, by a query. Enter opens the detail; the acts are those of [`super::super::acts`].

use uuid::Uuid;

use super::super::action::{Action, Can};
use super::super::acts;
use super::super::effect::Cx;
use super::super::ink::{Run, run};
use super::super::modals::detail::Detail;
use super::super::model::{Chosen, Model};
use super::super::theme::Tone;
use super::super::widgets::badge;
use super::super::window::Row;
use super::noun::{Ask, Column, Group, Narrowed, Noun, Picked, Sort};
use super::{Named, PaneId, What};
use crate::api::event::Topic;
use crate::api::finding::{Finding, GroupBy, ListFindings};
use crate::api::queue::CountLanes;
use crate::domain::safe::Safe;
use crate::domain::time::Time;

impl Row for Finding {
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn words(&self) -> String {
        let client = self.client.as_ref().map_or("", |c| c.name.as_str());
        let who = self.assignee.as_ref().map_or("", |p| p.name.as_str());
        format!(
            "{} {} {client} {} {} {who} {}",
            self.key, self.title, self.project.name, self.status, self.tool
        )
    }
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Findings;

fn narrowed(model: &Model) -> bool {
    model.standing.client.is_some() || model.standing.project.is_some()
}

const COLUMNS: &[Column<Finding>] = &[
    Column::<Finding>::new(&["", "severity"], 1, 0, |f, look| badge::rated(f.severity, look.width)).to(8),
    Column::<Finding>::new(&["key"], 8, 0, |f, _| vec![run(&f.key, Tone::Dim)]),
    Column::<Finding>::new(&["status"], 9, 1, |f, _| badge::status(f.status)),
    Column::<Finding>::new(&["client"], 12, 0, |f, _| badge::client(f.client.as_ref()))
        .to(26)
        .unless(narrowed),
    Column::<Finding>::new(&["title"], 0, 0, |f, _| badge::title(f)),
    Column::<Finding>::new(&["at", "places"], 3, 4, |f, _| {
        vec![run(f.occurrence_count.to_string(), Tone::Dim)]
    })
    .right()
    .to(6),
    Column::<Finding>::new(&["due"], 5, 2, |f, look| {
        badge::due(f.due_at.filter(|_| f.status.is_open()), look.model.now)
    })
    .right(),
    Column::<Finding>::new(&["who"], 8, 3, |f, look| badge::person(f.assignee.as_ref(), look.width)).to(16),
    Column::<Finding>::new(&["cvss"], 4, 5, |f, _| {
        vec![
            f.cvss
                .as_ref()
                .map_or(run("–", Tone::Dim), |c| run(format!("{:.1}", c.score), Tone::Text)),
        ]
    })
    .right(),
    Column::<Finding>::new(&["first", "first seen"], 5, 6, |f, look| {
        badge::ago(f.first_seen, look.model.now)
    })
    .right(),
    Column::<Finding>::new(&["project"], 12, 7, |f, _| vec![run(&f.project.name, Tone::Dim)])
        .to(24)
        .unless(|model| model.standing.project.is_some()),
    Column::<Finding>::new(&["tool"], 8, 8, |f, _| vec![run(&f.tool, Tone::Dim)]).to(14),
    Column::<Finding>::new(&["last"], 5, 9, |f, look| badge::ago(f.last_seen, look.model.now)).right(),
    Column::<Finding>::new(&["released"], 8, 10, |f, look| match f.released_at {
        Some(at) => badge::ago(at, look.model.now),
        None => vec![run("internal", Tone::Dim)],
    })
    .right(),
];

const SORTS: &[Sort] = &[
    Sort::new('s', "sev", "severity", true),
    Sort::new('v', "cvss", "CVSS score", true),
    Sort::new('d', "due", "due date", false),
    Sort::new('f', "first", "first seen", true),
    Sort::new('l', "last", "last seen", true),
    Sort::new('t', "status", "status", false),
    Sort::new('i', "title", "title", false),
    Sort::new('c', "client", "client", false),
    Sort::new('p', "project", "project", false),
    Sort::new('a', "assignee", "assignee", false),
    Sort::new('o', "tool", "tool", false),
];

const GROUPS: &[Group<Finding>] = &[
    group('s', "severity", GroupBy::Severity, "-sev", |f| {
        Safe::new(f.severity.name())
    }),
    group('t', "status", GroupBy::Status, "status", |f| {
        Safe::new(&f.status.to_string().replace('_', " "))
    }),
    group('c', "client", GroupBy::Client, "client", badge::client_name),
    group('p', "project", GroupBy::Project, "project", |f| {
        Safe::new(&format!("{} · {}", f.project.name, badge::client_name(f)))
    }),
    group('a', "assignee", GroupBy::Assignee, "assignee", badge::assignee_name),
    group('o', "tool", GroupBy::Tool, "tool", |f| Safe::new(&f.tool)),
];

const fn group(
    letter: char,
    name: &'static str,
    by: GroupBy,
    sort: &'static str,
    of: fn(&Finding) -> Safe,
) -> Group<Finding> {
    Group {
        letter,
        name,
        text: name,
        sort,
        headed: true,
        hides: if matches!(letter, 'a') { "who" } else { name },
        of,
        by: Some(by),
    }
}

impl Noun for Findings {
    type Item = Finding;
    type List = ListFindings;
    type Beside = CountLanes;

    const ID: PaneId = PaneId::Findings;
    const NAMES: [&'static str; 2] = ["finding", "findings"];
    // What still asks for work; the query line shows it and Esc there changes nothing.
    const QUERY: &'static str = "is:open";
    const SORT_IN_QUERY: bool = true;
    const SORTS: &'static [Sort] = SORTS;
    const NARROWED: Narrowed = Narrowed::ByPlace;
    const HINTS: &'static [Action] = &[
        Action::Choose,
        Action::Status,
        Action::Comment,
        Action::Person,
        Action::Release,
        Action::Query,
        Action::Sort,
        Action::Group,
        Action::Find,
    ];

    fn columns() -> &'static [Column<Finding>] {
        COLUMNS
    }

    fn groups() -> &'static [Group<Finding>] {
        GROUPS
    }

    fn request(ask: Ask) -> ListFindings {
        ListFindings {
            q: ask.model.standing.narrow(ask.query),
            narrow: ask.narrow,
            limit: ask.limit,
            cursor: ask.cursor,
            end: ask.end,
            count: ask.count,
        }
    }

    fn follows(topic: Topic) -> bool {
        matches!(topic, Topic::Client | Topic::Project | Topic::Finding | Topic::Import)
    }

    fn act(&self, action: Action, picked: &Picked<Finding>, cx: &mut Cx) -> bool {
        match (action, picked.row) {
            (Action::Choose, Some(finding)) => cx.open(Detail::over(finding)),
            (Action::TakeNext, _) => acts::take_next(picked.query, cx),
            (action, row) => {
                let many = acts::Many::of(&picked.marked, picked.seen, cx.model, Clone::clone);
                return acts::on_marked(action, many.as_ref(), false, cx)
                    || row.is_some_and(|finding| acts::on_finding(action, finding, false, cx));
            }
        }
        true
    }

    fn can(&self, action: Action, row: Option<&Finding>, many: bool, model: &Model) -> Can {
        match action {
            Action::TakeNext => Can::Yes,
            action if many && acts::takes_many(action) => Can::Yes,
            action => acts::can_on_finding(action, row, model),
        }
    }

    fn empty(&self, query: &str, model: &Model) -> Vec<Run> {
        if query.is_empty() {
            return vec![
                run("No finding here yet. ", Tone::Dim),
                run(model.keymap.first(Action::Import), Tone::Key),
                run(" on a project imports a scanner report.", Tone::Dim),
            ];
        }
        vec![
            run(format!("Nothing matches {query}. "), Tone::Dim),
            run(model.keymap.first(Action::Query), Tone::Key),
            run(" another query, ", Tone::Dim),
            run(model.keymap.first(Action::Import), Tone::Key),
            run(" on a project imports.", Tone::Dim),
        ]
    }

    fn finding(finding: &Finding) -> Option<&Finding> {
        Some(finding)
    }

    fn named(finding: &Finding) -> Option<Named> {
        Some(Named {
            what: What::Finding,
            chosen: Chosen {
                id: finding.id.0,
                key: finding.key.clone(),
                name: Safe::new(&finding.title),
            },
            client: finding.client.as_ref().map(Chosen::from),
        })
    }

    fn clock(finding: &Finding) -> Option<Time> {
        finding.due_at
    }
}
