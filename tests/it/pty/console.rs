//! The built console in a terminal of its own: keys in, the screen as a terminal would show it out.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::support::binary::Home;

/// Long enough for a machine that is busy with everything else.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Seen {
    pub screen: vt100::Parser,
    pub raw: Vec<u8>,
    pub ended: bool,
    /// The reader is to let go of the terminal with its next read.
    pub closing: bool,
}

/// A console in a terminal.
pub struct Console {
    pub master: Option<Box<dyn MasterPty + Send>>,
    pub keys: Option<Box<dyn std::io::Write + Send>>,
    pub child: Box<dyn Child + Send + Sync>,
    pub seen: Arc<(Mutex<Seen>, Condvar)>,
    pub before: String,
}

impl Console {
    pub fn open(home: &Home, columns: u16, rows: u16) -> Self {
        Self::of(home, &[], home.path(), columns, rows)
    }

    /// As [`Console::open`], of a command that opens one, run in this folder.
    pub fn of(home: &Home, arguments: &[&str], folder: &Path, columns: u16, rows: u16) -> Self {
        Self::over(&home.command(arguments), folder, columns, rows)
    }

    /// Any program in a terminal of its own.
    pub fn over(plain: &std::process::Command, folder: &Path, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let mut command = CommandBuilder::new(plain.get_program());
        command.args(plain.get_args());
        command.env_clear();
        for (name, value) in plain.get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        command.cwd(folder);
        let before = format!("{:?}", pair.master.get_termios());
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let seen = Arc::new((
            Mutex::new(Seen {
                screen: vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0),
                raw: Vec::new(),
                ended: false,
                closing: false,
            }),
            Condvar::new(),
        ));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shared = seen.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                let read = reader.read(&mut buffer).unwrap_or(0);
                let mut seen = shared.0.lock().unwrap();
                seen.raw.extend_from_slice(&buffer[..read]);
                seen.screen.process(&buffer[..read]);
                let last = read == 0 || seen.closing;
                if last {
                    reader = Box::new(std::io::empty());
                }
                seen.ended = last;
                shared.1.notify_all();
                if last {
                    return;
                }
            }
        });
        Self {
            keys: Some(pair.master.take_writer().unwrap()),
            master: Some(pair.master),
            child,
            seen,
            before,
        }
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is as wanted.
    #[track_caller]
    pub fn wait(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        self.wait_within(PATIENCE, what, wanted);
    }

    /// As [`Console::wait`], with another patience.
    #[track_caller]
    pub fn wait_within(&self, patience: Duration, what: &str, wanted: impl Fn(&str) -> bool) {
        let until = Instant::now() + patience;
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            let text = seen.screen.screen().contents();
            if wanted(&text) {
                return;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !seen.ended,
                "waited for {what}; the screen is\n{text}"
            );
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contains(text));
    }

    /// Presses keys until a text is there: for programs that throw away what was typed at a bad moment.
    #[track_caller]
    pub fn press_until(&mut self, keys: &str, text: &str) {
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience {
            self.press(keys);
            let lock = self.seen.0.lock().unwrap();
            let step = Duration::from_millis(500);
            let wanted = |seen: &mut Seen| !seen.ended && !seen.screen.screen().contents().contains(text);
            let (_seen, waited) = self.seen.1.wait_timeout_while(lock, step, wanted).unwrap();
            if !waited.timed_out() {
                return;
            }
        }
        self.wait_for(text);
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.seen
            .0
            .lock()
            .unwrap()
            .screen
            .screen_mut()
            .set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.process_id().unwrap().cast_signed()).unwrap()
    }

    /// Closes the terminal as a lost connection does: nobody holds its other end any more.
    pub fn close(&mut self) {
        self.seen.0.lock().unwrap().closing = true;
        // Something to read, so that the reader lets go.
        self.resize(91, 27);
        let until = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        while !seen.ended {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "nothing was written");
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
        drop(seen);
        self.keys = None;
        self.master = None;
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for the end of the process; its exit code and how long it took.
    pub fn end(&mut self) -> (u32, Duration) {
        let from = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.exit_code(), from.elapsed());
            }
            assert!(from.elapsed() < PATIENCE, "the console does not end");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    pub fn raw(&self) -> Vec<u8> {
        self.seen.0.lock().unwrap().raw.clone()
    }

    /// Waits until nothing has been written for as long as a person's hand takes to the next key.
    pub fn rest(&self) {
        const HAND: Duration = Duration::from_millis(200);
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            let before = seen.raw.len();
            let (now, waited) = self
                .seen
                .1
                .wait_timeout_while(seen, HAND, |s| s.raw.len() == before && !s.ended)
                .unwrap();
            if waited.timed_out() || now.ended {
                return;
            }
            seen = now;
        }
    }

    /// The processor time so far, while there is a process.
    pub fn worked(&self) -> Option<u64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid().as_raw_nonzero())).ok()?;
        let fields: Vec<_> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    }

    /// The state letter and the processor time of the process, in clock ticks.
    pub fn state(&self) -> (char, u64) {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid().as_raw_nonzero())).unwrap();
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        (fields[0].chars().next().unwrap(), ticks)
    }

    /// The terminal is as the console found it.
    #[track_caller]
    pub fn is_restored(&self) {
        let until = Instant::now() + PATIENCE;
        let mut seen = self.seen.0.lock().unwrap();
        while seen.screen.screen().alternate_screen() || seen.screen.screen().hide_cursor() {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the terminal is not given back");
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
        assert!(!seen.screen.screen().bracketed_paste());
        drop(seen);
        // The line discipline comes back in a step of its own, a moment after the screen.
        let found = || format!("{:?}", self.master.as_ref().unwrap().get_termios());
        while found() != self.before {
            assert!(
                Instant::now() < until,
                "the line discipline is not given back: {}",
                found()
            );
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
