//! Performs the effects that concern the console itself.

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Effect, Owner, Payload};
use super::super::modals::detail::Detail;
use super::super::modals::overview;
use super::super::model::{Link, Standing};
use super::super::msg::Command;
use super::super::panes::{Note, PaneId};
use super::super::theme::Tone;
use super::App;
use crate::api::agency::{Agency, ListUsers, ShowAgency, Users};
use crate::api::session::{RevokeSession, Who, WhoAmI};
use crate::domain::access::Role;
use crate::domain::safe::Safe;

/// The app's own answers.
#[derive(Debug)]
enum Own {
    Who(Answer<Who>),
    Agency(Answer<Agency>),
    People(Answer<Users>),
}

/// As many folded groups are stepped over from one record to the next.
const FOLDED_MAX: usize = 50;

/// The longest text sent to a clipboard: xterm's limit is 100,000 bytes once it is encoded.
const CLIPBOARD_MAX: usize = 70_000;

fn lines_more(n: usize) -> String {
    if n == 1 {
        "1 line".to_owned()
    } else {
        format!("{n} lines")
    }
}

/// Whether it shows something of a workspace.
fn leads_elsewhere(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Focus(_)
            | Effect::ChooseClient(_)
            | Effect::ChooseProject(..)
            | Effect::OpenFinding(..)
            | Effect::OpenComments(_)
            | Effect::OpenFor(..)
            | Effect::Query(..)
            | Effect::Sort(..)
            | Effect::Group(..)
            | Effect::View(_)
    )
}

impl App {
    pub(super) fn perform(&mut self, owner: Owner, effect: Effect) {
        self.dirty = true;
        if self.shows_only_the_overview() && leads_elsewhere(&effect) {
            self.close(owner);
            return self.say(Tone::Warn, overview::ONLY);
        }
        match effect {
            Effect::Call(call) => self.start_call(owner, call),
            Effect::Act(call) => self.start_call(Owner::App, call),
            Effect::Open(layer) => {
                self.layer_serial += 1;
                // Nothing opens over the lock.
                let at = self.layers.len() - usize::from(self.is_locked());
                self.layers.insert(at, (self.layer_serial, layer));
            }
            Effect::Close => self.close(owner),
            Effect::Say(Tone::Good, text) if std::mem::take(&mut self.undoable) => {
                let undo = self.model.keymap.first(Action::Undo);
                self.notice = Some((Tone::Good, Safe::new(&format!("{text} Undo with {undo}."))));
            }
            Effect::Say(tone, text) => self.notice = Some((tone, text)),
            Effect::Run(action) => {
                self.close(owner);
                self.act(action, None);
            }
            Effect::Focus(pane) => self.focus_on(pane),
            Effect::Made(pane, id) => {
                self.focus_on(pane);
                self.with_pane(pane, |pane, cx| pane.note(Note::Made(id), cx));
            }
            Effect::ChooseClient(client) => self.stand(Standing {
                client,
                ..Standing::default()
            }),
            Effect::ChooseProject(project, owner) => {
                let client = self.model.standing.client.clone();
                self.stand(Standing { client, project, owner });
            }
            Effect::OpenFinding(key, taken) => self.open_finding(&key, taken),
            Effect::Step(forward) => self.step(owner, forward),
            Effect::Find(text) => {
                let focus = self.focus;
                self.with_pane(focus, |pane, cx| pane.note(Note::Find(&text), cx));
            }
            Effect::Query(pane, text) => {
                self.close(owner);
                self.focus_on(pane);
                self.with_pane(pane, |pane, cx| pane.note(Note::Query(&text), cx));
            }
            Effect::Sort(pane, text) => {
                self.close(owner);
                self.with_pane(pane, |pane, cx| pane.note(Note::Sort(&text), cx));
            }
            Effect::Group(pane, name) => {
                self.close(owner);
                self.with_pane(pane, |pane, cx| pane.note(Note::Group(&name), cx));
            }
            Effect::View(text) => {
                self.close(owner);
                self.view_command(&text);
            }
            Effect::Pin(client) => {
                self.model.pin = if self.model.pin.as_ref() == client.as_ref() {
                    None
                } else {
                    client
                };
            }
            Effect::Copy(text) => self.copy(&text),
            Effect::Export(name, text) => {
                let text = Safe::block(&text).into_string();
                self.commands.push(Command::Export(name, text));
            }
            Effect::Edit(text) => {
                if let Owner::Layer(id) = owner
                    && let Some(i) = self.layer(id)
                {
                    self.keep_draft(i);
                    self.commands.push(Command::Edit(id, text));
                }
            }
            Effect::OpenComments(key) => {
                self.open(Detail::new(&key).at_comments());
            }
            Effect::OpenFor(key, action) => self.open(Detail::new(&key).then(action)),
            Effect::Hold(key, Some(until)) => {
                self.model.held.insert(key, until);
            }
            Effect::Hold(key, None) => {
                self.model.held.remove(&key);
            }
            Effect::Keep(key, fields) => {
                if self.model.drafts.keep(&key, fields) {
                    self.commands.push(Command::Save(self.model.drafts.to_json()));
                }
            }
            Effect::Drop(key) => {
                if self.model.drafts.drop(&key) {
                    self.commands.push(Command::Save(self.model.drafts.to_json()));
                }
            }
            Effect::Recall(notes) => {
                self.model.recall.retain(|n| *n != notes);
                self.model.recall.insert(0, notes);
                self.model.recall.truncate(20);
            }
            Effect::SignedIn(remote) => {
                self.commands.push(Command::Connect(remote));
                if self.is_locked() {
                    self.end_older_session();
                }
                self.close(owner);
                if self.model.who.is_none() {
                    self.begin_session();
                } else if !self.load() {
                    self.tell_all(Note::Resync);
                }
                self.unpark();
            }
            Effect::Toured(steps) => self.model.toured = steps,
            Effect::Changed => self.did(self.model.now),
            Effect::Unmark => self.tell_panes(Note::Unmark),
            Effect::Quit => self.leave(),
        }
    }

