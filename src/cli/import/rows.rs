//! Imports and the lines of their plans as rows.

use super::super::output::{Column, Row, col, long, num, when, word};
use crate::api::import::{Batch, PlanLine};

impl Row for Batch {
    const COLUMNS: &'static [Column] = &[
        col("created"),
        col("project"),
        col("state"),
        num("files"),
        num("new"),
        num("reopened"),
        num("not seen"),
        num("recurring"),
        long("by"),
        col("id"),
    ];

    fn cells(&self) -> Vec<String> {
        let totals = self.totals.unwrap_or_default();
        vec![
            when(self.created_at),
            self.project.key.clone(),
            word(&self.state),
            self.files.len().to_string(),
            totals.new.to_string(),
            totals.reopened.to_string(),
            totals.not_seen.to_string(),
            totals.recurring.to_string(),
            self.created_by.email.clone(),
            self.id.to_string(),
        ]
    }
}

impl Row for PlanLine {
    const COLUMNS: &'static [Column] = &[
        col("outcome"),
        col("severity"),
        col("finding"),
        long("title"),
        num("places"),
        long("matched by"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.outcome.clone(),
            self.severity.to_string(),
            self.finding.clone().unwrap_or_else(|| "-".into()),
            self.title.clone(),
            self.occurrences.to_string(),
            self.matched_by.clone(),
        ]
    }
}
