//! Somebody signed in at the demo's desk, under a profile that other terminals use. Given up when the demo ends.

use crate::api::session::SignIn;
use crate::cli::Error;
use crate::cli::context::{Context, Remembered};
use crate::remote::Remote;

/// A session and the context that finds it.
pub struct Seat {
    pub cx: Context,
    pub remote: Remote,
}

impl Seat {
    pub async fn take(cx: &Context, profile: &str, url: &str, email: &str, password: &str) -> Result<Self, Error> {
        let mut cx = Context {
            profile: profile.to_owned(),
            ..cx.clone()
        };
        cx.global.server = Some(url.to_owned());
        let remote = cx.silent_remote()?;
        let request = SignIn {
            email: email.to_owned(),
            password: password.to_owned(),
            agency: None,
            label: Some("demo".into()),
        };
        remote.sign_in(&request).await?;
        let note = Remembered {
            server: vec![url.to_owned()],
            email: Some(email.to_owned()),
        };
        cx.remember(&note)?;
        Ok(Self { cx, remote })
    }

    /// Signs out; the place forgets the profile.
    pub async fn leave(self) {
        if let Err(error) = self.remote.sign_out().await {
            tracing::debug!(%error, "the demo's session ends with its server");
        }
    }
}
