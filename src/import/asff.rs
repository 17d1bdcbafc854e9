//! AWS Security Finding Format: what Security Hub, Inspector, GuardDuty, Macie and others export, as `{"Findings": […]}`,
//! as a bare list or one after the other, or in an event of `EventBridge`.
//!
//! - **A finding** is the product with its control or generator; of a generator that speaks of many things (Inspector,
//!   GuardDuty) also the vulnerability, the type or the title. Account and region are no part of it.
//! - **A place** is a resource, with the packages that are vulnerable on it; of a whole account, where it is not AWS that
//!   speaks (Prowler 2), also what is said of it.
//! - **Severity** is its label, else its normalised number (90 critical, 70 high, 40 medium, 1 low).
//! - Controls that passed are no findings, and neither is what AWS has archived or resolved: counted. What somebody
//!   suppressed is kept and marked.
//! - Each product is a tool of its own, so that one's report never speaks for another; it covers everything of it.

mod entry;

use super::entries::{each_key, keys_inside, results, unknown};
use super::head::Head;
use super::json::{Shape, Walker};
use super::limits::{Limits, Refusal};
use super::source::Source;
use super::{About, Format, Out};

#[derive(Debug)]
pub struct Asff;

impl Format for Asff {
    fn about(&self) -> &'static About {
        &About {
            name: "asff",
            title: "AWS Security Finding Format: Security Hub, Inspector, GuardDuty (JSON)",
            records: "findings",
            finding: "the product with its control or generator; of a generator of many things also vulnerability, type or title",
            place: "a resource, with the vulnerable packages on it; of a whole account what others than AWS say there, too",
            severity: "its label; else the normalised number: 90 critical, 70 high, 40 medium, 1 low, 0 info",
            left_out: "controls that passed; what is archived or resolved; counted. What was suppressed is kept and marked",
            covers: "everything of the product: an export does not say which accounts and regions it was asked for",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        // Some exports leave the account away.
        [["ProductArn", "AwsAccountId"], ["ProductArn", "GeneratorId"]]
            .iter()
            .any(|own| json.item("Findings", own) || json.item("findings", own) || own.iter().all(|k| json.has(k)))
            || is_event(json)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        let wrapped = {
            let head = source.head(super::HEAD, limits)?;
            let json = Head::of(&head).json;
            json.first == Some(b'{') && (json.has("Findings") || json.has("findings") || is_event(&json))
        };
        let mut walker = Walker::open(source.open(limits)?, limits);
        out.summary.count("findings", 0);
        if wrapped {
            each_key(&mut walker, &mut |walker, key| match key {
                "Findings" | "findings" => results(walker, out, "findings", &mut entry::take),
                "detail" => keys_inside(walker, &mut |walker, key| match key {
                    "findings" => results(walker, out, "findings", &mut entry::take),
                    "actionName" | "actionDescription" => walker.skip(),
                    key => unknown(walker, key, out),
                }),
                "NextToken" | "nextToken" | "version" | "id" | "detail-type" | "source" | "account" | "time"
                | "region" | "resources" => walker.skip(),
                key => unknown(walker, key, out),
            })?;
        } else {
            while walker.peek()?.is_some() {
                results(&mut walker, out, "findings", &mut entry::take)?;
            }
        }
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

/// An event as `EventBridge` hands findings on, one or few in each.
fn is_event(json: &Shape) -> bool {
    json.first == Some(b'{') && json.has("detail-type") && json.item("detail", &["findings"])
}

#[cfg(test)]
mod tests;
