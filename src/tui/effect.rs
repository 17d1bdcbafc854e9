//! What a pane or sheet wants done, as data. `update` and `act` return effects and touch nothing themselves; the app
//! performs those that concern the console, the runtime those that leave it.
//!
//! A call is typed where it is made ([`Cx::read`], [`Cx::write`]) and where it is answered (the private message of the
//! pane); only its way through the queue is untyped.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;
use tokio::sync::mpsc::UnboundedSender;

use super::action::Action;
use super::modals::Layer;
use super::model::{Chosen, Model};
use super::panes::PaneId;
use super::stage::Stage;
use super::theme::Tone;
use crate::api::Endpoint;
use crate::domain::safe::Safe;
use crate::domain::time::Time;
use crate::remote::{Remote, Write};

pub use crate::remote::Error as Fault;

/// What came of a call.
pub type Answer<T> = Result<T, Fault>;

/// A private message on its way back to its owner.
pub type Payload = Box<dyn Any + Send>;

/// Who asked, and so who is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    App,
    Pane(PaneId),
    Layer(u32),
}

/// Signs in: what the console cannot do by itself, because it needs a session cache and maybe another server.
pub trait Gate: Send + Sync {
    /// `server` is absent where the profile names one.
    fn sign_in(&self, server: Option<String>, email: String, password: String) -> BoxFuture<'static, Answer<Remote>>;
}

/// What work runs on.
#[derive(Clone)]
pub struct Host {
    pub remote: Option<Remote>,
    pub gate: Arc<dyn Gate>,
    /// What `:demo` does, in the demo's console.
    pub stage: Option<Arc<dyn Stage>>,
    /// Where one piece of work leaves the trace id of its answer.
    pub trace: Arc<OnceLock<String>>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

/// Something that leaves the console and comes back. It can be sent again (after a sign-in, when the link is back).
pub trait Work: Send + Sync + fmt::Debug {
    /// The typed request, for the tests' `expect_call`.
    fn request(&self) -> &dyn Any;
    /// What it does, in a few words.
    fn summary(&self) -> &'static str;
    /// Whether it changes anything: such work is never cancelled by newer work, and is kept while the link is down.
    fn is_write(&self) -> bool;
    fn run(&self, host: Host, progress: Progress) -> BoxFuture<'static, Answer<Payload>>;
    /// What it asks of which route, for the log of calls; none for what holds a secret or is no single call.
    fn route(&self) -> Option<Route> {
        None
    }
}

/// A call as the log of calls keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    pub method: &'static str,
    /// The pattern, with `{field}` where a field stands.
    pub path: &'static str,
    /// The request's fields.
    pub fields: serde_json::Value,
}

impl Route {
    /// The path with its fields in it; what a read asks for besides stands behind it.
    pub fn filled(&self) -> String {
        let mut out = self.path.to_owned();
        let mut rest = Vec::new();
        for (name, value) in self.fields.as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let slot = format!("{{{name}}}");
            if out.contains(&slot) {
                out = out.replace(&slot, &text);
            } else if self.method == "GET" {
                rest.push(format!("{name}={text}"));
            }
        }
        if rest.is_empty() {
            out
        } else {
            format!("{out}?{}", rest.join("&"))
        }
    }
}

/// How far long work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Far {
    /// Bytes or steps.
    pub done: u64,
    pub total: u64,
    /// Results and findings in a report that is read.
    pub found: Option<(i64, i64)>,
}

/// Tells how far long work is.
pub type Progress = UnboundedSender<Far>;

/// One endpoint's call.
struct Request<E> {
    what: Arc<E>,
    write: Option<Write>,
    changes: bool,
}

impl<E: Endpoint> fmt::Debug for Request<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", E::METHOD.name(), E::PATH)
    }
}

impl<E: Endpoint> Work for Request<E> {
    fn request(&self) -> &dyn Any {
        self.what.as_ref()
    }

    fn summary(&self) -> &'static str {
        E::SUMMARY
    }

    fn is_write(&self) -> bool {
        self.changes
    }

    fn run(&self, host: Host, _: Progress) -> BoxFuture<'static, Answer<Payload>> {
        let (request, write) = (self.what.clone(), self.write.clone());
        Box::pin(async move {
            let Some(remote) = host.remote else {
                return Err(Fault::SignInNeeded);
            };
            let (out, trace) = remote.traced(request.as_ref(), write.as_ref()).await;
            if let Some(trace) = trace {
                let _ = host.trace.set(trace);
            }
            Ok(Box::new(out?) as Payload)
        })
    }

    fn route(&self) -> Option<Route> {
        Some(Route {
            method: E::METHOD.name(),
            path: E::PATH,
            fields: serde_json::to_value(self.what.as_ref()).unwrap_or_default(),
        })
    }
}

/// Several writes of one kind, one after the other, each once however often it is sent.
struct Several<E> {
    each: Vec<(Arc<E>, Write)>,
}

