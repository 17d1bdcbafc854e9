//! A call as the `riskdesk` command that does the same: for the log of calls, so that what was done by hand can be put
//! into a script. Fields a command does not know make no command rather than a wrong one.

use serde_json::{Map, Value};

use super::effect::Route;

/// The command, where there is one.
pub fn of(route: &Route) -> Option<String> {
    let mut line = Line {
        words: vec!["riskdesk".to_owned()],
        fields: route.fields.as_object()?.clone(),
    };
    let path = route.path.strip_prefix("/api/v1/")?;
    match (route.method, path) {
        ("GET", "agency") => line.verb("agency show"),
        ("GET", "agency/overview") => line.verb("agency overview"),
        ("GET", "users") => line.verb("user list"),
        ("GET", "session") => line.verb("whoami"),
        ("GET", "sessions") => line.verb("session list"),
        ("DELETE", "sessions/{session}") => line.verb("session revoke").name("session"),
        ("GET", "clients") => line
            .verb("client list")
            .option("q", "-q")
            .option("state", "--state")
            .paging(),
        ("GET", "clients/{client}") => line.verb("client show").name("client"),
        ("POST", "clients") => line
            .verb("client create")
            .option("name", "--name")
            .option("account_manager", "--manager")
            .option("key", "--key")
            .client_fields()
            .option("agency_access", "--access")
            .option("selected", "--select")
            .option("projects", "--project"),
        ("PATCH", "clients/{client}") => line
            .verb("client edit")
            .name("client")
            .option("name", "--name")
            .client_fields()
            .option("state", "--state")
            .option("account_manager", "--manager"),
        ("PUT", "clients/{client}/access") => line
            .verb("client access")
            .name("client")
            .option("agency_access", "--access")
            .option("selected", "--select"),
        ("POST", "clients/{client}/archive") => line.verb("client archive").name("client"),
        ("POST", "clients/{client}/restore") => line.verb("client restore").name("client"),
        ("GET", "projects") => line
            .verb("project list")
            .option("client", "--client")
            .option("q", "-q")
            .paging(),
        ("GET", "projects/{project}") => line.verb("project show").name("project"),
        ("POST", "projects") => line
            .verb("project create")
            .option("name", "--name")
            .option("client", "--client")
            .option("lead", "--lead")
            .option("team", "--team"),
        ("PATCH", "projects/{project}") => line
            .verb("project edit")
            .name("project")
            .option("name", "--name")
            .option("lead", "--lead")
            .option("team", "--team"),
        ("POST", "projects/assign") => line
            .verb("project assign")
            .each("projects", "project")
            .client_or_none()
            .dry_run(),
        ("GET", "findings") => line.narrowed().verb("finding list").option("q", "-q").paging(),
        ("GET", "findings/groups") => line
            .verb("finding groups")
            .option("by", "--by")
            .option("q", "-q")
            .flag("queue", "--queue"),
        ("GET", "findings/{finding}") => line.verb("finding show").name("finding"),
        ("PATCH", "findings/{finding}") => line
            .verb("finding edit")
            .name("finding")
            .option("severity", "--severity")
            .option("assignee", "--assignee")
            .option("due_at", "--due")
            .option("cvss", "--cvss")
            .option("add_tags", "--tag")
            .option("remove_tags", "--untag"),
        ("POST", "findings/{finding}/move") if !line.fields.contains_key("occurrences") => line
            .verb("finding move")
            .name("finding")
            .option("to", "--to")
            .option("notes", "--notes")
            .option("kind", "--kind")
            .option("reason", "--reason")
            .option("until", "--until")
            .option("of", "--of")
            .option("basis", "--basis"),
        ("POST", "findings/{finding}/triage") => line.verb("finding triage").name("finding").flag("undo", "--undo"),
        ("POST", "findings/{finding}/release") => line.verb("finding release").name("finding").flag("undo", "--undo"),
        ("GET", "findings/{finding}/occurrences") => line.verb("finding occurrences").name("finding").paging(),
        ("GET", "findings/{finding}/history") => line.verb("finding history").name("finding").paging(),
        ("GET", "findings/{finding}/why") => line.verb("finding why").name("finding"),
        ("GET", "findings/{finding}/comments") => line.verb("finding comment").name("finding").word("--list").paging(),
        ("POST", "findings/{finding}/comments") => {
            let shared = line.fields.remove("audience").is_some_and(|a| a == "shared");
            let line = line
                .verb("finding comment")
                .name("finding")
                .option("text", "--text")
                .option("reply_to", "--reply-to");
            if shared { line.word("--share") } else { line }
        }
        ("POST", "findings/{finding}/place") => line
            .verb("finding place")
            .name("finding")
            .option("project", "--project"),
        ("POST", "findings/bulk") => line.bulk()?,
        ("POST", "findings/merge") => line
            .verb("finding merge")
            .each("findings", "finding")
            .option("into", "--into")
            .flag("client_sees", "--client-sees")
            .dry_run(),
        ("POST", "findings/{finding}/split") => line
            .leave_out("version")
            .verb("finding split")
            .name("finding")
            .option("occurrences", "--occurrence")
            .flag("client_sees", "--client-sees")
            .dry_run(),
        ("POST", "findings/{finding}/take") => line.verb("queue take").name("finding"),
        ("POST", "findings/{finding}/put-back") => line.verb("queue put-back").name("finding"),
        ("GET", "acts") => line.verb("undo --list").paging(),
        ("GET", "acts/{act}") => line.verb("undo").name("act").word("--dry-run"),
        ("POST", "acts/{act}/undo") => line.verb("undo").name("act").word("--yes"),
        ("POST", "acts/{act}/redo") => line.verb("redo").name("act").word("--yes"),
        ("GET", "imports") => line.verb("import list").option("project", "--project").paging(),
        ("GET", "imports/{batch}") => line.verb("import show").name("batch"),
        ("GET", "imports/{batch}/plan") => line.verb("import show").name("batch").word("--lines").paging(),
        ("POST", "imports/{batch}/apply") => line.verb("import apply").name("plan_id").option("batch", "--batch"),
        ("DELETE", "imports/{batch}") => line.verb("import drop").name("batch"),
        ("GET", "imports/{batch}/compare/{other}") => line.verb("import compare").name("batch").name("other").paging(),
        ("GET", "import-formats") => line.verb("import formats"),
        ("GET", "queue") => line.narrowed().verb("queue list").option("q", "-q").paging(),
        ("GET", "queue/lanes") => line.verb("queue lanes").option("q", "-q"),
        ("POST", "queue/next") => line.verb("queue next").option("q", "-q"),
        _ => return None,
    }
    .end()
}

