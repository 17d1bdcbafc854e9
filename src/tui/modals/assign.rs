//! Giving projects a client (`m`): a client is picked by typing, the server says what the move takes with it (a dry
//! run), and only then does the move happen. A move out of a pinned client needs the target's name typed.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use tui_input::Input;

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Payload, sentence};
use super::super::ink::{Brush, run, wrap};
use super::super::model::{Chosen, Model};
use super::super::theme::Tone;
use super::super::widgets::field;
use super::picker::{Item, Picker};
use super::{Layer, Shape};
use crate::api::Page;
use crate::api::client::{Client, ListClients};
use crate::api::project::{AssignProjects, Assignment, Project, ProjectAt, ProjectMove};
use crate::domain::safe::Safe;

#[derive(Debug)]
enum Msg {
    Clients(Answer<Page<Client>>),
    Dry(Answer<Assignment>),
    Done(Answer<Assignment>),
}

#[derive(Debug)]
enum Step {
    Pick,
    /// The dry run is under way.
    Asking(Target),
    /// What would happen is on the sheet.
    Sure(Target, Assignment),
    /// The move is under way.
    Moving,
}

/// A client, or none.
type Target = Option<Chosen>;

/// See the module's description.
#[derive(Debug)]
pub struct Assign {
    projects: Vec<Project>,
    picker: Picker<Target>,
    step: Step,
    /// The name typed where it must be.
    typed: Input,
    note: Option<(Tone, Safe)>,
    asked: bool,
}

impl Assign {
    pub fn new(projects: Vec<Project>) -> Self {
        Self {
            projects,
            picker: Picker::new(Vec::new()),
            step: Step::Pick,
            typed: Input::default(),
            note: None,
            asked: false,
        }
    }

    fn items(&self, clients: &[Client]) -> Vec<Item<Target>> {
        let mut items: Vec<Item<Target>> = clients
            .iter()
            .map(|c| Item {
                value: Some(Chosen {
                    id: c.id.0,
                    key: c.key.clone(),
                    name: Safe::new(&c.name),
                }),
                left: Safe::new(&c.key),
                label: Safe::new(&c.name),
                note: Safe::new(&c.account_manager.name),
                enabled: self
                    .projects
                    .iter()
                    .any(|p| p.client.as_ref().map(|r| r.id) != Some(c.id.0)),
            })
            .collect();
        if self.projects.iter().any(|p| p.client.is_some()) {
            items.push(Item {
                value: None,
                left: Safe::new("none"),
                label: Safe::new("out of every client: unassigned"),
                note: Safe::default(),
                enabled: true,
            });
        }
        items
    }

    fn request(&self, target: &Target, dry_run: bool) -> AssignProjects {
        AssignProjects {
            projects: self
                .projects
                .iter()
                .map(|p| ProjectAt {
                    project: p.id.to_string(),
                    version: (!dry_run).then_some(p.version),
                })
                .collect(),
            client: target.as_ref().map(|c| c.key.clone()),
            dry_run,
        }
    }

    /// Whether the target's name must be typed: out of a pinned client.
    fn must_type(target: &Target, model: &Model) -> bool {
        model.pinned_elsewhere(target.as_ref().map(|c| c.id))
    }

    fn apply(&mut self, cx: &mut Cx) {
        let Step::Sure(target, _) = &self.step else { return };
        if Self::must_type(target, cx.model) {
            let name = typed_for(target);
            if self.typed.value().trim() != name.as_str() {
                self.note = Some((
                    Tone::Bad,
                    Safe::new(&format!(
                        "Type the target's name to move out of the pinned client: {name}"
                    )),
                ));
                return;
            }
        }
        let request = self.request(target, false);
        if Self::must_type(target, cx.model) {
            cx.write_past_pin(request, Msg::Done);
        } else {
            cx.write(request, None, Msg::Done);
        }
        self.step = Step::Moving;
    }
}

