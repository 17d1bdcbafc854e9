//! What is uploaded: standard input as a file, and how far an upload is.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;

use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::output;

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
    told: Mutex<Option<Instant>>,
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

    pub fn at(&self, sent: u64) {
        let Ok(mut told) = self.told.lock() else { return };
        let pause = if output::progress_redraws() {
            Duration::from_millis(100)
        } else {
            Duration::from_secs(5)
        };
        let due = told.is_none_or(|t| t.elapsed() >= pause);
        if !self.loud || !(due || sent == self.bytes) {
            return;
        }
        *told = Some(Instant::now());
        output::upload_progress(&self.name, sent, self.bytes);
    }
}
