//! The desktop's keyring (secret service over D-Bus). It may be missing, locked or hung: every call runs on a thread of
//! its own that is never joined and is given three seconds. The store's blocking calls also must not run on a worker of
//! an asynchronous runtime.

use zeroize::Zeroizing;

use super::Error;

#[cfg(all(feature = "keyring", target_os = "linux"))]
mod backend {
    use std::sync::mpsc;
    use std::time::Duration;

    use keyring_core::api::CredentialStoreApi as _;
    use zbus_secret_service_keyring_store::Store;
    use zeroize::Zeroizing;

    use super::Error;

    const PATIENCE: Duration = Duration::from_secs(3);

    fn within_time<T: Send + 'static>(
        call: impl FnOnce() -> Result<T, keyring_core::Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = mpsc::channel();
        std::thread::Builder::new()
            .name("keyring".into())
            .spawn(move || {
                // Nobody may be waiting any more.
                let _ = answer.send(call());
            })
            .map_err(|e| Error::Keyring(format!("cannot be asked: {e}")))?;
        match answered.recv_timeout(PATIENCE) {
            Ok(result) => result.map_err(|e| Error::Keyring(format!("refused: {e}"))),
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Error::Keyring("did not answer within 3 seconds".into())),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(Error::Keyring("cannot be asked".into())),
        }
    }

    fn entry(name: &str) -> Result<keyring_core::Entry, keyring_core::Error> {
        Store::new()?.build("riskdesk", name, None)
    }

    pub(in crate::credentials) fn load(name: &str) -> Result<Option<Zeroizing<String>>, Error> {
        let name = name.to_owned();
        within_time(move || match entry(&name)?.get_password() {
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(keyring_core::Error::NoEntry) => Ok(None),
            Err(e) => Err(e),
        })
    }

    pub(in crate::credentials) fn store(name: &str, text: &str) -> Result<(), Error> {
        let (name, text) = (name.to_owned(), Zeroizing::new(text.to_owned()));
        within_time(move || entry(&name)?.set_password(&text))
    }

    pub(in crate::credentials) fn clear(name: &str) -> Result<(), Error> {
        let name = name.to_owned();
        within_time(move || match entry(&name)?.delete_credential() {
            Ok(()) | Err(keyring_core::Error::NoEntry) => Ok(()),
            Err(e) => Err(e),
        })
    }
}

#[cfg(not(all(feature = "keyring", target_os = "linux")))]
mod backend {
    use zeroize::Zeroizing;

    use super::Error;

    fn absent() -> Error {
        Error::Keyring("is not part of this build".into())
    }

    pub(in crate::credentials) fn load(_: &str) -> Result<Option<Zeroizing<String>>, Error> {
        Err(absent())
    }

    pub(in crate::credentials) fn store(_: &str, _: &str) -> Result<(), Error> {
        Err(absent())
    }

    pub(in crate::credentials) fn clear(_: &str) -> Result<(), Error> {
        Err(absent())
    }
}

pub(super) fn load(name: &str) -> Result<Option<Zeroizing<String>>, Error> {
    backend::load(name)
}

pub(super) fn store(name: &str, text: &str) -> Result<(), Error> {
    backend::store(name, text)
}

pub(super) fn clear(name: &str) -> Result<(), Error> {
    backend::clear(name)
}
