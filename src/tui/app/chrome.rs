//! Draws the console: header, panes, layers, key line. Reads everything, changes nothing.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::action::{Action, Can};
use super::super::clock;
use super::super::ink::{self, Brush, Run, run};
use super::super::layout;
use super::super::modals::Shape;
use super::super::model::Link;
use super::super::theme::Tone;
use super::super::words::counted;
use super::App;
use crate::domain::safe::Safe;

/// How long one step of the spinner is; also how long a call may take before it shows.
pub(super) const SPIN_MS: i64 = 250;

/// Rows a sentence at the foot may take.
const NOTICE_ROWS: u16 = 4;

/// How long a call may hang before the screen stops calling itself live.
const STALL_MS: i64 = 2_000;

const SPINNER: [&str; 4] = ["◐", "◓", "◑", "◒"];

impl App {
    /// Draws into the buffer; answers where the terminal's cursor belongs, if anywhere.
    pub fn view(&self, buffer: &mut Buffer) -> Option<(u16, u16)> {
        let area = buffer.area;
        let mut brush = Brush::new(buffer, &self.model.theme);
        brush.clear(area, Tone::Text);
        if !layout::fits(area.width, area.height) {
            let text = format!(
                "riskdesk needs {} columns and {} rows; this window has {} by {}.",
                layout::SMALLEST.0,
                layout::SMALLEST.1,
                area.width,
                area.height
            );
            for (y, line) in ink::wrap(&Safe::new(&text), usize::from(area.width)).iter().enumerate() {
                brush.text(0, y as u16, area.width, line, Tone::Text);
            }
            return None;
        }
        let desk = layout::desk(area.width, area.height, self.focus, self.zoom, self.preview.on);
        self.header(&mut brush, desk.header);
        let covered = self.layers.iter().rposition(|(_, l)| l.shape() == Shape::Full);
        if covered.is_none() {
            for (id, frame) in &desk.panes {
                self.pane(&mut brush, *id, *frame);
            }
            if let Some(frame) = desk.preview {
                self.draw_preview(&mut brush, frame);
            }
        }
        for (_, layer) in self.layers.iter().skip(covered.unwrap_or(0)) {
            let place = layout::layer(desk.body, layer.shape());
            brush.clear(place, Tone::Text);
            layer.draw(&mut brush, place, &self.model);
        }
        self.foot(&mut brush, desk.foot);
        brush.cursor()
    }

    fn pane(&self, brush: &mut Brush, id: super::PaneId, frame: Rect) {
        let pane = &self.panes[id.index()];
        let focused = id == self.focus && self.layers.is_empty();
        let tone = if focused { Tone::Focus } else { Tone::Title };
        let mut title = vec![
            run(format!(" {} ", id.index() + 1), Tone::Dim),
            run(id.name(), tone),
            run(" ", Tone::Text),
        ];
        title.extend(pane.title(&self.model));
        let position = [run(format!(" {} ", pane.position()), Tone::Dim)];
        let inside = brush.frame(frame, &title, &position, focused);
        pane.draw(brush, inside, focused, &self.model);
        if id == self.focus {
            self.tab_line(brush, id, frame);
        }
    }

    /// The saved views of the focused pane on the lower edge of its frame.
    fn tab_line(&self, brush: &mut Brush, id: super::PaneId, frame: Rect) {
        let (tabs, at) = self.tabs(id);
        if tabs.len() < 2 || frame.height < 4 {
            return;
        }
        let mut runs = vec![run(" ", Tone::Border)];
        for (i, tab) in tabs.iter().enumerate() {
            let shown = at == Some(i);
            let name = Safe::new(&tab.name);
            runs.push(if shown {
                run(format!("[{name}]"), Tone::Focus)
            } else {
                run(format!(" {name} "), Tone::Dim)
            });
        }
        runs.push(run(" ", Tone::Border));
        brush.runs(frame.x + 2, frame.bottom() - 1, frame.width.saturating_sub(4), &runs);
    }