impl<E: Endpoint> fmt::Debug for Several<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} × {} {}", self.each.len(), E::METHOD.name(), E::PATH)
    }
}

impl<E: Endpoint> Work for Several<E> {
    /// All of them: `Vec<Arc<E>>` would hide the endpoint, so the first stands for all.
    fn request(&self) -> &dyn Any {
        match self.each.first() {
            Some((first, _)) => first.as_ref(),
            None => &(),
        }
    }

    fn summary(&self) -> &'static str {
        E::SUMMARY
    }

    fn is_write(&self) -> bool {
        true
    }

    fn run(&self, host: Host, progress: Progress) -> BoxFuture<'static, Answer<Payload>> {
        let each = self.each.clone();
        Box::pin(async move {
            let Some(remote) = host.remote else {
                return Err(Fault::SignInNeeded);
            };
            let mut out: Vec<Answer<E::Out>> = Vec::with_capacity(each.len());
            let all = each.len() as u64;
            for (request, write) in each {
                match remote.write(request.as_ref(), &write).await {
                    // The whole row is sent again later; what has happened already is answered from memory.
                    Err(fault @ (Fault::Unreachable(_) | Fault::SignInNeeded)) => return Err(fault),
                    answer => out.push(answer),
                }
                let _ = progress.send(Far {
                    done: out.len() as u64,
                    total: all,
                    found: None,
                });
            }
            Ok(Box::new(out) as Payload)
        })
    }
}

/// Turns what came of the work into the owner's message.
pub type Then = Box<dyn FnOnce(Answer<Payload>) -> Payload + Send>;

/// Work with the slot it runs in: newer work in the same slot cancels the older (reads only).
pub struct Call {
    pub slot: &'static str,
    pub work: Arc<dyn Work>,
    pub then: Then,
    /// Says how far it is, if the owner wants to know.
    pub progress: Option<Box<dyn Fn(Far) -> Payload + Send>>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.slot, self.work)
    }
}

/// What is wanted.
#[derive(Debug)]
pub enum Effect {
    Call(Call),
    /// A call whose answer is a list of effects, whoever asked.
    Act(Call),
    /// Puts a sheet on top.
    Open(Box<dyn Layer>),
    /// Takes the asking sheet away.
    Close,
    /// A line at the foot, until the next key.
    Say(Tone, Safe),
    /// As if the key of this action had been pressed with the asking sheet gone.
    Run(Action),
    Focus(PaneId),
    /// A row of this pane was made: it gets the keys, and the cursor goes there.
    Made(PaneId, uuid::Uuid),
    ChooseClient(Option<Chosen>),
    /// The project and, where it is known, the client it belongs to.
    ChooseProject(Option<Chosen>, Option<Chosen>),
    /// Opens a finding by its key; whether one has just taken it.
    OpenFinding(String, bool),
    /// The detail asks for its neighbour in the list it came from.
    Step(bool),
    /// Looks for this in the focused pane.
    Find(String),
    /// A query for a pane, which gets the keys.
    Query(PaneId, String),
    Sort(PaneId, String),
    /// By the name of the group; empty: none.
    Group(PaneId, String),
    /// A command about saved views: `save NAME`, `drop NAME`, `NAME`.
    View(String),
    Pin(Option<Chosen>),
    Copy(String),
    /// Writes a text to a file of this name: the way out where a terminal keeps no clipboard.
    Export(String, String),
    /// The text of the asking sheet's field goes to `$EDITOR` and comes back to [`Layer::edited`].
    Edit(String),
    /// Opens a finding by its key, at its comments.
    OpenComments(String),
    /// Opens a finding by its key and, once it is there, does this with it.
    OpenFor(String, Action),
    /// One holds this finding until then; none: no more. What is held is named when one quits.
    Hold(String, Option<Time>),
    /// Keeps what was typed under this name; empty drops it.
    Keep(String, BTreeMap<String, String>),
    Drop(String),
    /// Notes that were sent, offered again by `↑`.
    Recall(String),
    /// Somebody signed in.
    SignedIn(Remote),
    /// So many steps of the tour are done.
    Toured(usize),
    /// What is shown may have changed by one's own act.
    Changed,
    /// What was marked has been done.
    Unmark,
    Quit,
}

/// What a component may look at and ask for while it updates.
#[derive(Debug)]
pub struct Cx<'a> {
    pub model: &'a Model,
    effects: &'a mut Vec<Effect>,
}

impl<'a> Cx<'a> {
    pub fn new(model: &'a Model, effects: &'a mut Vec<Effect>) -> Self {
        Self { model, effects }
    }

    pub fn push(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Asks the server; a newer call in the same slot cancels this one.
    pub fn read<E: Endpoint, M: Send + 'static>(
        &mut self,
        slot: &'static str,
        request: E,
        then: impl FnOnce(Answer<E::Out>) -> M + Send + 'static,
    ) {
        self.request(slot, request, None, false, then);
    }

