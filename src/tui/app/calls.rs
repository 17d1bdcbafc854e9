//! Calls under way: which slot they run in, who waits, which are kept for later.
//!
//! A read is cancelled by a newer one in its slot. A write never is: it is kept (with its idempotency key) while the
//! link is down or nobody is signed in, and sent once more when that is mended.

use std::collections::BTreeMap;

use super::super::action::Action;
use super::super::command_line;
use super::super::effect::{Answer, Call, Effect, Far, Fault, Owner, Payload, Route, sentence};
use super::super::model::{LOG_MAX, Link, Logged};
use super::super::msg::Command;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::App;
use crate::api::problem::{Code, Problem};
use crate::domain::time::Time;

#[derive(Debug)]
struct Flight {
    owner: Owner,
    call: Call,
    since: Time,
    /// The draft it was typed as: gone once it has been sent, sheet or no sheet.
    draft: Option<String>,
    /// The trace id of its answer.
    trace: String,
}

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Calls {
    serial: u64,
    flights: BTreeMap<u64, Flight>,
    /// Waiting for the link.
    outbox: Vec<Flight>,
    /// Waiting for a sign-in.
    parked: Vec<Flight>,
}

impl Calls {
    pub(super) fn running(&self) -> usize {
        self.flights.len()
    }

    pub(super) fn unsent(&self) -> usize {
        self.outbox.len() + self.parked.iter().filter(|f| f.call.work.is_write()).count()
    }

    /// When the oldest of them was started.
    pub(super) fn since(&self) -> Option<Time> {
        self.flights.values().map(|f| f.since).min()
    }

    fn start(&mut self, owner: Owner, call: Call, draft: Option<String>, now: Time, commands: &mut Vec<Command>) {
        if !call.work.is_write() {
            let older: Vec<u64> = self
                .flights
                .iter()
                .filter(|(_, f)| f.owner == owner && f.call.slot == call.slot && !f.call.work.is_write())
                .map(|(id, _)| *id)
                .collect();
            for id in older {
                self.flights.remove(&id);
                commands.push(Command::Abort(id));
            }
        }
        self.serial += 1;
        commands.push(Command::Start(self.serial, call.work.clone()));
        self.flights.insert(
            self.serial,
            Flight {
                owner,
                call,
                since: now,
                draft,
                trace: String::new(),
            },
        );
    }

    /// The trace id of an answer that is about to come.
    pub(super) fn trace(&mut self, id: u64, trace: String) {
        if let Some(flight) = self.flights.get_mut(&id) {
            flight.trace = trace;
        }
    }

    /// Nobody waits any more for the reads of this owner.
    pub(super) fn forget(&mut self, owner: Owner, commands: &mut Vec<Command>) {
        self.flights.retain(|id, f| {
            let gone = f.owner == owner && !f.call.work.is_write();
            if gone {
                commands.push(Command::Abort(*id));
            }
            !gone
        });
        self.parked.retain(|f| f.owner != owner || f.call.work.is_write());
    }

    /// Cancels all reads, and gives them back: whoever waits for one must be told that it will not come.
    fn abort_reads(&mut self, commands: &mut Vec<Command>) -> Vec<Flight> {
        let reads = self.flights.extract_if(.., |_, f| !f.call.work.is_write());
        reads
            .map(|(id, flight)| {
                commands.push(Command::Abort(id));
                flight
            })
            .collect()
    }
}

/// Whether the way back of this act is recorded.
fn is_undoable(route: &Route) -> bool {
    let acts = [
        "/move", "/triage", "/release", "/archive", "/restore", "/assign", "/access", "/bulk", "/apply",
    ];
    route.method == "PATCH" || acts.iter().any(|act| route.path.ends_with(act))
}

impl App {
    pub(super) fn start_call(&mut self, owner: Owner, call: Call) {
        let draft = match owner {
            Owner::Layer(id) if call.work.is_write() => self.layer(id).and_then(|i| self.layers[i].1.draft()),
            _ => None,
        };
        let draft = draft.map(|(key, _)| key);
        self.calls.start(owner, call, draft, self.model.now, &mut self.commands);
    }

