//! The remediation queue across every client one may open: lanes first, then the nearest or most breached clock.

use uuid::Uuid;

use super::super::action::{Action, Can};
use super::super::acts;
use super::super::effect::{Answer, Cx};
use super::super::ink::{Run, run};
use super::super::modals::detail::Detail;
use super::super::model::Model;
use super::super::theme::Tone;
use super::super::widgets::badge;
use super::super::window::Row;
use super::PaneId;
use super::noun::{Ask, Column, Counted, Group, Look, Narrowed, Noun, Picked, Sort};
use crate::api::event::Topic;
use crate::api::finding::{Finding, GroupBy};
use crate::api::queue::{ClockKind, CountLanes, LaneCounts, ListQueue, QueueItem};
use crate::domain::lane::Lane;
use crate::domain::safe::Safe;
use crate::domain::time::Time;

impl Row for QueueItem {
    fn id(&self) -> Uuid {
        self.finding.id.0
    }
    fn words(&self) -> String {
        let client = self.finding.client.as_ref().map_or("", |c| c.name.as_str());
        let holder = self.holder.as_ref().map_or("", |h| h.user.name.as_str());
        format!(
            "{} {} {client} {} {holder}",
            self.finding.key,
            self.finding.title,
            lane_name(self.lane)
        )
    }
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Queue {
    lanes: Option<LaneCounts>,
}

fn is_mine(item: &QueueItem, model: &Model) -> bool {
    let me = model.who.as_ref().map(|w| w.user);
    item.holder.as_ref().is_some_and(|h| Some(h.user.id) == me)
}

fn narrowed(model: &Model) -> bool {
    model.standing.client.is_some() || model.standing.project.is_some()
}

const COLUMNS: &[Column<QueueItem>] = &[
    // A lane's name stands out where the lane begins; below it is only a reminder.
    Column::<QueueItem>::new(&["lane"], 8, 0, |item, look| {
        let tone = if look.first { lane_tone(item.lane) } else { Tone::Dim };
        vec![run(lane_name(item.lane), tone)]
    }),
    Column::<QueueItem>::new(&["", "severity"], 1, 0, |item, look| {
        badge::rated(item.finding.severity, look.width)
    })
    .to(8),
    Column::<QueueItem>::new(&["key"], 8, 0, |item, _| vec![run(&item.finding.key, Tone::Dim)]),
    Column::<QueueItem>::new(&["client"], 12, 0, |item, _| {
        badge::client(item.finding.client.as_ref())
    })
    .to(26)
    .unless(narrowed),
    Column::<QueueItem>::new(&["title"], 0, 0, |item, _| vec![run(&item.finding.title, Tone::Text)]),
    Column::<QueueItem>::new(&["clock"], 6, 1, |item, look| running(item, look.model.now)).right(),
    Column::<QueueItem>::new(&["holder"], 8, 2, holder).to(16),
    Column::<QueueItem>::new(&["status"], 9, 5, |item, _| badge::status(item.finding.status)),
    Column::<QueueItem>::new(&["who"], 8, 6, |item, look| {
        badge::person(item.finding.assignee.as_ref(), look.width)
    })
    .to(16),
    Column::<QueueItem>::new(&["project"], 12, 7, |item, _| {
        vec![run(&item.finding.project.name, Tone::Dim)]
    })
    .to(24)
    .unless(|model| model.standing.project.is_some()),
    Column::<QueueItem>::new(&["cvss"], 4, 8, |item, _| {
        let cvss = item.finding.cvss.as_ref();
        vec![cvss.map_or(run("–", Tone::Dim), |c| run(format!("{:.1}", c.score), Tone::Text))]
    })
    .right(),
    Column::<QueueItem>::new(&["tool"], 8, 9, |item, _| vec![run(&item.finding.tool, Tone::Dim)]).to(14),
];

const GROUPS: &[Group<QueueItem>] = &[
    Group {
        letter: 'l',
        name: LANES,
        text: "lane: the queue's own order",
        sort: "",
        headed: false,
        hides: "",
        of: |item| Safe::new(lane_name(item.lane)),
        by: None,
    },
    Group {
        letter: 'h',
        name: "lane",
        text: "lane, with headings",
        sort: "",
        headed: true,
        hides: "lane",
        of: |item| Safe::new(lane_name(item.lane)),
        by: None,
    },
    Group {
        letter: 'c',
        name: "client",
        text: "client, then the nearest clock",
        sort: "client",
        headed: true,
        hides: "client",
        of: |item| badge::client_name(&item.finding),
        by: Some(GroupBy::Client),
    },
    Group {
        letter: 's',
        name: "severity",
        text: "severity, then the nearest clock",
        sort: "-sev",
        headed: true,
        hides: "",
        of: |item| Safe::new(item.finding.severity.name()),
        by: Some(GroupBy::Severity),
    },
    Group {
        letter: 'a',
        name: "assignee",
        text: "assignee, then the nearest clock",
        sort: "assignee",
        headed: true,
        hides: "who",
        of: |item| badge::assignee_name(&item.finding),
        by: Some(GroupBy::Assignee),
    },
];

/// The lanes, told by their column alone.
const LANES: &str = "lanes";

impl Noun for Queue {
    type Item = QueueItem;
    type List = ListQueue;
    type Beside = CountLanes;

