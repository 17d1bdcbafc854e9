//! One finding on the whole screen: facts, places, comments, history as tabs. `J` and `K` go to the neighbours in the
//! list it was opened from; every act of [`super::super::acts`] works here. While one holds the finding and keys
//! arrive, the lease is renewed.

use ratatui::layout::Rect;

use super::super::action::{Action, Can};
use super::super::acts;
use super::super::clock;
use super::super::effect::{Answer, Cx, Effect, Payload, sentence};
use super::super::ink::{Brush, Run, run};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::super::window::{Marked, PAGE, Want, Window};
use super::{Layer, Shape, comment, correct};
use crate::api::Page;
use crate::api::comment::{Comment, ListComments};
use crate::api::event::{Event, Topic};
use crate::api::finding::{
    Finding, FindingDetail, HistoryEntry, ListHistory, ListOccurrences, Occurrence, ShowFinding,
};
use crate::domain::safe::Safe;
use crate::domain::time::Time;

mod rows;
mod sections;

/// How often a lease is renewed at most.
const RENEW_MS: i64 = 5 * 60_000;

#[derive(Debug)]
enum Msg {
    Detail(Box<Answer<FindingDetail>>),
    Places(Want, Answer<Page<Occurrence>>),
    Comments(Want, Answer<Page<Comment>>),
    History(Want, Answer<Page<HistoryEntry>>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Facts,
    Places,
    Comments,
    History,
}

const TABS: [Tab; 4] = [Tab::Facts, Tab::Places, Tab::Comments, Tab::History];

/// See the module's description.
#[derive(Debug)]
pub struct Detail {
    /// What requests name: the key.
    key: String,
    /// The row of the list, drawn until the answer comes.
    row: Option<Finding>,
    full: Option<FindingDetail>,
    failed: Option<Safe>,
    tab: Tab,
    scroll: u16,
    size: (u16, u16),
    places: Window<Occurrence>,
    comments: Window<Comment>,
    history: Window<HistoryEntry>,
    mine: bool,
    renewed: Option<Time>,
    asked: bool,
    /// What is done once the finding is there.
    then: Option<Action>,
}

impl Detail {
    /// By key alone (palette, take next).
    pub fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            row: None,
            full: None,
            failed: None,
            tab: Tab::Facts,
            scroll: 0,
            size: (80, 20),
            places: Window::new(0),
            comments: Window::new(0),
            history: Window::new(0),
            mine: false,
            renewed: None,
            asked: false,
            then: None,
        }
    }

    /// The same, held by oneself or not.
    #[must_use]
    pub fn taken(self, mine: bool) -> Self {
        Self { mine, ..self }
    }

    /// The same; once the finding is there, this is done with it.
    #[must_use]
    pub fn then(self, action: Action) -> Self {
        Self {
            then: Some(action),
            ..self
        }
    }

    /// The same, opened at what people wrote.
    #[must_use]
    pub fn at_comments(self) -> Self {
        Self {
            tab: Tab::Comments,
            ..self
        }
    }

    /// Over the row of a list.
    pub fn over(finding: &Finding) -> Self {
        Self {
            row: Some(finding.clone()),
            ..Self::new(&finding.key)
        }
    }

    /// Over the row of the queue; `mine` where one holds it.
    pub fn held(finding: &Finding, mine: bool) -> Self {
        Self::over(finding).taken(mine)
    }

    fn finding(&self) -> Option<&Finding> {
        self.full.as_ref().map(|d| &d.finding).or(self.row.as_ref())
    }

    fn show(&mut self, cx: &mut Cx) {
        let request = ShowFinding {
            finding: self.key.clone(),
        };
        cx.read("detail", request, |answer| Msg::Detail(Box::new(answer)));
    }

    /// Asks for what the tab shows.
    fn load(&mut self, cx: &mut Cx) {
        let finding = self.key.clone();
        match self.tab {
            Tab::Facts => {}
            Tab::Places => {
                if let Some(want) = self.places.wants() {
                    let request = ListOccurrences {
                        finding,
                        limit: Some(PAGE),
                        cursor: want.cursor.clone(),
                    };
                    cx.read("places", request, move |answer| Msg::Places(want, answer));
                }
            }
            Tab::Comments => {
                if let Some(want) = self.comments.wants() {
                    let request = ListComments {
                        finding,
                        limit: Some(PAGE),
                        cursor: want.cursor.clone(),
                    };
                    cx.read("comments", request, move |answer| Msg::Comments(want, answer));
                }
            }
            Tab::History => {
                if let Some(want) = self.history.wants() {
                    let request = ListHistory {
                        finding,
                        limit: Some(PAGE),
                        cursor: want.cursor.clone(),
                    };
                    cx.read("history", request, move |answer| Msg::History(want, answer));
                }
            }
        }
    }

    fn refresh(&mut self, cx: &mut Cx) {
        self.places.refresh();
        self.comments.refresh();
        self.history.refresh();
        self.show(cx);
        self.load(cx);
    }

    fn renew(&mut self, cx: &mut Cx) {
        let due = self.renewed.is_none_or(|t| cx.model.now.0 - t.0 >= RENEW_MS);
        if self.mine && due {
            let first = self.renewed.replace(cx.model.now).is_none();
            if let Some(finding) = self.finding().filter(|_| !first) {
                let request = crate::api::queue::TakeFinding {
                    finding: finding.id.to_string(),
                };
                cx.act(request, None, |answer| match answer {
                    Ok(_) => Vec::new(),
                    Err(fault) => vec![Effect::Say(Tone::Bad, sentence(&fault))],
                });
            }
        }
    }

    fn turn(&mut self, forward: bool, cx: &mut Cx) {
        let i = TABS.iter().position(|t| *t == self.tab).unwrap_or(0);
        let n = TABS.len();
        self.tab = TABS[if forward { (i + 1) % n } else { (i + n - 1) % n }];
        self.scroll = 0;
        self.load(cx);
    }

    fn scroll(&mut self, action: Action, count: Option<usize>) -> bool {
        let n = count.unwrap_or(1) as u16;
        let page = self.size.1.saturating_sub(6).max(1);
        let last = self.facts_height().saturating_sub(page);
        self.scroll = match action {
            Action::Down => self.scroll.saturating_add(n),
            Action::Up => self.scroll.saturating_sub(n),
            Action::Top => 0,
            Action::Bottom => last,
            Action::PageDown => self.scroll.saturating_add(n * page),
            Action::PageUp => self.scroll.saturating_sub(n * page),
            Action::HalfDown => self.scroll.saturating_add(n * page / 2),
            Action::HalfUp => self.scroll.saturating_sub(n * page / 2),
            _ => return false,
        }
        .min(last);
        true
    }

    fn facts_height(&self) -> u16 {
        let width = usize::from(self.size.0.saturating_sub(4));
        self.full.as_ref().map_or(0, |d| sections::body(d, width).len() as u16)
    }

    fn title(&self) -> Vec<Run> {
        let mut out = vec![run(format!(" {} ", self.key), Tone::Focus)];
        if let Some(finding) = self.finding() {
            out.push(run(format!("{} ", finding.title), Tone::Strong));
        }
        out
    }

    fn tabs(&self) -> Vec<Run> {
        let detail = self.full.as_ref();
        let places = detail.map(|d| d.occurrences_open + d.occurrences_fixed);
        let mut out = Vec::new();
        for tab in TABS {
            let name = match (tab, places) {
                (Tab::Facts, _) => "Facts".to_owned(),
                (Tab::Places, Some(n)) => format!("Places {n}"),
                (Tab::Places, None) => "Places".to_owned(),
                (Tab::Comments, _) => "Comments".to_owned(),
                (Tab::History, _) => "History".to_owned(),
            };
            let tone = if tab == self.tab { Tone::Cursor } else { Tone::Dim };
            out.push(run(format!(" {name} "), tone));
            out.push(run(" ", Tone::Text));
        }
        out
    }
}

