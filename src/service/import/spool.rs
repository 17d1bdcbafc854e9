//! Uploads in files without names: gone with their last handle, whatever happens to the process.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use uuid::Uuid;

use super::held::{Part, Turn, Uploads};
use crate::api::import::Reading;
use crate::api::problem::{Code, Problem};
use crate::import::json::size;
use crate::service::limits::Spool;
use crate::service::{Error, Result};

/// An upload in a file of its own.
pub struct Spooled {
    pub file: File,
    pub bytes: u64,
    pub digest: Vec<u8>,
    pub room: Spool,
}

/// A file without a name: it is gone with its last handle, whatever happens to the process.
pub fn nameless(folder: &Path) -> io::Result<File> {
    let path = folder.join(Uuid::new_v4().to_string());
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// The beginning of an upload without a byte.
pub fn empty(folder: &Path, room: Spool) -> Result<Part> {
    Ok(Part {
        file: nameless(folder).map_err(failed)?,
        bytes: 0,
        hash: Sha256::new(),
        room,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn failed(e: io::Error) -> Error {
    tracing::error!(error = %e, "an upload could not be spooled");
    Problem::new(
        Code::Unavailable,
        format!("The server could not keep the upload ({}). Try again later.", e.kind()),
    )
    .into()
}

/// What is refused for its size alone.
pub fn too_large(max: u64) -> Error {
    Problem::new(
        Code::PayloadTooLarge,
        format!(
            "A report may have up to {}. Split it, or send it compressed (gzip).",
            size(max)
        ),
    )
    .into()
}

/// What has come, kept where the upload breaks off: whoever reads it may be dropped at any moment.
struct Coming<'t> {
    turn: &'t Turn,
    part: Option<Part>,
    whole: bool,
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        match self.part.take() {
            Some(part) if part.bytes > 0 => self.turn.broke_off(part),
            _ if self.whole => {}
            _ => self.turn.over(),
        }
    }
}

/// Keeps what is uploaded after what is here already, up to `max` bytes and as far as there is room.
pub async fn spool_to(
    part: Part,
    mut body: impl AsyncRead + Send + Unpin,
    max: u64,
    turn: &Turn,
    others: &Uploads,
) -> Result<Spooled> {
    let mut coming = Coming {
        turn,
        part: Some(part),
        whole: false,
    };
    let mut piece = vec![0; 256 << 10];
    loop {
        let read = body.read(&mut piece).await;
        let Some(part) = &mut coming.part else {
            return Err(Error::Failed("an upload has no file".into()));
        };
        let Ok(n) = read else {
            let detail = format!(
                "The upload broke off after {} bytes; they are kept for a while, and it can go on from there.",
                part.bytes
            );
            return Err(Problem::new(Code::InvalidRequest, detail).into());
        };
        if n == 0 {
            break;
        }
        let kept = keep(part, &piece[..n], max, others);
        if let Err(error) = kept {
            coming.part = None;
            return Err(error);
        }
    }
    let Some(part) = coming.part.take() else {
        return Err(Error::Failed("an upload has no file".into()));
    };
    turn.reading(Reading {
        total: part.bytes as i64,
        ..Reading::default()
    });
    coming.whole = true;
    Ok(Spooled {
        file: part.file,
        bytes: part.bytes,
        digest: part.hash.finalize().to_vec(),
        room: part.room,
    })
}

fn keep(part: &mut Part, piece: &[u8], max: u64, others: &Uploads) -> Result<()> {
    let n = piece.len() as u64;
    if part.bytes + n > max {
        return Err(too_large(max));
    }
    if let Err(full) = part.room.grow(n) {
        // What is kept of others' that broke off is worth less than one that goes on.
        if !others.make_room() {
            return Err(full);
        }
        part.room.grow(n)?;
    }
    part.hash.update(piece);
    part.file.write_all_at(piece, part.bytes).map_err(failed)?;
    part.bytes += n;
    Ok(())
}
