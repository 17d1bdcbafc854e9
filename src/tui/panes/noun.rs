//! What a list is of: the rows, columns, orders and acts of one noun, as the one list pane ([`super::list`]) asks for them.
//! Each noun implements [`Noun`] in its own file; nothing here draws, calls or keeps state.

use std::fmt;

use super::super::action::{Action, Can};
use super::super::effect::{Answer, Cx};
use super::super::ink::{Run, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::super::widgets::table;
use super::super::window::{GroupOf, Marked, Row};
use super::{Named, PaneId};
use crate::api::event::Topic;
use crate::api::finding::{Finding, GroupBy, GroupCount, GroupCounts};
use crate::api::{Endpoint, Page};
use crate::domain::safe::Safe;
use crate::domain::time::Time;

/// What a page request is made of.
#[derive(Debug)]
pub struct Ask<'a> {
    pub query: &'a str,
    /// A sort word (`-due`), where the noun does not keep it in its query.
    pub order: &'a str,
    /// Whether rows come in the order of the sort alone, where the noun has an order before it.
    pub flat: bool,
    pub model: &'a Model,
    pub limit: Option<u32>,
    pub cursor: Option<String>,
    pub end: bool,
    pub count: bool,
    /// What leaves out the groups that are folded.
    pub narrow: Option<String>,
}

/// What a cell may look at.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub model: &'a Model,
    /// The room it has.
    pub width: u16,
    /// Whether the row is the first of its group in view.
    pub first: bool,
}

/// A column of a noun, and how it can be sorted by.
#[derive(Debug)]
pub struct Column<T> {
    /// Heads by the room they need; the longest that fits is shown.
    pub heads: &'static [&'static str],
    pub cell: fn(&T, &Look) -> Vec<Run>,
    pub shape: table::Column,
    /// Whether it says nothing where one stands.
    pub hidden: fn(&Model) -> bool,
}

impl<T> Column<T> {
    /// A column of `width` columns of the screen; 0 takes what is left.
    pub const fn new(heads: &'static [&'static str], width: u16, spare: u8, cell: fn(&T, &Look) -> Vec<Run>) -> Self {
        Self {
            heads,
            cell,
            shape: table::column("", width, spare),
            hidden: |_| false,
        }
    }

    /// Read from its right edge.
    pub const fn right(mut self) -> Self {
        self.shape.right = true;
        self
    }

    /// Grows up to so many columns where there is room.
    pub const fn to(mut self, most: u16) -> Self {
        self.shape.most = most;
        self
    }

    pub const fn unless(mut self, hidden: fn(&Model) -> bool) -> Self {
        self.hidden = hidden;
        self
    }
}

/// A way to sort: its letter in the menu, the word, what it means in words; the head of its column shows the arrow.
#[derive(Debug, Clone, Copy)]
pub struct Sort {
    pub letter: char,
    /// Without its sign.
    pub word: &'static str,
    pub text: &'static str,
    /// Whether the useful direction is the descending one.
    pub falling: bool,
}

impl Sort {
    pub const fn new(letter: char, word: &'static str, text: &'static str, falling: bool) -> Self {
        Self {
            letter,
            word,
            text,
            falling,
        }
    }
}

/// A way to group.
#[derive(Debug)]
pub struct Group<T> {
    pub letter: char,
    pub name: &'static str,
    pub text: &'static str,
    /// The sort that brings a group together; empty: the noun's own order does.
    pub sort: &'static str,
    /// Whether groups get heading lines.
    pub headed: bool,
    /// The head of the column that the heading makes needless.
    pub hides: &'static str,
    pub of: GroupOf<T>,
    /// What the server counts by; none where the groups are counted beside the rows.
    pub by: Option<GroupBy>,
}

/// What an act is done with.
#[derive(Debug)]
pub struct Picked<'a, T> {
    pub row: Option<&'a T>,
    pub marked: Marked<T>,
    /// The pane's own query, without where one stands.
    pub query: &'a str,
    /// The same without what is folded away.
    pub seen: &'a str,
}

impl<T: Clone> Picked<'_, T> {
    /// The marked rows that are known, or the one under the cursor.
    pub fn rows(&self) -> Vec<T> {
        match &self.marked {
            Marked::These(rows) => rows.clone(),
            _ => self.row.cloned().into_iter().collect(),
        }
    }
}

