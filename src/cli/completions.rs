//! `completions`: scripts for shells, made from the same tree that parses.

use clap::Args;
use clap_complete::Shell;

use super::context::Context;
use super::error::Error;

/// Print a completion script for a shell
#[derive(Debug, Args)]
#[command(after_help = "\
bash: riskdesk completions bash > ~/.local/share/bash-completion/completions/riskdesk
zsh:  riskdesk completions zsh > a directory of $fpath, as _riskdesk
fish: riskdesk completions fish > ~/.config/fish/completions/riskdesk.fish")]
pub struct Completions {
    shell: Shell,
}

pub fn run(cx: &Context, command: &Completions, mut tree: clap::Command) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut tree, "riskdesk", &mut script);
    cx.out.raw(&script)
}
