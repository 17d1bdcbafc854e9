//! Passwords: Argon2id, off the runtime's threads, as many at once as there are cores.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc};
use tokio::sync::Semaphore;

use super::{Error, Result, refuse};
use crate::api::problem::Code;

/// The shortest password taken (characters), as OWASP's ASVS asks.
pub const MIN_LENGTH: usize = 8;
/// The longest password taken (bytes): hashing must not become a way to keep the server busy.
pub const MAX_LENGTH: usize = 256;

#[derive(Debug)]
pub struct Passwords {
    slots: Arc<Semaphore>,
    /// What is verified where there is no account, so that it takes as long.
    dummy: String,
}

impl Passwords {
    pub fn new() -> Result<Self> {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Ok(Self {
            slots: Arc::new(Semaphore::new(cores)),
            dummy: hash("a password nobody has")?,
        })
    }

    /// The PHC string of a new password.
    pub async fn hash(&self, password: &str) -> Result<String> {
        if password.chars().count() < MIN_LENGTH || password.len() > MAX_LENGTH {
            return refuse(
                Code::InvalidRequest,
                format!("A password has at least {MIN_LENGTH} characters and at most {MAX_LENGTH} bytes."),
            );
        }
        let password = password.to_owned();
        self.blocking(move || hash(&password)).await?
    }

    /// Whether the password is right. With no hash it is not, after the same time.
    pub async fn verify(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy).to_owned();
        if password.len() > MAX_LENGTH {
            return Ok(false);
        }
        let password = password.to_owned();
        let right = self
            .blocking(move || {
                phc::PasswordHash::new(&stored)
                    .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(right && known)
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let slot = self
            .slots
            .clone()
            .acquire_owned()
            .await
            .map_err(|e| Error::Failed(e.to_string()))?;
        tokio::task::spawn_blocking(move || {
            let out = work();
            drop(slot);
            out
        })
        .await
        .map_err(|e| Error::Failed(e.to_string()))
    }
}

fn hash(password: &str) -> Result<String> {
    let hash: phc::PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|e| Error::Failed(format!("hashing a password: {e}")))?;
    Ok(hash.to_string())
}
