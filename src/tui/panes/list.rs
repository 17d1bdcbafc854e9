//! The one list pane: rows, columns, query, order, groups, marks, window, prefetch, title and position. A noun
//! ([`Noun`], one per file beside this one) says what its rows are, which columns they have and what can be done with
//! them; everything a list does is here, once.

use ratatui::layout::Rect;

use super::super::action::{Action, Can, Group as ActGroup};
use super::super::clock;
use super::super::effect::{Answer, Cx, Fault, Payload, sentence};
use super::super::ink::{Brush, Run, run};
use super::super::modals::order::Order;
use super::super::model::Model;
use super::super::theme::Tone;
use super::super::widgets::table;
use super::super::window::{PAGE, Want, Window};
use super::noun::{Ask, Counted, Group, Look, Narrowed, Noun, Picked};
use super::{Named, Note, Pane, View};
use crate::api::finding::{CountGroups, Finding, GroupCounts};
use crate::api::{Endpoint, Page};
use crate::domain::safe::Safe;
use crate::domain::time::Time;

mod choices;
mod columns;
mod folding;

/// The pane's own messages.
enum Msg<N: Noun> {
    Page(Want, Answer<Page<N::Item>>),
    Count(Answer<Page<N::Item>>),
    Beside(Answer<<N::Beside as Endpoint>::Out>),
    Groups(Answer<GroupCounts>),
}

/// See the module's description.
#[derive(Debug)]
pub struct ListPane<N: Noun> {
    noun: N,
    window: Window<N::Item>,
    query: String,
    order: String,
    group: Option<&'static Group<N::Item>>,
    /// The groups there are, once the server has said; in the order of the list.
    groups: Vec<Counted>,
    /// Those that are folded, as they were found then.
    folded: Vec<Counted>,
    /// What is to be found as soon as the list that was asked for is there.
    seek: Option<String>,
    started: bool,
    /// The client it was narrowed to.
    client: Option<String>,
}

impl<N: Noun> Default for ListPane<N> {
    fn default() -> Self {
        let mut pane = Self {
            noun: N::default(),
            window: Window::new(N::LEAD),
            query: N::QUERY.to_owned(),
            order: String::new(),
            group: None,
            groups: Vec::new(),
            folded: Vec::new(),
            seek: None,
            started: false,
            client: None,
        };
        pane.set_group(N::first_group());
        pane
    }
}

impl<N: Noun> ListPane<N> {
    fn ask<'a>(&'a self, model: &'a Model, want: Option<&Want>) -> Ask<'a> {
        Ask {
            query: &self.query,
            order: &self.order,
            flat: self.group.is_some_and(|g| !g.sort.is_empty()),
            model,
            limit: Some(if want.is_some() { PAGE } else { 1 }),
            cursor: want.and_then(|w| w.cursor.clone()),
            end: want.is_some_and(|w| w.end),
            count: want.is_none_or(Want::is_first),
            narrow: self.narrow(),
        }
    }

    fn load(&mut self, cx: &mut Cx) {
        if !self.started {
            return;
        }
        let Some(want) = self.window.wants() else { return };
        if want.is_first()
            && let Some(request) = N::beside(&self.query, cx.model)
        {
            cx.read("beside", request, Msg::<N>::Beside);
        }
        if want.is_first() {
            self.count_groups(cx);
        }
        let request = N::request(self.ask(cx.model, Some(&want)));
        cx.read("page", request, move |answer| Msg::<N>::Page(want, answer));
    }

    /// Asks how many rows each group has: never counted from what is loaded.
    fn count_groups(&self, cx: &mut Cx) {
        if let Some(by) = self.group.and_then(|g| g.by) {
            let request = CountGroups {
                by,
                q: cx.model.standing.narrow(&self.query),
                queue: N::IN_QUEUE,
            };
            cx.read("groups", request, Msg::<N>::Groups);
        }
    }

