//! Sealed cursors and pages: a cursor fits only the list, filter, sort and membership it came from, and shows nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};
use serde::{Deserialize, Serialize};

use super::{Caller, Error, Result, refuse};
use crate::api::problem::Code;
use crate::api::{PAGE_DEFAULT, PAGE_MAX, Page};
use crate::store::page::{Key, Slice, Window};

/// Seals and opens cursors with a key of this server.
pub struct Cursors {
    cipher: ChaCha20Poly1305,
}

impl std::fmt::Debug for Cursors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cursors")
    }
}

#[derive(Serialize, Deserialize)]
struct Place {
    /// Whether it leads towards the beginning.
    b: bool,
    k: Vec<Key>,
}

impl Cursors {
    pub fn new(key: &[u8]) -> Result<Self> {
        let cipher = ChaCha20Poly1305::new_from_slice(key)
            .map_err(|_| Error::Failed("the cursor key has the wrong length".into()))?;
        Ok(Self { cipher })
    }

    fn seal(&self, list: &str, place: &Place) -> Option<String> {
        let nonce: [u8; 12] = rand::random();
        let text = serde_json::to_vec(place).ok()?;
        let sealed = self
            .cipher
            .encrypt(
                &nonce.into(),
                Payload {
                    msg: &text,
                    aad: list.as_bytes(),
                },
            )
            .ok()?;
        Some(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    fn open(&self, list: &str, cursor: &str) -> Option<Place> {
        if cursor.len() > 4096 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<12>()?;
        let text = self
            .cipher
            .decrypt(
                &(*nonce).into(),
                Payload {
                    msg: sealed,
                    aad: list.as_bytes(),
                },
            )
            .ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// A place in the event stream, for this reader alone.
    #[must_use]
    pub fn seal_place(&self, caller: &Caller, seq: i64) -> String {
        self.seal(
            &List::new(caller, "events", "").name,
            &Place {
                b: false,
                k: vec![Key::Int(seq)],
            },
        )
        .unwrap_or_default()
    }

    /// The place that [`Self::seal_place`] sealed for this reader.
    #[must_use]
    pub fn open_place(&self, caller: &Caller, id: &str) -> Option<i64> {
        match self.open(&List::new(caller, "events", "").name, id)?.k.as_slice() {
            [Key::Int(seq)] => Some(*seq),
            _ => None,
        }
    }

    /// The part of a list that a request asks for.
    pub fn window(&self, list: &List, limit: Option<u32>, cursor: Option<&str>) -> Result<Window> {
        let limit = limit.unwrap_or(PAGE_DEFAULT);
        if limit == 0 || limit > PAGE_MAX {
            return refuse(
                Code::InvalidRequest,
                format!("A page has 1 to {PAGE_MAX} items: change `limit`."),
            );
        }
        let Some(cursor) = cursor else {
            return Ok(Window {
                limit,
                beside: None,
                backward: false,
            });
        };
        match self.open(&list.name, cursor) {
            Some(place) => Ok(Window {
                limit,
                beside: Some(place.k),
                backward: place.b,
            }),
            None => refuse(
                Code::InvalidCursor,
                "This cursor belongs to another list, filter or sort. Start again without a cursor.",
            ),
        }
    }

    /// As [`Cursors::window`], from the list's end where that is wanted and no cursor says otherwise.
    ///
    /// # Errors
    /// As [`Cursors::window`].
    pub fn window_from(&self, list: &List, limit: Option<u32>, cursor: Option<&str>, end: bool) -> Result<Window> {
        let window = self.window(list, limit, cursor)?;
        Ok(Window {
            backward: window.backward || (end && window.beside.is_none()),
            ..window
        })
    }

    /// The page made of a slice; `keys` are a row's sort keys.
    pub fn page<R, T>(
        &self,
        list: &List,
        slice: Slice<R>,
        keys: impl Fn(&R) -> Vec<Key>,
        item: impl FnMut(R) -> T,
    ) -> Page<T> {
        let around = self.around(list, &slice, keys);
        Page {
            items: slice.items.into_iter().map(item).collect(),
            ..around
        }
    }

    /// A page without its items, for those that take more than one look to make.
    pub fn around<R, T>(&self, list: &List, slice: &Slice<R>, keys: impl Fn(&R) -> Vec<Key>) -> Page<T> {
        let next = slice
            .items
            .last()
            .filter(|_| slice.after)
            .and_then(|row| self.seal(&list.name, &Place { b: false, k: keys(row) }));
        let prev = slice
            .items
            .first()
            .filter(|_| slice.before)
            .and_then(|row| self.seal(&list.name, &Place { b: true, k: keys(row) }));
        Page {
            has_more: next.is_some(),
            next,
            prev,
            items: Vec::new(),
            count: None,
        }
    }
}

/// A list as cursors know it: its name, filter and sort, and whose it is.
#[derive(Debug)]
pub struct List {
    name: String,
}

impl List {
    #[must_use]
    pub fn new(caller: &Caller, list: &str, filter: &str) -> Self {
        Self {
            name: format!("{list}\u{0}{}\u{0}{}\u{0}{filter}", caller.agency, caller.user),
        }
    }
}

#[cfg(test)]
mod tests;
