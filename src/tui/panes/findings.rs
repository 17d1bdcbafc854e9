//! Findings of where one stands, by a query. Enter opens the detail; the acts are those of [`super::super::acts`].

use ratatui::layout::Rect;
use uuid::Uuid;

use super::super::action::{Action, Can};
use super::super::acts;
use super::super::clock;
use super::super::effect::{Answer, Cx, Fault, Payload, sentence};
use super::super::ink::{Brush, Run, run};
use super::super::modals::detail::Detail;
use super::super::modals::menu;
use super::super::model::{Chosen, Model};
use super::super::theme::Tone;
use super::super::widgets::{badge, table};
use super::super::window::{PAGE, Row, Want, Window};
use super::{Named, Note, Pane, PaneId, What, sorted};
use crate::api::Page;
use crate::api::event::Topic;
use crate::api::finding::{Finding, ListFindings};
use crate::domain::safe::Safe;
use crate::domain::time::Time;

#[derive(Debug)]
enum Msg {
    Page(Want, Answer<Page<Finding>>),
}

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
#[derive(Debug)]
pub struct Findings {
    window: Window<Finding>,
    query: String,
    started: bool,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            window: Window::new(0),
            // What still asks for work; the query line shows it and Esc there changes nothing.
            query: "is:open".to_owned(),
            started: false,
        }
    }
}

impl Findings {
    fn load(&mut self, cx: &mut Cx) {
        if !self.started {
            return;
        }
        if let Some(want) = self.window.wants() {
            let request = ListFindings {
                q: cx.model.standing.narrow(&self.query),
                limit: Some(PAGE),
                cursor: want.cursor.clone(),
                count: want.is_first(),
            };
            cx.read("page", request, move |answer| Msg::Page(want, answer));
        }
    }

    fn ask(&mut self, query: &str) {
        query.clone_into(&mut self.query);
        self.window.reset();
        self.window.home();
    }
}

impl Pane for Findings {
    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        if self.window.act(action, count) {
            self.load(cx);
            return true;
        }
        match (action, self.window.current()) {
            (Action::Choose, Some(finding)) => cx.open(Detail::over(finding)),
            (Action::Sort, _) => cx.open(menu::Menu::sorts(PaneId::Findings)),
            (Action::TakeNext, _) => acts::take_next(&self.query, cx),
            (Action::Back, _) => return self.window.back(),
            (action, Some(finding)) => return acts::on_finding(action, finding, false, cx),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        let Msg::Page(want, answer) = *msg;
        if let Err(Fault::Problem(problem)) = &answer
            && problem.at.is_some()
        {
            cx.say(Tone::Bad, Safe::new(&problem.detail));
        }
        self.window
            .answer(&want, answer.map_err(|f| sentence(&f)), cx.model.now);
        self.load(cx);
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
                Topic::Client | Topic::Project | Topic::Finding | Topic::Import => self.window.refresh(),
                _ => return,
            },
            Note::Query(text) => self.ask(text),
            Note::Sort(word) => {
                let query = sorted(&self.query, word);
                self.ask(&query);
            }
            Note::Find(text) => {
                if !self.window.find(text) {
                    cx.say(Tone::Warn, "No finding loaded here matches; `f` asks the server.");
                }
            }
            Note::Subject(_) | Note::Kept | Note::People => return,
        }
        self.load(cx);
    }

    fn can(&self, action: Action, model: &Model) -> Can {
        match action {
            Action::Sort | Action::TakeNext => Can::Yes,
            Action::FindNext | Action::FindPrev => Can::when(self.window.is_finding(), "Find something first."),
            action if super::moves(action) => Can::Yes,
            action => acts::can_on_finding(action, self.window.current(), model),
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Choose,
            Action::Status,
            Action::Comment,
            Action::Person,
            Action::Release,
            Action::Query,
            Action::Sort,
            Action::Find,
        ]
    }

    fn set_size(&mut self, _width: u16, height: u16, cx: &mut Cx) {
        self.window.set_height(usize::from(height.saturating_sub(1)));
        self.load(cx);
    }

    fn title(&self, _: &Model) -> Vec<Run> {
        let mut out = vec![run(format!("{} ", self.query), Tone::Dim)];
        if self.window.is_finding() {
            out.push(run(format!("/{} ", self.window.needle()), Tone::Key));
        }
        out
    }

    fn position(&self) -> Safe {
        self.window.position()
    }

    fn draw(&self, brush: &mut Brush, area: Rect, focused: bool, model: &Model) {
        const COLUMNS: [table::Column; 8] = [
            table::column("", 1, 0),
            table::column("key", 8, 0),
            table::column("status", 9, 1),
            table::column("client", 12, 0),
            table::column("title", 0, 0),
            table::number("at", 3, 5),
            table::number("due", 5, 2),
            table::column("who", 8, 4),
        ];
        let narrowed = model.standing.client.is_some() || model.standing.project.is_some();
        let mut columns = COLUMNS.to_vec();
        columns[3].width = super::client_width(area.width).saturating_sub(2);
        if narrowed {
            columns.remove(3);
        }
        let empty = if self.query.is_empty() {
            vec![
                run("No finding here yet. ", Tone::Dim),
                run(model.keymap.first(Action::Import), Tone::Key),
                run(" on a project imports a scanner report.", Tone::Dim),
            ]
        } else {
            vec![
                run(format!("Nothing matches {}. ", self.query), Tone::Dim),
                run(model.keymap.first(Action::Query), Tone::Key),
                run(" another query, ", Tone::Dim),
                run(model.keymap.first(Action::Import), Tone::Key),
                run(" on a project imports.", Tone::Dim),
            ]
        };
        table::draw(
            brush,
            area,
            &self.window,
            &columns,
            focused,
            model,
            None,
            &empty,
            |finding| {
                let mut cells = vec![
                    badge::severity(finding.severity),
                    vec![run(&finding.key, Tone::Dim)],
                    badge::status(finding.status),
                ];
                if !narrowed {
                    cells.push(vec![match &finding.client {
                        Some(client) => run(&client.name, Tone::Text),
                        None => run("unassigned", Tone::Warn),
                    }]);
                }
                cells.push(badge::title(finding));
                cells.push(vec![run(finding.occurrence_count.to_string(), Tone::Dim)]);
                cells.push(badge::due(
                    finding.due_at.filter(|_| finding.status.is_open()),
                    model.now,
                ));
                cells.push(badge::person(finding.assignee.as_ref()));
                cells
            },
        );
    }

    fn finding(&self) -> Option<&Finding> {
        self.window.current()
    }

    fn query(&self) -> &str {
        &self.query
    }

    fn next_change(&self, now: Time) -> Option<Time> {
        let due = self.window.visible().filter_map(|(_, row)| row?.due_at);
        due.map(|t| clock::changes(t, now)).min()
    }

    fn names(&self) -> Vec<Named> {
        let named = |f: &Finding| Named {
            what: What::Finding,
            chosen: Chosen {
                id: f.id.0,
                key: f.key.clone(),
                name: Safe::new(&f.title),
            },
            client: f.client.as_ref().map(Chosen::from),
        };
        self.window.rows().map(named).collect()
    }
}
