//! For whom a transaction runs. Every access to a tenant's rows begins with one.
//!
//! Three places make scopes, and a test holds them to it: the session extractor ([`Scope::session`]), jobs
//! ([`Scope::job`]) and the composition root of `admin` ([`Scope::admin`]).

use crate::domain::access::{Actor, Audience};
use crate::domain::id::{AgencyId, ClientId};

/// A tenant, perhaps one client of it, who acts, and whose eyes the answer is for.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    agency: AgencyId,
    client: Option<ClientId>,
    actor: Actor,
    audience: Audience,
}

impl Scope {
    /// Of a signed-in membership. A portal user's scope holds its client too and sees shared things only.
    #[must_use]
    pub fn session(agency: AgencyId, actor: Actor) -> Self {
        let (client, audience) = match actor {
            Actor::Portal { client, .. } => (Some(client), Audience::Shared),
            _ => (None, Audience::Internal),
        };
        Self {
            agency,
            client,
            actor,
            audience,
        }
    }

    /// Of a job that the agency's own acts enqueued.
    #[must_use]
    pub fn job(agency: AgencyId) -> Self {
        Self {
            agency,
            client: None,
            actor: Actor::System,
            audience: Audience::Internal,
        }
    }

    /// Of the operator on the server's own machine.
    #[must_use]
    pub fn admin(agency: AgencyId) -> Self {
        Self::job(agency)
    }

    #[must_use]
    pub fn agency(&self) -> AgencyId {
        self.agency
    }

    #[must_use]
    pub fn client(&self) -> Option<ClientId> {
        self.client
    }

    #[must_use]
    pub fn actor(&self) -> Actor {
        self.actor
    }

    #[must_use]
    pub fn audience(&self) -> Audience {
        self.audience
    }
}