    /// Asks with an endpoint that is a write by its form (a dry run) and changes nothing: not kept while the link is
    /// down, cancelled like a read.
    pub fn ask<E: Endpoint, M: Send + 'static>(
        &mut self,
        slot: &'static str,
        request: E,
        then: impl FnOnce(Answer<E::Out>) -> M + Send + 'static,
    ) {
        self.request(slot, request, Some(Write::fresh()), false, then);
    }

    /// Writes, once however often it is sent. `version`: the version that was seen, where the endpoint wants it.
    pub fn write<E: Endpoint, M: Send + 'static>(
        &mut self,
        request: E,
        version: Option<i64>,
        then: impl FnOnce(Answer<E::Out>) -> M + Send + 'static,
    ) {
        let write = Write {
            version,
            pin: self.model.pin.as_ref().map(|pin| pin.id),
            ..Write::fresh()
        };
        self.request("write", request, Some(write), true, then);
    }

    /// As [`Cx::write`], out of the pinned client: only where the target's name was typed.
    pub fn write_past_pin<E: Endpoint, M: Send + 'static>(
        &mut self,
        request: E,
        then: impl FnOnce(Answer<E::Out>) -> M + Send + 'static,
    ) {
        self.request("write", request, Some(Write::fresh()), true, then);
    }

    /// Writes without a sheet that waits: what comes of it is said at the foot, or done by the effects.
    pub fn act<E: Endpoint>(
        &mut self,
        request: E,
        version: Option<i64>,
        then: impl FnOnce(Answer<E::Out>) -> Vec<Effect> + Send + 'static,
    ) {
        let mut own = Vec::new();
        let mut cx = Cx::new(self.model, &mut own);
        cx.write(request, version, then);
        self.effects.extend(own.into_iter().map(|effect| match effect {
            Effect::Call(call) => Effect::Act(call),
            other => other,
        }));
    }

    /// Writes several times without a sheet that waits; one sentence tells what came of them.
    pub fn act_all<E: Endpoint>(
        &mut self,
        requests: Vec<E>,
        then: impl FnOnce(Vec<Answer<E::Out>>) -> Vec<Effect> + Send + 'static,
    ) {
        let each = requests.into_iter().map(|r| (Arc::new(r), Write::fresh())).collect();
        let mut own = Vec::new();
        let mut cx = Cx::new(self.model, &mut own);
        cx.work(
            "write",
            Several { each },
            None,
            |answer: Answer<Vec<Answer<E::Out>>>| match answer {
                Ok(answers) => then(answers),
                Err(fault) => vec![Effect::Say(Tone::Bad, sentence(&fault))],
            },
        );
        self.effects.extend(own.into_iter().map(|effect| match effect {
            Effect::Call(call) => Effect::Act(call),
            other => other,
        }));
    }

    fn request<E: Endpoint, M: Send + 'static>(
        &mut self,
        slot: &'static str,
        request: E,
        write: Option<Write>,
        changes: bool,
        then: impl FnOnce(Answer<E::Out>) -> M + Send + 'static,
    ) {
        let work = Request {
            what: Arc::new(request),
            write,
            changes,
        };
        self.work(slot, work, None, then);
    }

    /// Other work; its answer must be a `T`.
    pub fn work<T: Send + 'static, M: Send + 'static>(
        &mut self,
        slot: &'static str,
        work: impl Work + 'static,
        progress: Option<Box<dyn Fn(Far) -> Payload + Send>>,
        then: impl FnOnce(Answer<T>) -> M + Send + 'static,
    ) {
        let then: Then = Box::new(move |answer| {
            let typed = answer.and_then(|payload| match payload.downcast::<T>() {
                Ok(out) => Ok(*out),
                Err(_) => Err(Fault::Protocol(
                    "the answer is of another kind than the question".into(),
                )),
            });
            Box::new(then(typed))
        });
        self.push(Effect::Call(Call {
            slot,
            work: Arc::new(work),
            then,
            progress,
        }));
    }

    pub fn open(&mut self, layer: impl Layer + 'static) {
        self.push(Effect::Open(Box::new(layer)));
    }

    pub fn close(&mut self) {
        self.push(Effect::Close);
    }

    pub fn say(&mut self, tone: Tone, text: impl Into<Safe>) {
        self.push(Effect::Say(tone, text.into()));
    }
}

/// A fault as a sentence that says what to do next.
pub fn sentence(fault: &Fault) -> Safe {
    match fault {
        Fault::Problem(problem) => Safe::new(&problem.detail),
        Fault::Unreachable(why) => Safe::new(&format!("The server cannot be reached ({why}).")),
        Fault::SignInNeeded => Safe::new("Sign in again to go on."),
        Fault::Protocol(what) => Safe::new(&format!(
            "The server's answer was not understood ({what}). Is it a newer version?"
        )),
    }
}
