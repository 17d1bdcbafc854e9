//! The terminal itself: raw mode and the alternate screen, taken and always given back; the thread that reads it; the
//! signals that end or suspend us. Nothing here knows what is on the screen.
//!
//! The terminal can go away in several ways (SIGHUP, a read of nothing, POLLHUP, EIO on output). Each becomes one
//! [`Happened::Gone`]; should the loop not leave within two seconds of it (a write that hangs), the process is ended here.

use std::io::{self, IsTerminal, PipeReader, PipeWriter, Stdout, Write};
use std::mem::ManuallyDrop;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
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

/// Whether the mouse is taken from the terminal too.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Whether the terminal is ours, so that it is given back exactly once whoever comes first: exit, panic, signal.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back. Safe to call from anywhere, any number of times; the panic hook calls it too.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    // Each on its own: where one fails (the terminal has gone), the rest is still tried.
    if MOUSE.load(Ordering::SeqCst) {
        let _ = execute!(out, DisableMouseCapture);
    }
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
    pub fn take(mouse: bool) -> io::Result<Self> {
        MOUSE.store(mouse, Ordering::SeqCst);
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
    if MOUSE.load(Ordering::SeqCst) {
        execute!(io::stdout(), EnableMouseCapture)?;
    }
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// A text for the terminal's own clipboard (OSC 52). tmux swallows it unless told otherwise (`set-clipboard on`), so
/// there it is sent a second time, wrapped to pass through to the terminal outside (`allow-passthrough on`).
pub fn clipboard(text: &str, tmux: bool) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let plain = format!("\x1b]52;c;{encoded}\x07");
    if tmux {
        format!("{plain}\x1bPtmux;\x1b{plain}\x1b\\")
    } else {
        plain
    }
}

/// The terminal is lent to another program (the editor): what it does with ctrl-c is its own affair.
static LENT: AtomicBool = AtomicBool::new(false);

/// The reader thread's gate: while the terminal is lent, its keys are the other program's.
#[derive(Debug, Clone)]
pub struct Keys {
    gate: Arc<(Mutex<Gate>, Condvar)>,
    wake: Arc<PipeWriter>,
}

#[derive(Debug, Default)]
struct Gate {
    lent: bool,
    /// The reader has let go of the terminal.
    away: bool,
}

impl Keys {
    /// Gives the terminal to another program; returns when no key can be taken from it any more.
    pub fn lend(&self) {
        restore();
        LENT.store(true, Ordering::SeqCst);
        let (gate, changed) = &*self.gate;
        let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
        gate.lent = true;
        let _ = (&*self.wake).write_all(b"x");
        // A reader that has ended already answers to nobody.
        let patience = Duration::from_millis(500);
        drop(changed.wait_timeout_while(gate, patience, |gate| !gate.away));
    }

    /// The other program has ended: keys are ours again.
    pub fn take_back(&self) {
        let (gate, changed) = &*self.gate;
        gate.lock().unwrap_or_else(PoisonError::into_inner).lent = false;
        LENT.store(false, Ordering::SeqCst);
        changed.notify_all();
    }

    /// The reader's side: waits until the terminal is ours.
    fn wait(&self) {
        let (gate, changed) = &*self.gate;
        let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
        gate.away = gate.lent;
        changed.notify_all();
        let back = changed.wait_while(gate, |gate| gate.lent);
        back.unwrap_or_else(PoisonError::into_inner).away = false;
    }
}

/// Starts the reader thread and the signal tasks. They live as long as the process.
///
/// # Errors
/// Where a signal handler or the thread cannot be made.
pub fn watch(to: &UnboundedSender<Happened>) -> io::Result<Keys> {
    let sender = to.clone();
    let (woken, wake) = io::pipe()?;
    let keys = Keys {
        gate: Arc::default(),
        wake: Arc::new(wake),
    };
    let gate = keys.clone();
    std::thread::Builder::new()
        .name("terminal".into())
        .spawn(move || read(&sender, &gate, &woken))?;
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
                if kind == SignalKind::interrupt() && LENT.load(Ordering::SeqCst) {
                    continue;
                }
                if matches!(what, Happened::Gone(_)) {
                    gone(&sender, what.clone());
                } else if sender.send(what.clone()).is_err() {
                    return;
                }
            }
        });
    }
    Ok(keys)
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

fn read(to: &UnboundedSender<Happened>, gate: &Keys, woken: &PipeReader) {
    let stdin = io::stdin();
    let mut decoder = Decoder::default();
    let mut buffer = [0_u8; 4096];
    let mut inputs = Vec::new();
    loop {
        let mut fds = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(woken, PollFlags::IN)];
        let wait = decoder.is_waiting().then_some(&SETTLE);
        match poll(&mut fds, wait) {
            Ok(_) if fds[1].revents().contains(PollFlags::IN) => {
                let _ = rustix::io::read(woken, &mut buffer[..1]);
                gate.wait();
                continue;
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clipboard_passes_through_tmux() {
        assert_eq!(clipboard("F-7K3QX2", false), "\x1b]52;c;Ri03SzNRWDI=\x07");
        let both = clipboard("F-7K3QX2", true);
        assert_eq!(
            both,
            "\x1b]52;c;Ri03SzNRWDI=\x07\x1bPtmux;\x1b\x1b]52;c;Ri03SzNRWDI=\x07\x1b\\"
        );
    }
}