    /// To the terminal's clipboard, marked where it is hostile.
    fn copy(&mut self, text: &str) {
        let text = Safe::block(text).into_string();
        if text.len() > CLIPBOARD_MAX {
            return self.say(
                Tone::Warn,
                "This is more than terminals take into their clipboard. Write it to a file instead.",
            );
        }
        let lines = text.lines().count();
        let first = Safe::new(text.lines().next().unwrap_or_default()).truncate(60);
        let told = match lines {
            0 | 1 => format!("{first}: sent to the terminal's clipboard."),
            n => format!(
                "{first} and {} more: sent to the terminal's clipboard.",
                lines_more(n - 1)
            ),
        };
        self.say(Tone::Good, &told);
        self.commands.push(Command::Copy(text));
    }

    /// Unlocking made a session of its own: the one before it ends, and who one is is asked again.
    fn end_older_session(&mut self) {
        let Some(who) = &self.model.who else { return };
        let older = who.session.0;
        let mut effects = Vec::new();
        let mut cx = Cx::new(&self.model, &mut effects);
        cx.act(RevokeSession { session: older }, None, |_| Vec::new());
        cx.read("who", WhoAmI {}, Own::Who);
        self.effects.extend(effects.into_iter().map(|e| (Owner::App, e)));
    }

    /// Takes the asking layer away, keeping what was typed in it.
    fn close(&mut self, owner: Owner) {
        let Owner::Layer(id) = owner else { return };
        if let Some(i) = self.layer(id) {
            self.keep_draft(i);
            self.layers.remove(i);
            self.calls.forget(owner, &mut self.commands);
        }
    }

    /// The detail's neighbour: the list behind it moves, and the detail is told which finding it is now on.
    fn step(&mut self, owner: Owner, forward: bool) {
        let focus = self.focus;
        let before = self.panes[focus.index()].finding().map(|f| f.id);
        let action = if forward { Action::Down } else { Action::Up };
        // Over the lines of folded groups.
        for _ in 0..=FOLDED_MAX {
            self.with_pane(focus, |pane, cx| pane.act(action, None, cx));
            if self.panes[focus.index()].finding().is_some() {
                break;
            }
        }
        let finding = self.panes[focus.index()].finding().cloned();
        match finding.filter(|f| Some(f.id) != before) {
            Some(finding) => {
                if let Owner::Layer(id) = owner
                    && let Some(i) = self.layer(id)
                {
                    self.with_layer(i, |layer, cx| layer.note(Note::Subject(&finding), cx));
                }
            }
            None => self.say(
                Tone::Dim,
                if forward {
                    "This is the last one."
                } else {
                    "This is the first one."
                },
            ),
        }
    }