/// The finding in short, for the preview beside a list: head and facts, as far as they fit.
pub fn preview(brush: &mut Brush, area: Rect, finding: &Finding, full: Option<&FindingDetail>, model: &Model) {
    if area.height < 3 {
        return;
    }
    sections::head(brush, area, finding, full, model);
    let body = Rect {
        y: area.y + 3,
        height: area.height - 3,
        ..area
    };
    if let Some(detail) = full {
        sections::facts(brush, body, detail, 0);
    }
}

impl Detail {
    /// Whether what it shows may have changed.
    fn is_about(&self, event: &Event) -> bool {
        let here = self.finding().map(|f| (f.id.0, f.project.id));
        match event.topic {
            Topic::Finding | Topic::Queue => event.id.is_none() || event.id == here.map(|h| h.0),
            // A comment's event names the comment; the finding stands behind it only by its project.
            Topic::Comment => event.id.is_none() || event.id == here.map(|h| h.0) || event.project == here.map(|h| h.1),
            Topic::Project | Topic::Import => event.project.is_none() || event.project == here.map(|h| h.1),
            _ => false,
        }
    }
}

impl Layer for Detail {
    fn shape(&self) -> Shape {
        Shape::Full
    }

    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx) {
        self.size = (width, height);
        let rows = usize::from(height.saturating_sub(7));
        self.places.set_height(rows);
        self.history
            .set_height(rows.saturating_sub(usize::from(sections::NOTES)));
        self.comments.set_height(rows / 3);
        if !std::mem::replace(&mut self.asked, true) {
            self.show(cx);
        }
        self.load(cx);
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        self.renew(cx);
        match action {
            Action::Left | Action::PrevPane => self.turn(false, cx),
            Action::Right | Action::NextPane => self.turn(true, cx),
            Action::NextRecord => cx.push(Effect::Step(true)),
            Action::PrevRecord => cx.push(Effect::Step(false)),
            Action::Choose | Action::Comment if action == Action::Comment || self.tab == Tab::Comments => {
                let parent = self.comments.current().filter(|_| action == Action::Choose);
                let people = self.full.as_ref().and_then(|d| d.client_people);
                if let Some(finding) = self.finding().filter(|_| parent.is_some() || action == Action::Comment) {
                    cx.open(comment::new(finding, parent, people, cx.model));
                }
            }
            Action::Choose | Action::Find | Action::FindNext | Action::FindPrev | Action::Query | Action::Sort => {
                return false;
            }
            Action::Split if self.tab == Tab::Places => {
                let places = match self.places.marked() {
                    Marked::These(rows) => rows,
                    _ => self.places.current().cloned().into_iter().collect(),
                };
                if let Some(finding) = self.finding().filter(|_| !places.is_empty()) {
                    let ids = places.iter().map(|p| p.id).collect();
                    cx.open(correct::Correct::split(finding, ids));
                }
            }
            _ => {
                let moved = match self.tab {
                    Tab::Facts => self.scroll(action, count),
                    Tab::Places => self.places.act(action, count),
                    Tab::Comments => self.comments.act(action, count),
                    Tab::History => self.history.act(action, count),
                };
                if moved {
                    self.load(cx);
                    return true;
                }
                if matches!(action, Action::Take) {
                    self.mine = !self.mine;
                    self.renewed = Some(cx.model.now);
                    let was_mine = !self.mine;
                    return self
                        .finding()
                        .is_some_and(|f| acts::on_finding(action, f, was_mine, cx));
                }
                return self
                    .finding()
                    .is_some_and(|f| acts::on_finding(action, f, self.mine, cx));
            }
        }
        true
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        let now = cx.model.now;
        match *msg {
            Msg::Detail(answer) => match *answer {
                Ok(detail) => {
                    self.failed = None;
                    self.row = Some(detail.finding.clone());
                    self.full = Some(detail);
                    if let (Some(action), Some(finding)) = (self.then.take(), self.row.as_ref()) {
                        acts::on_finding(action, finding, self.mine, cx);
                    }
                }
                Err(fault) => self.failed = Some(sentence(&fault)),
            },
            Msg::Places(want, answer) => self.places.answer(&want, answer.map_err(|f| sentence(&f)), now),
            Msg::Comments(want, answer) => self.comments.answer(&want, answer.map_err(|f| sentence(&f)), now),
            Msg::History(want, answer) => self.history.answer(&want, answer.map_err(|f| sentence(&f)), now),
        }
        self.load(cx);
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        match note {
            Note::Resync => self.refresh(cx),
            Note::Changes(events) if events.iter().any(|event| self.is_about(event)) => self.refresh(cx),
            Note::Subject(finding) => {
                let tab = self.tab;
                let size = self.size;
                *self = Self::over(finding);
                self.tab = tab;
                self.set_size(size.0, size.1, cx);
            }
            _ => {}
        }
    }

    fn can(&self, action: Action, model: &Model) -> Can {
        match action {
            Action::Left
            | Action::Right
            | Action::NextPane
            | Action::PrevPane
            | Action::NextRecord
            | Action::PrevRecord
            | Action::Down
            | Action::Up
            | Action::Top
            | Action::Bottom
            | Action::PageDown
            | Action::PageUp
            | Action::HalfDown
            | Action::HalfUp => Can::Yes,
            Action::Choose => Can::when(
                self.tab == Tab::Comments && self.comments.current().is_some(),
                "Enter answers the comment under the cursor.",
            ),
            Action::Split => match acts::can_on_finding(Action::Merge, self.finding(), model) {
                Can::Yes => Can::when(
                    self.tab == Tab::Places && self.places.current().is_some(),
                    "A split begins at a place: l goes to them, Space marks several.",
                ),
                other => other,
            },
            Action::Mark | Action::Range if self.tab == Tab::Places => Can::Yes,
            action => acts::can_on_finding(action, self.finding(), model),
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![
            Action::Status,
            Action::Comment,
            Action::Person,
            Action::Release,
            Action::Take,
            Action::NextPane,
            Action::NextRecord,
            Action::Why,
            Action::Back,
        ]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let note = if self.mine {
            vec![run(" yours ", Tone::Good)]
        } else {
            Vec::new()
        };
        let inside = brush.frame(area, &self.title(), &note, true);
        let inside = Rect::new(inside.x + 1, inside.y, inside.width.saturating_sub(2), inside.height);
        if let Some(finding) = self.finding() {
            sections::head(brush, inside, finding, self.full.as_ref(), model);
        }
        brush.runs(inside.x, inside.y + 3, inside.width, &self.tabs());
        let body = Rect::new(inside.x, inside.y + 5, inside.width, inside.height.saturating_sub(5));
        if let Some(why) = &self.failed {
            let lines = super::super::ink::wrap(why, usize::from(body.width));
            for (i, line) in lines.iter().enumerate() {
                brush.text(body.x, body.y + i as u16, body.width, line, Tone::Bad);
            }
            return;
        }
        match self.tab {
            Tab::Facts => match &self.full {
                Some(detail) => sections::facts(brush, body, detail, self.scroll),
                None => {
                    brush.text(body.x, body.y, body.width, &Safe::new("Loading…"), Tone::Dim);
                }
            },
            Tab::Places => sections::places(brush, body, &self.places, model),
            Tab::Comments => sections::comments(brush, body, &self.comments, model),
            Tab::History => sections::history(brush, body, &self.history, model),
        }
    }

    fn next_change(&self, now: Time) -> Option<Time> {
        self.finding().and_then(|f| f.due_at).map(|t| clock::changes(t, now))
    }
}
