//! What the event stream says: the link's state, and when the panes load.

use super::super::model::Link;
use super::super::panes::Note;
use super::App;
use crate::remote::Incoming;

/// How long the first lists wait for the event stream.
pub(super) const STREAM_MS: i64 = 400;

impl App {
    /// The panes load for the first time; whether that was still to be done.
    pub(super) fn load(&mut self) -> bool {
        let first = self.load_by.take().is_some();
        if first {
            self.tell_panes(Note::Start);
            for i in 0..self.layers.len() {
                self.with_layer(i, |layer, cx| layer.note(Note::Resync, cx));
            }
            self.dirty = true;
        }
        first
    }

    pub(super) fn link(&mut self, incoming: &Incoming) {
        let before = self.model.link.clone();
        match incoming {
            Incoming::Up => {
                self.model.link = Link::Live;
                if before != Link::Live {
                    // What was loaded while there was no stream may be old already.
                    if !self.load() {
                        self.resync();
                    }
                    if self.model.people.is_empty() {
                        self.ask_people();
                    }
                    self.resend();
                }
            }
            Incoming::Change(event) => {
                self.model.link = Link::Live;
                self.hear(event);
            }
            Incoming::Resync => self.resync(),
            Incoming::Down(_) => {
                if self.model.link == Link::Live {
                    self.model.link = Link::AsOf(self.model.now);
                }
                self.load();
            }
            Incoming::SignInNeeded => self.ask_to_sign_in(),
        }
        self.dirty |= self.model.link != before;
    }
}
