//! A finding goes to another project. Several at once: [`super::bulk`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::{Access, Endpoint, Method};

/// Puts a finding into another project: people may open both. Key, places, comments, rounds and history go with it, and so
/// does whoever works on it, where the client stays the same.
///
/// At another client nothing of the old one is shared: its comments and rounds become internal, its release is taken back
/// with the due date that came from it (the history keeps the old one), claims end. An assignee who may not open the
/// project is one no more. What repeats the finding, or what it repeats, must come along: `POST /api/v1/findings/bulk` moves
/// several, and says in a dry run what they take with them.
///
/// What a report says stays with the project it was imported into: a later import there that sees the issue makes a new
/// finding, but the very report that was imported last changes nothing. An import into the new project knows the finding
/// again, and says where it does not see it any more. Where the project has the same finding of the same tool already, the
/// move is refused as `already_exists` with that one's key.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceFinding {
    pub finding: String,
    /// Key, id or unambiguous name of the project it goes to.
    pub project: String,
}

impl Endpoint for PlaceFinding {
    type Out = Finding;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/{finding}/place";
    const SUMMARY: &'static str = "Put a finding into another project";
    const ACCESS: Access = Access::Object;
    const VERSIONED: bool = true;
}
