//! Turns a typed request into method, path, query, body and headers. No code per endpoint: the fields that the path
//! names go there, the others into the query or the body.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{Error, Write};
use crate::api::{Endpoint, Method};

/// A request, ready to be sent any number of times.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: Option<Vec<u8>>,
    /// `Idempotency-Key`.
    pub(super) key: Option<String>,
    /// `If-Match`, the version alone.
    pub(super) version: Option<i64>,
    /// The pinned client.
    pub(super) pin: Option<uuid::Uuid>,
    /// Whether sending it twice does no harm: a read, or a write with its key.
    pub(super) repeatable: bool,
}

impl Parts {
    pub(super) fn of<E: Endpoint>(request: &E, write: Option<&Write>) -> Result<Self, Error> {
        let unfit = |what: String| Error::Protocol(format!("{} {}: {what}", E::METHOD.name(), E::PATH));
        let mut fields = match serde_json::to_value(request).map_err(|e| unfit(e.to_string()))? {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let path = fill(E::PATH, &mut fields).map_err(unfit)?;
        let (query, body) = if E::METHOD.has_query() {
            let query = serde_html_form::to_string(&fields).map_err(|e| unfit(e.to_string()))?;
            (query, None)
        } else {
            (
                String::new(),
                Some(serde_json::to_vec(&fields).map_err(|e| unfit(e.to_string()))?),
            )
        };
        Ok(Self {
            method: E::METHOD,
            path,
            query,
            body,
            key: write.map(|w| w.key.clone()),
            version: write.and_then(|w| w.version),
            pin: write.and_then(|w| w.pin),
            repeatable: E::METHOD == Method::Get || write.is_some(),
        })
    }
}

/// Puts the fields that a path names into it, and takes them out of the map.
fn fill(pattern: &str, fields: &mut Map<String, Value>) -> Result<String, String> {
    let mut path = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or("the path is broken")?;
        path += before;
        let value = match fields.remove(name) {
            Some(Value::String(text)) if !text.is_empty() => text,
            Some(Value::Number(n)) => n.to_string(),
            _ => return Err(format!("{name} is missing")),
        };
        encode(&value, &mut path);
        rest = after;
    }
    Ok(path + rest)
}

/// Percent-encodes everything that could end or climb out of a path segment.
pub(super) fn encode(text: &str, out: &mut String) {
    // A segment of only dots would be taken for a step up, even encoded, by what lies between us and the server.
    let dots = text.bytes().all(|b| b == b'.');
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') || (byte == b'.' && !dots) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::client::{EditClient, ListClients, ShowClient};

    #[test]
    fn fields_go_where_the_path_says() {
        let request = EditClient {
            client: "a/../b ü".into(),
            name: Some("New".into()),
            contact_email: Some(None),
            ..EditClient::default()
        };
        let parts = Parts::of(&request, Some(&Write::over(3))).unwrap();
        assert_eq!(parts.path, "/api/v1/clients/a%2F..%2Fb%20%C3%BC");
        assert_eq!(
            String::from_utf8(parts.body.unwrap()).unwrap(),
            r#"{"contact_email":null,"name":"New"}"#
        );
        assert_eq!((parts.version, parts.repeatable), (Some(3), true));
    }

    #[test]
    fn reads_travel_in_the_query() {
        let request = ListClients {
            q: Some("a&b=c".into()),
            limit: Some(5),
            count: true,
            ..ListClients::default()
        };
        let parts = Parts::of(&request, None).unwrap();
        assert_eq!(parts.query, "count=true&limit=5&q=a%26b%3Dc");
        assert!(parts.body.is_none());
    }

    #[test]
    fn a_name_cannot_climb() {
        let parts = Parts::of(&ShowClient { client: "..".into() }, None).unwrap();
        assert_eq!(parts.path, "/api/v1/clients/%2E%2E");
        assert!(Parts::of(&ShowClient { client: String::new() }, None).is_err());
    }
}
