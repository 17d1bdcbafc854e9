//! `completions`: a script for a shell, and the answers the script asks for while somebody types.
//!
//! The script is small and never changes with the commands: it hands over the words so far and gets back what may come
//! next, made from the tree that parses ([`takes`] says what each argument takes) and from the server ([`live`]). A shell
//! that waits for an answer is a shell that hangs: there is a limit on the time, and whatever goes wrong, the answer is
//! what is known without it, and never a word on standard error. Called by `cli`.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use clap_complete::engine::{self, ArgValueCompleter, CompletionCandidate};

use super::context::{Context, Global};
use super::error::Error;
use super::output::Printer;
use crate::domain::safe::Safe;

mod live;
mod takes;
mod words;

use live::Live;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
bash: riskdesk completions bash > ~/.local/share/bash-completion/completions/riskdesk
zsh:  riskdesk completions zsh > a directory of $fpath, as _riskdesk
fish: riskdesk completions fish > ~/.config/fish/completions/riskdesk.fish

Or for one shell alone: source <(riskdesk completions bash). The script calls the riskdesk that is on the PATH. Keys of \
clients, projects and findings, people, imports and the words of a query come from the server you are signed in to; \
without an answer within network.completion_milliseconds there are only the words of the program itself.")]
pub struct Completions {
    shell: Shell,
    /// Which of the words is being typed; the script asks
    #[arg(long, hide = true, value_name = "N", requires = "words")]
    at: Option<usize>,
    /// The end of that word that the shell will put the answer in the place of, where it is not all of it
    #[arg(long, hide = true, value_name = "TEXT", requires = "at")]
    replaces: Option<String>,
    #[arg(last = true, hide = true, value_name = "WORD")]
    words: Vec<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// The script.
///
/// # Errors
/// Where standard output takes nothing.
pub fn run(cx: &Context, command: &Completions) -> Result<(), Error> {
    let script = match command.shell {
        Shell::Bash => include_str!("../../assets/completions/riskdesk.bash"),
        Shell::Zsh => include_str!("../../assets/completions/_riskdesk"),
        Shell::Fish => include_str!("../../assets/completions/riskdesk.fish"),
    };
    cx.out.raw(script.as_bytes())
}

impl Completions {
    /// Whether a script asks for an answer, and not somebody for the script.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.at.is_some()
    }
}

/// What may come next, for the shell. Says nothing else, and nothing at all where it knows nothing.
pub fn answer(command: &Completions, tree: clap::Command) {
    let at = command.at.unwrap_or_default();
    let mut words = command.words.clone();
    words.truncate(at + 1);
    words.resize(at + 1, OsString::new());
    for (i, word) in words.iter_mut().enumerate() {
        // fish has taken the quotes off all but the word that is being typed.
        if command.shell != Shell::Fish || i == at {
            *word = words::unquote(&word.to_string_lossy()).into();
        }
    }
    let typed = words[at].to_string_lossy().into_owned();
    let live = Arc::new(Live::new(context(&words[..at])));
    let mut tree = attach(tree, "", &live);
    let mut found = engine::complete(&mut tree, words, at, None).unwrap_or_default();
    // Flags are for who has typed a dash: beside values they would only keep a lone one from being put in.
    let is_flag = |candidate: &CompletionCandidate| candidate.get_value().to_string_lossy().starts_with('-');
    if typed.is_empty() && (live.wants_files() || !found.iter().all(is_flag)) {
        found.retain(|candidate| !is_flag(candidate));
    }
    let kept = command.replaces.as_deref().and_then(|end| typed.strip_suffix(end));

    let mut text = String::from(if live.wants_files() { "files\n" } else { "words\n" });
    for candidate in &found {
        let value = candidate.get_value().to_string_lossy();
        // What was typed is the shell's own; anything that steers a terminal or ends a line is nobody's.
        if value.chars().any(char::is_control) || Safe::new(&value).as_str() != value {
            continue;
        }
        let help = candidate
            .get_help()
            .map(|h| Safe::new(&h.to_string()))
            .unwrap_or_default();
        text += &words::line(command.shell, &value, kept.unwrap_or_default(), help.as_str());
    }
    // A shell that has gone needs no answer.
    let _ = Printer::new(false, false, true).raw(text.as_bytes());
}

/// The surroundings that the words typed so far ask for. Settings that cannot be used are said elsewhere.
fn context(words: &[OsString]) -> Option<Context> {
    let given = |flag: &str| words::flag(words, flag);
    Context::new(Global {
        profile: given("--profile"),
        server: given("--server"),
        json: false,
        plain: true,
        no_pager: true,
        read_only: true,
        config: given("--config").map(Into::into),
    })
    .ok()
}

/// Tells each argument of the tree what it takes.
fn attach(tree: clap::Command, path: &str, live: &Arc<Live>) -> clap::Command {
    tree.mut_args(|arg| match takes::of(path, &arg) {
        Some(what) => {
            let live = live.clone();
            arg.add(ArgValueCompleter::new(move |typed: &OsStr| {
                let typed = typed.to_string_lossy();
                live.candidates(what, &typed)
                    .into_iter()
                    .map(|(value, help)| CompletionCandidate::new(value).help((!help.is_empty()).then(|| help.into())))
                    .collect::<Vec<_>>()
            }))
        }
        None => arg,
    })
    .mut_subcommands(|sub| {
        let path = format!("{path} {}", sub.get_name());
        attach(sub, path.trim_start(), live)
    })
}
