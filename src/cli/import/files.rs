//! What is uploaded: standard input as a file, and how far an upload is.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::output;
use crate::remote::Going;

/// The file's name that stands for standard input.
pub const STDIN: &str = "-";

/// Standard input in a file without a name: an upload that breaks is sent again from its start.
pub async fn stdin() -> Result<(tokio::fs::File, u64), Error> {
    let failed = |e: std::io::Error| Error::Failed(format!("standard input: {e}"));
    let mut file = tokio::fs::File::from_std(tempfile::tempfile().map_err(failed)?);
    let bytes = tokio::io::copy(&mut tokio::io::stdin(), &mut file)
        .await
        .map_err(failed)?;
    file.flush().await.map_err(failed)?;
    Ok((file, bytes))
}

/// How far an upload is: a bar that redraws itself on a terminal, a line now and then in a pipe.
pub struct Bar {
    name: String,
    bytes: u64,
    loud: bool,
    told: Mutex<Option<(Instant, Going)>>,
}

impl Bar {
    pub fn new(cx: &Context, name: &str, bytes: u64) -> Self {
        Self {
            name: name.to_owned(),
            bytes,
            loud: !cx.out.is_json(),
            told: Mutex::new(None),
        }
    }

    pub fn at(&self, going: Going) {
        let Ok(mut told) = self.told.lock() else { return };
        let pause = if output::progress_redraws() {
            Duration::from_millis(100)
        } else {
            Duration::from_secs(5)
        };
        let due = told.is_none_or(|(at, _)| at.elapsed() >= pause);
        let last = going.reading.is_none() && going.sent == self.bytes;
        if !self.loud || !(due || last) || told.is_some_and(|(_, before)| before == going) {
            return;
        }
        *told = Some((Instant::now(), going));
        match going.reading {
            None => output::upload_progress(&self.name, going.sent, self.bytes),
            Some(at) => {
                let name = self.name.rsplit('/').next().unwrap_or_default();
                let what = format!("{} results, {} findings in {name}", at.records, at.findings);
                output::upload_progress(&what, at.done.unsigned_abs(), at.total.unsigned_abs());
            }
        }
    }
}