impl Layer for Assign {
    fn shape(&self) -> Shape {
        match &self.step {
            Step::Pick | Step::Asking(_) => Shape::Popup(72, 18),
            Step::Sure(..) | Step::Moving => Shape::Popup(76, 18),
        }
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn set_size(&mut self, _: u16, _: u16, cx: &mut Cx) {
        if !std::mem::replace(&mut self.asked, true) {
            let request = ListClients {
                limit: Some(200),
                ..ListClients::default()
            };
            cx.read("clients", request, Msg::Clients);
        }
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        match &self.step {
            Step::Pick if event.code == KeyCode::Enter => {
                let Some(item) = self.picker.current() else { return true };
                if !item.enabled {
                    self.note = Some((Tone::Warn, Safe::new("It belongs to this client already.")));
                    return true;
                }
                let target = item.value.clone();
                cx.ask("dry", self.request(&target, true), Msg::Dry);
                self.note = None;
                self.step = Step::Asking(target);
            }
            Step::Pick => return self.picker.key(event),
            Step::Sure(target, _) if Self::must_type(target, cx.model) => {
                if event.code == KeyCode::Enter {
                    self.apply(cx);
                } else if let Some(request) = field::request(event) {
                    self.typed.handle(request);
                }
            }
            Step::Sure(..) => match event.code {
                KeyCode::Enter | KeyCode::Char('y') => self.apply(cx),
                KeyCode::Char('n') => self.step = Step::Pick,
                _ => return false,
            },
            Step::Asking(_) | Step::Moving => return false,
        }
        true
    }

    fn act(&mut self, action: Action, _: Option<usize>, cx: &mut Cx) -> bool {
        match (action, &self.step) {
            (Action::Send, Step::Sure(..)) => self.apply(cx),
            (Action::Back, Step::Sure(..) | Step::Asking(_)) => {
                self.note = None;
                self.step = Step::Pick;
            }
            _ => return false,
        }
        true
    }

    fn paste(&mut self, text: &str, _: &mut Cx) {
        match &self.step {
            Step::Pick => self.picker.paste(text),
            _ => field::insert(&mut self.typed, text),
        }
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Clients(Ok(page)) => {
                let items = self.items(&page.items);
                self.picker.set(items);
            }
            Msg::Dry(Ok(plan)) => {
                if let Step::Asking(target) = std::mem::replace(&mut self.step, Step::Pick) {
                    // A project that was nobody's takes nothing with it: no question.
                    let quiet = plan.moves.iter().all(|m| m.from.is_none()) && !Self::must_type(&target, cx.model);
                    self.step = Step::Sure(target, plan);
                    if quiet {
                        self.apply(cx);
                    }
                }
            }
            Msg::Done(Ok(done)) => {
                let to = done.client.as_ref().map_or("no client", |c| c.name.as_str());
                cx.say(
                    Tone::Good,
                    format!("Moved: {} now with {to}.", projects(done.moves.len())),
                );
                cx.close();
            }
            Msg::Clients(Err(fault)) | Msg::Dry(Err(fault)) | Msg::Done(Err(fault)) => {
                self.step = Step::Pick;
                self.note = Some((Tone::Bad, sentence(&fault)));
            }
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Send, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let what = match self.projects.as_slice() {
            [one] => format!(" {} {}: which client? ", one.key, one.name),
            many => format!(" {}: which client? ", projects(many.len())),
        };
        let inside = brush.frame(area, &[run(what, Tone::Focus)], &[], true);
        let inside = Rect::new(inside.x + 1, inside.y, inside.width.saturating_sub(2), inside.height);
        match &self.step {
            Step::Pick => self.picker.draw(brush, inside, "client ", 14),
            Step::Asking(_) => {
                let text = Safe::new("Asking what this takes with it…");
                brush.text(inside.x, inside.y, inside.width, &text, Tone::Dim);
            }
            Step::Moving => {
                brush.text(inside.x, inside.y, inside.width, &Safe::new("Moving…"), Tone::Warn);
            }
            Step::Sure(target, plan) => self.draw_plan(brush, inside, target, plan, model),
        }
        if let Some((tone, text)) = &self.note {
            let lines = wrap(text, usize::from(inside.width));
            let top = inside.bottom().saturating_sub(lines.len() as u16);
            for (y, line) in (top..).zip(&lines) {
                brush.text(inside.x, y, inside.width, line, *tone);
            }
        }
    }
}

impl Assign {
    fn draw_plan(&self, brush: &mut Brush, area: Rect, target: &Target, plan: &Assignment, model: &Model) {
        let to = target.as_ref().map_or(Safe::new("no client"), |c| c.name.clone());
        let mut y = area.y;
        for row in plan.moves.iter().take(4) {
            let from = row.from.as_ref().map_or("no client", |c| c.name.as_str());
            let runs = [
                run(format!("{} {}  ", row.project.key, row.project.name), Tone::Strong),
                run(from, Tone::Text),
                run(" → ", Tone::Dim),
                run(to.clone(), Tone::Strong),
            ];
            brush.runs(area.x, y, area.width, &runs);
            y += 1;
        }
        if plan.moves.len() > 4 {
            let more = Safe::new(&format!("and {} more", plan.moves.len() - 4));
            brush.text(area.x, y, area.width, &more, Tone::Dim);
            y += 1;
        }
        y += 1;
        let sum = |get: fn(&ProjectMove) -> i64| plan.moves.iter().map(get).sum::<i64>();
        for (count, text) in [
            (sum(|m| m.findings), "findings move"),
            (sum(|m| m.comments_made_internal), "shared comments become internal"),
            (sum(|m| m.rounds_made_internal), "verification rounds become internal"),
            (sum(|m| m.claims_ended), "claims in the queue end"),
            (
                sum(|m| m.due_dates_recomputed),
                "due dates are recomputed on the new client's days",
            ),
        ] {
            let tone = if count > 0 { Tone::Strong } else { Tone::Dim };
            brush.runs(
                area.x,
                y,
                area.width,
                &[run(format!("{count:>6} "), tone), run(text, Tone::Text)],
            );
            y += 1;
        }
        y += 1;
        if Self::must_type(target, model) {
            let runs = [
                run("Another client is pinned. To move all the same, type ", Tone::Warn),
                run(typed_for(target), Tone::Strong),
            ];
            brush.runs(area.x, y, area.width, &runs);
            field::line(brush, area.x, y + 1, area.width.min(40), &self.typed, true, false);
        } else {
            let runs = [
                run("y", Tone::Key),
                run(" or Enter: move   ", Tone::Text),
                run("n", Tone::Key),
                run(" another client   ", Tone::Text),
            ];
            brush.runs(area.x, y, area.width, &runs);
        }
    }
}

/// What is typed to move past a pin.
fn typed_for(target: &Target) -> Safe {
    target.as_ref().map_or_else(|| Safe::new("none"), |c| c.name.clone())
}

fn projects(n: usize) -> String {
    if n == 1 {
        "1 project".to_owned()
    } else {
        format!("{n} projects")
    }
}