    fn header(&self, brush: &mut Brush, area: Rect) {
        let mut right = Vec::new();
        if let Some(pin) = self.model.pin.as_ref().filter(|_| !self.is_locked()) {
            right.push(run(format!(" pinned {} ", pin.name), Tone::Pin));
            right.push(run(" ", Tone::Text));
        }
        if self.model.unsent > 0 {
            right.push(run(format!("{} unsent ", self.model.unsent), Tone::Warn));
        }
        if !self.model.drafts.is_empty() {
            right.push(run(
                format!("{} ", counted(self.model.drafts.len(), "draft")),
                Tone::Dim,
            ));
        }
        if let Some(since) = self.calls.since()
            && self.model.now.0 - since.0 >= SPIN_MS
        {
            let step = (self.model.now.0 / SPIN_MS).rem_euclid(SPINNER.len() as i64) as usize;
            right.push(run(format!("{} ", SPINNER[step]), Tone::Key));
        }
        right.push(self.link_run());
        let wide = (ink::width(&right) as u16).min(area.width);
        brush.runs(area.right() - wide, area.y, wide, &right);
        let left = self.crumbs();
        brush.runs(area.x, area.y, area.width.saturating_sub(wide + 1), &left);
    }

    fn link_run(&self) -> Run {
        // A call that hangs: what is shown is as old as it is, whatever the stream still believes.
        let stalled = self.calls.since().filter(|t| self.model.now.0 - t.0 >= STALL_MS);
        let link = match (&self.model.link, stalled) {
            (Link::Live, Some(since)) => &Link::AsOf(since),
            (link, _) => link,
        };
        match *link {
            Link::Connecting => run("connecting", Tone::Dim),
            Link::Live => run("live", Tone::Good),
            Link::AsOf(t) => run(format!("as of {}", clock::hour(t, &self.model.zone)), Tone::Warn),
            Link::Offline(t) => run(format!("offline since {}", clock::hour(t, &self.model.zone)), Tone::Bad),
        }
    }

    fn crumbs(&self) -> Vec<Run> {
        if self.is_locked() {
            return vec![run("riskdesk", Tone::Title), run(" › locked", Tone::Dim)];
        }
        let agency = match &self.model.agency {
            Some(agency) => Safe::new(&agency.name),
            None if self.model.server.is_empty() => Safe::new("riskdesk"),
            None => self.model.server.clone(),
        };
        let standing = &self.model.standing;
        let mut out = vec![run(agency, Tone::Title), run(" › ", Tone::Dim)];
        if self.shows_only_the_overview() {
            out.push(run("Overview", Tone::Text));
            return out;
        }
        match standing.client.as_ref().or(standing.owner.as_ref()) {
            Some(client) => out.push(run(client.name.clone(), Tone::Strong)),
            None => out.push(run("All clients", Tone::Text)),
        }
        if let Some(project) = &standing.project {
            out.push(run(" › ", Tone::Dim));
            out.push(run(project.name.clone(), Tone::Strong));
        }
        out.push(run(" › ", Tone::Dim));
        out.push(run(self.focus.name(), Tone::Text));
        out
    }

    fn foot(&self, brush: &mut Brush, area: Rect) {
        if let Some((tone, text)) = self.notice.as_ref().filter(|_| !self.is_locked()) {
            // A sentence that is cut says nothing: it takes the rows it needs, over the lower edge of the panes.
            let lines = ink::wrap(text, usize::from(area.width));
            let rows = (lines.len() as u16).clamp(1, NOTICE_ROWS);
            let top = area.y.saturating_sub(rows - 1);
            let place = Rect {
                y: top,
                height: area.bottom() - top,
                ..area
            };
            brush.clear(place, Tone::Text);
            for (y, line) in (top..area.bottom()).zip(&lines) {
                brush.text(area.x, y, area.width, line, *tone);
            }
            return;
        }
        let mut right = Vec::new();
        if let Some(count) = self.count {
            right.push(run(format!("{count} "), Tone::Strong));
        }
        let typing = self.layers.last().is_some_and(|(_, l)| l.is_typing());
        if !typing {
            for action in [Action::Palette, Action::Help] {
                right.extend(self.hint(action));
            }
        }
        let wide = ink::width(&right) as u16;
        let room = area.width.saturating_sub(wide);
        let actions: Vec<Action> = match self.layers.last() {
            Some((_, layer)) => layer.hints(),
            None => self.panes[self.focus.index()].hints().to_vec(),
        };
        let mut x = area.x;
        for action in actions {
            if self.layers.is_empty() && self.can(action) != Can::Yes {
                continue;
            }
            let hint = self.hint(action);
            let width = ink::width(&hint) as u16;
            if x + width > area.x + room {
                break;
            }
            x = brush.runs(x, area.y, width, &hint);
        }
        brush.runs(area.right() - wide, area.y, wide, &right);
    }

    fn hint(&self, action: Action) -> Vec<Run> {
        vec![
            run(self.model.keymap.first(action), Tone::Key),
            run(format!(" {}  ", action.short()), Tone::Dim),
        ]
    }
}
