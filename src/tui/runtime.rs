//! Performs what the app asks for: calls, the event stream, the clipboard, the drafts file. Owns the queue and the loop.
//!
//! The loop takes every message that is there before it draws, draws only when something changed, and sleeps until the
//! next message or the wake-up the app named. Nothing in it waits for the network.

use std::collections::HashMap;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use futures::StreamExt;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use super::app::App;
use super::drafts::Drawer;
use super::effect::{Gate, Host};
use super::msg::{Command, Msg};
use super::terminal::{self, Happened, Screen};
use crate::domain::time::Time;
use crate::remote::Remote;

/// See the module's description.
pub(super) struct Runtime {
    queue: UnboundedSender<Msg>,
    host: Host,
    jobs: HashMap<u64, AbortHandle>,
    events: Option<AbortHandle>,
    drawer: Option<Drawer>,
    screen: Screen,
}

/// Runs the console until it quits.
///
/// # Errors
/// Where the terminal cannot be taken, or has gone for good.
pub(super) async fn run(
    mut app: App,
    remote: Option<Remote>,
    gate: Arc<dyn Gate>,
    drawer: Option<Drawer>,
) -> color_eyre::Result<()> {
    let (queue, mut messages) = unbounded_channel();
    let screen = Screen::take()?;
    let size = screen.terminal.size()?;
    let mut runtime = Runtime {
        queue: queue.clone(),
        host: Host { remote: None, gate },
        jobs: HashMap::new(),
        events: None,
        drawer,
        screen,
    };
    runtime.watch_terminal()?;
    app.update(Msg::Size(size.width, size.height), Time::system_now());
    let signed_in = remote.is_some();
    if let Some(remote) = remote {
        runtime.connect(remote);
    }
    app.start(signed_in);
    let drafts = runtime.drawer.clone();
    // A panic in update or view must not take what was typed with it.
    let end = runtime.turn(&mut app, &mut messages).await;
    if let Err(Stop::Panic(payload)) = end {
        terminal::restore();
        if let Some(drawer) = drafts {
            let _ = drawer.save(&app.rescue());
        }
        resume_unwind(payload);
    }
    if let Err(Stop::Output(error)) = end {
        // The terminal has gone: there is nobody to tell, the drafts are what matters.
        tracing::warn!(%error, "the terminal cannot be written; leaving");
        if let Some(drawer) = drafts {
            let _ = drawer.save(&app.rescue());
        }
    }
    Ok(())
}

enum Stop {
    Output(std::io::Error),
    Panic(Box<dyn std::any::Any + Send>),
}

impl Runtime {
    fn watch_terminal(&self) -> std::io::Result<()> {
        let (sender, mut receiver) = unbounded_channel();
        terminal::watch(&sender)?;
        let queue = self.queue.clone();
        tokio::spawn(async move {
            while let Some(happened) = receiver.recv().await {
                let msg = match happened {
                    Happened::Resized => match crossterm::terminal::size() {
                        Ok((width, height)) => Msg::Size(width, height),
                        Err(_) => continue,
                    },
                    other => Msg::Happened(other),
                };
                if queue.send(msg).is_err() {
                    return;
                }
            }
        });
        Ok(())
    }

    async fn turn(&mut self, app: &mut App, messages: &mut UnboundedReceiver<Msg>) -> Result<(), Stop> {
        loop {
            let commands = app.take_commands();
            self.perform(commands).map_err(Stop::Output)?;
            if app.has_quit() {
                return Ok(());
            }
            if app.take_dirty() {
                self.draw(app)?;
            }
            let first = match app.next_wake() {
                None => messages.recv().await,
                Some(at) => {
                    let wait = at.0.saturating_sub(Time::system_now().0).max(10);
                    match tokio::time::timeout(Duration::from_millis(wait as u64), messages.recv()).await {
                        Ok(message) => message,
                        Err(_) => Some(Msg::Wake),
                    }
                }
            };
            let Some(first) = first else { return Ok(()) };
            let mut next = Some(first);
            while let Some(msg) = next {
                if let Msg::Reply(id, _) = &msg {
                    self.jobs.remove(id);
                }
                catch_unwind(AssertUnwindSafe(|| app.update(msg, Time::system_now()))).map_err(Stop::Panic)?;
                // A write must leave before the next key is looked at: the order of acts is the order of keys.
                let commands = app.take_commands();
                self.perform(commands).map_err(Stop::Output)?;
                if app.has_quit() {
                    return Ok(());
                }
                next = messages.try_recv().ok();
            }
        }
    }

    fn draw(&mut self, app: &App) -> Result<(), Stop> {
        let terminal = &mut self.screen.terminal;
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            let drawn = terminal.draw(|frame| {
                let cursor = app.view(frame.buffer_mut());
                if let Some(place) = cursor {
                    frame.set_cursor_position(place);
                }
            });
            drawn.map(|_| ())
        }));
        match drawn {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Stop::Output(error)),
            Err(payload) => Err(Stop::Panic(payload)),
        }
    }

    fn perform(&mut self, commands: Vec<Command>) -> std::io::Result<()> {
        for command in commands {
            match command {
                Command::Start(id, work) => {
                    let (host, queue) = (self.host.clone(), self.queue.clone());
                    let (progress, mut steps) = unbounded_channel();
                    let told = queue.clone();
                    tokio::spawn(async move {
                        while let Some((done, total)) = steps.recv().await {
                            if told.send(Msg::Progress(id, done, total)).is_err() {
                                return;
                            }
                        }
                    });
                    let job = tokio::spawn(async move {
                        let answer = work.run(host, progress).await;
                        let _ = queue.send(Msg::Reply(id, answer));
                    });
                    self.jobs.insert(id, job.abort_handle());
                }
                Command::Abort(id) => {
                    if let Some(job) = self.jobs.remove(&id) {
                        job.abort();
                    }
                }
                Command::Connect(remote) => self.connect(remote),
                Command::Reconnect => {
                    if let Some(remote) = self.host.remote.clone() {
                        self.connect(remote);
                    }
                }
                Command::Copy(text) => {
                    let mut out = std::io::stdout();
                    execute!(out, CopyToClipboard::to_clipboard_from(text))?;
                    out.flush()?;
                }
                Command::Save(json) => {
                    if let Some(drawer) = &self.drawer
                        && let Err(error) = drawer.save(&json)
                    {
                        tracing::warn!(%error, "drafts cannot be kept");
                    }
                }
                Command::Suspend => Screen::suspend(),
                Command::Resume => self.screen.resume()?,
            }
        }
        Ok(())
    }

    /// Calls and events go through this session from now on.
    fn connect(&mut self, remote: Remote) {
        let mut stream = remote.events();
        self.host.remote = Some(remote);
        let queue = self.queue.clone();
        let reader = tokio::spawn(async move {
            while let Some(incoming) = stream.next().await {
                if queue.send(Msg::Link(incoming)).is_err() {
                    return;
                }
            }
        });
        if let Some(older) = self.events.replace(reader.abort_handle()) {
            older.abort();
        }
    }
}
