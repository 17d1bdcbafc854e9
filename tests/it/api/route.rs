//! A documented route as a request that fits its schema, with chosen ids wherever it asks for one.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::support::bench::{Answer, Bench};

/// Ids to put wherever a route asks for one.
#[derive(Debug, Clone, Default)]
pub struct Target {
    pub ids: BTreeMap<&'static str, String>,
}

const KINDS: [&str; 8] = [
    "client",
    "project",
    "finding",
    "batch",
    "comment",
    "session",
    "act",
    "occurrence",
];

impl Target {
    pub fn never() -> Self {
        Self {
            ids: KINDS
                .into_iter()
                .map(|kind| (kind, Uuid::now_v7().to_string()))
                .collect(),
        }
    }

    pub fn id(&self, kind: &str) -> Option<String> {
        // The finding that stays where several become one.
        let kind = if kind == "into" { "finding" } else { kind };
        let kind = kind.strip_suffix('s').unwrap_or(kind);
        // The import to compare with.
        let kind = if kind == "other" { "batch" } else { kind };
        self.ids.get(kind).cloned()
    }
}

/// A value that fits a schema, with the target's ids wherever a field is named after a noun.
fn fit(document: &Value, name: &str, schema: &Value, target: &Target) -> Value {
    if let Some(pointer) = schema["$ref"].as_str() {
        return fit(document, name, document.pointer(&pointer[1..]).unwrap(), target);
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|all| all.first()) {
            return fit(document, name, first, target);
        }
    }
    if let Some(word) = schema["enum"].as_array().and_then(|all| all.first()) {
        return word.clone();
    }
    if let Some(word) = schema.get("const") {
        return word.clone();
    }
    let kind = schema["type"]
        .as_str()
        .or_else(|| schema["type"].as_array().and_then(|all| all.first()?.as_str()));
    match kind {
        Some("array") => json!([fit(document, name, &schema["items"], target)]),
        Some("object") => fields(document, schema, target),
        Some("boolean") => json!(false),
        Some("integer" | "number") => json!(1),
        _ if schema["format"] == "date-time" => json!("2030-01-01T00:00:00.000Z"),
        _ => match (name, target.id(name)) {
            (_, Some(id)) => json!(id),
            // An id of something that is no object of its own (a plan): one that was never issued.
            _ if schema["format"] == "uuid" => json!(Uuid::now_v7()),
            ("account_manager" | "lead" | "assignee" | "team" | "selected", _) => json!("admin@alpha.test"),
            ("key", _) => json!(format!("k-{}", &Uuid::new_v4().simple().to_string()[..12])),
            _ => json!("Some text"),
        },
    }
}

/// The required fields of an object, and the optional ones that name an object of ours.
fn fields(document: &Value, schema: &Value, target: &Target) -> Value {
    let required: Vec<&str> = schema["required"]
        .as_array()
        .map(|all| all.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut out = Map::new();
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let noun = matches!(
            name.as_str(),
            "client" | "project" | "projects" | "findings" | "version" | "account_manager"
        );
        if required.contains(&name.as_str()) || noun {
            out.insert(name.clone(), fit(document, name, schema, target));
        }
    }
    Value::Object(out)
}

pub struct Route<'d> {
    pub method: String,
    pub path: &'d str,
    pub operation: &'d Value,
}

impl Route<'_> {
    pub fn access(&self) -> &str {
        self.operation["x-access"].as_str().unwrap()
    }

    /// Whether the target's ids appear anywhere in the request.
    pub fn names_target(&self, document: &Value) -> bool {
        let never = Target::never();
        let (path, body) = self.fill(document, &never);
        never
            .ids
            .values()
            .any(|id| path.contains(id) || body.to_string().contains(id))
    }

    pub fn fill(&self, document: &Value, target: &Target) -> (String, Value) {
        let mut path: Vec<String> = Vec::new();
        for part in self.path.split('/') {
            path.push(match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
                Some(name) => target.id(name).unwrap_or_else(|| "0".into()),
                None => part.to_owned(),
            });
        }
        let mut path = path.join("/");
        let mut query = Vec::new();
        for parameter in self.operation["parameters"].as_array().unwrap() {
            let name = parameter["name"].as_str().unwrap();
            let noun = matches!(name, "client" | "project");
            if parameter["in"] == "query" && (parameter["required"] == true || noun) {
                query.push(format!(
                    "{name}={}",
                    fit(document, name, &parameter["schema"], target)
                        .as_str()
                        .unwrap_or("1")
                ));
            }
        }
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        let schema = &self.operation["requestBody"]["content"]["application/json"]["schema"];
        (
            path,
            if schema.is_object() {
                fields(document, schema, target)
            } else {
                Value::Null
            },
        )
    }

    pub async fn send(&self, bench: &Bench, document: &Value, token: Option<&str>, target: &Target) -> Answer {
        let (path, body) = self.fill(document, target);
        let mut request = bench
            .request(&self.method, &path)
            .header("Idempotency-Key", Uuid::new_v4().to_string());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if self.operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .any(|p| p["name"] == "If-Match")
        {
            request = request.header("If-Match", "\"1\"");
        }
        if body.is_object() {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        if response
            .headers()
            .get("content-type")
            .is_some_and(|v| v == "text/event-stream")
        {
            // It never ends: the status is what counts.
            return Answer {
                status: response.status().as_u16(),
                json: Value::Null,
                text: String::new(),
                headers: response.headers().clone(),
            };
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Answer {
            status,
            json: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
            headers,
        }
    }
}