    fn begin_again(&mut self) {
        if self.folded.is_empty() {
            self.groups.clear();
        }
        self.window.reset();
        self.window.home();
    }

    fn set_group(&mut self, group: Option<&'static Group<N::Item>>) {
        self.group = group;
        self.groups.clear();
        self.folded.clear();
        self.window
            .group_by(group.map(|g| g.of), group.is_some_and(|g| g.headed));
    }

    fn group_named(name: &str) -> Option<&'static Group<N::Item>> {
        N::groups().iter().find(|g| g.name == name)
    }

    fn sort_word(&self) -> &str {
        if N::SORT_IN_QUERY {
            super::sort_of(&self.query).unwrap_or_default()
        } else {
            &self.order
        }
    }

    fn sort_by(&mut self, word: &str) {
        if N::SORT_IN_QUERY {
            self.query = super::sorted(&self.query, word);
        } else {
            word.clone_into(&mut self.order);
        }
        // One order at a time: another sort scatters what a group had together.
        if self.group.is_some_and(|g| !same_field(g.sort, word)) {
            self.set_group(N::first_group().filter(|g| g.sort.is_empty()));
        }
        self.begin_again();
    }

    fn group_by(&mut self, name: &str) {
        let was = self.group.map_or("", |g| g.sort);
        let group = Self::group_named(name);
        let sort = group.map_or("", |g| g.sort);
        self.set_group(group);
        if same_field(sort, was) && !sort.is_empty() {
            return;
        }
        // A sort that only held the old groups together goes with them.
        if N::SORT_IN_QUERY {
            if !sort.is_empty() || same_field(self.sort_word(), was) {
                self.query = super::sorted(&self.query, sort);
            }
        } else {
            sort.clone_into(&mut self.order);
        }
        self.begin_again();
    }

    fn show(&mut self, view: &View) {
        if self.view() == *view {
            return;
        }
        view.query.clone_into(&mut self.query);
        view.order.clone_into(&mut self.order);
        self.set_group(Self::group_named(&view.group));
        self.begin_again();
    }

    /// Whether the rows shown, if any, are not those that were asked for, and these have not been refused either.
    fn is_on_its_way(&self) -> bool {
        self.started && self.window.failed().is_none() && (self.window.is_old() || self.window.is_blank())
    }

    fn find(&mut self, text: &str, cx: &mut Cx) {
        if self.window.find(text) {
            return;
        }
        let [one, _] = N::NAMES;
        let text = if self.window.is_whole() {
            format!("No {one} here matches.")
        } else {
            format!("No {one} that is loaded matches; `f` asks the server.")
        };
        cx.say(Tone::Warn, Safe::new(&text));
    }

    fn mark_all(&mut self, cx: &mut Cx) {
        if self.window.mark_all() {
            let request = N::request(self.ask(cx.model, None));
            cx.read("count", request, Msg::<N>::Count);
        } else {
            cx.say(
                Tone::Dim,
                "Marked what is loaded and found; Esc twice ends the search, then * marks all that match the query.",
            );
        }
    }
}

/// Whether the act is done with what is under the cursor or marked.
fn is_about_a_row(action: Action) -> bool {
    action.group() == ActGroup::Act && !matches!(action, Action::New | Action::TakeNext | Action::Undo | Action::Redo)
        || action == Action::Choose
}

/// Whether two sort words name the same field, whatever the direction.
fn same_field(a: &str, b: &str) -> bool {
    a.trim_start_matches('-') == b.trim_start_matches('-')
}

