//! Passwords: Argon2id, off the runtime's threads, a few at once over memory that is used again. Who comes while enough
//! wait already is told to come back: a crowd of guesses can take neither the machine's memory nor its time.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Error, Result, refuse};
use crate::api::problem::{Code, Problem};

/// The shortest password taken (characters), as OWASP's ASVS asks.
pub const MIN_LENGTH: usize = 8;
/// The longest password taken (bytes): hashing must not become a way to keep the server busy.
pub const MAX_LENGTH: usize = 256;
/// A stored hash that asks for more blocks (KiB) than this is not one of ours.
const BLOCKS_MAX: usize = 256 * 1024;

#[derive(Debug)]
pub struct Passwords {
    /// Those who hash and those who wait for it.
    waiting: Arc<Semaphore>,
    slots: Arc<Semaphore>,
    /// As many as have ever been in use at once, which is at most the slots.
    memory: Memory,
    /// What is verified where there is no account, so that it takes as long.
    dummy: String,
}

type Memory = Arc<Mutex<Vec<Vec<Block>>>>;

/// A place among those who wait. Taken before a guess is counted: who is sent away has not guessed.
#[derive(Debug)]
pub struct Turn(OwnedSemaphorePermit);

impl Passwords {
    pub fn new(at_once: usize, waiting: usize) -> Result<Self> {
        let memory = Memory::default();
        Ok(Self {
            waiting: Arc::new(Semaphore::new(at_once + waiting)),
            slots: Arc::new(Semaphore::new(at_once)),
            dummy: hash(&memory, "a password nobody has")?,
            memory,
        })
    }

    /// A place among those who wait, or the refusal where too many do.
    pub fn turn(&self) -> Result<Turn> {
        let permit = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| {
            let mut problem = Problem::new(
                Code::Unavailable,
                "Too many people sign in at this moment; this guess was not counted. Try again in a few seconds.",
            );
            problem.retry_after = Some(5);
            problem
        })?;
        Ok(Turn(permit))
    }

    /// The PHC string of a new password.
    pub async fn hash(&self, password: &str) -> Result<String> {
        if password.chars().count() < MIN_LENGTH || password.len() > MAX_LENGTH {
            return refuse(
                Code::InvalidRequest,
                format!("A password has at least {MIN_LENGTH} characters and at most {MAX_LENGTH} bytes."),
            );
        }
        let (password, memory) = (password.to_owned(), Arc::clone(&self.memory));
        self.blocking(move || hash(&memory, &password)).await?
    }

    /// Whether the password is right. With no hash it is not, after the same time.
    pub async fn verify(&self, turn: Turn, password: &str, stored: Option<&str>) -> Result<bool> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy).to_owned();
        if password.len() > MAX_LENGTH {
            return Ok(false);
        }
        let (password, memory) = (password.to_owned(), Arc::clone(&self.memory));
        let right = self.blocking(move || verify(&memory, &password, &stored)).await?;
        drop(turn.0);
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

/// Hashes over memory from the pool.
fn digest(memory: &Memory, context: &Argon2<'_>, password: &str, salt: &[u8], out: &mut [u8]) -> Option<()> {
    let count = context.params().block_count();
    if count > BLOCKS_MAX {
        return None;
    }
    let pool = || memory.lock().unwrap_or_else(PoisonError::into_inner);
    let mut blocks = pool().pop().unwrap_or_default();
    if blocks.len() < count {
        blocks.resize(count, Block::new());
    }
    let done = context.hash_password_into_with_memory(password.as_bytes(), salt, out, &mut blocks[..count]);
    pool().push(blocks);
    done.ok()
}

fn hash(memory: &Memory, password: &str) -> Result<String> {
    let failed = |what: &str| Error::Failed(format!("hashing a password: {what}"));
    let context = Argon2::default();
    let salt: [u8; 16] = rand::random();
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    digest(memory, &context, password, &salt, &mut out).ok_or_else(|| failed("no digest"))?;
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: context.params().try_into().map_err(|_| failed("parameters"))?,
        salt: Some(phc::Salt::new(&salt).map_err(|_| failed("salt"))?),
        hash: Some(phc::Output::new(&out).map_err(|_| failed("output"))?),
    };
    Ok(hash.to_string())
}

/// By the parameters of the stored hash, whatever ours are today.
fn verify(memory: &Memory, password: &str, stored: &str) -> bool {
    let right = || {
        let hash = phc::PasswordHash::new(stored).ok()?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = Version::try_from(hash.version.unwrap_or(0x13)).ok()?;
        let params = Params::try_from(&hash).ok()?;
        let (salt, expected) = (hash.salt?, hash.hash?);
        let context = Argon2::new(algorithm, version, params);
        let mut out = vec![0; expected.len()];
        digest(memory, &context, password, &salt, &mut out)?;
        Some(bool::from(out.as_slice().ct_eq(expected.as_bytes())))
    };
    right().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

    use super::*;

    #[tokio::test]
    async fn hashes_are_what_the_crate_itself_makes_and_takes() {
        let passwords = Passwords::new(2, 8).unwrap();
        let ours = passwords.hash("correct horse").await.unwrap();
        let read = phc::PasswordHash::new(&ours).unwrap();
        assert!(Argon2::default().verify_password(b"correct horse", &read).is_ok());
        let theirs: phc::PasswordHash = Argon2::default().hash_password(b"correct horse").unwrap();
        for (password, stored, right) in [
            ("correct horse", Some(ours.as_str()), true),
            ("correct horse", Some(theirs.to_string().as_str()), true),
            ("wrong horse", Some(ours.as_str()), false),
            ("a password nobody has", None, false),
            ("correct horse", Some("not a hash"), false),
            (
                "correct horse",
                Some("$argon2id$v=19$m=4194304,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"),
                false,
            ),
        ] {
            let turn = passwords.turn().unwrap();
            assert_eq!(
                passwords.verify(turn, password, stored).await.unwrap(),
                right,
                "{password} {stored:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_crowd_takes_no_more_memory_than_there_are_slots_and_the_rest_is_sent_away() {
        let passwords = Arc::new(Passwords::new(2, 3).unwrap());
        let turns: Vec<Turn> = (0..5).map(|_| passwords.turn().unwrap()).collect();
        let Err(Error::Refused(problem)) = passwords.turn() else {
            panic!("a sixth was let in");
        };
        assert_eq!((problem.status, problem.retry_after), (503, Some(5)));
        let guesses = turns.into_iter().map(|turn| {
            let passwords = Arc::clone(&passwords);
            tokio::spawn(async move { passwords.verify(turn, "guess", None).await })
        });
        for guess in futures::future::join_all(guesses).await {
            assert!(!guess.unwrap().unwrap());
        }
        assert!(passwords.memory.lock().unwrap().len() <= 2);
        passwords.turn().unwrap();
    }
}
