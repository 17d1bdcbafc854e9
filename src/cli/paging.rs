//! Pages of lists: one page, where it ends said aloud, or all of them.

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::error::Error;
use super::output::Row;
use crate::api::{Endpoint, PAGE_MAX, Page};

/// Flags of every list.
#[derive(Debug, Clone, Default, Args)]
pub struct Paging {
    /// How many rows a page has (at most 200)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(PAGE_MAX)))]
    pub limit: Option<u32>,
    /// Go on from here: `next` or `prev` of an earlier answer
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
    /// Fetch every page
    #[arg(long, conflicts_with = "cursor")]
    pub all: bool,
    /// Count the whole list
    #[arg(long)]
    pub count: bool,
}

/// Asks for a page, or all of them, and prints what came. `request` is built for a page size and a cursor.
///
/// # Errors
/// As the call's.
pub async fn list<E, T>(
    cx: &Context,
    paging: &Paging,
    request: impl Fn(Option<u32>, Option<String>) -> E,
) -> Result<(), Error>
where
    E: Endpoint<Out = Page<T>>,
    T: Row + Serialize,
{
    let remote = cx.remote()?;
    let limit = if paging.all {
        paging.limit.or(Some(PAGE_MAX))
    } else {
        paging.limit
    };
    let mut page = remote.call(&request(limit, paging.cursor.clone())).await?;
    while paging.all
        && let Some(next) = page.next.take()
    {
        let more = remote.call(&request(limit, Some(next))).await?;
        page.items.extend(more.items);
        page.next = more.next;
        page.has_more = more.has_more;
    }
    cx.out.list(&page, &page.items)?;
    if let Some(count) = page.count {
        cx.out.remark(&format!("{count} in all"));
    }
    if let Some(next) = page.next.as_ref().filter(|_| page.has_more) {
        cx.out.remark(&format!(
            "there are more: --all fetches every page, --cursor {next} the next one"
        ));
    }
    Ok(())
}
