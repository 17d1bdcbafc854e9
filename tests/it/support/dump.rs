//! Every row that acts touch, as one list of lines: two moments are compared by it. Versions and histories are left out,
//! and so are rounds that an undo ended and clients that were put away.

use riskdesk::store::{self, Row, Scope, Sql};
use uuid::Uuid;

use super::bench::Bench;

/// A statement, and its columns: `t` text, `i` number, `u` id, `b` yes or no.
const TABLES: [(&str, &str); 10] = [
    (
        "SELECT * FROM finding WHERE agency_id = $1",
        "t:key t:title u:project_id t:status i:severity i:own_severity i:scanner_severity t:cvss_vector u:assignee_id i:due_at t:due_reason \
         b:reopened b:client_wrote_last i:triaged_at u:triaged_by i:released_at u:released_by i:verify_due_at i:accepted_until \
         u:duplicate_of i:occurrence_count i:occurrence_fixed i:first_seen t:cwe t:cve t:description",
    ),
    (
        "SELECT * FROM occurrence WHERE agency_id = $1",
        "u:id u:finding_id t:place t:host b:fixed",
    ),
    (
        "SELECT * FROM round WHERE agency_id = $1 AND COALESCE(verdict, '') <> 'undone'",
        "u:id u:finding_id t:kind t:audience t:notes t:verdict u:verdict_by i:verdict_at t:verdict_notes t:reason t:basis",
    ),
    (
        "SELECT * FROM comment WHERE agency_id = $1",
        "u:id u:finding_id t:author_name t:audience t:text u:reply_to i:created_at",
    ),
    (
        "SELECT * FROM mention WHERE agency_id = $1",
        "u:comment_id u:user_id i:at",
    ),
    (
        "SELECT * FROM project WHERE agency_id = $1",
        "u:id t:key t:name t:name_fold u:client_id u:lead_id u:keeper_id u:created_by i:created_at",
    ),
    (
        "SELECT * FROM project_user WHERE agency_id = $1",
        "u:project_id u:user_id",
    ),
    (
        "SELECT * FROM client WHERE agency_id = $1 AND state <> 'archived'",
        "u:id t:key t:name t:contact_email t:external_ref t:notes t:state u:manager_id t:agency_access i:archived_at",
    ),
    (
        "SELECT x.* FROM client_user x JOIN client c ON c.agency_id = $1 AND c.id = x.client_id AND c.state <> 'archived' WHERE x.agency_id = $1",
        "u:client_id u:user_id",
    ),
    (
        "SELECT * FROM rollup WHERE agency_id = $1 AND n <> 0",
        "u:project_id t:status i:severity i:n",
    ),
];

fn line(table: &str, row: &Row, columns: &str) -> store::Result<String> {
    let mut out = table
        .split(" FROM ")
        .nth(1)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .to_owned();
    for column in columns.split_whitespace() {
        let (kind, name) = column.split_once(':').unwrap();
        let value = match kind {
            "t" => row.get::<Option<String>>(name)?,
            "i" => row.get::<Option<i64>>(name)?.map(|v| v.to_string()),
            "u" => row.get::<Option<Uuid>>(name)?.map(|v| v.to_string()),
            _ => row.get::<Option<bool>>(name)?.map(|v| v.to_string()),
        };
        out.push_str(&format!(" {name}={}", value.unwrap_or_else(|| "-".into())));
    }
    Ok(out)
}

/// The rows of the agency "Alpha", sorted.
pub async fn dump(bench: &Bench) -> Vec<String> {
    let scope = Scope::job(bench.alpha);
    let lines = bench.desk.store().read(&scope, |tx| {
        Box::pin(async move {
            let mut lines = Vec::new();
            for (table, columns) in TABLES {
                for row in tx.all(Sql::new(table)).await? {
                    lines.push(line(table, &row, columns)?);
                }
            }
            let used = tx
                .one(Sql::new(
                    "SELECT clients_used, projects_used FROM agency WHERE agency_id = $1",
                ))
                .await?;
            let (clients, projects): (i64, i64) = (used.get("clients_used")?, used.get("projects_used")?);
            lines.push(format!("used clients={clients} projects={projects}"));
            Ok::<_, store::Error>(lines)
        })
    });
    let mut lines = lines.await.unwrap();
    lines.sort_unstable();
    lines
}

/// What one dump has and the other has not.
pub fn difference(a: &[String], b: &[String]) -> String {
    let only = |of: &[String], not: &[String], sign: &str| -> Vec<String> {
        of.iter()
            .filter(|l| !not.contains(l))
            .map(|l| format!("{sign} {l}"))
            .collect()
    };
    let mut all = only(a, b, "-");
    all.extend(only(b, a, "+"));
    all.join("\n")
}