struct Line {
    words: Vec<String>,
    /// What is not said yet.
    fields: Map<String, Value>,
}

impl Line {
    fn word(mut self, word: &str) -> Self {
        self.words.push(word.to_owned());
        self
    }

    fn verb(self, words: &str) -> Self {
        words.split(' ').fold(self, Line::word)
    }

    /// The object itself.
    fn name(mut self, field: &str) -> Self {
        if let Some(value) = self.fields.remove(field) {
            self.words.push(quoted(&said(&value)));
        }
        self
    }

    fn option(mut self, field: &str, flag: &str) -> Self {
        match self.fields.remove(field) {
            None => {}
            Some(Value::Array(values)) => {
                for value in values {
                    self.words.push(flag.to_owned());
                    self.words.push(quoted(&said(&value)));
                }
            }
            Some(value) => {
                self.words.push(flag.to_owned());
                self.words.push(quoted(&said(&value)));
            }
        }
        self
    }

    fn flag(mut self, field: &str, flag: &str) -> Self {
        if self.fields.remove(field) == Some(Value::Bool(true)) {
            self.words.push(flag.to_owned());
        }
        self
    }

    /// The objects themselves, each with its version: commands take the versions that stand.
    fn each(mut self, list: &str, field: &str) -> Self {
        if let Some(Value::Array(items)) = self.fields.remove(list) {
            let names = items.iter().filter_map(|item| item.get(field)).map(said);
            self.words.extend(names.map(|name| quoted(&name)));
        }
        self
    }

    /// The client they go to; none is a word.
    fn client_or_none(mut self) -> Self {
        let client = self.fields.remove("client").unwrap_or(Value::Null);
        self.word("--client").word(&quoted(&said(&client)))
    }

    /// Commands show what would happen, or do it without asking.
    fn dry_run(mut self) -> Self {
        let dry = self.fields.remove("dry_run") == Some(Value::Bool(true));
        self.word(if dry { "--dry-run" } else { "--yes" })
    }

    fn leave_out(mut self, field: &str) -> Self {
        self.fields.remove(field);
        self
    }

    /// What narrows a list further stands in the query of a command.
    fn narrowed(mut self) -> Self {
        if let Some(Value::String(narrow)) = self.fields.remove("narrow") {
            let q = self.fields.remove("q").as_ref().map(said).unwrap_or_default();
            let q = format!("{q} {narrow}").trim().to_owned();
            self.fields.insert("q".to_owned(), Value::String(q));
        }
        self
    }

