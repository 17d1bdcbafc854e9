//! SARIF 2.1 (and its near relatives): the common report of code scanners.
//!
//! - **A finding** is rule + path + line hash: the tool's own `primaryLocationLineHash` where it gives one, else a hash
//!   of the code itself (snippet, then context), else the tool's fingerprint, else the symbol and message; the line
//!   number only where there is nothing else. So code that moves stays the same finding. See [`identity`].
//! - **A place** is a location of a result; a result without one has one place. Exact repeats are counted.
//! - **Severity**: a `security-severity` (of the result, else its rule) in the CVSS bands; else the level (of the result,
//!   else its rule's default, else warning): error is high, warning medium, note and none info. Notes are what tools call
//!   recommendations and style; a tool that means low says so by score.
//! - Left out and counted: results whose `kind` is not `fail`, and results that a baseline calls `absent`. Suppressed
//!   results are kept and marked; a suppression that was rejected or is under review suppresses nothing.
//! - A run whose `results` are missing or null did not compute any: it says nothing about what is still there.
//!
//! A report is read twice: once for the tables results refer to (rules, artifacts), which may stand before or after
//! them, and once for the results, one at a time.

mod identity;
mod model;
mod result;
mod tables;

use std::io::Read;

use self::tables::RunTables;
use super::head::Head;
use super::json::Walker;
use super::limits::{Kind, Limits, Refusal};
use super::source::Source;
use super::{About, Format, Out};

#[derive(Debug)]
pub struct Sarif;

impl Format for Sarif {
    fn about(&self) -> &'static About {
        &About {
            name: "sarif",
            title: "SARIF 2.1",
            records: "runs (their results and locations are counted below them)",
            finding: "rule, path and line hash (the tool's, else one of the code, else symbol and message)",
            place: "a location of a result; exact repeats are counted",
            severity: "security-severity in the CVSS bands, else the level: error high, warning medium, note and none info",
            left_out: "results whose kind is not fail, and those absent since the baseline; suppressed ones are kept and marked",
            covers: "everything of the tools that have a result list; a run without one says nothing",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let (shape, head) = (&head.json, head.bytes);
        shape.first == Some(b'{')
            && (shape.has("runs")
                || (shape.has("$schema") && memchr::memmem::find(&head[..head.len().min(4096)], b"sarif").is_some()))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        for what in ["runs", "results", "result_locations"] {
            out.summary.count(what, 0);
        }
        let runs = {
            let mut walker = Walker::open(source.open(limits)?, limits);
            let runs = read_tables(&mut walker, limits)?;
            out.summary.bytes = walker.offset();
            runs
        };
        for run in &runs {
            if run.has_results {
                out.tool(&run.tool);
            } else {
                out.summary.leave_out("runs without a result list");
            }
            out.summary.observed_at = out.summary.observed_at.max(run.observed_at);
        }
        let mut walker = Walker::open(source.open(limits)?, limits);
        read_results(&mut walker, &runs, out)
    }
}

/// Steps through the root object to its runs and calls `each` at every element of them.
fn for_each_run<R: Read>(
    walker: &mut Walker<R>,
    mut each: impl FnMut(&mut Walker<R>, usize) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    if !walker.enter(b'{')? {
        return Err(walker.refuse(
            Kind::Malformed,
            "a SARIF report is one JSON object with `runs`; this is something else",
        ));
    }
    let mut first = true;
    let mut found = false;
    while let Some(key) = walker.next_key(&mut first)? {
        if key != "runs" || found || !walker.enter(b'[')? {
            walker.skip()?;
            continue;
        }
        found = true;
        let (mut start, mut n) = (true, 0);
        while walker.next_item(&mut start)? {
            each(walker, n)?;
            n += 1;
        }
    }
    walker.finish()
}

fn read_tables<R: Read>(walker: &mut Walker<R>, limits: &Limits) -> Result<Vec<RunTables>, Refusal> {
    let mut runs = Vec::new();
    let mut budget = limits.table_bytes;
    for_each_run(walker, |walker, _| {
        runs.push(RunTables::read(walker, limits, &mut budget)?);
        if runs.len() > limits.table {
            return Err(walker.refuse(Kind::Limit, format!("more than {} runs", limits.table)));
        }
        Ok(())
    })?;
    Ok(runs)
}

fn read_results<R: Read>(walker: &mut Walker<R>, runs: &[RunTables], out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut raw = Vec::new();
    for_each_run(walker, |walker, n| {
        out.summary.count("runs", 1);
        let Some(run) = runs.get(n) else {
            return walker.skip();
        };
        if !walker.enter(b'{')? {
            out.unreadable("runs that are no objects", walker.offset());
            return walker.skip();
        }
        let mut first = true;
        let mut done = false;
        while let Some(key) = walker.next_key(&mut first)? {
            if key != "results" || done || !walker.enter(b'[')? {
                walker.skip()?;
                continue;
            }
            done = true;
            let (mut start, mut seen, mut bad) = (true, 0_u64, 0_u64);
            while walker.next_item(&mut start)? {
                seen += 1;
                let object = walker.peek()? == Some(b'{');
                let span = walker.capture(&mut raw)?;
                out.entry(walker.offset())?;
                out.summary.count("results", 1);
                if object {
                    let result = walker.read(&raw, span)?;
                    result::emit(&result, run, span, out)?;
                } else {
                    bad += 1;
                    out.unreadable("results that are no objects", span.offset);
                }
            }
            // Not an empty run: what its tool found before is not gone because nobody can read this.
            if bad > 0 && bad == seen {
                let why = format!(
                    "none of the {seen} results of run {} could be read: they are no objects",
                    n + 1
                );
                return Err(walker.refuse(Kind::Malformed, why));
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests;
