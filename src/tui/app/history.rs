//! Where one has been: client, project, pane and query, back (`-`) and forth (`_`) again.

use super::super::model::Standing;
use super::super::panes::{Note, View};
use super::super::theme::Tone;
use super::App;

/// Places remembered.
const MOST: usize = 100;

/// A place to come back to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub standing: Standing,
    pub view: View,
}

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct History {
    here: Option<Place>,
    past: Vec<Place>,
    future: Vec<Place>,
}

impl History {
    /// Somebody is here now; where they were before is remembered.
    pub(super) fn went(&mut self, place: Place) {
        if self.here.as_ref() == Some(&place) {
            return;
        }
        if let Some(before) = self.here.replace(place) {
            self.past.push(before);
            self.future.clear();
            if self.past.len() > MOST {
                self.past.remove(0);
            }
        }
    }

    fn step(&mut self, forward: bool) -> Option<Place> {
        let (from, to) = if forward {
            (&mut self.future, &mut self.past)
        } else {
            (&mut self.past, &mut self.future)
        };
        let place = from.pop()?;
        to.extend(self.here.replace(place.clone()));
        Some(place)
    }
}

impl App {
    pub(super) fn place(&self) -> Place {
        Place {
            standing: self.model.standing.clone(),
            view: self.panes[self.focus.index()].view(),
        }
    }

    /// To the place before, or the one after it.
    pub(super) fn travel(&mut self, forward: bool) {
        match self.history.step(forward) {
            Some(place) => self.go_to(&place),
            None if forward => self.say(Tone::Dim, "This is where you were last."),
            None => self.say(Tone::Dim, "There is nothing before this."),
        }
    }

    /// Shows a place as it was.
    pub(super) fn go_to(&mut self, place: &Place) {
        self.stand(place.standing.clone());
        self.focus_on(place.view.pane);
        self.show(&place.view);
    }

    pub(super) fn show(&mut self, view: &View) {
        self.with_pane(view.pane, |pane, cx| pane.note(Note::View(view), cx));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::panes::PaneId;

    fn place(query: &str) -> Place {
        Place {
            standing: Standing::default(),
            view: View {
                pane: PaneId::Findings,
                query: query.to_owned(),
                order: String::new(),
                group: String::new(),
            },
        }
    }

    #[test]
    fn back_and_forth_and_a_new_way_forgets_the_old_one() {
        let mut history = History::default();
        for query in ["a", "b", "b", "c"] {
            history.went(place(query));
        }
        let query = |p: Option<Place>| p.map(|p| p.view.query);
        assert_eq!(query(history.step(false)).as_deref(), Some("b"));
        history.went(place("b"));
        assert_eq!(query(history.step(false)).as_deref(), Some("a"));
        assert_eq!(history.step(false), None);
        assert_eq!(query(history.step(true)).as_deref(), Some("b"));
        history.went(place("d"));
        assert_eq!(history.step(true), None);
        assert_eq!(query(history.step(false)).as_deref(), Some("b"));
    }
}