    /// Asks who one is; the panes load as soon as changes are heard of.
    pub(super) fn begin_session(&mut self) {
        let mut effects = Vec::new();
        let mut cx = Cx::new(&self.model, &mut effects);
        cx.read("who", WhoAmI {}, Own::Who);
        cx.read("agency", ShowAgency {}, Own::Agency);
        self.effects.extend(effects.into_iter().map(|e| (Owner::App, e)));
        self.load_by = Some(self.model.now.plus_ms(super::link::STREAM_MS));
    }

    /// Whether there is nothing but the overview: a viewer is signed in.
    pub(super) fn shows_only_the_overview(&self) -> bool {
        self.layers.iter().any(|(_, layer)| layer.is_all())
    }

    /// A viewer gets the overview and nothing else; who was one and is none any more gets the desk.
    fn fit_role(&mut self) {
        let viewer = self.model.role() == Some(Role::Viewer);
        if viewer == self.shows_only_the_overview() {
            return;
        }
        if viewer {
            for id in PaneId::ALL {
                self.calls.forget(Owner::Pane(id), &mut self.commands);
            }
            self.layer_serial += 1;
            let layer = Box::new(overview::Overview::alone());
            self.layers.insert(0, (self.layer_serial, layer));
        } else {
            self.layers.retain(|(_, layer)| !layer.is_all());
            self.tell_panes(Note::Start);
        }
    }

    /// The agency's own numbers (clients of the plan) again.
    pub(super) fn ask_agency(&mut self) {
        let mut effects = Vec::new();
        Cx::new(&self.model, &mut effects).read("agency", ShowAgency {}, Own::Agency);
        self.effects.extend(effects.into_iter().map(|e| (Owner::App, e)));
    }

    /// Who works here, for the sheets that offer people; a viewer has no such list.
    pub(super) fn ask_people(&mut self) {
        if self.model.role().is_none_or(|role| role == Role::Viewer) {
            return;
        }
        let mut effects = Vec::new();
        Cx::new(&self.model, &mut effects).read("people", ListUsers {}, Own::People);
        self.effects.extend(effects.into_iter().map(|e| (Owner::App, e)));
    }

    pub(super) fn own_reply(&mut self, payload: Payload) {
        let own = match payload.downcast::<Vec<Effect>>() {
            Ok(effects) => return self.effects.extend(effects.into_iter().map(|e| (Owner::App, e))),
            Err(other) => other,
        };
        let own = match own.downcast::<super::preview::Came>() {
            Ok(came) => return self.preview.take(*came),
            Err(other) => other.downcast::<Own>(),
        };
        let Ok(own) = own else { return };
        match *own {
            Own::Who(Ok(who)) => {
                let first = self.model.people.is_empty();
                self.model.who = Some(who);
                self.fit_role();
                if first {
                    self.ask_people();
                }
                if self.model.link == Link::Connecting {
                    self.model.link = Link::AsOf(self.model.now);
                }
            }
            Own::Agency(Ok(agency)) => {
                self.model.zone = jiff::tz::TimeZone::get(&agency.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
                self.model.agency = Some(agency);
            }
            Own::People(Ok(users)) => {
                self.model.people = users.items;
                // A sheet that was opened before they came offers them now.
                self.tell_all(Note::People);
            }
            Own::Who(Err(fault)) | Own::Agency(Err(fault)) | Own::People(Err(fault)) => {
                let text = super::super::effect::sentence(&fault);
                self.notice = Some((Tone::Bad, text));
            }
        }
    }

    /// Goes to a finding by its key, over the findings pane.
    fn open_finding(&mut self, key: &str, taken: bool) {
        if !matches!(self.focus, PaneId::Findings | PaneId::Queue) {
            self.focus_on(PaneId::Findings);
        }
        self.open(Detail::new(key).taken(taken));
    }
}
