//! The one owner of the console's state. Messages come in one at a time ([`App::update`]), commands for the runtime go
//! out ([`App::take_commands`]), and [`App::view`] draws without being able to change anything.
//!
//! Keys go to the top layer, then to the focused pane, then to the desk. The app performs the effects of panes and
//! sheets (`app/perform.rs`), owns the calls under way (`app/calls.rs`) and draws the frame around the panes (`app/chrome.rs`).

use std::collections::VecDeque;

use super::effect::{Cx, Effect, Owner};
use super::input::Input;
use super::keymap::Keymap;
use super::layout;
use super::memory::Memory;
use super::modals::{Layer, confirm, sign_in};
use super::model::{Link, Model, Standing};
use super::msg::{Command, Msg};
use super::panes::{self, Note, Pane, PaneId};
use super::terminal::Happened;
use super::theme::{Theme, Tone};
use crate::api::event::{Event, Topic};
use crate::domain::safe::Safe;
use crate::domain::time::Time;

mod calls;
mod chrome;
mod heard;
mod history;
mod keys;
mod link;
mod perform;
mod preview;
mod tabs;

use calls::Calls;
use heard::Heard;
use history::History;
use preview::Preview;

/// What an app is made of at the start.
#[derive(Debug)]
pub struct Setup {
    pub keymap: Keymap,
    pub theme: Theme,
    pub drafts: super::drafts::Drafts,
    pub memory: Memory,
    /// The server as shown; empty where no profile names one (first run).
    pub server: String,
    /// The e-mail of the profile, offered by the sign-in sheet.
    pub email: String,
    pub now: Time,
    /// How long no key may be pressed until the screen locks; none: never.
    pub idle_ms: Option<i64>,
}

/// See the module's description.
#[derive(Debug)]
pub struct App {
    model: Model,
    email: String,
    panes: [Box<dyn Pane>; 4],
    focus: PaneId,
    history: History,
    memory: Memory,
    preview: Preview,
    zoom: bool,
    layers: Vec<(u32, Box<dyn Layer>)>,
    layer_serial: u32,
    calls: Calls,
    notice: Option<(Tone, Safe)>,
    size: (u16, u16),
    count: Option<usize>,
    /// ctrl-c was the last key.
    cancelled: bool,
    commands: Vec<Command>,
    /// What panes and layers asked for and has not been done yet.
    effects: VecDeque<(Owner, Effect)>,
    quit: bool,
    dirty: bool,
    idle_ms: Option<i64>,
    /// When the last key was pressed.
    touched: Time,
    /// The last act can be taken back: what is said of it says so.
    undoable: bool,
    /// The panes have not loaded yet: they wait for the event stream, so that nothing is missed and nothing is asked
    /// twice; until this time.
    load_by: Option<Time>,
    heard: Heard,
}

impl App {
    pub fn new(setup: Setup) -> Self {
        let mut app = Self::blank(setup);
        app.return_to();
        app
    }

    fn blank(setup: Setup) -> Self {
        Self {
            model: Model {
                now: setup.now,
                zone: jiff::tz::TimeZone::UTC,
                who: None,
                agency: None,
                people: Vec::new(),
                server: Safe::new(&setup.server),
                standing: Standing::default(),
                pin: None,
                link: Link::Connecting,
                drafts: setup.drafts,
                recall: Vec::new(),
                held: std::collections::BTreeMap::new(),
                log: VecDeque::new(),
                unsent: 0,
                toured: 0,
                running: 0,
                keymap: setup.keymap,
                theme: setup.theme,
            },
            email: setup.email,
            panes: panes::registry(),
            focus: PaneId::Queue,
            history: History::default(),
            memory: setup.memory,
            preview: Preview::default(),
            zoom: false,
            layers: Vec::new(),
            layer_serial: 0,
            calls: Calls::default(),
            notice: None,
            size: (80, 24),
            count: None,
            cancelled: false,
            commands: Vec::new(),
            effects: VecDeque::new(),
            quit: false,
            dirty: true,
            idle_ms: setup.idle_ms,
            touched: setup.now,
            undoable: false,
            load_by: None,
            heard: Heard::default(),
        }
    }

