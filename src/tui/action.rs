//! The one table of actions. Key line, help, palette, keymap file and its tests all derive from it: an act that is not
//! in this table does not exist, and one that is has a name, a summary and a place where it applies.
//!
//! Whether an act works *now* (a row is chosen, the role allows it) is answered by the pane or sheet that would do it
//! ([`super::panes::Pane::can`]), with the reason in words.

use std::fmt;

/// Where an act applies. Letters act in lists and details; in a text field they type, and only `Text` acts apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Where {
    /// Everywhere but in text fields.
    Lists,
    /// In text fields.
    Text,
    /// Truly everywhere.
    Everywhere,
}

/// Headings of the help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    Move,
    Find,
    Act,
    Desk,
    Text,
}

impl Group {
    pub const ALL: [Self; 5] = [Self::Act, Self::Move, Self::Find, Self::Desk, Self::Text];

    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Moving",
            Self::Find => "Finding and sorting",
            Self::Act => "Acts",
            Self::Desk => "The desk",
            Self::Text => "In a text field",
        }
    }
}

macro_rules! actions {
    ($($variant:ident $name:literal $place:ident $group:ident $short:literal $summary:literal;)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $(#[doc = $summary] $variant,)+
        }

        impl Action {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name in the keymap file and in the palette.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// One or two words for the key line.
            pub fn short(self) -> &'static str {
                match self { $(Self::$variant => $short,)+ }
            }

            /// One line for help and palette.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$variant => $summary,)+ }
            }

            pub fn place(self) -> Where {
                match self { $(Self::$variant => Where::$place,)+ }
            }

            pub fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)+ }
            }
        }
    };
}

actions! {
    Down "down" Lists Move "down" "Next row (5j: five rows; 5 to 9 begin a count)";
    Up "up" Lists Move "up" "Previous row";
    Top "top" Lists Move "top" "First row";
    Bottom "bottom" Lists Move "bottom" "Last row of the list";
    PageDown "page-down" Lists Move "page" "A page down";
    PageUp "page-up" Lists Move "page up" "A page up";
    HalfDown "half-down" Lists Move "half down" "Half a page down";
    HalfUp "half-up" Lists Move "half up" "Half a page up";
    Left "left" Lists Move "left" "Pane (or tab) to the left";
    Right "right" Lists Move "right" "Pane (or tab) to the right";
    NextPane "next-pane" Lists Move "next" "Next pane (or tab)";
    PrevPane "prev-pane" Lists Move "previous" "Previous pane (or tab)";
    Clients "clients" Lists Desk "clients" "Go to the clients";
    Projects "projects" Lists Desk "projects" "Go to the projects";
    Findings "findings" Lists Desk "findings" "Go to the findings";
    Queue "queue" Lists Desk "queue" "Go to the queue";
    AllClients "all-clients" Lists Desk "all clients" "Leave the chosen client and project";
    Choose "choose" Lists Act "open" "Choose a client or project, open a finding";
    NextRecord "next-record" Lists Move "next" "Next record inside a detail, next group in a list";
    PrevRecord "prev-record" Lists Move "previous" "Previous record inside a detail, previous group in a list";
    Back "back" Everywhere Desk "back" "Back: sheet, filter, marks, level; never quits";
    Cancel "cancel" Everywhere Desk "cancel" "Cancel running work; twice quits";
    Quit "quit" Lists Desk "quit" "Close the detail; at the top, quit";
    Find "find" Lists Find "find" "Find in what is loaded here (a leading ! inverts)";
    FindNext "find-next" Lists Find "next match" "Next match";
    FindPrev "find-prev" Lists Find "previous match" "Previous match";
    Query "query" Lists Find "query" "Ask the server: the query language";
    Sort "sort" Lists Find "sort" "Sort by a column";
    Group "group" Lists Find "group" "Group the rows";
    Fold "fold" Lists Find "fold" "Fold the group into one line, or unfold it (Enter does, too)";
    Mark "mark" Lists Find "mark" "Mark this row";
    Range "range" Lists Find "range" "Mark a range: once to begin, again to end";
    MarkAll "mark-all" Lists Find "mark all" "Mark all that match the query (with the server's count)";
    New "new" Lists Act "new" "New client or project";
    Import "import" Lists Act "import" "Import scanner reports into a project";
    Edit "edit" Lists Act "edit" "Edit";
    Status "status" Lists Act "status" "Move to another status: only legal moves";
    Person "person" Lists Act "assign" "A person: assignee, manager, lead";
    Place "place" Lists Act "move" "A place: the client of a project, the project of a finding";
    Merge "merge" Lists Act "merge" "Make one finding of those that are marked, or of this and a related one";
    Split "split" Lists Act "split" "Make a finding of its own of places (in the Places of a detail)";
    Comment "comment" Lists Act "comment" "Comment or reply";
    Release "release" Lists Act "release" "Triage, or release to the client";
    Take "take" Lists Act "take" "Take this from the queue, or put it back";
    TakeNext "take-next" Lists Act "take next" "Take the next finding of the queue";
    Why "why" Lists Act "why" "Why this is one finding: fingerprint and imports; on a project its imports";
    Undo "undo" Lists Act "undo" "Take back my last act; says first what that does";
    Redo "redo" Lists Act "redo" "Do again what I took back";
    Remove "remove" Lists Act "put away" "Archive, restore, revoke: what fits this row, with a typed word";
    Record "record" Lists Act "raw record" "The scanner's own record, and what differs from the import before";
    Menu "menu" Lists Desk "menu" "Everything that can be done with this row";
    Reload "reload" Lists Desk "reload" "Reload what is shown, reconnect";
    CopyId "copy" Lists Act "copy key" "Copy the key (sent to the terminal)";
    CopyMenu "copy-menu" Lists Act "copy menu" "Copy id, title, places, CVE, CVSS, the command; or write them to a file";
    Inbox "inbox" Lists Desk "inbox" "Where the client wrote, where I am named, what is unread";
    Brief "brief" Lists Desk "handover" "What I hold, what I did today, what waits for me";
    Overview "overview" Lists Desk "overview" "The agency at a glance: plan, open findings, what is due, recent acts";
    Log "log" Lists Desk "log" "Log of calls, each as a riskdesk command";
    Drafts "drafts" Lists Desk "drafts" "What was typed and not sent";
    ViewAs "view-as" Lists Desk "view as" "What the client's own people see of this";
    Tour "tour" Lists Desk "tour" "The README's tour as a checklist";
    Lock "lock" Lists Desk "lock" "Lock the screen; place and drafts are kept";
    Pin "pin" Lists Desk "pin" "Pin the client: acts on any other are refused";
    Zoom "zoom" Lists Desk "zoom" "Give this pane the whole screen, and back";
    Preview "preview" Lists Desk "preview" "Show the finding under the cursor beside the list";
    PrevTab "prev-tab" Lists Find "view left" "Saved view to the left";
    NextTab "next-tab" Lists Find "view right" "Saved view to the right";
    LastView "last-view" Lists Desk "last view" "Back to the view before: client, project, pane, query";
    NextView "next-view" Lists Desk "next view" "Forth again";
    Palette "palette" Lists Desk "palette" "Commands, clients, projects, findings by name";
    Help "help" Lists Desk "help" "What works here, and why the rest does not";
    NextField "next-field" Text Text "next field" "Next field";
    PrevField "prev-field" Text Text "previous field" "Previous field";
    Send "send" Text Text "send" "Send";
    Audience "audience" Text Text "audience" "Internal, or shared with the client";
    Editor "editor" Text Text "editor" "Write it in $EDITOR";
    UndoTyping "undo-typing" Text Text "undo" "Undo typing";
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Action {
    /// The action of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|a| a.name() == name)
    }
}

