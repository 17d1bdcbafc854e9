//! Every row that acts touch, as one list of lines: two moments are compared by it. Versions and histories are left out,
//! and so are rounds that an undo ended and clients that were put away.

use riskdesk::store::{self, Row, Scope, Sql};
use uuid::Uuid;

use super::bench::Bench;

/// What imports write besides: every column but versions and the times at which a row was last touched.
const IMPORTED: [(&str, &str); 4] = [
    (
        "SELECT * FROM finding WHERE agency_id = $1",
        "u:id t:key t:title_fold t:remediation t:refs t:tool t:cvss_version f:cvss_score t:tags t:own_tags i:last_seen b:seen_in_latest \
         b:suppressed x:fingerprint i:fingerprint_version t:fingerprint_fields x:facts i:created_at i:lane_base i:clock_key",
    ),
    (
        "SELECT * FROM occurrence WHERE agency_id = $1",
        "u:id x:place_key t:detail i:repeats i:first_seen i:last_seen b:seen_in_latest u:chunk_id i:chunk_offset i:chunk_length \
         u:before_chunk_id i:before_chunk_offset i:before_chunk_length",
    ),
    (
        "SELECT * FROM import_tool WHERE agency_id = $1",
        "u:project_id t:tool u:batch_id x:evidence i:observed_at",
    ),
    ("SELECT * FROM claim WHERE agency_id = $1", "u:finding_id u:user_id"),
];

/// A statement, and its columns: `t` text, `i` number, `f` number with a fraction, `u` id, `b` yes or no, `x` bytes.
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
            "f" => row.get::<Option<f64>>(name)?.map(|v| v.to_string()),
            "x" => row.get::<Option<Vec<u8>>>(name)?.map(|v| format!("{v:02x?}")),
            "u" => row.get::<Option<Uuid>>(name)?.map(|v| v.to_string()),
            _ => row.get::<Option<bool>>(name)?.map(|v| v.to_string()),
        };
        out.push_str(&format!(" {name}={}", value.unwrap_or_else(|| "-".into())));
    }
    Ok(out)
}

/// The rows of the agency "Alpha", sorted.
pub async fn dump(bench: &Bench) -> Vec<String> {
    dump_of(bench, &TABLES).await
}

/// The same, with all that an import may write.
pub async fn whole(bench: &Bench) -> Vec<String> {
    static ALL: std::sync::LazyLock<Vec<(&str, &str)>> =
        std::sync::LazyLock::new(|| TABLES.iter().chain(&IMPORTED).copied().collect());
    dump_of(bench, &ALL).await
}

async fn dump_of(bench: &Bench, tables: &'static [(&'static str, &'static str)]) -> Vec<String> {
    let scope = Scope::job(bench.alpha);
    let lines = bench.desk.store().read(&scope, |tx| {
        Box::pin(async move {
            let mut lines = Vec::new();
            for (table, columns) in tables {
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