    const ID: PaneId = PaneId::Queue;
    const NAMES: [&'static str; 2] = ["finding", "findings"];
    const SORT_IN_QUERY: bool = true;
    const IN_QUEUE: bool = true;
    const SORTS: &'static [Sort] = &[
        Sort::new('s', "sev", "severity, within each lane", true),
        Sort::new('v', "cvss", "CVSS score, within each lane", true),
        Sort::new('d', "due", "due date, within each lane", false),
        Sort::new('f', "first", "first seen, within each lane", true),
        Sort::new('i', "title", "title, within each lane", false),
        Sort::new('c', "client", "client, within each lane", false),
        Sort::new('a', "assignee", "assignee, within each lane", false),
        Sort::new('q', "", "the queue's own: the nearest or most breached clock", false),
    ];
    const NARROWED: Narrowed = Narrowed::ByPlace;
    const HINTS: &'static [Action] = &[
        Action::Choose,
        Action::TakeNext,
        Action::Take,
        Action::Status,
        Action::Comment,
        Action::Person,
        Action::Query,
        Action::Group,
        Action::Sort,
    ];

    fn columns() -> &'static [Column<QueueItem>] {
        COLUMNS
    }

    fn groups() -> &'static [Group<QueueItem>] {
        GROUPS
    }

    fn first_group() -> Option<&'static Group<QueueItem>> {
        GROUPS.first()
    }

    fn request(ask: Ask) -> ListQueue {
        ListQueue {
            q: ask.model.standing.narrow(ask.query),
            narrow: ask.narrow,
            flat: ask.flat,
            limit: ask.limit,
            cursor: ask.cursor,
            end: ask.end,
            count: ask.count,
        }
    }

    fn follows(topic: Topic) -> bool {
        matches!(
            topic,
            Topic::Project | Topic::Finding | Topic::Queue | Topic::Import | Topic::Comment
        )
    }

    fn beside(query: &str, model: &Model) -> Option<CountLanes> {
        Some(CountLanes {
            q: model.standing.narrow(query),
        })
    }

    // Without counts the list is still right; its own failure is told by the page.
    fn take_beside(&mut self, answer: Answer<LaneCounts>) {
        self.lanes = answer.ok();
    }

    fn act(&self, action: Action, picked: &Picked<QueueItem>, cx: &mut Cx) -> bool {
        match (action, picked.row) {
            (Action::Choose, Some(item)) => cx.open(Detail::held(&item.finding, is_mine(item, cx.model))),
            (Action::TakeNext, _) => acts::take_next(picked.query, cx),
            (action, row) => {
                let many = acts::Many::of(&picked.marked, &in_lanes(picked.seen), cx.model, |item| {
                    item.finding.clone()
                });
                let rows = picked.rows();
                let mine = rows.iter().all(|item| is_mine(item, cx.model));
                return acts::on_marked(action, many.as_ref(), mine, cx)
                    || row.is_some_and(|item| acts::on_finding(action, &item.finding, is_mine(item, cx.model), cx));
            }
        }
        true
    }

    fn can(&self, action: Action, row: Option<&QueueItem>, many: bool, model: &Model) -> Can {
        match action {
            Action::TakeNext => Can::Yes,
            action if many && acts::takes_many(action) => Can::Yes,
            action => acts::can_on_finding(action, row.map(|i| &i.finding), model),
        }
    }

    fn title(&self, _: &Model) -> Vec<Run> {
        let mut out = Vec::new();
        for count in self.lanes.iter().flat_map(|l| &l.lanes).filter(|c| c.count > 0) {
            out.push(run(lane_name(count.lane), lane_tone(count.lane)));
            out.push(run(format!(" {} ", count.count), Tone::Dim));
        }
        out
    }

    fn counted(&self, group: &str) -> Option<Vec<Counted>> {
        let lanes = self.lanes.as_ref().filter(|_| group == "lane")?;
        let counted = lanes.lanes.iter().map(|count| Counted {
            name: Safe::new(lane_name(count.lane)),
            terms: vec![format!("lane:{}", count.lane.name())],
            count: count.count,
            is_none: false,
        });
        Some(counted.collect())
    }

    fn empty(&self, query: &str, model: &Model) -> Vec<Run> {
        let mut out = vec![run("Nothing asks for an act here", Tone::Good)];
        if !query.is_empty() {
            out.push(run(format!(" that matches {query}"), Tone::Dim));
        }
        out.push(run(". ", Tone::Good));
        out.push(run(model.keymap.first(Action::Findings), Tone::Key));
        out.push(run(" shows all findings.", Tone::Dim));
        out
    }

    fn finding(item: &QueueItem) -> Option<&Finding> {
        Some(&item.finding)
    }

    fn clock(item: &QueueItem) -> Option<Time> {
        item.clock.as_ref().map(|c| c.due_at)
    }
}

