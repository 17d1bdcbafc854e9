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
    const COLUMNS: &'static [Column] = &[
        col("stands"),
        col("finding"),
        long("title"),
        col("this"),
        col("other"),
        long("changed"),
    ];

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
            self.words(),
        ]
    }
}

fn sentence(totals: &ComparedTotals) -> String {
    format!(
        "only in the other: {}; only in this: {}; rated differently: {}; changed otherwise: {}; the same in both: {}",
        totals.only_other, totals.only_this, totals.rated, totals.changed, totals.both
    )
}

/// One finding in both, with the places that came and went.
async fn one(cx: &Context, remote: &Remote, request: CompareBatches) -> Result<(), Error> {
    let found = remote.call(&request).await?;
    let Some(line) = found.page.items.first() else {
        cx.out.list(&found, &found.page.items)?;
        return cx.out.said("Neither of these imports saw this finding.");
    };
    let cells = line.cells();
    let mut fields: Vec<(&str, String)> = ["stands", "finding", "title", "this", "other"]
        .into_iter()
        .zip(cells)
        .collect();
    for fact in &line.changed {
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "–".to_owned());
        let said = match (&fact.this, &fact.other) {
            (None, None) => fact.what.clone(),
            (this, other) => format!("{}: {}\n  now: {}", fact.what, side(this), side(other)),
        };
        fields.push(("changed", said));
    }
    let places = line.places.clone().unwrap_or_default();
    for (name, n, named) in [
        ("only in other", places.only_other_count, places.only_other),
        ("only in this", places.only_this_count, places.only_this),
    ] {
        let more = n - named.len() as i64;
        let mut said = named.join("\n");
        if more > 0 {
            said.push_str(&format!("\nand {more} more"));
        }
        fields.push((name, said));
    }
    cx.out.record(&found, &fields)
}

pub(super) async fn run(
    cx: &Context,
    remote: &Remote,
    ids: [&str; 2],
    finding: Option<String>,
    paging: &Paging,
) -> Result<(), Error> {
    let this = super::find(remote, ids[0], None).await?;
    let other = super::find(remote, ids[1], None).await?;
    let ask = |cursor| CompareBatches {
        batch: this.id,
        other: other.id,
        finding: finding.clone(),
        limit: paging.limit.or(paging.all.then_some(PAGE_MAX)),
        cursor,
    };
    if finding.is_some() {
        return one(cx, remote, ask(None)).await;
    }
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
