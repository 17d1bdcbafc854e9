//! What a console remembers between runs, per server and person: where it was left, and the saved views. Kept in one
//! 0600 file of the state directory beside the drafts, or not at all where nothing may be kept. Names and queries only,
//! never a row.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::drafts::replace;
use super::model::{Chosen, Standing};
use super::panes::{PaneId, View};
use crate::domain::safe::Safe;

/// See the module's description.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    #[serde(default)]
    pub left: Option<Left>,
    #[serde(default)]
    pub views: Vec<Saved>,
}

/// Where it was left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub focus: PaneId,
    pub client: Option<Named>,
    pub project: Option<Named>,
    pub owner: Option<Named>,
    pub views: Vec<View>,
}

/// A client or project as it was called then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    id: Uuid,
    key: String,
    name: String,
}

/// A view with a name: a tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub name: String,
    #[serde(flatten)]
    pub view: View,
}

impl From<&Chosen> for Named {
    fn from(chosen: &Chosen) -> Self {
        Self {
            id: chosen.id,
            key: chosen.key.clone(),
            name: chosen.name.as_str().to_owned(),
        }
    }
}

impl From<Named> for Chosen {
    fn from(named: Named) -> Self {
        Self {
            id: named.id,
            key: named.key,
            name: Safe::new(&named.name),
        }
    }
}

impl Left {
    pub fn new(focus: PaneId, standing: &Standing, views: Vec<View>) -> Self {
        let named = |chosen: &Option<Chosen>| chosen.as_ref().map(Named::from);
        Self {
            focus,
            client: named(&standing.client),
            project: named(&standing.project),
            owner: named(&standing.owner),
            views,
        }
    }

    pub fn standing(&self) -> Standing {
        let chosen = |named: &Option<Named>| named.clone().map(Chosen::from);
        Standing {
            client: chosen(&self.client),
            project: chosen(&self.project),
            owner: chosen(&self.owner),
        }
    }
}

impl Memory {
    /// The tabs of a pane: all of it, what comes with the program, what was saved.
    pub fn tabs(&self, pane: PaneId) -> Vec<Saved> {
        let view = |name: &str, query: &str| Saved {
            name: name.to_owned(),
            view: View {
                pane,
                query: query.to_owned(),
                order: String::new(),
                group: if pane == PaneId::Queue { "lanes" } else { "" }.to_owned(),
            },
        };
        let built_in = match pane {
            PaneId::Clients | PaneId::Projects => vec![view("all", "")],
            PaneId::Findings => vec![
                view("open", "is:open"),
                view("mine", "is:open assignee:@me"),
                view("overdue", "lane:overdue sort:due"),
                view("verify", "status:pending_verification"),
                view("new", "is:open triaged:no"),
                view("closed", "is:closed"),
            ],
            PaneId::Queue => vec![
                view("all", ""),
                view("mine", "assignee:@me"),
                view("overdue", "lane:overdue"),
                view("verify", "lane:verify"),
                view("new", "lane:new"),
            ],
        };
        let saved = self.views.iter().filter(|s| s.view.pane == pane).cloned();
        built_in.into_iter().chain(saved).collect()
    }

    /// Saves a view under a name, over the one that had it. Refused for a name that comes with the program.
    pub fn save(&mut self, name: &str, view: View) -> bool {
        self.views.retain(|s| s.name != name || s.view.pane != view.pane);
        if self.tabs(view.pane).iter().any(|s| s.name == name) {
            return false;
        }
        self.views.push(Saved {
            name: name.to_owned(),
            view,
        });
        true
    }

    /// Forgets a saved view; whether there was one.
    pub fn drop(&mut self, name: &str, pane: PaneId) -> bool {
        let before = self.views.len();
        self.views.retain(|s| s.name != name || s.view.pane != pane);
        self.views.len() < before
    }
}

/// Where it is kept, and for whom.
#[derive(Debug, Clone)]
pub struct Shelf {
    path: PathBuf,
    who: String,
}

impl Shelf {
    /// `server` and `email` tell profiles apart.
    pub fn new(state: &Path, server: &str, email: &str) -> Self {
        Self {
            path: state.join("desk.json"),
            who: format!("{email} {server}"),
        }
    }

    fn all(&self) -> BTreeMap<String, serde_json::Value> {
        let bytes = std::fs::read(&self.path).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// None, or one that cannot be read, is an empty memory.
    pub fn load(&self) -> Memory {
        let own = self.all().remove(&self.who).unwrap_or_default();
        serde_json::from_value(own).unwrap_or_default()
    }

    /// Puts one's own memory beside the others'.
    ///
    /// # Errors
    /// Where the state directory cannot be written.
    pub fn save(&self, memory: &Memory) -> std::io::Result<()> {
        let mut all = self.all();
        all.insert(self.who.clone(), serde_json::to_value(memory)?);
        replace(&self.path, &serde_json::to_string(&all)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_remembers_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = |email| Shelf::new(dir.path(), "https://desk.test", email);
        assert_eq!(shelf("ada@a.test").load(), Memory::default());
        let mut memory = Memory::default();
        let view = View {
            pane: PaneId::Findings,
            query: "tag:pci".into(),
            order: String::new(),
            group: "client".into(),
        };
        assert!(memory.save("pci", view.clone()));
        assert!(!memory.save("mine", view.clone()), "this one comes with the program");
        memory.left = Some(Left::new(PaneId::Findings, &Standing::default(), vec![view]));
        shelf("ada@a.test").save(&memory).unwrap();
        shelf("ben@a.test").save(&Memory::default()).unwrap();
        assert_eq!(shelf("ada@a.test").load(), memory);
        assert_eq!(shelf("ben@a.test").load(), Memory::default());
        assert_eq!(memory.tabs(PaneId::Findings).last().unwrap().name, "pci");
        assert!(memory.drop("pci", PaneId::Findings) && !memory.drop("pci", PaneId::Findings));
    }
}