/// The query with the lanes it means: what acts on all that match must not reach findings that are in none.
fn in_lanes(query: &str) -> String {
    if query.split_whitespace().any(|w| w.starts_with("lane:")) {
        return query.to_owned();
    }
    let lanes: Vec<_> = Lane::ALL.into_iter().map(Lane::name).collect();
    format!("{query} lane:{}", lanes.join(",")).trim().to_owned()
}

fn lane_name(lane: Lane) -> &'static str {
    match lane {
        Lane::DueSoon => "due soon",
        Lane::Unassigned => "nobody",
        lane => lane.name(),
    }
}

fn lane_tone(lane: Lane) -> Tone {
    match lane {
        Lane::Verify => Tone::Key,
        Lane::Reply | Lane::DueSoon => Tone::Warn,
        Lane::Back | Lane::Overdue => Tone::Bad,
        Lane::Gone => Tone::Good,
        Lane::New | Lane::Unassigned => Tone::Text,
        Lane::Waiting => Tone::Dim,
    }
}

/// The clock that runs; the agency's own is marked, the two are never mixed.
fn running(item: &QueueItem, now: Time) -> Vec<Run> {
    let Some(clock) = &item.clock else { return Vec::new() };
    let mut out = badge::due(Some(clock.due_at), now);
    if clock.kind == ClockKind::Verification {
        out.insert(0, run("v ", Tone::Key));
    }
    out
}

fn holder(item: &QueueItem, look: &Look) -> Vec<Run> {
    match &item.holder {
        Some(_) if is_mine(item, look.model) => vec![run("you", Tone::Good)],
        Some(holder) => badge::person(Some(&holder.user), look.width),
        None => Vec::new(),
    }
}
