//! The terminal itself: raw mode and the alternate screen, taken and always given back; the thread that reads it; the
//! signals that end or suspend us. Nothing here knows what is on the screen.
//!
//! The terminal can go away in several ways (SIGHUP, a read of nothing, POLLHUP, EIO on output). Each becomes one
//! [`Happened::Gone`]; should the loop not leave within two seconds of it (a write that hangs), the process is ended here.

use std::io::{self, IsTerminal, Stdout, Write};
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, style};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

use super::input::{Decoder, Input};

/// How long an unfinished escape sequence is waited for. Long enough for two packets, short enough for a person.
const SETTLE: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 40_000_000,
};

/// How long the loop has to leave after the terminal has gone.
const LEAVE: Duration = Duration::from_millis(1500);

/// What the terminal and the system say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happened {
    Input(Input),
    /// The window has another size; ask for it.
    Resized,
    /// SIGTSTP: give the terminal back and stop.
    Suspend,
    /// SIGCONT: take it again.
    Resumed,
    /// The terminal has gone, or we were asked to end.
    Gone(&'static str),
}

/// Whether the terminal is ours, so that it is given back exactly once whoever comes first: exit, panic, signal.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back. Safe to call from anywhere, any number of times; the panic hook calls it too.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // Each on its own: where one fails (the terminal has gone), the rest is still tried.
    let _ = execute!(out, DisableBracketedPaste);
    let _ = execute!(out, style::ResetColor, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
    let _ = out.flush();
}

/// The screen, ours from [`Screen::take`] until it is dropped.
#[derive(Debug)]
pub struct Screen {
    /// Never dropped: ratatui's own clean-up writes to the terminal once more and, where that has gone, complains on a
    /// standard error that has gone with it, which is a panic and a second of looking for its cause. [`restore`] does it all.
    pub terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where standard input or output is no terminal, or refuses.
    pub fn take() -> io::Result<Self> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the console needs a terminal; use the commands (`riskdesk help`) in scripts and pipes",
            ));
        }
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            previous(info);
        }));
        enter()?;
        Ok(Self {
            terminal: ManuallyDrop::new(Terminal::new(CrosstermBackend::new(io::stdout()))?),
        })
    }

    /// Gives the terminal back and stops the process, as the shell expects of SIGTSTP.
    pub fn suspend() {
        restore();
        let _ = kill_process(getpid(), Signal::STOP);
    }

    /// Takes the terminal again and forgets what was on it.
    ///
    /// # Errors
    /// Where the terminal refuses.
    pub fn resume(&mut self) -> io::Result<()> {
        enter()?;
        // Not `clear`: that asks the terminal where its cursor is, and the answer would come to our own reader.
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn enter() -> io::Result<()> {
    if TAKEN.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Starts the reader thread and the signal tasks. They live as long as the process.
///
/// # Errors
/// Where a signal handler or the thread cannot be made.
pub fn watch(to: &UnboundedSender<Happened>) -> io::Result<()> {
    let sender = to.clone();
    std::thread::Builder::new()
        .name("terminal".into())
        .spawn(move || read(&sender))?;
    for (kind, what) in [
        (SignalKind::hangup(), Happened::Gone("hangup")),
        (SignalKind::terminate(), Happened::Gone("terminated")),
        (SignalKind::interrupt(), Happened::Gone("interrupted")),
        (SignalKind::window_change(), Happened::Resized),
        (SignalKind::from_raw(Signal::TSTP.as_raw()), Happened::Suspend),
        (SignalKind::from_raw(Signal::CONT.as_raw()), Happened::Resumed),
    ] {
        let mut stream = signal(kind)?;
        let sender = to.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if matches!(what, Happened::Gone(_)) {
                    gone(&sender, what.clone());
                } else if sender.send(what.clone()).is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}

/// Tells the loop, and makes sure that the process ends even if the loop hangs in a write.
fn gone(to: &UnboundedSender<Happened>, what: Happened) {
    let _ = to.send(what);
    let _ = std::thread::Builder::new().name("leave".into()).spawn(|| {
        std::thread::sleep(LEAVE);
        restore();
        std::process::exit(129);
    });
}

fn read(to: &UnboundedSender<Happened>) {
    let stdin = io::stdin();
    let mut decoder = Decoder::default();
    let mut buffer = [0_u8; 4096];
    let mut inputs = Vec::new();
    loop {
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        let wait = decoder.is_waiting().then_some(&SETTLE);
        match poll(&mut fds, wait) {
            Ok(0) => decoder.settle(&mut inputs),
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return gone(to, Happened::Gone("the terminal cannot be read")),
            Ok(_) if fds[0].revents().contains(PollFlags::IN) => match rustix::io::read(stdin.as_fd(), &mut buffer) {
                Ok(0) => return gone(to, Happened::Gone("the terminal has closed")),
                Ok(n) => decoder.feed(&buffer[..n], &mut inputs),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => continue,
                Err(_) => return gone(to, Happened::Gone("the terminal has gone")),
            },
            Ok(_) => return gone(to, Happened::Gone("the terminal has hung up")),
        }
        for input in inputs.drain(..) {
            if to.send(Happened::Input(input)).is_err() {
                return;
            }
        }
    }
}
