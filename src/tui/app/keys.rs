//! From a key to what it does: the top layer first, then the focused pane, then the desk; and whether it works here.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::super::action::{Action, Can, Group, Where};
use super::super::effect::{Effect, Owner};
use super::super::input::Mouse;
use super::super::keymap::Key;
use super::super::layout;
use super::super::modals::{Layer, Shape, brief, drafts, help, inbox, line, log, menu, overview, palette, tour, undo};
use super::super::model::{Link, Standing};
use super::super::msg::Command;
use super::super::panes::{Note, PaneId};
use super::super::theme::Tone;
use super::App;
use crate::api::act::Way;
use crate::domain::access::Role;

/// Said instead of a picture that would be made up here.
const VIEW_AS: &str =
    "The server has no way yet to show what a client's own people see; until then nothing is shown as if it had.";

/// The Alt keys that text fields know from shells and editors.
fn moves_by_word(code: KeyCode) -> bool {
    matches!(
        code,
        KeyCode::Char('b' | 'f' | 'd') | KeyCode::Backspace | KeyCode::Left | KeyCode::Right
    )
}

impl App {
    pub(super) fn key(&mut self, event: KeyEvent) {
        self.dirty = true;
        let had_notice = self.notice.take().is_some();
        let key = Key::from(event);
        let typing = self.top().is_some_and(|i| self.layers[i].1.is_typing());
        let cancelled = std::mem::take(&mut self.cancelled);
        if typing {
            return match self.model.keymap.in_text(key) {
                Some(Action::Cancel) => self.cancel(cancelled),
                Some(action) => self.layer_act(action, None),
                None if key.alt && !moves_by_word(key.code) => self.escape_then(event),
                None => self.layer_key(event),
            };
        }
        if let Some(digit) = self.count_digit(key) {
            self.count = Some(
                self.count
                    .unwrap_or(0)
                    .saturating_mul(10)
                    .saturating_add(digit)
                    .min(9_999),
            );
            return;
        }
        let count = self.count.take();
        if self.top().is_some() && self.layer_key_used(event) {
            return;
        }
        let action = self.model.keymap.in_lists(key);
        if action.is_none() && key.alt {
            return self.escape_then(event);
        }
        match action {
            Some(Action::Cancel) => self.cancel(cancelled),
            Some(Action::Back) if count.is_some() => {}
            Some(action) => self.act(action, count),
            None if had_notice => {}
            None => {
                let help = self.model.keymap.first(Action::Help);
                self.say(Tone::Dim, &format!("{key} does nothing here; {help} lists what does."));
            }
        }
    }

    /// An unbound Alt-x is Esc, then x: so a terminal sends the two where they come close together.
    fn escape_then(&mut self, event: KeyEvent) {
        self.act(Action::Back, None);
        self.settle();
        let mut bare = event;
        bare.modifiers.remove(KeyModifiers::ALT);
        self.key(bare);
    }

    /// Digits 5 to 9 begin a count, any digit goes on with one.
    pub(super) fn count_digit(&self, key: Key) -> Option<usize> {
        if key.ctrl
            || key.alt
            || self
                .top()
                .is_some_and(|i| !matches!(self.layers[i].1.shape(), Shape::Full))
        {
            return None;
        }
        let KeyCode::Char(c) = key.code else {
            return None;
        };
        let digit = c.to_digit(10)? as usize;
        (self.count.is_some() || (digit >= 5 && self.model.keymap.in_lists(key).is_none())).then_some(digit)
    }

    fn layer_key(&mut self, event: KeyEvent) {
        self.layer_key_used(event);
    }

    fn layer_key_used(&mut self, event: KeyEvent) -> bool {
        self.top()
            .is_some_and(|i| self.with_layer(i, |layer, cx| layer.key(event, cx)))
    }

