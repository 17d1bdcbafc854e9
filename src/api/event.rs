//! What happened, as a stream of server-sent events at `/api/v1/events`.
//!
//! An event says *what changed*, not what it became: a console that shows the object asks for it again. The SSE `id` is
//! opaque and is sent back as `Last-Event-ID`; `event: resync` says that the stream cannot be resumed from there and
//! everything shown must be asked for again; a comment line is the heartbeat (every 15 s).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::time::Time;

/// The path of the stream. Not an [`super::Endpoint`]: its answer never ends.
pub const PATH: &str = "/api/v1/events";

/// The SSE event name of a [`Event`].
pub const CHANGE: &str = "change";

/// The SSE event name that asks the reader to start afresh.
pub const RESYNC: &str = "resync";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    Agency,
    User,
    Client,
    Project,
    Finding,
    Comment,
    Queue,
    Import,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    pub topic: Topic,
    /// What was done, e.g. `client.create`, `finding.move`, `import.apply`.
    pub act: String,
    /// The object; absent where many changed at once.
    pub id: Option<Uuid>,
    pub project: Option<Uuid>,
    pub client: Option<Uuid>,
    pub at: Time,
}
