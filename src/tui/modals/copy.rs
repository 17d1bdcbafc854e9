//! The copy menu (`Y`): key, id, title, places, CVE, CVSS vector, the command that shows the same. One letter copies to
//! the terminal's clipboard; `f` writes all of it to a file, the way out where a terminal keeps no clipboard.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Effect, Payload};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::{Layer, Shape};
use crate::api::Page;
use crate::api::client::Client;
use crate::api::finding::{Finding, ListOccurrences, Occurrence};
use crate::api::project::Project;
use crate::domain::safe::Safe;

#[derive(Debug)]
struct Places(Answer<Page<Occurrence>>);

/// See the module's description.
#[derive(Debug)]
pub struct CopyMenu {
    key: String,
    /// The finding whose places are still to be asked for.
    places_of: Option<String>,
    /// Letter, what it is, the text.
    items: Vec<(char, &'static str, String)>,
    at: usize,
}

impl CopyMenu {
    fn new(key: &str, items: Vec<(char, &'static str, String)>) -> Self {
        Self {
            key: key.to_owned(),
            places_of: None,
            items: items.into_iter().filter(|(_, _, text)| !text.is_empty()).collect(),
            at: 0,
        }
    }

    pub fn finding(finding: &Finding) -> Self {
        let cvss = finding.cvss.as_ref().map(|c| c.vector.clone());
        let items = vec![
            ('y', "key", finding.key.clone()),
            ('i', "id", finding.id.to_string()),
            ('t', "title", finding.title.clone()),
            ('c', "CVE", finding.cve.join(" ")),
            ('v', "CVSS vector", cvss.unwrap_or_default()),
            (
                'r',
                "riskdesk command",
                format!("riskdesk finding show {}", finding.key),
            ),
        ];
        Self {
            places_of: Some(finding.id.to_string()),
            ..Self::new(&finding.key, items)
        }
    }

    pub fn client(client: &Client) -> Self {
        let items = vec![
            ('y', "key", client.key.clone()),
            ('i', "id", client.id.to_string()),
            ('t', "name", client.name.clone()),
            ('c', "contact", client.contact_email.clone().unwrap_or_default()),
            ('e', "reference", client.external_ref.clone().unwrap_or_default()),
            ('r', "riskdesk command", format!("riskdesk client show {}", client.key)),
        ];
        Self::new(&client.key, items)
    }

    pub fn project(project: &Project) -> Self {
        let items = vec![
            ('y', "key", project.key.clone()),
            ('i', "id", project.id.to_string()),
            ('t', "name", project.name.clone()),
            (
                'r',
                "riskdesk command",
                format!("riskdesk project show {}", project.key),
            ),
        ];
        Self::new(&project.key, items)
    }

    fn pick(&self, i: usize, cx: &mut Cx) {
        if let Some((_, _, text)) = self.items.get(i) {
            cx.push(Effect::Copy(text.clone()));
            cx.close();
        } else if i == self.items.len() {
            let all: String = self
                .items
                .iter()
                .map(|(_, what, text)| format!("{what}: {text}\n"))
                .collect();
            cx.push(Effect::Export(self.key.clone(), all));
            cx.close();
        }
    }
}

impl Layer for CopyMenu {
    fn shape(&self) -> Shape {
        Shape::Popup(76, self.items.len() as u16 + 3)
    }

    fn set_size(&mut self, _: u16, _: u16, cx: &mut Cx) {
        if let Some(finding) = self.places_of.take() {
            let request = ListOccurrences {
                finding,
                limit: Some(200),
                cursor: None,
            };
            cx.read("places", request, Places);
        }
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        let hit = match event.code {
            KeyCode::Enter => Some(self.at),
            KeyCode::Char('f') => Some(self.items.len()),
            KeyCode::Char(c) => self.items.iter().position(|(letter, ..)| *letter == c),
            _ => None,
        };
        if let Some(i) = hit {
            self.pick(i, cx);
        }
        hit.is_some()
    }

    fn act(&mut self, action: Action, count: Option<usize>, _: &mut Cx) -> bool {
        let n = count.unwrap_or(1);
        match action {
            Action::Down => self.at = (self.at + n).min(self.items.len()),
            Action::Up => self.at = self.at.saturating_sub(n),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, payload: Payload, _: &mut Cx) {
        if let Ok(places) = payload.downcast::<Places>()
            && let Ok(page) = places.0
            && !page.items.is_empty()
        {
            let more = if page.has_more { "\n…" } else { "" };
            let text: Vec<_> = page.items.iter().map(|o| o.place.replace('\n', " ")).collect();
            let at = self.items.len().min(3);
            self.items.insert(at, ('p', "places", text.join("\n") + more));
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Choose, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let title = [run(format!(" Copy from {} ", self.key), Tone::Focus)];
        let inside = brush.frame(area, &title, &[], true);
        let file = (
            'f',
            "write to a file",
            "all of the above, where the terminal keeps no clipboard".to_owned(),
        );
        for (i, (letter, what, text)) in self.items.iter().chain([&file]).enumerate() {
            let y = inside.y + i as u16;
            if y >= inside.bottom() {
                break;
            }
            let bar = (i == self.at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(inside.x, y, inside.width, Tone::Cursor);
            }
            let lines = text.lines().count();
            let first = text.lines().next().unwrap_or_default();
            let shown = if lines > 1 {
                format!("{first}  (and {} more)", lines - 1)
            } else {
                first.to_owned()
            };
            let runs = [
                run(format!(" {letter}  "), Tone::Key),
                run(format!("{what:<18}"), Tone::Text),
                run(Safe::new(&shown), Tone::Dim),
            ];
            brush.runs_on(inside.x, y, inside.width, &runs, bar);
        }
    }
}
