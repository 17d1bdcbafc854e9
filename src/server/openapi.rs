//! The OpenAPI 3.1 document, made from the endpoints that are mounted: what is not routed cannot be documented, and what
//! is routed cannot be undocumented.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::api::{Access, Endpoint, Method};

/// A mounted operation: a row of the access table.
#[derive(Debug, Clone)]
pub struct Operation {
    pub method: Method,
    pub path: &'static str,
    pub access: Access,
    pub versioned: bool,
    pub status: u16,
}

/// Collects operations while the router is built.
pub struct Document {
    schemas: SchemaGenerator,
    paths: Map<String, Value>,
    pub operations: Vec<Operation>,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("operations", &self.operations)
            .finish_non_exhaustive()
    }
}

impl Default for Document {
    fn default() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
        Self {
            schemas: settings.into_generator(),
            paths: Map::new(),
            operations: Vec::new(),
        }
    }
}

impl Document {
    /// Adds an endpoint.
    pub fn add<E: Endpoint>(&mut self) {
        let mut request: Value = E::json_schema(&mut self.schemas).into();
        let path_fields: Vec<&str> = E::PATH
            .split('/')
            .filter_map(|part| part.strip_prefix('{').and_then(|p| p.strip_suffix('}')))
            .collect();
        let properties = request
            .get_mut("properties")
            .and_then(Value::as_object_mut)
            .map(std::mem::take)
            .unwrap_or_default();
        let required: Vec<String> = request
            .get("required")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect())
            .unwrap_or_default();
        let mut parameters = Vec::new();
        let mut body = Map::new();
        for (name, schema) in properties {
            if path_fields.contains(&name.as_str()) {
                parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
            } else if E::METHOD.has_query() {
                parameters.push(
                    json!({ "name": name, "in": "query", "required": required.contains(&name), "schema": schema }),
                );
            } else {
                body.insert(name, schema);
            }
        }
        if E::VERSIONED {
            parameters.push(json!({ "name": "If-Match", "in": "header", "required": true, "schema": { "type": "string" }, "description": "The version that was seen: the ETag of an earlier answer" }));
        }
        if E::METHOD != Method::Get && !E::SECRET {
            parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": true, "schema": { "type": "string", "minLength": 1, "maxLength": 100 } }));
        }
        let answer = if E::STATUS == 204 {
            json!({ "description": "Done" })
        } else {
            let schema = self.schemas.subschema_for::<E::Out>();
            json!({ "description": "Done", "content": { "application/json": { "schema": schema } } })
        };
        let mut operation = json!({
            "summary": E::SUMMARY,
            "operationId": operation_id::<E>(),
            "x-access": access_name(E::ACCESS),
            "parameters": parameters,
            "responses": { (E::STATUS.to_string()): answer, "default": { "$ref": "#/components/responses/Problem" } },
        });
        if !E::METHOD.has_query() {
            let required: Vec<&String> = required.iter().filter(|name| body.contains_key(*name)).collect();
            let schema =
                json!({ "type": "object", "properties": body, "required": required, "additionalProperties": false });
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        if E::ACCESS == Access::Public {
            operation["security"] = json!([]);
        }
        self.put(E::PATH, E::METHOD, operation);
        self.operations.push(Operation {
            method: E::METHOD,
            path: E::PATH,
            access: E::ACCESS,
            versioned: E::VERSIONED,
            status: E::STATUS,
        });
    }

    /// Adds a route that is no [`Endpoint`] (streams, uploads, this document).
    pub fn add_raw(&mut self, method: Method, path: &'static str, access: Access, summary: &str, content_type: &str) {
        let parameters: Vec<Value> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{').and_then(|p| p.strip_suffix('}')))
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .collect();
        let operation = json!({
            "summary": summary,
            "x-access": access_name(access),
            "parameters": parameters,
            "responses": { "200": { "description": "Done", "content": { (content_type): {} } }, "default": { "$ref": "#/components/responses/Problem" } },
        });
        self.put(path, method, operation);
        self.operations.push(Operation {
            method,
            path,
            access,
            versioned: false,
            status: 200,
        });
    }

    fn put(&mut self, path: &str, method: Method, operation: Value) {
        let entry = self.paths.entry(path.to_owned()).or_insert_with(|| json!({}));
        entry[method.name().to_lowercase()] = operation;
    }

    /// The document.
    #[must_use]
    pub fn finish(mut self) -> (Value, Vec<Operation>) {
        let problem = self.schemas.subschema_for::<crate::api::problem::Problem>();
        let document = json!({
            "openapi": "3.1.0",
            "info": { "title": "riskdesk", "version": env!("CARGO_PKG_VERSION"), "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" } },
            "security": [{ "bearer": [] }],
            "paths": self.paths,
            "components": {
                "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
                "responses": { "Problem": { "description": "A refusal", "content": { "application/problem+json": { "schema": problem } } } },
                "schemas": self.schemas.take_definitions(true),
            },
        });
        (document, self.operations)
    }
}

/// The type's own name in camel case: `createClient`.
fn operation_id<E: JsonSchema>() -> String {
    let name = E::schema_name();
    let mut chars = name.chars();
    chars
        .next()
        .map(|first| first.to_lowercase().chain(chars).collect())
        .unwrap_or_default()
}

fn access_name(access: Access) -> &'static str {
    match access {
        Access::Public => "public",
        Access::Member => "member",
        Access::Staff => "staff",
        Access::Admin => "admin",
        Access::Listing => "listing",
        Access::Object => "object",
        Access::Workspace => "workspace",
        Access::Portal => "portal",
    }
}
