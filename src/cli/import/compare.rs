//! `import compare`: what two imports of one project saw, side by side.

use super::super::context::Context;
use super::super::error::Error;
use super::super::output::{Column, Row, col, long, word};
use super::super::paging::Paging;
use crate::api::PAGE_MAX;
use crate::api::import::{CompareBatches, ComparedLine, ComparedTotals};
use crate::domain::severity::Severity;
use crate::remote::Remote;

impl Row for ComparedLine {
    const COLUMNS: &'static [Column] = &[col("stands"), col("finding"), long("title"), col("this"), col("other")];

    fn cells(&self) -> Vec<String> {
        let side = |severity: Option<Severity>, places: Option<i64>| match (severity, places) {
            (Some(severity), Some(places)) if places > 0 => format!("{severity} ({places})"),
            (Some(severity), _) => severity.to_string(),
            (None, _) => "-".to_owned(),
        };
        vec![
            word(&self.stands),
            self.finding.clone().unwrap_or_else(|| "-".to_owned()),
            self.title.clone(),
            side(self.this_severity, self.this_places),
            side(self.other_severity, self.other_places),
        ]
    }
}

fn sentence(totals: &ComparedTotals) -> String {
    format!(
        "only in the other: {}; only in this: {}; rated differently: {}; the same in both: {}",
        totals.only_other, totals.only_this, totals.rated, totals.both
    )
}

pub(super) async fn run(cx: &Context, remote: &Remote, ids: [&str; 2], paging: &Paging) -> Result<(), Error> {
    let this = super::find(remote, ids[0], None).await?;
    let other = super::find(remote, ids[1], None).await?;
    let ask = |cursor| CompareBatches {
        batch: this.id,
        other: other.id,
        limit: paging.limit.or(paging.all.then_some(PAGE_MAX)),
        cursor,
    };
    let mut found = remote.call(&ask(paging.cursor.clone())).await?;
    while paging.all
        && let Some(next) = found.page.next.take()
    {
        let more = remote.call(&ask(Some(next))).await?.page;
        found.page.items.extend(more.items);
        found.page.next = more.next;
        found.page.has_more = more.has_more;
    }
    cx.out.list(&found, &found.page.items)?;
    if let Some(totals) = &found.totals {
        cx.out.remark(&sentence(totals));
    }
    if let Some(next) = found.page.next.as_ref().filter(|_| found.page.has_more) {
        cx.out.remark(&format!(
            "there are more: --all fetches every page, --cursor {next} the next one"
        ));
    }
    Ok(())
}
