//! The pager: what is longer than the terminal is shown a screen at a time, by the program the user likes for it.
//!
//! Only [`super::output`] calls this, for lists and details on a terminal. `RISKDESK_PAGER` (which is the setting `pager`
//! in the environment), the settings, `PAGER` and `less` are asked in this order, as people know it from git.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};

use crate::config::{Config, Environment};
use crate::domain::safe::Safe;

/// How text is paged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    /// A line for the shell: it may hold flags.
    command: String,
    /// What pagers are told by the environment, where the user's says nothing.
    told: Vec<(&'static str, &'static str)>,
}

impl Pager {
    /// The pager in force; `None` where there is to be none.
    #[must_use]
    pub fn chosen(config: &Config, environment: &Environment) -> Option<Self> {
        // Set and empty is an answer as well: none.
        let command = match environment.set("RISKDESK_PAGER") {
            Some(command) => command,
            None if config.pager == "auto" => environment.set("PAGER").unwrap_or("less"),
            None => &config.pager,
        };
        let command = command.trim();
        if command.is_empty() || command == "cat" || environment.get("TERM").is_none_or(|term| term == "dumb") {
            return None;
        }
        // As git: end where it all fits, show colours, leave the text on the screen.
        let told = [("LESS", "FRX"), ("LV", "-c")];
        let told = told.into_iter().filter(|(name, _)| environment.set(name).is_none());
        Some(Self {
            command: command.to_owned(),
            told: told.collect(),
        })
    }

    /// Shows the text until the reader has enough of it. Says whether it was shown at all.
    #[must_use]
    pub fn show(&self, text: &str) -> bool {
        let _keys = Keys::leave();
        let mut command = Command::new("sh");
        command.args(["-c", &self.command]).stdin(Stdio::piped());
        command.envs(self.told.iter().copied());
        // It can start a shell; a credential for scripts is not for it.
        command.env_remove("RISKDESK_TOKEN");
        let Ok(mut pager) = command.spawn() else { return false };
        let sent = pager.stdin.take().map(|mut pipe| pipe.write_all(text.as_bytes()));
        let status = pager.wait();
        // 126, 127: the shell found nothing to run. A reader who left early has seen what they wanted.
        let ran = status.is_ok_and(|status| !matches!(status.code(), Some(126 | 127)));
        ran && sent.is_some_and(|sent| sent.is_ok() || sent.is_err_and(|e| e.kind() == ErrorKind::BrokenPipe))
    }
}

/// Whether text needs more lines than the terminal has; its last one is the pager's own.
#[must_use]
pub fn overflows(text: &str, width: usize, height: usize) -> bool {
    let lines = |line: &str| Safe::new(line).width().div_ceil(width.max(1)).max(1);
    text.lines().map(lines).sum::<usize>() >= height
}

/// While a pager has the terminal, ctrl-c is a key of its own and must not end us under it.
struct Keys;

/// Whether ctrl-c belongs to a pager now.
static PAGING: AtomicBool = AtomicBool::new(false);
static LISTENS: OnceLock<()> = OnceLock::new();

impl Keys {
    fn leave() -> Self {
        PAGING.store(true, Ordering::SeqCst);
        LISTENS.get_or_init(|| {
            // A handler once set stays: from now on it is this one that ends the program.
            if tokio::runtime::Handle::try_current().is_ok()
                && let Ok(mut interrupts) = signal(SignalKind::interrupt())
            {
                tokio::spawn(async move {
                    while interrupts.recv().await.is_some() {
                        if !PAGING.load(Ordering::SeqCst) {
                            std::process::exit(130);
                        }
                    }
                });
            }
        });
        Self
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        PAGING.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(setting: &str, variables: &[(&str, &str)]) -> Option<String> {
        let mut config = Config::defaults().unwrap();
        config.pager = setting.to_owned();
        let variables: Vec<_> = variables.iter().copied().chain([("TERM", "xterm")]).collect();
        Pager::chosen(&config, &Environment::of(&variables)).map(|pager| pager.command)
    }

    #[test]
    fn the_nearest_word_about_the_pager_counts() {
        assert_eq!(chosen("auto", &[]).as_deref(), Some("less"));
        assert_eq!(chosen("auto", &[("PAGER", "more -d")]).as_deref(), Some("more -d"));
        assert_eq!(chosen("most", &[("PAGER", "more")]).as_deref(), Some("most"));
        assert_eq!(chosen("most", &[("RISKDESK_PAGER", "lv")]).as_deref(), Some("lv"));
        for off in [
            chosen("", &[("PAGER", "more")]),
            chosen("most", &[("RISKDESK_PAGER", "")]),
            chosen("auto", &[("PAGER", "")]),
            chosen("auto", &[("PAGER", "cat")]),
        ] {
            assert_eq!(off, None);
        }
        let dumb = Environment::of(&[("TERM", "dumb")]);
        assert_eq!(Pager::chosen(&Config::defaults().unwrap(), &dumb), None);
    }

    #[test]
    fn less_is_told_what_git_tells_it_unless_the_user_did() {
        let told = |variables: &[(&str, &str)]| {
            let pager = Pager::chosen(&Config::defaults().unwrap(), &Environment::of(variables));
            pager.unwrap().told
        };
        assert_eq!(told(&[("TERM", "xterm")]), [("LESS", "FRX"), ("LV", "-c")]);
        assert_eq!(told(&[("TERM", "xterm"), ("LESS", ""), ("LV", "-a")]), []);
    }

    #[test]
    fn long_lines_count_for_the_lines_they_fill() {
        assert!(!overflows("a\nb\nc\n", 10, 4));
        assert!(overflows("a\nb\nc\nd\n", 10, 4));
        assert!(overflows(&"x".repeat(31), 10, 4));
        assert!(!overflows(&"x".repeat(30), 10, 4));
    }

    #[test]
    fn a_pager_that_is_not_there_has_shown_nothing() {
        let of = |command: &str| Pager {
            command: command.to_owned(),
            told: Vec::new(),
        };
        assert!(!of("no-such-pager-anywhere 2>/dev/null").show("text\n"));
        assert!(of("true").show(&"a reader that leaves\n".repeat(100_000)));
    }
}
