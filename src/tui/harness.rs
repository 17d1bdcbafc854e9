//! Drives an app without a terminal, a server or a clock: keys go in as text, calls are answered by hand, the screen
//! comes out as text. Used by the tests under `tests/it` and by the benchmark; not by the console itself.
//!
//! ```text
//! let mut desk = Harness::new(80, 24);
//! desk.sign_in(Role::Admin);
//! desk.reply::<ListClients>(page(vec![acme()]));
//! desk.press("1j<enter>");
//! assert!(desk.screen().contains("ACME"));
//! ```

use std::collections::VecDeque;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::app::{App, Setup};
use super::drafts::Drafts;
use super::effect::{Far, Fault, Payload, Work};
use super::input::Input;
use super::keymap::{Key, Keymap};
use super::memory::Memory;
use super::msg::{Command, Msg};
use super::terminal::Happened;
use super::theme::Theme;
use crate::api::Endpoint;
use crate::api::agency::{Agency, ListUsers, ShowAgency, User, Users};
use crate::api::event::Event;
use crate::api::session::{AgencyRef, Who, WhoAmI};
use crate::domain::access::{Role, UserState};
use crate::domain::id::{AgencyId, SessionId, UserId};
use crate::domain::plan::{AgencyKind, Allowance, PlanState};
use crate::domain::time::Time;
use crate::remote::Incoming;

pub use super::modals::import::Upload;
pub use super::modals::sign_in::SigningIn;

/// The frozen clock: 2026-11-22T12:00:00Z.
pub const NOON: Time = Time(1_795_348_800_000);

/// See the module's description.
#[derive(Debug)]
pub struct Harness {
    app: App,
    now: Time,
    buffer: Buffer,
    cursor: Option<(u16, u16)>,
    open: VecDeque<(u64, Arc<dyn Work>)>,
    /// What was sent to the clipboard.
    pub copied: Vec<String>,
    /// The drafts file as last written.
    pub saved: Option<String>,
    /// Where it was left and the views, as last written.
    pub remembered: Option<Memory>,
    /// Calls that were cancelled.
    pub aborted: usize,
    /// What was written to files: name and text.
    pub exported: Vec<(String, String)>,
    /// What the editor has.
    pub editing: Option<(u32, String)>,
    /// What is heard of changes waits for the clock, as in life; else it is told on at once.
    gathers: bool,
}

impl Harness {
    /// A console nobody has signed in to yet.
    pub fn new(width: u16, height: u16) -> Self {
        Self::with_theme(width, height, "mono")
    }

    pub fn with_theme(width: u16, height: u16, theme: &str) -> Self {
        Self::build(width, height, theme, Memory::default(), "https://desk.test")
    }

    /// A console that remembers what another one left ([`Harness::remembered`]).
    pub fn remembering(width: u16, height: u16, memory: Memory) -> Self {
        Self::build(width, height, "mono", memory, "https://desk.test")
    }

    /// A console without a profile.
    pub fn first_run(width: u16, height: u16) -> Self {
        Self::build(width, height, "mono", Memory::default(), "")
    }

    fn build(width: u16, height: u16, theme: &str, memory: Memory, server: &str) -> Self {
        let theme = Theme::named(theme).or_else(|_| Theme::named("mono"));
        let setup = Setup {
            keymap: Keymap::read(None).unwrap_or_default(),
            theme: theme.unwrap_or_else(|_| std::process::abort()),
            drafts: Drafts::default(),
            memory,
            server: server.to_owned(),
            email: "ada@agency.test".to_owned(),
            now: NOON,
            idle_ms: None,
        };
        let mut harness = Self {
            app: App::new(setup),
            now: NOON,
            buffer: Buffer::empty(Rect::new(0, 0, width, height)),
            cursor: None,
            open: VecDeque::new(),
            copied: Vec::new(),
            saved: None,
            remembered: None,
            aborted: 0,
            exported: Vec::new(),
            editing: None,
            gathers: false,
        };
        harness.tell(Msg::Size(width, height));
        harness
    }

    /// Starts with a session: the app's own questions (who, agency, people) are answered, the panes' wait.
    #[must_use]
    pub fn signed_in(mut self, role: Role) -> Self {
        self.app.start(true);
        self.run_commands();
        self.reply::<WhoAmI>(who(role));
        self.reply::<ShowAgency>(agency());
        if role != Role::Viewer {
            self.reply::<ListUsers>(users());
        }
        self.tell(Msg::Link(Incoming::Up));
        self
    }

    /// Starts with a session; nothing has been answered yet.
    #[must_use]
    pub fn starting(mut self) -> Self {
        self.app.start(true);
        self.run_commands();
        self
    }

