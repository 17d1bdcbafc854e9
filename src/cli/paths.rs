//! `paths`: every place riskdesk reads or writes on this machine.

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::error::Error;
use super::output::{Column, Row, col, long};
use crate::config::usual_file;

/// List every file and directory riskdesk uses on this machine; removing them removes all traces
#[derive(Debug, Args)]
pub struct Paths {}

/// One place.
#[derive(Debug, Serialize)]
struct Place {
    what: &'static str,
    path: String,
    exists: bool,
}

impl Row for Place {
    const COLUMNS: &'static [Column] = &[col("what"), long("path"), col("there")];

    fn cells(&self) -> Vec<String> {
        vec![
            self.what.into(),
            self.path.clone(),
            if self.exists { "yes" } else { "no" }.into(),
        ]
    }
}

pub fn run(cx: &Context) -> Result<(), Error> {
    let paths = &cx.paths;
    let mut places = vec![
        ("config_dir", paths.config_dir.clone()),
        (
            "config_file",
            cx.global.config.clone().unwrap_or_else(|| usual_file(paths)),
        ),
        ("keymap_file", paths.config_dir.join("keymap.toml")),
        ("state_dir", paths.state_dir.clone()),
        ("sessions_dir", paths.sessions_dir()),
        ("profiles_dir", paths.profiles_dir()),
        ("drafts_dir", paths.drafts_dir()),
        ("log_file", paths.log_file()),
        ("cache_dir", paths.cache_dir.clone()),
    ];
    if let Ok(servers) = cx.servers()
        && !servers.is_empty()
    {
        places.push(("session_file", cx.cache(&servers).path()));
    }
    let places: Vec<Place> = places
        .into_iter()
        .map(|(what, path)| Place {
            what,
            exists: path.exists(),
            path: path.display().to_string(),
        })
        .collect();
    let document: serde_json::Map<String, serde_json::Value> = places
        .iter()
        .map(|p| (p.what.to_owned(), p.path.clone().into()))
        .collect();
    cx.out.list(&document, &places)
}
