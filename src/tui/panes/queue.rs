//! The remediation queue across every client one may open: lanes first, then the nearest or most breached clock.

use ratatui::layout::Rect;
use uuid::Uuid;

use super::super::action::{Action, Can};
use super::super::acts;
use super::super::clock;
use super::super::effect::{Answer, Cx, Fault, Payload, sentence};
use super::super::ink::{Brush, Run, run};
use super::super::modals::detail::Detail;
use super::super::model::Model;
use super::super::theme::Tone;
use super::super::widgets::{badge, table};
use super::super::window::{PAGE, Row, Want, Window};
use super::{Note, Pane};
use crate::api::Page;
use crate::api::event::Topic;
use crate::api::finding::Finding;
use crate::api::queue::{ClockKind, CountLanes, LaneCounts, ListQueue, QueueItem};
use crate::domain::lane::Lane;
use crate::domain::safe::Safe;
use crate::domain::time::Time;

#[derive(Debug)]
enum Msg {
    Page(Want, Answer<Page<QueueItem>>),
    Lanes(Answer<LaneCounts>),
}

impl Row for QueueItem {
    fn id(&self) -> Uuid {
        self.finding.id.0
    }
    fn words(&self) -> String {
        let client = self.finding.client.as_ref().map_or("", |c| c.name.as_str());
        let holder = self.holder.as_ref().map_or("", |h| h.user.name.as_str());
        format!(
            "{} {} {client} {} {holder}",
            self.finding.key, self.finding.title, self.lane
        )
    }
}

/// See the module's description.
#[derive(Debug)]
pub struct Queue {
    window: Window<QueueItem>,
    lanes: Option<LaneCounts>,
    query: String,
    started: bool,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            window: Window::new(0),
            lanes: None,
            query: String::new(),
            started: false,
        }
    }
}

impl Queue {
    fn load(&mut self, cx: &mut Cx) {
        if !self.started {
            return;
        }
        if let Some(want) = self.window.wants() {
            let q = cx.model.standing.narrow(&self.query);
            let request = ListQueue {
                q: q.clone(),
                limit: Some(PAGE),
                cursor: want.cursor.clone(),
                count: want.is_first(),
            };
            if want.is_first() {
                cx.read("lanes", CountLanes { q }, Msg::Lanes);
            }
            cx.read("page", request, move |answer| Msg::Page(want, answer));
        }
    }

    fn is_mine(item: &QueueItem, model: &Model) -> bool {
        let me = model.who.as_ref().map(|w| w.user);
        item.holder.as_ref().is_some_and(|h| Some(h.user.id) == me)
    }
}