    /// Starts without one.
    #[must_use]
    pub fn signed_out(mut self) -> Self {
        self.app.start(false);
        self.run_commands();
        self
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn now(&self) -> Time {
        self.now
    }

    // Putting in ------------------------------------------------------------------------------------------------------

    /// Presses keys: characters as they are, others by name: `jj<enter>`, `<ctrl-d>`, `<esc>`.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|r| r.split_once('>'));
            let key = match named {
                Some((name, after)) if name.len() > 1 => {
                    rest = after;
                    name.parse::<Key>().ok()
                }
                _ => {
                    rest = &rest[c.len_utf8()..];
                    Some(Key {
                        code: if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) },
                        ctrl: false,
                        alt: false,
                    })
                }
            };
            let Some(key) = key else { continue };
            let mut modifiers = KeyModifiers::NONE;
            modifiers.set(KeyModifiers::CONTROL, key.ctrl);
            modifiers.set(KeyModifiers::ALT, key.alt);
            self.tell(Msg::Happened(Happened::Input(Input::Key(KeyEvent::new(
                key.code, modifiers,
            )))));
        }
        self
    }

    pub fn paste(&mut self, text: &str) -> &mut Self {
        self.tell(Msg::Happened(Happened::Input(Input::Paste(text.to_owned()))));
        self
    }

    /// The editor ends with this text.
    pub fn edited(&mut self, text: &str) -> &mut Self {
        if let Some((layer, _)) = self.editing.take() {
            self.tell(Msg::Edited(layer, Ok(text.to_owned())));
        }
        self
    }

    /// The screen locks after this long without a key.
    #[must_use]
    pub fn locking_after(mut self, ms: i64) -> Self {
        self.app.set_idle(ms);
        self
    }

    pub fn mouse(&mut self, what: super::input::Mouse, x: u16, y: u16) -> &mut Self {
        self.tell(Msg::Happened(Happened::Input(Input::Mouse(what, x, y))));
        self
    }

    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.buffer = Buffer::empty(Rect::new(0, 0, width, height));
        self.tell(Msg::Size(width, height));
        self
    }

    /// A change on the server.
    pub fn event(&mut self, event: Event) -> &mut Self {
        self.tell(Msg::Link(Incoming::Change(event)));
        self
    }

    pub fn link(&mut self, incoming: Incoming) -> &mut Self {
        self.tell(Msg::Link(incoming));
        self
    }

    pub fn hang_up(&mut self) -> &mut Self {
        self.tell(Msg::Happened(Happened::Gone("hangup")));
        self
    }

    /// Moves the clock; the app is woken if it asked to be.
    pub fn pass(&mut self, ms: i64) -> &mut Self {
        let due = self.app.next_wake();
        self.now = self.now.plus_ms(ms);
        if due.is_some_and(|t| t <= self.now) {
            self.tell(Msg::Wake);
        }
        self
    }

    /// What is heard of changes waits for the clock from here on.
    #[must_use]
    pub fn gathering(mut self) -> Self {
        self.gathers = true;
        self
    }

    fn tell(&mut self, msg: Msg) {
        self.app.update(msg, self.now);
        self.run_commands();
        if let Some(due) = self.app.gathers_until().filter(|_| !self.gathers) {
            self.now = self.now.max(due);
            self.tell(Msg::Wake);
        }
    }

    fn run_commands(&mut self) {
        for command in self.app.take_commands() {
            match command {
                Command::Start(id, work) => self.open.push_back((id, work)),
                Command::Abort(id) => {
                    self.open.retain(|(open, _)| *open != id);
                    self.aborted += 1;
                }
                Command::Copy(text) => self.copied.push(text),
                Command::Save(json) => self.saved = Some(json),
                Command::Export(name, text) => self.exported.push((name, text)),
                Command::Edit(layer, text) => self.editing = Some((layer, text)),
                Command::Remember(memory) => self.remembered = Some(*memory),
                Command::Connect(_) | Command::Reconnect | Command::Suspend | Command::Resume => {}
            }
        }
    }

    // Calls -----------------------------------------------------------------------------------------------------------

    /// What is being asked, oldest first.
    pub fn calls(&self) -> Vec<String> {
        self.open.iter().map(|(_, w)| format!("{w:?}")).collect()
    }

    /// The oldest open call of this endpoint.
    pub fn call<E: 'static>(&self) -> Option<&E> {
        self.open.iter().find_map(|(_, w)| w.request().downcast_ref::<E>())
    }

    /// The oldest open call of this endpoint, which must be there.
    ///
    /// # Panics
    /// Where it is not; says what is.
    pub fn expect_call<E: 'static>(&self) -> &E {
        let found = self.call::<E>();
        let open = self.calls();
        assert!(
            found.is_some(),
            "no open call of {}; open are {open:#?}",
            std::any::type_name::<E>()
        );
        found.unwrap_or_else(|| std::process::abort())
    }

    /// Answers the oldest open call of this endpoint.
    pub fn reply<E: Endpoint>(&mut self, out: E::Out) -> &mut Self {
        self.answer::<E>(Ok(Box::new(out)))
    }

    /// Refuses the oldest open call of this endpoint, or of this work.
    pub fn refuse<E: 'static>(&mut self, fault: Fault) -> &mut Self {
        self.answer::<E>(Err(fault))
    }

    /// Answers the oldest open work of this kind.
    ///
    /// # Panics
    /// Where there is none.
    pub fn answer<E: 'static>(&mut self, answer: Result<Payload, Fault>) -> &mut Self {
        self.expect_call::<E>();
        let found = self.open.iter().position(|(_, w)| w.request().is::<E>());
        if let Some((id, _)) = found.and_then(|i| self.open.remove(i)) {
            self.tell(Msg::Reply(id, answer));
        }
        self
    }

    /// Says how far a report of the oldest open work of this kind is read, and what is in it.
    pub fn found<E: 'static>(&mut self, done: u64, total: u64, found: (i64, i64)) -> &mut Self {
        if let Some((id, _)) = self.open.iter().find(|(_, w)| w.request().is::<E>()) {
            let found = Some(found);
            self.tell(Msg::Progress(*id, Far { done, total, found }));
        }
        self
    }

    /// Says how far the oldest open work of this kind is.
    pub fn progress<E: 'static>(&mut self, done: u64, total: u64) -> &mut Self {
        if let Some((id, _)) = self.open.iter().find(|(_, w)| w.request().is::<E>()) {
            let found = None;
            self.tell(Msg::Progress(*id, Far { done, total, found }));
        }
        self
    }

    /// Every open call fails for want of a network.
    pub fn unreachable(&mut self) -> &mut Self {
        while let Some((id, _)) = self.open.pop_front() {
            self.tell(Msg::Reply(id, Err(Fault::Unreachable("connection refused".into()))));
        }
        self
    }

    // Looking ---------------------------------------------------------------------------------------------------------

    /// Draws a frame.
    pub fn draw(&mut self) -> &Buffer {
        self.buffer.reset();
        self.cursor = self.app.view(&mut self.buffer);
        &self.buffer
    }

    /// The screen as text, a line per row, without blanks at the ends.
    pub fn screen(&mut self) -> String {
        self.draw();
        let area = self.buffer.area;
        let row = |y| {
            let mut line = String::new();
            let mut skip = 0;
            for x in 0..area.width {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                let symbol = self.buffer[(x, y)].symbol();
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
                line.push_str(symbol);
            }
            line.trim_end().to_owned()
        };
        (0..area.height).map(row).collect::<Vec<_>>().join("\n")
    }

    /// Where the terminal's cursor was put.
    pub fn cursor(&mut self) -> Option<(u16, u16)> {
        self.draw();
        self.cursor
    }

    /// Whether there is something new to draw since the last time this was asked.
    pub fn is_dirty(&mut self) -> bool {
        self.app.take_dirty()
    }

    pub fn has_quit(&self) -> bool {
        self.app.has_quit()
    }
}

