//! `man`: manual pages, made from the same tree that parses.

use std::path::PathBuf;

use clap::Args;

use super::context::Context;
use super::error::Error;

/// Print the manual page, or write those of all commands
#[derive(Debug, Args)]
#[command(after_help = "\
riskdesk man | man -l -
riskdesk man --dir ~/.local/share/man/man1")]
pub struct Man {
    /// Write one page per command into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub fn run(cx: &Context, command: &Man, tree: clap::Command) -> Result<(), Error> {
    let Some(dir) = &command.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(tree)
            .render(&mut page)
            .map_err(|e| Error::Failed(e.to_string()))?;
        return cx.out.raw(&page);
    };
    let wrong = |e: std::io::Error| Error::Failed(format!("{}: {e}; name another --dir", dir.display()));
    std::fs::create_dir_all(dir).map_err(wrong)?;
    clap_mangen::generate_to(tree, dir).map_err(wrong)?;
    cx.out.remark(&format!("the pages are in {}", dir.display()));
    Ok(())
}
