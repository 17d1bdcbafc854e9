//! Uploads in files without names: gone with their last handle, whatever happens to the process.

use std::fs::File;
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use crate::api::problem::{Code, Problem};
use crate::import::json::size;
use crate::service::limits::Spool;
use crate::service::{Error, Result, refuse};

/// An upload in a file of its own.
pub struct Spooled {
    pub file: File,
    pub bytes: u64,
    pub digest: Vec<u8>,
}

/// A file without a name: it is gone with its last handle, whatever happens to the process.
pub fn nameless(folder: &Path) -> io::Result<File> {
    let path = folder.join(Uuid::new_v4().to_string());
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Keeps what is uploaded, up to `max` bytes and as far as there is room.
pub async fn spool_to(
    folder: &Path,
    mut body: impl AsyncRead + Send + Unpin,
    max: u64,
    room: &mut Spool,
) -> Result<Spooled> {
    let failed = |e: io::Error| {
        tracing::error!(error = %e, "an upload could not be spooled");
        Error::from(Problem::new(
            Code::Unavailable,
            format!("The server could not keep the upload ({}). Try again later.", e.kind()),
        ))
    };
    let file = nameless(folder).map_err(failed)?;
    let mut out = tokio::fs::File::from_std(file.try_clone().map_err(failed)?);
    let (mut hash, mut bytes) = (Sha256::new(), 0_u64);
    let mut piece = vec![0; 256 << 10];
    loop {
        let n = body.read(&mut piece).await.map_err(|_| {
            Error::from(Problem::new(
                Code::InvalidRequest,
                "The upload broke off before its end; nothing of it was kept. Send it again.",
            ))
        })?;
        if n == 0 {
            break;
        }
        bytes += n as u64;
        if bytes > max {
            return refuse(
                Code::PayloadTooLarge,
                format!("A report may have up to {}. Split it.", size(max)),
            );
        }
        room.grow(n as u64)?;
        hash.update(&piece[..n]);
        out.write_all(&piece[..n]).await.map_err(failed)?;
    }
    out.flush().await.map_err(failed)?;
    Ok(Spooled {
        file,
        bytes,
        digest: hash.finalize().to_vec(),
    })
}
