//! Refusals: problem+json (RFC 9457) with a stable `code`, a sentence that says what to do next, and no id echoed.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::status::Status;

/// The stable names of refusals. Scripts branch on these; sentences may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    // what was sent
    InvalidRequest,
    InvalidQuery,
    InvalidCursor,
    PreconditionRequired,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    PayloadTooLarge,
    UnsupportedMediaType,
    // who sent it
    Unauthenticated,
    InvalidCredentials,
    SessionRevoked,
    Locked,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    // rules with a name
    AgencyAccountRequired,
    ClientLimitReached,
    ProjectLimitReached,
    SeatLimitReached,
    ScanAllowanceExhausted,
    PlanFeatureRequired,
    ProjectInOtherAgency,
    ProjectUnassigned,
    AccountManagerRequired,
    ClientArchived,
    TransitionNotAllowed,
    NotesRequired,
    VersionConflict,
    AlreadyExists,
    StalePlan,
    /// Something was built on the act, or acts of its kind stay.
    UndoNotPossible,
    /// Some findings of a bulk act cannot change, so that none did.
    BulkRefused,
    LastAdmin,
    PinnedElsewhere,
    Claimed,
    InProgress,
    // imports
    ReportRefused,
    UnknownFormat,
    // the server's own state
    RateLimited,
    Unavailable,
    Internal,
}

impl Code {
    /// The HTTP status this refusal travels with.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest | Self::InvalidQuery | Self::InvalidCursor | Self::IdempotencyKeyRequired => 400,
            Self::Unauthenticated | Self::InvalidCredentials | Self::SessionRevoked => 401,
            Self::Forbidden | Self::PlanFeatureRequired | Self::AgencyAccountRequired => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::VersionConflict => 412,
            Self::PayloadTooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::ProjectUnassigned
            | Self::ProjectInOtherAgency
            | Self::AccountManagerRequired
            | Self::TransitionNotAllowed
            | Self::NotesRequired
            | Self::BulkRefused
            | Self::ReportRefused
            | Self::UnknownFormat
            | Self::IdempotencyKeyReused => 422,
            Self::PreconditionRequired => 428,
            Self::RateLimited | Self::Locked => 429,
            Self::ClientLimitReached
            | Self::ProjectLimitReached
            | Self::SeatLimitReached
            | Self::ScanAllowanceExhausted
            | Self::ClientArchived
            | Self::AlreadyExists
            | Self::StalePlan
            | Self::UndoNotPossible
            | Self::LastAdmin
            | Self::PinnedElsewhere
            | Self::Claimed
            | Self::InProgress => 409,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// The exit code of a command that was refused so (product: 3 not signed in, 4 not allowed, 5 not found,
    /// 6 conflict, 7 unreachable, 8 a limit, else 1).
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Unauthenticated | Self::InvalidCredentials | Self::SessionRevoked => 3,
            Self::Forbidden | Self::PlanFeatureRequired | Self::AgencyAccountRequired => 4,
            Self::NotFound => 5,
            Self::VersionConflict
            | Self::AlreadyExists
            | Self::StalePlan
            | Self::UndoNotPossible
            | Self::BulkRefused
            | Self::TransitionNotAllowed
            | Self::ClientArchived
            | Self::LastAdmin
            | Self::PinnedElsewhere
            | Self::Claimed
            | Self::InProgress
            | Self::IdempotencyKeyReused => 6,
            Self::Unavailable => 7,
            Self::ClientLimitReached
            | Self::ProjectLimitReached
            | Self::SeatLimitReached
            | Self::ScanAllowanceExhausted
            | Self::RateLimited
            | Self::Locked => 8,
            _ => 1,
        }
    }
}

/// A refusal as it travels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Always `about:blank#<code>`: the code is the type.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub code: Code,
    /// What happened, to what, and what to do next. Never echoes an id.
    pub detail: String,
    /// The field of the request that is wrong, as a dotted path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Ties this answer to the server's log.
    #[serde(default)]
    pub trace_id: String,
    /// Whether sending the same again later may succeed.
    pub retryable: bool,
    /// `transition_not_allowed`: the moves that are legal now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<Status>>,
    /// Limits: how much is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<i64>,
    /// Limits: how much there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// `invalid_query`: where in the query the error stands, in characters from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<usize>,
    /// `invalid_query`: the nearest word that would have been understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// `version_conflict`: the row as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<serde_json::Value>,
    /// Acts on many, `undo_not_possible`, `stale_plan`: what stands in the way, the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<Obstacle>,
    /// Seconds until a retry makes sense (also as `Retry-After`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// One of the things that stand in the way, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Obstacle {
    pub key: String,
    pub why: String,
}

impl Problem {
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let name = code.name();
        Self {
            title: name.replace('_', " "),
            kind: format!("about:blank#{name}"),
            status: code.status(),
            code,
            detail: detail.into(),
            field: None,
            trace_id: String::new(),
            retryable: matches!(
                code,
                Code::RateLimited | Code::Unavailable | Code::Locked | Code::InProgress
            ),
            allowed: None,
            used: None,
            limit: None,
            at: None,
            suggestion: None,
            current: None,
            objects: Vec::new(),
            retry_after: None,
        }
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// The one answer for everything that does not exist for the asker, whether it was never issued or is another's.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            Code::NotFound,
            "There is no such thing here. Check the key, or list what you may open.",
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}