// People and places every screen needs --------------------------------------------------------------------------------

/// Ada, in this role.
pub fn who(role: Role) -> Who {
    Who {
        session: SessionId(uuid::Uuid::from_u128(1)),
        user: UserId(uuid::Uuid::from_u128(10)),
        name: "Ada Admin".into(),
        email: "ada@agency.test".into(),
        role,
        agency: AgencyRef {
            id: AgencyId(uuid::Uuid::from_u128(2)),
            name: "Northlight Security".into(),
            kind: AgencyKind::Agency,
        },
    }
}

pub fn agency() -> Agency {
    Agency {
        id: AgencyId(uuid::Uuid::from_u128(2)),
        name: "Northlight Security".into(),
        kind: AgencyKind::Agency,
        time_zone: "UTC".into(),
        plan: PlanState::Active,
        clients: Allowance { used: 12, limit: 14 },
        projects: Allowance { used: 30, limit: 200 },
        seats: Allowance { used: 4, limit: 10 },
        open_findings: crate::api::agency::SeverityCounts::default(),
    }
}

pub fn users() -> Users {
    let user = |n: u128, name: &str, email: &str, role| User {
        id: UserId(uuid::Uuid::from_u128(n)),
        name: name.into(),
        email: email.into(),
        role,
        state: UserState::Active,
        version: 1,
    };
    Users {
        items: vec![
            user(10, "Ada Admin", "ada@agency.test", Role::Admin),
            user(11, "Ben Analyst", "ben@agency.test", Role::Analyst),
            user(12, "Cleo Analyst", "cleo@agency.test", Role::Analyst),
            user(13, "Vic Viewer", "vic@agency.test", Role::Viewer),
        ],
    }
}