    pub(super) fn reply(&mut self, id: u64, answer: Answer<Payload>) {
        // Cancelled, or from before a sign-in.
        let Some(flight) = self.calls.flights.remove(&id) else {
            return;
        };
        self.dirty = true;
        let is_write = flight.call.work.is_write();
        self.undoable = answer.is_ok() && is_write && flight.call.work.route().is_some_and(|r| is_undoable(&r));
        self.note_down(&flight, &answer);
        match &answer {
            Err(Fault::SignInNeeded) if !matches!(flight.owner, Owner::Layer(id) if self.is_sign_in(id)) => {
                self.calls.parked.push(flight);
                return self.ask_to_sign_in();
            }
            Err(Fault::Unreachable(_)) => {
                if !matches!(self.model.link, Link::Offline(_)) {
                    self.model.link = Link::Offline(self.model.now);
                }
                if is_write {
                    self.say(
                        Tone::Warn,
                        "The server cannot be reached. What you sent is kept and will be sent once when the link is back.",
                    );
                    if let Owner::Layer(id) = flight.owner
                        && let Some(i) = self.layer(id)
                    {
                        self.with_layer(i, |layer, cx| layer.note(Note::Kept, cx));
                    }
                    return self.calls.outbox.push(flight);
                }
            }
            Ok(_) | Err(_) => {
                if let Link::Offline(_) = self.model.link {
                    self.model.link = Link::AsOf(self.model.now);
                    self.resend();
                }
            }
        }
        let succeeded = answer.is_ok();
        let (owner, since, summary) = (flight.owner, flight.since, flight.call.work.summary());
        let orphan = match owner {
            Owner::Layer(id) => self.layer(id).is_none(),
            _ => false,
        };
        if orphan && is_write {
            match &answer {
                Ok(_) => {
                    self.say(Tone::Good, &format!("Done: {summary}."));
                    if let Some(key) = flight.draft {
                        self.effects.push_back((owner, Effect::Drop(key)));
                    }
                }
                Err(fault) => {
                    let text = format!("{summary}: {}", sentence(fault));
                    self.say(Tone::Bad, &text);
                }
            }
        }
        let payload = (flight.call.then)(answer);
        self.deliver(owner, payload);
        if is_write && succeeded {
            self.did(since);
        }
    }

    /// ctrl-c: ends every read that is under way; whether there was one.
    pub(super) fn cancel_reads(&mut self) -> bool {
        let flights = self.calls.abort_reads(&mut self.commands);
        let any = !flights.is_empty();
        let reload = self.model.keymap.first(Action::Reload);
        for flight in flights {
            let why = Problem::new(Code::Unavailable, format!("Cancelled; {reload} asks again."));
            let payload = (flight.call.then)(Err(why.into()));
            self.deliver(flight.owner, payload);
        }
        any
    }

    /// Keeps the call in the log.
    fn note_down(&mut self, flight: &Flight, answer: &Answer<Payload>) {
        let Some(route) = flight.call.work.route() else { return };
        let (status, trace) = match answer {
            Ok(_) => ("200".to_owned(), String::new()),
            Err(Fault::Problem(problem)) => (problem.status.to_string(), problem.trace_id.clone()),
            Err(Fault::Unreachable(_)) => ("none".to_owned(), String::new()),
            Err(Fault::SignInNeeded) => ("401".to_owned(), String::new()),
            Err(Fault::Protocol(_)) => ("?".to_owned(), String::new()),
        };
        let log = &mut self.model.log;
        log.push_back(Logged {
            at: flight.since,
            method: route.method,
            path: route.filled(),
            status,
            ms: self.model.now.0 - flight.since.0,
            trace: if flight.trace.is_empty() {
                trace
            } else {
                flight.trace.clone()
            },
            command: command_line::of(&route),
        });
        while log.len() > LOG_MAX {
            log.pop_front();
        }
    }

    pub(super) fn progress(&mut self, id: u64, far: Far) {
        let Some(flight) = self.calls.flights.get(&id) else {
            return;
        };
        if let Some(tell) = &flight.call.progress {
            let (owner, payload) = (flight.owner, tell(far));
            self.deliver(owner, payload);
            self.dirty = true;
        }
    }

    fn deliver(&mut self, owner: Owner, payload: Payload) {
        match owner {
            Owner::App => self.own_reply(payload),
            Owner::Pane(id) => self.with_pane(id, |pane, cx| pane.reply(payload, cx)),
            Owner::Layer(id) => {
                if let Some(i) = self.layer(id) {
                    self.with_layer(i, |layer, cx| layer.reply(payload, cx));
                }
            }
        }
    }

    fn is_sign_in(&self, id: u32) -> bool {
        self.layer(id).is_some_and(|i| self.layers[i].1.is_sign_in())
    }

    /// The link is back: what was kept is sent, each with the key it had.
    pub(super) fn resend(&mut self) {
        for flight in std::mem::take(&mut self.calls.outbox) {
            self.calls.start(
                flight.owner,
                flight.call,
                flight.draft,
                self.model.now,
                &mut self.commands,
            );
        }
    }

    /// Somebody signed in: what waited for it goes on.
    pub(super) fn unpark(&mut self) {
        for flight in std::mem::take(&mut self.calls.parked) {
            self.calls.start(
                flight.owner,
                flight.call,
                flight.draft,
                self.model.now,
                &mut self.commands,
            );
        }
    }
}
