//! The door of each endpoint: which roles get through at all. What lies behind is decided per object by the services.

use crate::api::Access;
use crate::api::problem::Code;
use crate::domain::access::{Role, may_administer};
use crate::service::{Result, not_found, refuse};

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
