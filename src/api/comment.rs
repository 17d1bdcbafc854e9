//! Texts people write on a finding (later also on clients and projects).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Endpoint, Method, Page, PersonRef};
use crate::domain::access::Audience;
use crate::domain::id::CommentId;
use crate::domain::time::Time;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    pub id: CommentId,
    pub author: PersonRef,
    /// Whether one of the client's own people wrote it.
    pub from_client: bool,
    pub audience: Audience,
    pub text: String,
    pub reply_to: Option<CommentId>,
    pub created_at: Time,
    pub edited_at: Option<Time>,
    /// The key of the finding it was written on, where that became part of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
    pub version: i64,
}

/// The comments on a finding, oldest first.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListComments {
    pub finding: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Endpoint for ListComments {
    type Out = Page<Comment>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/findings/{finding}/comments";
    const SUMMARY: &'static str = "List the comments on a finding";
    const ACCESS: Access = Access::Object;
}

/// Writes a comment or a reply. A reply inherits its parent's audience.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddComment {
    pub finding: String,
    pub text: String,
    /// Internal where absent; refused where it differs from the parent's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<Audience>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<CommentId>,
}

impl Endpoint for AddComment {
    type Out = Comment;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/{finding}/comments";
    const SUMMARY: &'static str = "Comment on a finding";
    const ACCESS: Access = Access::Object;
    const STATUS: u16 = 201;
}

/// Shares a comment with the client, or takes it back. Audited.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCommentAudience {
    pub finding: String,
    pub comment: CommentId,
    pub audience: Audience,
}

impl Endpoint for SetCommentAudience {
    type Out = Comment;
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/api/v1/findings/{finding}/comments/{comment}/audience";
    const SUMMARY: &'static str = "Share a comment with the client, or make it internal";
    const ACCESS: Access = Access::Object;
    const VERSIONED: bool = true;
}

/// Says that one has read what is written on a finding; `unread:yes` no longer finds it until something new is written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadComments {
    pub finding: String,
}

impl Endpoint for ReadComments {
    type Out = ();
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/{finding}/comments/read";
    const SUMMARY: &'static str = "Mark the comments on a finding as read";
    const ACCESS: Access = Access::Object;
    const STATUS: u16 = 204;
}
