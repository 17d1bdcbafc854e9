//! Changes on their way to the panes. What the event stream says, and what one did oneself, is gathered for a moment:
//! an act is heard of twice, by its answer and by its events, and each list is asked for once.

use super::super::model::Link;
use super::super::panes::Note;
use super::App;
use crate::api::event::Event;
use crate::domain::time::Time;

/// How long what follows an event is waited for: the other events of the same act, its answer.
const GATHER_MS: i64 = 40;

/// How long the events of one's own act are waited for once its answer is there.
const OWN_MS: i64 = 250;

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Heard {
    events: Vec<Event>,
    /// One did something oneself.
    own: bool,
    due: Option<Time>,
    /// When the last event came.
    last: Option<Time>,
}

impl Heard {
    /// When it is told on.
    pub(super) fn due(&self) -> Option<Time> {
        self.due
    }

    fn tell_by(&mut self, by: Time) {
        self.due = Some(self.due.map_or(by, |due| due.min(by)));
    }
}

impl App {
    /// The event stream told of a change.
    pub(super) fn hear(&mut self, event: &Event) {
        let now = self.model.now;
        self.heard.events.push(event.clone());
        self.heard.last = Some(now);
        self.heard.tell_by(now.plus_ms(GATHER_MS));
    }

    /// One's own act, sent at `since`, was done. Its events say what it changed; where none come, anything may have.
    pub(super) fn did(&mut self, since: Time) {
        if self.model.link != Link::Live {
            return self.tell_all(Note::Resync);
        }
        let told = self.heard.last.is_some_and(|at| at >= since) && self.heard.due.is_none();
        if !told {
            self.heard.own = true;
            self.heard.tell_by(self.model.now.plus_ms(OWN_MS));
        }
    }

    /// Everything is asked for again anyway.
    pub(super) fn resync(&mut self) {
        self.heard = Heard::default();
        self.tell_all(Note::Resync);
    }

    /// Tells on what was gathered, where its time has come.
    pub(super) fn tell_heard(&mut self) {
        if self.heard.due.is_none_or(|due| due > self.model.now) {
            return;
        }
        let heard = std::mem::take(&mut self.heard);
        self.heard.last = heard.last;
        if heard.events.is_empty() {
            return self.tell_all(Note::Resync);
        }
        let changes = Note::Changes(&heard.events);
        self.tell_desk(changes);
        // What a sheet over the desk shows need not be what the events name.
        self.tell_layers(if heard.own { Note::Resync } else { changes });
    }
}
