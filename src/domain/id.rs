//! Row identities: UUIDv7, so that keys made later sort later, typed so that one noun's id is never taken for another's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, never issued before.
            #[must_use]
            pub fn fresh() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

ids! {
    /// The tenant root.
    AgencyId,
    /// A human being with one e-mail, whatever the memberships.
    PersonId,
    /// A person's membership in one agency.
    UserId,
    /// A person's membership in one client.
    PortalUserId,
    /// A client account.
    ClientId,
    /// A body of work.
    ProjectId,
    /// One issue in one project.
    FindingId,
    /// A finding at one place.
    OccurrenceId,
    /// A text on a client, project or finding.
    CommentId,
    /// One round of proof on a finding.
    RoundId,
    /// Scanner reports that were imported together.
    BatchId,
    /// One staged plan of an import.
    PlanId,
    /// A signed-in device of one membership.
    SessionId,
    /// One recorded, possibly undoable act.
    ActId,
}