    /// One change to many findings is the command for one with several keys, or a query.
    fn bulk(mut self) -> Option<Self> {
        let change = self.fields.remove("change")?;
        let (verb, fields) = change.as_object()?.iter().next()?;
        let verb = format!("finding {verb}");
        self.fields.extend(fields.as_object()?.clone());
        let line = self
            .leave_out("digest")
            .verb(&verb)
            .each("findings", "finding")
            .option("q", "-q")
            .dry_run();
        let options = [
            ("to", "--to"),
            ("notes", "--notes"),
            ("kind", "--kind"),
            ("reason", "--reason"),
            ("until", "--until"),
            ("of", "--of"),
            ("basis", "--basis"),
            ("severity", "--severity"),
            ("assignee", "--assignee"),
            ("due_at", "--due"),
            ("add_tags", "--tag"),
            ("remove_tags", "--untag"),
            ("project", "--project"),
        ];
        let said = options
            .into_iter()
            .fold(line, |line, (field, flag)| line.option(field, flag));
        Some(said.flag("undo", "--undo"))
    }

    fn client_fields(self) -> Self {
        self.option("contact_email", "--contact-email")
            .option("external_ref", "--external-ref")
            .option("notes", "--notes")
    }

    fn paging(self) -> Self {
        self.option("limit", "--limit")
            .option("cursor", "--cursor")
            .flag("count", "--count")
    }

    /// The whole line; none where a field has not been said.
    fn end(self) -> Option<String> {
        let silent = |v: &Value| v.is_null() || *v == Value::Bool(false);
        self.fields.values().all(silent).then(|| self.words.join(" "))
    }
}

/// A value as a command takes it; `none` is how commands clear.
fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    }
}

/// One word for a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:/@=,+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn command(method: &'static str, path: &'static str, fields: Value) -> Option<String> {
        of(&Route { method, path, fields })
    }

    #[test]
    fn calls_read_as_commands() {
        let list = command(
            "GET",
            "/api/v1/findings",
            json!({"q": "sev:>=high is:open", "limit": 100, "count": true}),
        );
        assert_eq!(
            list.unwrap(),
            "riskdesk finding list -q 'sev:>=high is:open' --limit 100 --count"
        );
        let moved = json!({"finding": "F-7K3QX2", "to": "in_progress", "notes": "it's ours"});
        let moved = command("POST", "/api/v1/findings/{finding}/move", moved);
        assert_eq!(
            moved.unwrap(),
            r"riskdesk finding move F-7K3QX2 --to in_progress --notes 'it'\''s ours'"
        );
    }

    #[test]
    fn acts_on_many_read_as_commands_for_many() {
        let said = |path, fields| command("POST", path, fields).unwrap_or_default();
        let findings = json!([{"finding": "F-1", "version": 2}, {"finding": "F-2", "version": 7}]);
        let change = json!({"move": {"to": "in_progress", "notes": "ours"}});
        assert_eq!(
            said(
                "/api/v1/findings/bulk",
                json!({"findings": findings, "change": change, "dry_run": true})
            ),
            "riskdesk finding move F-1 F-2 --dry-run --to in_progress --notes ours"
        );
        let change = json!({"edit": {"assignee": null}});
        assert_eq!(
            said(
                "/api/v1/findings/bulk",
                json!({"q": "sev:low", "digest": "d", "change": change})
            ),
            "riskdesk finding edit -q sev:low --yes --assignee none"
        );
        let projects = json!([{"project": "P-1", "version": 1}]);
        assert_eq!(
            said("/api/v1/projects/assign", json!({"projects": projects, "client": null})),
            "riskdesk project assign P-1 --client none --yes"
        );
        assert_eq!(
            said("/api/v1/findings/merge", json!({"findings": findings, "into": "F-2"})),
            "riskdesk finding merge F-1 F-2 --into F-2 --yes"
        );
        assert_eq!(
            said("/api/v1/acts/{act}/undo", json!({"act": "a-1"})),
            "riskdesk undo a-1 --yes"
        );
        let folded = json!({"q": "is:open", "narrow": "-sev:low", "limit": 100});
        assert_eq!(
            command("GET", "/api/v1/queue", folded).unwrap(),
            "riskdesk queue list -q 'is:open -sev:low' --limit 100"
        );
    }

    #[test]
    fn what_no_command_can_say_is_none() {
        let partial = json!({"finding": "F-7K3QX2", "to": "partial", "occurrences": []});
        assert_eq!(command("POST", "/api/v1/findings/{finding}/move", partial), None);
        assert_eq!(
            command(
                "PUT",
                "/api/v1/findings/{finding}/comments/{comment}/audience",
                json!({})
            ),
            None
        );
        assert_eq!(command("GET", "/api/v1/agency", json!({"later": 1})), None);
    }
}