impl Action {
    /// Where it works, told where it does not.
    pub fn works_on(self) -> &'static str {
        match self {
            Self::Import => "Import works on a project: choose one in pane 2.",
            Self::Place => "A place is given to a project or a finding: choose one in pane 2, 3 or 4.",
            Self::Merge => "Findings become one: mark them in pane 3 or 4.",
            Self::Split => "Places are split off where they stand: open a finding, l goes to its places.",
            Self::New => "New makes a client in pane 1, a project in pane 2.",
            Self::Why => "Why is asked of a finding, or of a project for its imports: choose one in pane 2, 3 or 4.",
            Self::Status | Self::Comment | Self::Release | Self::Take | Self::TakeNext => {
                "This is an act on findings: choose one in pane 3 or 4."
            }
            Self::Person => "A person is set on a client, a project or a finding: put the cursor on one.",
            Self::Edit => "Edit works on a client, a project or a finding: put the cursor on one.",
            Self::Choose | Self::CopyId => "There is nothing under the cursor.",
            Self::NextRecord | Self::PrevRecord => {
                "J and K go from record to record inside a finding, from group to group in a grouped list."
            }
            Self::Record => "A raw record is a finding's: choose one in pane 3 or 4.",
            Self::CopyMenu => "There is nothing under the cursor to copy.",
            Self::Remove => {
                "Clients are put away (D in pane 1), their projects with them. A finding is closed with its status (s)."
            }
            Self::Mark | Self::Range | Self::MarkAll => "Marks are set in the lists: Esc goes back to one.",
            Self::Sort | Self::Group | Self::Fold => "Sorting and grouping work in the lists: Esc goes back to one.",
            Self::FindNext | Self::FindPrev => "There is nothing being found: / finds.",
            _ => "This key works in the lists: Esc goes back to one.",
        }
    }
}

/// Whether an act works here and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Can {
    Yes,
    /// It applies here, but not now, for this reason.
    No(&'static str),
    /// It has no meaning here.
    NotHere,
}

impl Can {
    /// `Yes` where the condition holds, else the reason.
    pub fn when(condition: bool, reason: &'static str) -> Self {
        if condition { Self::Yes } else { Self::No(reason) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_come_back() {
        let names: HashSet<_> = Action::ALL.iter().map(|a| a.name()).collect();
        assert_eq!(names.len(), Action::ALL.len());
        for action in Action::ALL {
            assert_eq!(Action::named(action.name()), Some(*action));
        }
    }
}
