//! What a list can be sorted and grouped by, as its menus offer it.

use super::super::super::modals::order::Choice;
use super::super::noun::Noun;
use super::{ListPane, same_field};

impl<N: Noun> ListPane<N> {
    pub(super) fn sort_choices(&self) -> Vec<Choice> {
        let now = self.sort_word();
        N::SORTS
            .iter()
            .map(|sort| {
                let here = same_field(now, sort.word);
                // The one that is on turns round.
                let falling = if here { !now.starts_with('-') } else { sort.falling };
                let sign = if falling && !sort.word.is_empty() { "-" } else { "" };
                Choice {
                    letter: sort.letter,
                    word: format!("{sign}{}", sort.word),
                    text: sort.text,
                    note: match (here, now.starts_with('-')) {
                        (false, _) => "",
                        (true, true) => "now ↓, again turns it round",
                        (true, false) => "now ↑, again turns it round",
                    },
                }
            })
            .collect()
    }

    pub(super) fn group_choices(&self) -> Vec<Choice> {
        let none = Choice {
            letter: 'n',
            word: String::new(),
            text: "no groups",
            note: if self.group.is_none() { "now" } else { "" },
        };
        let groups = N::groups().iter().map(|group| Choice {
            letter: group.letter,
            word: group.name.to_owned(),
            text: group.text,
            note: if self.group.is_some_and(|g| g.name == group.name) {
                "now"
            } else {
                ""
            },
        });
        let fold = Choice {
            letter: 'z',
            word: super::folding::ALL.to_owned(),
            text: if self.folded.is_empty() {
                "fold all groups"
            } else {
                "unfold all groups"
            },
            note: "",
        };
        let fold = self.group.is_some_and(|g| g.headed).then_some(fold);
        groups.chain([none]).chain(fold).collect()
    }
}
