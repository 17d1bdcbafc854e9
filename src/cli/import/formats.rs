//! `import formats`: which reports are understood, and what they become. It is the program's own reference, so it asks no
//! server, and nobody has to sign in to read it.

use crate::api::import::{Formats, ReportFormat};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::output::{Column, Row, col, long};
use crate::service::import::reference;

impl Row for ReportFormat {
    const COLUMNS: &'static [Column] = &[col("name"), long("title")];

    fn cells(&self) -> Vec<String> {
        vec![self.name.clone(), self.title.clone()]
    }
}

/// Lists all formats, or says all there is to say of one.
pub fn run(cx: &Context, name: Option<&str>) -> Result<(), Error> {
    let formats = reference();
    match name {
        Some(name) => about_format(cx, &formats, name),
        None => cx.out.list(&formats, &formats.items),
    }
}

fn about_format(cx: &Context, formats: &Formats, name: &str) -> Result<(), Error> {
    let found = formats.items.iter().find(|f| f.name.eq_ignore_ascii_case(name));
    let format = found.ok_or_else(|| {
        let known: Vec<&str> = formats.items.iter().map(|f| f.name.as_str()).collect();
        Error::Usage(format!("there is no format `{name}`; known are {}", known.join(", ")))
    })?;
    let fields = [
        ("name", format.name.clone()),
        ("title", format.title.clone()),
        ("records", format.records.clone()),
        ("finding", format.finding.clone()),
        ("occurrence", format.occurrence.clone()),
        ("severity", format.severity.clone()),
        ("left out", format.left_out.clone()),
        ("covers", format.covers.clone()),
    ];
    cx.out.record(format, &fields)
}
