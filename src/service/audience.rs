//! May the one who asks still see this? For answers that are given again and for events that are dealt out.

use uuid::Uuid;

use super::Result;
use crate::store::{Tx, visible};

/// Whether the transaction's actor may open this workspace. With neither project nor client: yes.
pub async fn may_see(tx: &mut Tx, project: Option<Uuid>, client: Option<Uuid>) -> Result<bool> {
    if let Some(project) = project
        && !visible::project(tx, project).await?
    {
        return Ok(false);
    }
    match client {
        Some(client) => Ok(visible::client(tx, client).await?),
        None => Ok(true),
    }
}
