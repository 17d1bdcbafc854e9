//! The door of each endpoint: which roles get through at all. What lies behind is decided per object by the services.

use crate::api::Access;
use crate::api::problem::Code;
use crate::domain::access::{Role, TokenScope, may_administer};
use crate::service::{Result, not_found, refuse};

/// Lets an API token through, or says what it is not for. Decided before anything is looked up, so that it tells nothing.
///
/// # Errors
/// 403 where the token's scope does not reach this route.
pub fn gate_token(scope: Option<TokenScope>, reads: bool, path: &str, access: Access) -> Result<()> {
    let Some(scope) = scope else { return Ok(()) };
    let of_people = path.starts_with("/api/v1/sessions") || path.starts_with("/api/v1/tokens");
    if of_people || (path == "/api/v1/session" && !reads) {
        return refuse(
            Code::Forbidden,
            "An API token looks after neither sessions nor tokens. Sign in and do it yourself.",
        );
    }
    if scope == TokenScope::Read && !reads {
        return refuse(
            Code::Forbidden,
            "This API token may only read. Make one with a wider scope: riskdesk token create --scope write.",
        );
    }
    if scope != TokenScope::Admin && access == Access::Admin {
        return refuse(
            Code::Forbidden,
            "This API token does not reach what is for admins. Make one with that scope: riskdesk token create --scope admin.",
        );
    }
    Ok(())
}

/// Lets a role through, or says why not.
///
/// # Errors
/// 403 where the act is not the role's, "not found" where the thing does not exist for the role.
pub fn gate(access: Access, role: Role) -> Result<()> {
    match access {
        Access::Public | Access::Member | Access::Listing => Ok(()),
        Access::Staff if role == Role::Viewer => refuse(
            Code::Forbidden,
            "Viewers see the agency overview only. Ask an admin for another role.",
        ),
        Access::Admin if !may_administer(role) => refuse(
            Code::Forbidden,
            "Only admins of the agency may do this. Ask one of them.",
        ),
        Access::Portal => Err(not_found()),
        Access::Object | Access::Workspace if role == Role::Viewer => Err(not_found()),
        Access::Staff | Access::Admin | Access::Object | Access::Workspace => Ok(()),
    }
}
