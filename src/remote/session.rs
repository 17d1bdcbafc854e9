//! Sessions: signing in and out, and renewing an access token exactly once for all processes that share it.

use secrecy::{ExposeSecret as _, SecretString};

use super::request::Parts;
use super::transport::send;
use super::{Error, Remote, Write, same};
use crate::api::Endpoint;
use crate::api::problem::Code;
use crate::api::session::{Refresh, SignIn, SignOut, SwitchAgency, Tokens, Who};
use crate::config::CredentialPlace;
use crate::credentials::{Cache, Locked, Session};

/// Where a new session went.
#[derive(Debug, Clone)]
pub struct Kept {
    pub who: Who,
    pub place: CredentialPlace,
}

impl Remote {
    /// Signs in and keeps the session.
    ///
    /// # Errors
    /// [`Error::Problem`] where the server refuses; [`Error::Protocol`] where the session cannot be kept (it is ended
    /// on the server then).
    pub async fn sign_in(&self, request: &SignIn) -> Result<Kept, Error> {
        let mut parts = Parts::of(request, None)?;
        // A second session by a lost answer would only be one too many in a list.
        parts.repeatable = false;
        // Before the password travels: a place that cannot take the session is found now.
        let locked = self.locked().await?;
        let tokens: Tokens = send(self, &parts, false).await?.read()?;
        self.keep(Ok(locked), tokens).await
    }

    /// Keeps a new session, or ends it where it cannot be kept.
    async fn keep(&self, locked: Result<Locked, Error>, tokens: Tokens) -> Result<Kept, Error> {
        let who = tokens.who.clone();
        let session = kept(tokens);
        let stored = match locked {
            Ok(locked) => {
                let session = session.clone();
                off_worker(locked, move |l| l.store(&session)).await
            }
            Err(error) => Err(error),
        };
        self.see_session(Some(session));
        match stored {
            Ok((_, place)) => Ok(Kept { who, place }),
            Err(error) => {
                // Nobody could use it again; the refusal that matters is why it was not kept.
                let _ = self.end_on_server().await;
                self.see_session(None);
                Err(error)
            }
        }
    }

    /// Ends the session here and, where it can be reached, on the server. Forgets it here in any case.
    ///
    /// # Errors
    /// Where the server did not hear of it, or the cache cannot be cleared.
    pub async fn sign_out(&self) -> Result<(), Error> {
        let ended = match self.end_on_server().await {
            Err(Error::SignInNeeded) => Ok(()),
            other => other,
        };
        let locked = self.locked().await?;
        off_worker(locked, Locked::clear).await?;
        self.see_session(None);
        self.be(None);
        ended
    }

    /// Ends the session and keeps one in another agency of the same person instead.
    ///
    /// # Errors
    /// [`Error::Problem`] where the server refuses; [`Error::Protocol`] where the new session cannot be kept.
    pub async fn switch(&self, request: &SwitchAgency) -> Result<Kept, Error> {
        // Not under the lock: it may have to renew first. Nobody renews what it ends.
        let tokens: Tokens = self.write(request, &Write::fresh()).await?;
        self.keep(self.locked().await, tokens).await
    }

    async fn end_on_server(&self) -> Result<(), Error> {
        let parts = Parts::of(&SignOut {}, Some(&Write::fresh()))?;
        send(self, &parts, true).await?.read::<<SignOut as Endpoint>::Out>()
    }

    /// Whether there is something to call with, without asking the server.
    ///
    /// # Errors
    /// Where the cache cannot be trusted.
    pub async fn has_session(&self) -> Result<bool, Error> {
        match self.token().await {
            Ok(_) => Ok(true),
            Err(Error::SignInNeeded) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The token to call with.
    pub(super) async fn token(&self) -> Result<SecretString, Error> {
        if let Some(fixed) = &self.inner.fixed {
            return Ok(fixed.clone());
        }
        if let Some(session) = self.seen_session() {
            return Ok(session.access_token);
        }
        let stored = off_worker(self.inner.cache.clone(), Cache::load).await?.1;
        let Some(session) = stored else {
            return Err(Error::SignInNeeded);
        };
        self.adopt(session)
    }

    /// A token other than the one that just failed. Whoever comes second, in this process or another, finds what the
    /// first one got: a refresh token is used under the lock, after a second look.
    pub(super) async fn renew(&self, failed: &SecretString) -> Result<SecretString, Error> {
        let _turn = self.inner.renewing.lock().await;
        if let Some(session) = self.seen_session()
            && !same(&session.access_token, failed)
        {
            return Ok(session.access_token);
        }
        let locked = self.locked().await?;
        let (locked, stored) = off_worker(locked, Locked::load).await?;
        let Some(stored) = stored else {
            self.see_session(None);
            return Err(Error::SignInNeeded);
        };
        if !same(&stored.access_token, failed) {
            return self.adopt(stored);
        }
        let request = Refresh {
            refresh_token: stored.refresh_token.expose_secret().to_owned(),
        };
        let mut parts = Parts::of(&request, None)?;
        // The old token works until the new ones are used: a lost answer is asked for again.
        parts.repeatable = true;
        let tokens: Tokens = match Box::pin(send(self, &parts, false)).await?.read() {
            Ok(tokens) => tokens,
            Err(error) if refused_sign_in(&error) => {
                off_worker(locked, Locked::clear).await?;
                self.see_session(None);
                return Err(Error::SignInNeeded);
            }
            Err(error) => return Err(error),
        };
        let session = kept(tokens);
        let token = session.access_token.clone();
        // Kept before it is used: once used, the old one is worthless to everybody else.
        off_worker(locked, {
            let session = session.clone();
            move |l| l.store(&session)
        })
        .await?;
        self.see_session(Some(session));
        Ok(token)
    }

    async fn locked(&self) -> Result<Locked, Error> {
        off_worker(self.inner.cache.clone(), Cache::lock)
            .await
            .map(|(_, locked)| locked)
    }
}

/// Whether a refusal means that the session is over, and not that something is wrong for now.
#[must_use]
pub fn refused_sign_in(error: &Error) -> bool {
    matches!(error, Error::SignInNeeded)
        || matches!(error, Error::Problem(p)
            if matches!(p.code, Code::Unauthenticated | Code::SessionRevoked | Code::InvalidCredentials))
}

fn kept(tokens: Tokens) -> Session {
    Session {
        email: tokens.who.email,
        agency: tokens.who.agency.id,
        access_token: SecretString::from(tokens.access_token),
        access_expires_at: tokens.access_expires_at,
        refresh_token: SecretString::from(tokens.refresh_token),
        refresh_expires_at: tokens.refresh_expires_at,
    }
}

/// Runs what blocks (files, locks, the keyring) away from the workers, and hands the thing back.
async fn off_worker<T, R, F>(thing: T, call: F) -> Result<(T, R), Error>
where
    T: Send + 'static,
    R: Send + 'static,
    F: FnOnce(&T) -> Result<R, crate::credentials::Error> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(move || {
        let result = call(&thing);
        result.map(|r| (thing, r))
    });
    match done.await {
        Ok(result) => result.map_err(Error::from),
        Err(_) => Err(Error::Protocol(
            "the session cache could not be asked; try again".into(),
        )),
    }
}
