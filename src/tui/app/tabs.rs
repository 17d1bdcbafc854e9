//! Saved views as tabs (`H`, `L`, `:view …`), and what is remembered between runs.

use super::super::memory::{Left, Saved};
use super::super::msg::Command;
use super::super::panes::PaneId;
use super::super::theme::Tone;
use super::App;

impl App {
    /// The tabs of the focused pane, and which of them is shown.
    pub(super) fn tabs(&self, pane: PaneId) -> (Vec<Saved>, Option<usize>) {
        let tabs = self.memory.tabs(pane);
        let view = self.panes[pane.index()].view();
        let at = tabs.iter().position(|s| s.view == view);
        (tabs, at)
    }

    /// The tab to the right or left, round and round.
    pub(super) fn next_tab(&mut self, forward: bool) {
        let (tabs, at) = self.tabs(self.focus);
        let n = tabs.len();
        if n < 2 {
            return self.say(Tone::Dim, "This pane has one view: `:view save NAME` keeps another.");
        }
        let next = match (at, forward) {
            (Some(at), true) => (at + 1) % n,
            (Some(at), false) => (at + n - 1) % n,
            (None, true) => 0,
            (None, false) => n - 1,
        };
        self.show(&tabs[next].view);
        self.dirty = true;
    }

    /// `save NAME`, `drop NAME`, or the name of a view to go to.
    pub(super) fn view_command(&mut self, text: &str) {
        let (verb, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let name: String = rest.trim().chars().take(24).collect();
        match (verb, name.is_empty()) {
            ("save", false) => {
                let view = self.panes[self.focus.index()].view();
                if self.memory.save(&name, view) {
                    self.say(
                        Tone::Good,
                        &format!("Saved as the view {name}: H and L go from view to view."),
                    );
                    self.remember();
                } else {
                    self.say(
                        Tone::Warn,
                        &format!("The view {name} comes with riskdesk: choose another name."),
                    );
                }
            }
            ("drop", false) => {
                if self.memory.drop(&name, self.focus) {
                    self.say(Tone::Good, &format!("The view {name} is forgotten."));
                    self.remember();
                } else {
                    self.say(
                        Tone::Warn,
                        &format!("No view of this pane that you saved is called {name}."),
                    );
                }
            }
            _ => {
                let tabs = self.memory.tabs(self.focus);
                match tabs.iter().find(|s| s.name == text) {
                    Some(saved) => self.show(&saved.view),
                    None => self.say(Tone::Warn, "Write `view save NAME`, `view drop NAME` or `view NAME`."),
                }
            }
        }
    }

    /// Writes down where one is and the saved views.
    pub(super) fn remember(&mut self) {
        let views = self.panes.iter().map(|p| p.view()).collect();
        self.memory.left = Some(Left::new(self.focus, &self.model.standing, views));
        self.commands.push(Command::Remember(Box::new(self.memory.clone())));
    }

    /// Goes to where it was left, before anything is asked for.
    pub(super) fn return_to(&mut self) {
        let Some(left) = self.memory.left.clone() else { return };
        self.stand(left.standing());
        for view in &left.views {
            self.show(view);
        }
        self.focus = left.focus;
    }
}
