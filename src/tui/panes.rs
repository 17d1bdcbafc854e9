//! The panes and what every pane answers. One noun per file, all of them lists ([`list`], [`noun`]); a pane knows the server's
//! nouns and its own private messages, never another pane.

use std::fmt;

use ratatui::layout::Rect;
use serde::{Deserialize, Serialize};

use super::action::{Action, Can};
use super::effect::{Cx, Payload};
use super::ink::{Brush, Run};
use super::model::Model;
use crate::api::event::Event;
use crate::api::finding::Finding;
use crate::domain::safe::Safe;
use crate::domain::time::Time;

pub mod clients;
pub mod findings;
pub mod list;
pub mod noun;
pub mod projects;
pub mod queue;

/// The panes, in the order of their keys `1`–`4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaneId {
    Clients,
    Projects,
    Findings,
    Queue,
}

impl PaneId {
    pub const ALL: [Self; 4] = [Self::Clients, Self::Projects, Self::Findings, Self::Queue];

    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether its query is of the query language; else it is words that must appear.
    pub fn has_grammar(self) -> bool {
        matches!(self, Self::Findings | Self::Queue)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Clients => "Clients",
            Self::Projects => "Projects",
            Self::Findings => "Findings",
            Self::Queue => "Queue",
        }
    }
}

/// One registry line per pane.
pub fn registry() -> [Box<dyn Pane>; 4] {
    [
        Box::new(list::ListPane::<clients::Clients>::default()),
        Box::new(list::ListPane::<projects::Projects>::default()),
        Box::new(list::ListPane::<findings::Findings>::default()),
        Box::new(list::ListPane::<queue::Queue>::default()),
    ]
}

/// What a pane is told besides keys and answers.
#[derive(Debug, Clone, Copy)]
pub enum Note<'a> {
    /// A session is there: load.
    Start,
    /// Another client or project was chosen.
    Standing,
    /// These changed on the server.
    Changes(&'a [Event]),
    /// Anything may have changed.
    Resync,
    /// What was sent waits for the link.
    Kept,
    /// The agency's people have come, or changed: `model.people`.
    People,
    /// A row of this pane was made here: it is what comes next.
    Made(uuid::Uuid),
    Find(&'a str),
    Query(&'a str),
    Sort(&'a str),
    /// By the name of the group; empty: none.
    Group(&'a str),
    /// Another query, order and grouping at once.
    View(&'a View),
    /// What was marked has been done.
    Unmark,
    /// The list the detail came from moved on to this finding.
    Subject(&'a Finding),
}

/// A pane. `act` and the others that take a [`Cx`] change only the pane and ask for effects; `draw` changes nothing.
pub trait Pane: Send + fmt::Debug {
    /// Does it, or says that it is not this pane's.
    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool;
    /// A message of its own comes back.
    fn reply(&mut self, payload: Payload, cx: &mut Cx);
    fn note(&mut self, note: Note, cx: &mut Cx);
    /// Whether the action works here and now.
    fn can(&self, action: Action, model: &Model) -> Can;
    /// The acts worth a place on the key line, most needed first.
    fn hints(&self) -> &'static [Action];
    /// The inside of its frame.
    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx);
    /// What stands on the frame besides the name: filter, counts.
    fn title(&self, model: &Model) -> Vec<Run>;
    fn position(&self) -> Safe;
    fn draw(&self, brush: &mut Brush, area: Rect, focused: bool, model: &Model);
    /// The mouse points at this row of the inside of its frame.
    fn point(&mut self, _row: u16, _cx: &mut Cx) {}
    /// The finding under the cursor, for the detail's next and previous.
    fn finding(&self) -> Option<&Finding> {
        None
    }
    /// The query as it stands.
    fn query(&self) -> &str {
        Default::default()
    }
    /// What it shows, so that one can come back to it.
    fn view(&self) -> View;
    /// When the text on the screen changes by itself next (a clock runs).
    fn next_change(&self, _now: Time) -> Option<Time> {
        None
    }
    /// Names loaded here, for the palette: what it is, its key, its name.
    fn names(&self) -> Vec<Named> {
        Vec::new()
    }
}

/// What a pane shows: enough to show it again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub pane: PaneId,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// A sort word, where the query does not hold it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub order: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
}

/// Something that can be gone to by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub what: What,
    pub chosen: super::model::Chosen,
    /// The client it belongs to, where it is not one.
    pub client: Option<super::model::Chosen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Client,
    Project,
    Finding,
}

/// Whether the action only moves, marks or pages: every list can.
pub fn moves(action: Action) -> bool {
    matches!(
        action,
        Action::Down
            | Action::Up
            | Action::Top
            | Action::Bottom
            | Action::PageDown
            | Action::PageUp
            | Action::HalfDown
            | Action::HalfUp
            | Action::Mark
            | Action::Range
            | Action::MarkAll
    )
}

/// The `sort:` word of a query.
pub fn sort_of(query: &str) -> Option<&str> {
    query.split_whitespace().rev().find_map(|w| w.strip_prefix("sort:"))
}

/// A query with another `sort:`; with none where the word is empty.
pub fn sorted(query: &str, word: &str) -> String {
    let mut words: Vec<&str> = query.split_whitespace().filter(|w| !w.starts_with("sort:")).collect();
    let sort = format!("sort:{word}");
    if !word.is_empty() {
        words.push(&sort);
    }
    words.join(" ")
}