    pub(super) fn layer_act(&mut self, action: Action, count: Option<usize>) {
        let Some(i) = self.top() else { return };
        if !self.with_layer(i, |layer, cx| layer.act(action, count, cx)) && action == Action::Back {
            let id = self.layers[i].0;
            self.effects.push_back((Owner::Layer(id), Effect::Close));
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.dirty = true;
        match self.top() {
            Some(i) if self.layers[i].1.is_typing() => self.with_layer(i, |layer, cx| layer.paste(text, cx)),
            _ => self.say(
                Tone::Warn,
                "Pasted text acts nowhere but in a text field; nothing was done.",
            ),
        }
    }

    /// A click focuses a pane and puts its cursor on the row; the wheel moves. Sheets are for keys: there it only moves.
    pub(super) fn mouse(&mut self, what: Mouse, x: u16, y: u16) {
        const WHEEL: usize = 3;
        self.dirty = true;
        self.notice = None;
        let action = match what {
            Mouse::WheelUp => Some(Action::Up),
            Mouse::WheelDown => Some(Action::Down),
            Mouse::Click => None,
        };
        if let Some(i) = self.top() {
            if let Some(action) = action.filter(|_| !self.layers[i].1.is_typing()) {
                self.with_layer(i, |layer, cx| layer.act(action, Some(WHEEL), cx));
            }
            return;
        }
        let desk = layout::desk(self.size.0, self.size.1, self.focus, self.zoom, self.preview.on);
        let Some((pane, frame)) = desk.panes.iter().find(|(_, frame)| frame.contains((x, y).into())) else {
            return;
        };
        let (pane, inside) = (*pane, layout::inside(*frame));
        self.focus_on(pane);
        match action {
            Some(action) => {
                self.with_pane(pane, |pane, cx| pane.act(action, Some(WHEEL), cx));
            }
            None if inside.contains((x, y).into()) => {
                let row = y - inside.y;
                self.with_pane(pane, |pane, cx| pane.point(row, cx));
            }
            None => {}
        }
    }

    /// An action, from a key, the palette or the help.
    pub(super) fn act(&mut self, action: Action, count: Option<usize>) {
        self.dirty = true;
        if let Some(i) = self.top() {
            let used = self.with_layer(i, |layer, cx| layer.act(action, count, cx));
            if used {
                return;
            }
            if action == Action::Back {
                return self.layer_act(action, count);
            }
            if !matches!(self.layers[i].1.shape(), Shape::Full) {
                return;
            }
            if action == Action::Quit {
                return self.layer_act(Action::Back, count);
            }
            if let Can::No(reason) = self.layers[i].1.can(action, &self.model) {
                return self.say(Tone::Warn, reason);
            }
            if self.desk_act(action) {
                return;
            }
        } else {
            if let Can::No(reason) = self.panes[self.focus.index()].can(action, &self.model) {
                return self.say(Tone::Warn, reason);
            }
            if self.with_pane(self.focus, |pane, cx| pane.act(action, count, cx)) || self.desk_act(action) {
                return;
            }
        }
        self.say(Tone::Dim, action.works_on());
    }

    /// What the desk itself does, whatever pane has the keys.
    pub(super) fn desk_act(&mut self, action: Action) -> bool {
        let i = self.focus.index();
        match action {
            Action::Clients => self.focus_on(PaneId::Clients),
            Action::Projects => self.focus_on(PaneId::Projects),
            Action::Findings => self.focus_on(PaneId::Findings),
            Action::Queue => self.focus_on(PaneId::Queue),
            Action::NextPane | Action::Right => self.focus_on(PaneId::ALL[(i + 1) % 4]),
            Action::PrevPane | Action::Left => self.focus_on(PaneId::ALL[(i + 3) % 4]),
            Action::LastView => self.travel(false),
            Action::NextView => self.travel(true),
            Action::AllClients => self.stand(Standing::default()),
            Action::Back => self.level_up(),
            Action::Quit => self.ask_to_quit(),
            Action::Find => self.open(line::Line::find()),
            Action::Query => {
                let query = self.panes[i].query().to_owned();
                self.open(line::Line::query(self.focus, &query));
            }
            Action::Help => {
                let rows = self.help_rows();
                self.open(help::Help::new(rows));
            }
            Action::Menu => {
                let rows = self.menu_rows();
                self.open(menu::Menu::acts(rows));
            }
            Action::Palette => {
                let names = self.panes.iter().flat_map(|p| p.names()).collect();
                self.open(palette::Palette::new(names));
            }
            Action::Reload => {
                self.commands.push(Command::Reconnect);
                // What changes before the new stream is up is loaded when it is.
                if self.model.link == Link::Live {
                    self.model.link = Link::AsOf(self.model.now);
                }
                self.tell_all(Note::Resync);
                self.resend();
            }
            Action::Zoom => {
                self.zoom = !self.zoom;
                let panes = layout::desk(self.size.0, self.size.1, self.focus, false, self.preview.on).panes;
                if panes.len() == 1 {
                    self.say(
                        Tone::Dim,
                        "This pane has the whole screen: a larger window shows all four.",
                    );
                }
            }
            Action::Undo => self.open(undo::Undo::new(Way::Undo)),
            Action::Redo => self.open(undo::Undo::new(Way::Redo)),
            Action::Inbox => self.open(inbox::Inbox::default()),
            Action::Brief => self.open(brief::Brief::default()),
            Action::Overview => self.open(overview::Overview::default()),
            Action::Log => self.open(log::Log::default()),
            Action::Drafts => self.open(drafts::Drafts::default()),
            Action::Tour => self.open_tour(),
            Action::Lock => self.lock(),
            Action::ViewAs => self.say(Tone::Warn, VIEW_AS),
            Action::Preview => self.toggle_preview(),
            Action::PrevTab => self.next_tab(false),
            Action::NextTab => self.next_tab(true),
            _ => return false,
        }
        self.dirty = true;
        true
    }

    /// The tour's checklist, where it was left.
    pub fn open_tour(&mut self) {
        self.open(tour::Tour::new(self.model.toured));
    }

    pub(super) fn open(&mut self, layer: impl Layer + 'static) {
        self.effects.push_back((Owner::App, Effect::Open(Box::new(layer))));
    }

    /// Every action with its keys and whether it works here, for help and menu.
    pub(super) fn help_rows(&self) -> Vec<(Action, Can)> {
        Action::ALL.iter().map(|a| (*a, self.can(*a))).collect()
    }

    pub(super) fn menu_rows(&self) -> Vec<(Action, Can)> {
        self.help_rows()
            .into_iter()
            .filter(|(a, can)| a.group() == Group::Act && *can != Can::NotHere)
            .collect()
    }

    /// Whether the action works here and now.
    pub fn can(&self, action: Action) -> Can {
        if action.place() == Where::Text {
            return Can::NotHere;
        }
        let can = match self.top() {
            Some(i) => self.layers[i].1.can(action, &self.model),
            None => self.panes[self.focus.index()].can(action, &self.model),
        };
        if can != Can::NotHere {
            return can;
        }
        match action {
            Action::Clients
            | Action::Projects
            | Action::Findings
            | Action::Queue
            | Action::NextPane
            | Action::PrevPane
            | Action::Left
            | Action::Right
            | Action::LastView
            | Action::NextView
            | Action::AllClients
            | Action::Back
            | Action::Quit
            | Action::Find
            | Action::Query
            | Action::Help
            | Action::Menu
            | Action::Palette
            | Action::Reload
            | Action::Zoom
            | Action::Inbox
            | Action::Brief
            | Action::Overview
            | Action::Log
            | Action::Drafts
            | Action::Lock
            | Action::Tour
            | Action::Preview
            | Action::PrevTab
            | Action::NextTab
            | Action::Cancel => Can::Yes,
            Action::Undo | Action::Redo => {
                Can::when(self.model.role() != Some(Role::Viewer), "Viewers change nothing.")
            }
            Action::ViewAs => Can::No(VIEW_AS),
            _ => Can::NotHere,
        }
    }
}
