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
        ("GET", "findings") => line.verb("finding list").option("q", "-q").paging(),
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
        ("GET", "queue") => line.verb("queue list").option("q", "-q").paging(),
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
    fn what_no_command_can_say_is_none() {
        let partial = json!({"finding": "F-7K3QX2", "to": "partial", "occurrences": []});
        assert_eq!(command("POST", "/api/v1/findings/{finding}/move", partial), None);
        assert_eq!(
            command("POST", "/api/v1/findings/{finding}/take", json!({"finding": "x"})),
            None
        );
        assert_eq!(command("GET", "/api/v1/agency", json!({"later": 1})), None);
    }
}
