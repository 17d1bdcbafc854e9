//! API tokens: for scripts, in `RISKDESK_TOKEN`. Made by a person, scoped, ending on a day, revocable; the server keeps a
//! hash. What is made here is shown once.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Access, Endpoint, Method};
use crate::domain::access::TokenScope;
use crate::domain::id::SessionId;
use crate::domain::time::Time;

/// Makes a token of one's own.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// What it is for; at most 80 characters, and not the name of another one.
    pub name: String,
    pub scope: TokenScope,
    /// Days until it ends: 1 to 365, 90 where not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// A token that was just made; the only time it is shown.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct MadeToken {
    pub token: String,
    pub id: SessionId,
    pub name: String,
    pub scope: TokenScope,
    pub expires_at: Time,
}

impl fmt::Debug for MadeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MadeToken")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Endpoint for CreateToken {
    type Out = MadeToken;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/tokens";
    const SUMMARY: &'static str = "Make an API token";
    const ACCESS: Access = Access::Staff;
    const STATUS: u16 = 201;
    const SECRET: bool = true;
}

/// One's own tokens that still work.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListTokens {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ApiToken {
    pub id: SessionId,
    pub name: String,
    pub scope: TokenScope,
    pub created_at: Time,
    pub last_used_at: Time,
    pub expires_at: Time,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ApiTokens {
    pub items: Vec<ApiToken>,
}

impl Endpoint for ListTokens {
    type Out = ApiTokens;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/tokens";
    const SUMMARY: &'static str = "List one's own API tokens";
    const ACCESS: Access = Access::Member;
}

/// Ends a token of one's own. It is a session without a person at the keys, and is named like one.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeToken {
    pub session: Uuid,
}

impl Endpoint for RevokeToken {
    type Out = ();
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/tokens/{session}";
    const SUMMARY: &'static str = "Revoke an API token";
    const ACCESS: Access = Access::Member;
    const STATUS: u16 = 204;
}
