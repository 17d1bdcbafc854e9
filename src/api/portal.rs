//! What a client's own people send and see. Wire types of their own: nothing of the agency's routes may be reused here,
//! so that a field added there can never leak through.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Endpoint, Method};
use crate::domain::id::CommentId;
use crate::domain::time::Time;

/// Asks or answers on a finding that was released to one's own client.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPortalComment {
    /// Key or id.
    pub finding: String,
    pub text: String,
}

/// A shared comment as the client's people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PortalComment {
    pub id: CommentId,
    pub author: String,
    pub text: String,
    pub created_at: Time,
}

impl Endpoint for AddPortalComment {
    type Out = PortalComment;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/portal/findings/{finding}/comments";
    const SUMMARY: &'static str = "Comment on a finding as one of the client's own people";
    const ACCESS: Access = Access::Portal;
    const STATUS: u16 = 201;
}