/// What a list is of.
pub trait Noun: Default + Send + fmt::Debug + 'static {
    type Item: Row + Send + fmt::Debug + 'static;
    type List: Endpoint<Out = Page<Self::Item>>;
    /// What is asked besides the rows, when a list begins (counts for the title).
    type Beside: Endpoint;

    const ID: PaneId;
    /// One and many.
    const NAMES: [&'static str; 2];
    const HINTS: &'static [Action];
    /// Fixed rows above the server's.
    const LEAD: usize = 0;
    /// The query it begins with.
    const QUERY: &'static str = "";
    /// Whether `sort:` stands in the query.
    const SORT_IN_QUERY: bool = false;
    const SORTS: &'static [Sort] = &[];
    const NARROWED: Narrowed;

    fn columns() -> &'static [Column<Self::Item>];
    fn groups() -> &'static [Group<Self::Item>] {
        &[]
    }
    /// The group it begins with.
    fn first_group() -> Option<&'static Group<Self::Item>> {
        None
    }
    fn request(ask: Ask) -> Self::List;
    /// Whether its rows are the queue's, for the counts of groups.
    const IN_QUEUE: bool = false;
    /// Whether a change of this kind may change its rows.
    fn follows(topic: Topic) -> bool;
    fn act(&self, action: Action, picked: &Picked<Self::Item>, cx: &mut Cx) -> bool;
    fn can(&self, action: Action, row: Option<&Self::Item>, many: bool, model: &Model) -> Can;
    fn beside(_query: &str, _model: &Model) -> Option<Self::Beside> {
        None
    }
    fn take_beside(&mut self, _answer: Answer<<Self::Beside as Endpoint>::Out>) {}
    fn title(&self, _model: &Model) -> Vec<Run> {
        Vec::new()
    }
    /// What is missing, and which key makes it.
    fn empty(&self, query: &str, model: &Model) -> Vec<Run>;
    fn lead(_model: &Model) -> Vec<Run> {
        Vec::new()
    }
    /// The groups of that grouping, where they were counted beside the rows.
    fn counted(&self, _group: &str) -> Option<Vec<Counted>> {
        None
    }
    fn finding(_item: &Self::Item) -> Option<&Finding> {
        None
    }
    fn named(_item: &Self::Item) -> Option<Named> {
        None
    }
    /// When a clock in this row runs out.
    fn clock(_item: &Self::Item) -> Option<Time> {
        None
    }
}

/// A group with all its rows, loaded or not.
#[derive(Debug, Clone)]
pub struct Counted {
    /// As its heading has it.
    pub name: Safe,
    /// What finds its rows: one of these terms of a query.
    pub terms: Vec<String>,
    pub count: i64,
    /// Of what has none: no client, nobody.
    pub is_none: bool,
}

impl Counted {
    /// What the server counted.
    pub fn of(counts: &GroupCounts) -> Vec<Self> {
        let counted = counts.groups.iter().map(|group| Self {
            name: heading(counts.by, group),
            terms: vec![group.term.clone()],
            count: group.count,
            is_none: group.name.is_none(),
        });
        counted.collect()
    }
}

/// What makes another list of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrowed {
    Never,
    /// Another client.
    ByClient,
    /// Another client or project.
    ByPlace,
}

/// A text, where there is one.
pub fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// A group's name as its heading has it.
pub fn heading(by: GroupBy, group: &GroupCount) -> Safe {
    let name = group.name.as_deref();
    match by {
        GroupBy::Status => Safe::new(&name.unwrap_or_default().replace('_', " ")),
        GroupBy::Client => Safe::new(name.unwrap_or("unassigned")),
        GroupBy::Assignee => Safe::new(name.unwrap_or("nobody")),
        GroupBy::Project => {
            let client = group.client.as_deref().unwrap_or("unassigned");
            Safe::new(&format!("{} · {client}", name.unwrap_or_default()))
        }
        GroupBy::Severity | GroupBy::Tool => Safe::new(name.unwrap_or_default()),
    }
}

/// What an empty list of words says.
pub fn nothing(noun: &str, query: &str, model: &Model) -> Vec<Run> {
    vec![
        run(format!("No {noun} has {query} in it. "), Tone::Dim),
        run(model.keymap.first(Action::Query), Tone::Key),
        run(" asks for other words, or for none.", Tone::Dim),
    ]
}