impl Pane for Queue {
    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        if self.window.act(action, count) {
            self.load(cx);
            return true;
        }
        match (action, self.window.current()) {
            (Action::Choose, Some(item)) => cx.open(Detail::held(&item.finding, Self::is_mine(item, cx.model))),
            (Action::TakeNext, _) => acts::take_next(&self.query, cx),
            (Action::Back, _) => return self.window.back(),
            (action, Some(item)) => {
                let mine = Self::is_mine(item, cx.model);
                return acts::on_finding(action, &item.finding, mine, cx);
            }
            _ => return false,
        }
        true
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Page(want, answer) => {
                if let Err(Fault::Problem(problem)) = &answer
                    && problem.at.is_some()
                {
                    cx.say(Tone::Bad, Safe::new(&problem.detail));
                }
                self.window
                    .answer(&want, answer.map_err(|f| sentence(&f)), cx.model.now);
                self.load(cx);
            }
            // Without counts the list is still right; its own failure is told by the page.
            Msg::Lanes(answer) => self.lanes = answer.ok(),
        }
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        match note {
            Note::Start => self.started = true,
            Note::Standing => {
                self.window.reset();
                self.window.home();
            }
            Note::Resync => self.window.refresh(),
            Note::Change(event) => match event.topic {
                Topic::Project | Topic::Finding | Topic::Queue | Topic::Import | Topic::Comment => {
                    self.window.refresh();
                }
                _ => return,
            },
            Note::Query(text) => {
                text.clone_into(&mut self.query);
                self.window.reset();
                self.window.home();
            }
            Note::Find(text) => {
                if !self.window.find(text) {
                    cx.say(Tone::Warn, "Nothing loaded here matches; `f` asks the server.");
                }
            }
            Note::Sort(_) | Note::Subject(_) | Note::Kept | Note::People => return,
        }
        self.load(cx);
    }

    fn can(&self, action: Action, model: &Model) -> Can {
        match action {
            Action::TakeNext => Can::Yes,
            Action::Sort => Can::No("The queue has its own order: lane, clock, severity. The findings can be sorted."),
            Action::FindNext | Action::FindPrev => Can::when(self.window.is_finding(), "Find something first."),
            action if super::moves(action) => Can::Yes,
            action => acts::can_on_finding(action, self.window.current().map(|i| &i.finding), model),
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Choose,
            Action::TakeNext,
            Action::Take,
            Action::Status,
            Action::Comment,
            Action::Person,
            Action::Query,
        ]
    }

    fn set_size(&mut self, _width: u16, height: u16, cx: &mut Cx) {
        self.window.set_height(usize::from(height.saturating_sub(1)));
        self.load(cx);
    }

    fn title(&self, _: &Model) -> Vec<Run> {
        let mut out = Vec::new();
        if !self.query.is_empty() {
            out.push(run(format!("{} ", self.query), Tone::Dim));
        }
        if self.window.is_finding() {
            out.push(run(format!("/{} ", self.window.needle()), Tone::Key));
        }
        for count in self.lanes.iter().flat_map(|l| &l.lanes).filter(|c| c.count > 0) {
            out.push(run(lane_name(count.lane), lane_tone(count.lane)));
            out.push(run(format!(" {} ", count.count), Tone::Dim));
        }
        out
    }

    fn position(&self) -> Safe {
        self.window.position()
    }

    fn draw(&self, brush: &mut Brush, area: Rect, focused: bool, model: &Model) {
        const COLUMNS: [table::Column; 7] = [
            table::column("lane", 8, 0),
            table::column("", 1, 0),
            table::column("key", 8, 0),
            table::column("client", 14, 0),
            table::column("title", 0, 0),
            table::number("clock", 6, 1),
            table::column("holder", 8, 2),
        ];
        let mut columns = COLUMNS;
        columns[3].width = super::client_width(area.width);
        let empty = vec![
            run("Nothing asks for an act here. ", Tone::Good),
            run(model.keymap.first(Action::Findings), Tone::Key),
            run(" shows all findings.", Tone::Dim),
        ];
        table::draw(
            brush,
            area,
            &self.window,
            &columns,
            focused,
            model,
            None,
            &empty,
            |item| {
                let finding = &item.finding;
                vec![
                    vec![run(lane_name(item.lane), lane_tone(item.lane))],
                    badge::severity(finding.severity),
                    vec![run(&finding.key, Tone::Dim)],
                    vec![match &finding.client {
                        Some(client) => run(&client.name, Tone::Text),
                        None => run("unassigned", Tone::Warn),
                    }],
                    vec![run(&finding.title, Tone::Text)],
                    running(item, model.now),
                    holder(item, model),
                ]
            },
        );
    }

    fn finding(&self) -> Option<&Finding> {
        self.window.current().map(|item| &item.finding)
    }

    fn query(&self) -> &str {
        &self.query
    }

    fn next_change(&self, now: Time) -> Option<Time> {
        let rows = self.window.visible().filter_map(|(_, row)| row);
        let clocks = rows.filter_map(|item| item.clock.as_ref().map(|c| c.due_at));
        clocks.map(|t| clock::changes(t, now)).min()
    }
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

fn holder(item: &QueueItem, model: &Model) -> Vec<Run> {
    match &item.holder {
        Some(_) if Queue::is_mine(item, model) => vec![run("you", Tone::Good)],
        Some(holder) => badge::person(Some(&holder.user)),
        None => Vec::new(),
    }
}