impl<N: Noun> Pane for ListPane<N> {
    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        if self.window.act(action, count) {
            if self.window.is_ending() {
                cx.say(Tone::Dim, "The list's end is on its way.");
            }
            self.load(cx);
            return true;
        }
        match action {
            Action::MarkAll => self.mark_all(cx),
            Action::Sort => cx.open(Order::sorts(N::ID, self.sort_choices())),
            Action::Group => cx.open(Order::groups(N::ID, self.group_choices())),
            Action::Fold => {
                self.fold_here(cx);
                self.load(cx);
            }
            Action::Choose if self.is_on_folded() => {
                self.fold_here(cx);
                self.load(cx);
            }
            Action::Back => return self.window.back(),
            action if self.is_on_its_way() && is_about_a_row(action) => {
                cx.say(
                    Tone::Warn,
                    "The list that was asked for is on its way: these rows are the old ones.",
                );
            }
            action => {
                let seen = self.seen();
                let picked = Picked {
                    row: self.window.current(),
                    marked: self.window.marked(),
                    query: &self.query,
                    seen: &seen,
                };
                return self.noun.act(action, &picked, cx);
            }
        }
        true
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg<N>>() else { return };
        match *msg {
            Msg::Page(want, answer) => {
                if let Err(Fault::Problem(problem)) = &answer
                    && problem.at.is_some()
                {
                    cx.say(Tone::Bad, Safe::new(&problem.detail));
                    if self.drop_folds() {
                        return self.load(cx);
                    }
                }
                self.window
                    .answer(&want, answer.map_err(|f| sentence(&f)), cx.model.now);
                if !self.is_on_its_way()
                    && let Some(text) = self.seek.take()
                {
                    self.find(&text, cx);
                }
                self.load(cx);
            }
            Msg::Count(answer) => match answer {
                Ok(page) => self.window.counted(page.count),
                Err(fault) => cx.say(Tone::Warn, sentence(&fault)),
            },
            Msg::Beside(answer) => {
                self.noun.take_beside(answer);
                if let Some(counted) = self.group.and_then(|g| self.noun.counted(g.name)) {
                    self.learn_groups(counted);
                }
            }
            // Without them the headings say what is loaded.
            Msg::Groups(answer) => match answer {
                Ok(counts) if self.group.is_some_and(|g| g.by == Some(counts.by)) => {
                    self.learn_groups(Counted::of(&counts));
                }
                _ => {}
            },
        }
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        match note {
            Note::Start => self.started = true,
            Note::Standing => {
                let client = cx.model.standing.client.as_ref().map(|c| c.key.clone());
                let moved = std::mem::replace(&mut self.client, client) != self.client;
                if N::NARROWED == Narrowed::Never || (N::NARROWED == Narrowed::ByClient && !moved) {
                    return;
                }
                self.begin_again();
            }
            Note::Resync => self.window.refresh(),
            Note::Made(id) => self.window.await_row(id),
            Note::Changes(events) if events.iter().any(|e| N::follows(e.topic)) => self.window.refresh(),
            Note::Query(text) => {
                text.clone_into(&mut self.query);
                if N::SORT_IN_QUERY
                    && let Some(group) = self.group
                    && !group.sort.is_empty()
                    && !same_field(group.sort, self.sort_word())
                {
                    self.set_group(N::first_group());
                }
                self.begin_again();
            }
            Note::Sort(word) => self.sort_by(word),
            Note::Group(folding::ALL) => self.fold_all(cx),
            Note::Group(name) => {
                self.group_by(name);
                self.count_groups(cx);
            }
            Note::View(view) => self.show(view),
            Note::Unmark => self.window.clear_marks(),
            Note::Find(text) => {
                if self.is_on_its_way() {
                    // What the old rows have or lack says nothing.
                    self.seek = Some(text.to_owned());
                    cx.say(Tone::Dim, "Looked for as soon as the list is there.");
                } else {
                    self.find(text, cx);
                }
            }
            Note::Changes(_) | Note::Subject(_) | Note::Kept | Note::People => return,
        }
        self.load(cx);
    }

    fn can(&self, action: Action, model: &Model) -> Can {
        match action {
            Action::Sort => Can::Yes,
            Action::Group if N::groups().is_empty() => {
                Can::No("This list has no groups; findings (3) and queue (4) have.")
            }
            Action::Group => Can::Yes,
            Action::Fold => self.can_fold(),
            Action::Choose if self.is_on_folded() => Can::Yes,
            Action::NextRecord | Action::PrevRecord => Can::when(
                self.window.is_grouped(),
                "In a list J and K go from group to group: group it first (b).",
            ),
            Action::FindNext | Action::FindPrev => {
                Can::when(self.window.is_finding(), "There is nothing being found: / finds.")
            }
            action if super::moves(action) => Can::Yes,
            action => self
                .noun
                .can(action, self.window.current(), self.window.has_marks(), model),
        }
    }

    fn hints(&self) -> &'static [Action] {
        N::HINTS
    }

    fn set_size(&mut self, _width: u16, height: u16, cx: &mut Cx) {
        self.window.set_height(usize::from(height.saturating_sub(1)));
        self.load(cx);
    }

    fn point(&mut self, row: u16, cx: &mut Cx) {
        // The first row has the names of the columns.
        if let Some(row) = usize::from(row).checked_sub(1) {
            self.window.point(row);
            self.load(cx);
        }
    }

    fn title(&self, model: &Model) -> Vec<Run> {
        let mut out = Vec::new();
        if self.window.is_old() {
            let failed = self.window.failed().is_some();
            let told = if failed { "not loaded " } else { "loading… " };
            out.push(run(told, Tone::Warn));
        }
        // What a group is sorted by goes without saying.
        let sort = self
            .group
            .is_some_and(|g| N::SORT_IN_QUERY && same_field(g.sort, self.sort_word()));
        let query = if sort {
            super::sorted(&self.query, "")
        } else {
            self.query.clone()
        };
        if !query.is_empty() {
            out.push(run(format!("{query} "), Tone::Dim));
        }
        if !N::SORT_IN_QUERY && !self.order.is_empty() {
            out.push(run(format!("sort:{} ", self.order), Tone::Dim));
        }
        if let Some(group) = self.group.filter(|g| g.headed) {
            out.push(run(format!("by {} ", group.name), Tone::Dim));
        }
        if self.window.is_finding() {
            out.push(run(format!("/{} ", self.window.needle()), Tone::Key));
        }
        out.extend(self.noun.title(model));
        out
    }

    fn position(&self) -> Safe {
        self.window.position()
    }

    fn draw(&self, brush: &mut Brush, area: Rect, focused: bool, model: &Model) {
        let columns = self.columns(area.width.saturating_sub(2), model);
        let shapes: Vec<_> = columns.iter().map(|(_, shape)| *shape).collect();
        let sizes = |name: &Safe| self.group_size(name);
        let looks = table::Looks {
            columns: &shapes,
            focused,
            model,
            lead: &N::lead(model),
            empty: &self.noun.empty(&self.query, model),
            group_size: &sizes,
        };
        table::rows(brush, area, &self.window, &looks, |item, first| {
            columns
                .iter()
                .map(|(column, shape)| {
                    let look = Look {
                        model,
                        width: shape.width,
                        first,
                    };
                    (column.cell)(item, &look)
                })
                .collect()
        });
    }

    fn finding(&self) -> Option<&Finding> {
        self.window.current().and_then(N::finding)
    }

    fn query(&self) -> &str {
        &self.query
    }

    fn view(&self) -> View {
        View {
            pane: N::ID,
            query: self.query.clone(),
            order: self.order.clone(),
            group: self.group.map_or(String::new(), |g| g.name.to_owned()),
        }
    }

    fn next_change(&self, now: Time) -> Option<Time> {
        let clocks = self.window.visible().filter_map(|(_, row)| N::clock(row?));
        clocks.map(|t| clock::changes(t, now)).min()
    }

    fn names(&self) -> Vec<Named> {
        self.window.rows().filter_map(N::named).collect()
    }
}