    /// Begins: with a session the panes load, without one the sign-in sheet opens.
    pub fn start(&mut self, signed_in: bool) {
        if signed_in {
            self.begin_session();
        } else {
            self.ask_to_sign_in();
        }
        self.settle();
    }

    pub fn model(&self) -> &Model {
        &self.model
    }

    /// When what was heard of changes is told on, if anything waits for it.
    pub fn gathers_until(&self) -> Option<Time> {
        self.heard.due()
    }

    pub fn has_quit(&self) -> bool {
        self.quit
    }

    /// Whether there is anything new to draw; asking takes it.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    pub fn take_commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.commands)
    }

    /// Takes one message.
    pub fn update(&mut self, msg: Msg, now: Time) {
        self.model.now = now;
        if self.load_by.is_some_and(|by| by <= now) {
            self.load();
        }
        self.tell_heard();
        match msg {
            Msg::Happened(Happened::Input(Input::Key(key))) => {
                self.lock_if_idle();
                self.touched = now;
                self.key(key);
            }
            Msg::Happened(Happened::Input(Input::Paste(text))) => {
                self.lock_if_idle();
                self.touched = now;
                self.paste(&text);
            }
            Msg::Happened(Happened::Input(Input::Mouse(what, x, y))) => {
                self.lock_if_idle();
                self.touched = now;
                self.mouse(what, x, y);
            }
            Msg::Happened(Happened::Input(Input::Focus(_)) | Happened::Resized) => return,
            Msg::Happened(Happened::Suspend) => self.commands.push(Command::Suspend),
            Msg::Happened(Happened::Resumed) => {
                self.commands.push(Command::Resume);
                self.dirty = true;
            }
            Msg::Happened(Happened::Gone(_)) => self.leave(),
            Msg::Size(width, height) => {
                self.size = (width, height);
                self.dirty = true;
            }
            Msg::Reply(id, answer) => self.reply(id, answer),
            Msg::Progress(id, far) => self.progress(id, far),
            Msg::Link(incoming) => self.link(&incoming),
            Msg::Trace(id, trace) => self.calls.trace(id, trace),
            Msg::Edited(layer, text) => {
                self.touched = now;
                self.edited(layer, text);
            }
            Msg::Exported(Ok(path)) => self.say(Tone::Good, &format!("Written to {}.", path.display())),
            Msg::Exported(Err(why)) => self.say(Tone::Bad, &format!("It could not be written to a file: {why}")),
            Msg::Wake => {
                self.lock_if_idle();
                self.dirty = true;
            }
        }
        self.settle();
    }

    /// Does what was asked for until nothing is left, and tells everybody the room they have.
    fn settle(&mut self) {
        loop {
            while let Some((owner, effect)) = self.effects.pop_front() {
                self.perform(owner, effect);
            }
            self.lay_out();
            self.ask_preview();
            if self.effects.is_empty() {
                break;
            }
        }
        let here = self.place();
        self.history.went(here);
        let running = self.calls.running();
        if running != self.model.running {
            self.model.running = running;
            self.dirty = true;
        }
        self.model.unsent = self.calls.unsent();
    }

    fn lay_out(&mut self) {
        let (width, height) = self.size;
        let desk = layout::desk(width, height, self.focus, self.zoom, self.preview.on);
        for id in PaneId::ALL {
            let frame = desk.panes.iter().find(|(p, _)| *p == id).map_or(desk.body, |(_, r)| *r);
            let inside = layout::inside(frame);
            self.with_pane(id, |pane, cx| pane.set_size(inside.width, inside.height, cx));
        }
        for i in 0..self.layers.len() {
            let area = layout::layer(desk.body, self.layers[i].1.shape());
            self.with_layer(i, |layer, cx| layer.set_size(area.width, area.height, cx));
        }
    }

    // Asking components -------------------------------------------------------------------------------------------

    fn with_pane<T>(&mut self, id: PaneId, ask: impl FnOnce(&mut dyn Pane, &mut Cx) -> T) -> T {
        let mut effects = Vec::new();
        let out = ask(self.panes[id.index()].as_mut(), &mut Cx::new(&self.model, &mut effects));
        self.effects.extend(effects.into_iter().map(|e| (Owner::Pane(id), e)));
        out
    }

    fn with_layer<T>(&mut self, index: usize, ask: impl FnOnce(&mut dyn Layer, &mut Cx) -> T) -> T {
        let mut effects = Vec::new();
        let (id, layer) = &mut self.layers[index];
        let id = *id;
        let out = ask(layer.as_mut(), &mut Cx::new(&self.model, &mut effects));
        self.effects.extend(effects.into_iter().map(|e| (Owner::Layer(id), e)));
        out
    }

    fn tell_panes(&mut self, note: Note) {
        // Nobody sees them: they ask for nothing.
        if self.shows_only_the_overview() {
            return;
        }
        for id in PaneId::ALL {
            self.with_pane(id, |pane, cx| pane.note(note, cx));
        }
    }

    fn tell_all(&mut self, note: Note) {
        self.tell_desk(note);
        self.tell_layers(note);
    }

    /// The panes, and what the desk itself shows.
    fn tell_desk(&mut self, note: Note) {
        if let Note::Changes(events) = note {
            let counted = |event: &Event| matches!(event.topic, Topic::Agency | Topic::Client | Topic::User);
            if self.model.who.is_some() && events.iter().any(counted) {
                self.ask_agency();
            }
            if events.iter().any(|event| event.topic == Topic::User) {
                self.ask_people();
            }
        }
        self.preview.refresh();
        self.tell_panes(note);
        self.dirty = true;
    }

    fn tell_layers(&mut self, note: Note) {
        for i in 0..self.layers.len() {
            self.with_layer(i, |layer, cx| layer.note(note, cx));
        }
        self.dirty = true;
    }

    /// Where the layer of this number stands, if it is still there.
    fn layer(&self, id: u32) -> Option<usize> {
        self.layers.iter().position(|(l, _)| *l == id)
    }

    fn top(&self) -> Option<usize> {
        self.layers.len().checked_sub(1)
    }

    fn focus_on(&mut self, pane: PaneId) {
        // A pane shows again: details above it go.
        while let Some(i) = self.top() {
            self.keep_draft(i);
            self.layers.pop();
        }
        self.focus = pane;
        self.dirty = true;
    }

    /// Esc at the top: first what the pane holds, then the project, then the client.
    fn level_up(&mut self) {
        let mut standing = self.model.standing.clone();
        standing.owner = None;
        if standing.project.take().is_none() {
            standing.client = None;
        }
        self.stand(standing);
    }

    fn stand(&mut self, standing: Standing) {
        if self.model.standing != standing {
            self.model.standing = standing;
            self.tell_panes(Note::Standing);
        }
        self.dirty = true;
    }

    fn say(&mut self, tone: Tone, text: &str) {
        self.notice = Some((tone, Safe::new(text)));
        self.dirty = true;
    }

    // Leaving ---------------------------------------------------------------------------------------------------------

    fn cancel(&mut self, again: bool) {
        if again {
            return self.leave();
        }
        self.cancelled = true;
        let said = if self.cancel_reads() {
            "Cancelled. ctrl-c again quits."
        } else {
            "Nothing is running. ctrl-c again quits."
        };
        // After what panes and sheets have to say about it.
        let said = Effect::Say(Tone::Warn, Safe::new(said));
        self.effects.push_back((Owner::App, said));
    }

    fn ask_to_quit(&mut self) {
        let (drafts, unsent) = (self.model.drafts.len(), self.calls.unsent());
        let now = self.model.now;
        self.model.held.retain(|_, until| *until > now);
        let held: Vec<_> = self.model.held.keys().cloned().collect();
        if unsent == 0 && drafts == 0 && held.is_empty() {
            return self.leave();
        }
        self.open(confirm::Confirm::quit(drafts, unsent, &held));
    }

    /// Keeps every draft and ends the loop.
    fn leave(&mut self) {
        for i in 0..self.layers.len() {
            self.keep_draft(i);
        }
        self.commands.push(Command::Save(self.model.drafts.to_json()));
        self.remember();
        self.quit = true;
    }

    /// What must be written down when the process cannot go on: all drafts, those being typed too.
    pub fn rescue(&mut self) -> String {
        self.leave();
        self.model.drafts.to_json()
    }

    fn keep_draft(&mut self, layer: usize) {
        if let Some((key, fields)) = self.layers[layer].1.draft()
            && self.model.drafts.keep(&key, fields)
        {
            self.commands.push(Command::Save(self.model.drafts.to_json()));
        }
    }

    fn ask_to_sign_in(&mut self) {
        if !self.layers.iter().any(|(_, l)| l.is_sign_in()) {
            let first_run = self.model.server.is_empty();
            let sheet = sign_in::SignIn::new(&self.model.server, &self.email, first_run);
            self.open(sheet);
        }
    }

    /// Locks after this long without a key.
    pub fn set_idle(&mut self, ms: i64) {
        self.idle_ms = Some(ms);
    }

    // Locking ---------------------------------------------------------------------------------------------------------

    /// Whether the screen is locked.
    fn is_locked(&self) -> bool {
        self.layers.last().is_some_and(|(_, l)| l.is_lock())
    }

    /// When the screen locks, if nobody presses a key until then.
    fn locks_at(&self) -> Option<Time> {
        let idle = self.idle_ms.filter(|_| self.model.who.is_some() && !self.is_locked())?;
        Some(self.touched.plus_ms(idle))
    }

    fn lock_if_idle(&mut self) {
        if self.locks_at().is_some_and(|at| at <= self.model.now) {
            self.lock();
        }
    }

    /// Hides everything; place and drafts are kept, one factor resumes.
    fn lock(&mut self) {
        let Some(who) = self.model.who.as_ref().filter(|_| !self.is_locked()) else {
            return;
        };
        let sheet = sign_in::SignIn::lock(&who.email);
        self.count = None;
        self.notice = None;
        // A sign-in sheet below it would be a second one.
        self.layers.retain(|(_, layer)| !layer.is_sign_in());
        for i in 0..self.layers.len() {
            self.keep_draft(i);
        }
        self.open(sheet);
        self.settle();
    }

    /// What comes back from the editor.
    fn edited(&mut self, layer: u32, text: Result<String, String>) {
        self.dirty = true;
        match text {
            Ok(text) => {
                if let Some(i) = self.layer(layer) {
                    self.with_layer(i, |layer, cx| layer.edited(&text, cx));
                    self.keep_draft(i);
                }
            }
            Err(why) => self.say(Tone::Bad, &why),
        }
    }

    /// When the loop must wake although nothing happens; absent: never.
    pub fn next_wake(&self) -> Option<Time> {
        let spin = (self.calls.running() > 0).then(|| self.model.now.plus_ms(chrome::SPIN_MS));
        let now = self.model.now;
        let shown = layout::desk(self.size.0, self.size.1, self.focus, self.zoom, self.preview.on).panes;
        let clocks = shown
            .iter()
            .filter_map(|(id, _)| self.panes[id.index()].next_change(now))
            .chain(self.layers.iter().filter_map(|(_, l)| l.next_change(now)));
        let clocks = clocks.chain(spin).chain(self.locks_at()).chain(self.load_by);
        clocks.chain(self.heard.due()).min()
    }
}
