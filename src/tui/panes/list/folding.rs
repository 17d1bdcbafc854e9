//! The groups of a list: how many rows each has, and which of them are folded into one line.

use super::super::super::action::Can;
use super::super::super::effect::Cx;
use super::super::super::theme::Tone;
use super::super::super::window::Part;
use super::super::noun::{Counted, Noun};
use super::ListPane;
use crate::domain::safe::Safe;

/// What the menu of groups tells the pane to fold or unfold all of them.
pub(super) const ALL: &str = "=";

const UNGROUPED: &str = "There are no groups with headings here to fold: group the list first (b).";

impl<N: Noun> ListPane<N> {
    /// The server has counted the groups.
    pub(super) fn learn_groups(&mut self, counted: Vec<Counted>) {
        let mut groups: Vec<Counted> = Vec::new();
        for group in counted {
            // Two clients of one name stand under one heading.
            match groups.iter_mut().find(|g| g.name == group.name) {
                Some(same) => {
                    same.count += group.count;
                    same.terms.extend(group.terms);
                }
                None => groups.push(group),
            }
        }
        let falls = |sort: &str| sort.starts_with('-');
        if self.group.is_some_and(|g| falls(g.sort) != falls(self.sort_word())) {
            groups.reverse();
            // What has none comes last either way.
            groups.sort_by_key(|group| group.is_none);
        }
        let part = |group: &Counted| Part {
            name: group.name.clone(),
            count: group.count,
        };
        self.window.know_parts(groups.iter().map(part).collect());
        self.groups = groups;
    }

    /// How many rows the group of this name has, where the server has said.
    pub(super) fn group_size(&self, name: &Safe) -> Option<i64> {
        let group = self.groups.iter().find(|group| group.name == *name)?;
        Some(group.count).filter(|n| *n > 0)
    }

    /// What leaves the folded groups out.
    pub(super) fn narrow(&self) -> Option<String> {
        let folded = self.folded.iter().flat_map(|group| &group.terms);
        let terms: Vec<String> = folded.map(|term| format!("-{term}")).collect();
        (!terms.is_empty()).then(|| terms.join(" "))
    }

    /// The query of what can be seen: acts on all that match reach nothing that is folded away.
    pub(super) fn seen(&self) -> String {
        let narrow = self.narrow().unwrap_or_default();
        format!("{} {narrow}", self.query).trim().to_owned()
    }

    pub(super) fn can_fold(&self) -> Can {
        Can::when(self.group.is_some_and(|g| g.headed), UNGROUPED)
    }

    /// Whether the cursor is on the line of a folded group.
    pub(super) fn is_on_folded(&self) -> bool {
        self.window.group_here().is_some_and(|(_, folded)| folded)
    }

    /// Folds the group under the cursor, or unfolds it.
    pub(super) fn fold_here(&mut self, cx: &mut Cx) {
        match self.window.group_here() {
            Some((name, true)) => {
                self.folded.retain(|group| group.name != name);
                self.window.unfold(&[name]);
            }
            Some((name, false)) => match self.groups.iter().find(|group| group.name == name) {
                Some(group) => {
                    self.folded.push(group.clone());
                    self.window.fold(&[name]);
                }
                None => cx.say(Tone::Warn, "The groups have not been counted yet; try again."),
            },
            None => cx.say(Tone::Warn, "There is no group under the cursor."),
        }
    }

    /// Unfolds all groups, or folds them where none is.
    pub(super) fn fold_all(&mut self, cx: &mut Cx) {
        let names = |groups: &[Counted]| groups.iter().map(|g| g.name.clone()).collect::<Vec<_>>();
        if !self.folded.is_empty() {
            let folded = names(&self.folded);
            self.folded.clear();
            self.window.unfold(&folded);
        } else if self.groups.is_empty() {
            cx.say(Tone::Warn, "The groups have not been counted yet; try again.");
        } else {
            self.folded.clone_from(&self.groups);
            self.window.fold(&names(&self.groups));
        }
    }

    /// A query that the server refuses must not keep the list away: what is folded may have gone.
    pub(super) fn drop_folds(&mut self) -> bool {
        if self.folded.is_empty() {
            return false;
        }
        self.folded.clear();
        self.set_group(self.group);
        self.begin_again();
        true
    }
}
