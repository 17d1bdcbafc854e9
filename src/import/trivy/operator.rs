//! Reports of the Trivy operator, as `kubectl get … -o json` writes them: one resource, a list of them, or one behind the
//! other. Each is taken for what Trivy itself would say of the image or the resource, so that both find the same.

use serde_json::{Map, Value, json};

use super::entry;
use super::walk::{Kind, Owner};
use crate::import::entries::{each_key, results};
use crate::import::head::Head;
use crate::import::json::{Shape, Walker};
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::record::Span;
use crate::import::source::Source;
use crate::import::{HEAD, Out, package};

pub fn sniff(json: &Shape) -> bool {
    json.item("items", &["report", "metadata"])
        || (json.has("apiVersion") && json.has("kind") && json.item("report", &["scanner"]))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("reports", 0);
    let listed = Head::of(&source.head(HEAD, limits)?).json.has("items");
    let mut walker = Walker::open(source.open(limits)?, limits);
    let mut images = true;
    let mut one = |walker: &Walker<_>, raw: &[u8], span: Span, out: &mut Out<'_>| {
        let report: Value = walker.read(raw, span)?;
        images &= Report(&report).take(span, out)?;
        Ok(())
    };
    if listed {
        each_key(&mut walker, &mut |walker, key| match key {
            "items" => results(walker, out, "reports", &mut one),
            _ => walker.skip(),
        })?;
    } else {
        while walker.peek()?.is_some() {
            results(&mut walker, out, "reports", &mut one)?;
        }
    }
    // Of resources of a cluster nobody says which others there are.
    if !images {
        out.summary.covers.clear();
    }
    out.summary.bytes = walker.offset();
    Ok(())
}

fn word(value: &Value) -> String {
    match value {
        Value::String(word) => clip_line(word, text::PLACE),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

struct Report<'r>(&'r Value);

impl Report<'_> {
    /// Hands over what it says. Returns whether it is about an image.
    fn take(&self, span: Span, out: &mut Out<'_>) -> Result<bool, Refusal> {
        let report = &self.0["report"];
        let at = package::time(report["updateTimestamp"].as_str());
        out.summary.observed_at = out.summary.observed_at.max(at);
        let image = self.image();
        let mut known = false;
        for (list, kind) in [
            ("vulnerabilities", Kind::Vulnerability),
            ("secrets", Kind::Secret),
            ("checks", Kind::Misconfiguration),
        ] {
            let Some(found) = report[list].as_array() else {
                known |= report.get(list).is_some();
                continue;
            };
            known = true;
            for item in found {
                out.summary.count(kind.name(), 1);
                let Some(item) = item.as_object() else {
                    out.unreadable(&format!("{} that are no objects", kind.name()), span.offset);
                    continue;
                };
                let (owner, said) = match kind {
                    Kind::Vulnerability => self.vulnerability(item, &image),
                    Kind::Secret => Self::secret(item, &image),
                    _ => (self.resource(), check(item)),
                };
                let raw = said.to_string();
                if let Ok(taken) = entry::take(kind, &owner, raw.as_bytes(), span, out) {
                    taken?;
                }
            }
        }
        if !known {
            out.unreadable("reports of other kinds", span.offset);
        }
        if !image.is_empty() {
            out.cover(package::image(&image));
        }
        Ok(!image.is_empty())
    }

    /// `nginx:1.16`, as Trivy names it; of another registry with its name.
    fn image(&self) -> String {
        let (artifact, registry) = (&self.0["report"]["artifact"], &self.0["report"]["registry"]);
        let (name, tag, server) = (
            word(&artifact["repository"]),
            word(&artifact["tag"]),
            word(&registry["server"]),
        );
        if name.is_empty() {
            return name;
        }
        let name = match server.as_str() {
            "" | "index.docker.io" | "docker.io" => name.strip_prefix("library/").unwrap_or(&name).to_owned(),
            server => format!("{server}/{name}"),
        };
        if tag.is_empty() { name } else { format!("{name}:{tag}") }
    }

    /// What runs the image, or has the settings; the name without what a deployment adds to it.
    fn resource(&self) -> Owner {
        let metadata = &self.0["metadata"];
        let label = |name: &str| word(&metadata["labels"][format!("trivy-operator.resource.{name}")]);
        let (kind, mut name, mut namespace) = (label("kind"), label("name"), label("namespace"));
        if name.is_empty() {
            name = word(&metadata["name"]);
        }
        if namespace.is_empty() {
            namespace = word(&metadata["namespace"]);
        }
        if let Some((bare, hash)) = name.rsplit_once('-')
            && kind == "ReplicaSet"
            && (6..=10).contains(&hash.len())
            && hash.contains(|c: char| c.is_ascii_digit())
        {
            name = bare.to_owned();
        }
        let mut owner = Owner::resource(&namespace, if kind.is_empty() { "Resource" } else { &kind }, &name);
        owner.target = format!("{}/{name}", if kind.is_empty() { "Resource" } else { &kind });
        "kubernetes".clone_into(&mut owner.ecosystem);
        owner
    }

    fn of_image(image: &str, target: String) -> Owner {
        let mut owner = Owner::default();
        image.clone_into(&mut owner.artifact);
        "container_image".clone_into(&mut owner.kind_of_artifact);
        owner.target = target;
        owner
    }

    fn vulnerability(&self, item: &Map<String, Value>, image: &str) -> (Owner, Value) {
        let get = |key: &str| item.get(key).map(word).unwrap_or_default();
        let mut owner = Self::of_image(image, get("target"));
        let bare = package::image(image);
        let system = match get("class").as_str() {
            // Older versions do not say it: what is found in no file belongs to the system.
            "" => owner.target.is_empty() || package::image(&owner.target).ends_with(&bare),
            class => class == "os-pkgs",
        };
        owner.ecosystem = get("packageType");
        if system {
            "os-pkgs".clone_into(&mut owner.class);
            if owner.ecosystem.is_empty() {
                owner.ecosystem = word(&self.0["report"]["os"]["family"]);
            }
        }
        let mut cvss = item.get("cvss").cloned().unwrap_or_default();
        if !cvss.is_object() {
            cvss = json!({"operator": {"V3Score": item.get("score")}});
        }
        let value = |key: &str| item.get(key).cloned().unwrap_or_default();
        let said = json!({
            "VulnerabilityID": value("vulnerabilityID"), "PkgName": value("resource"), "PkgPath": value("pkgPath"),
            "InstalledVersion": value("installedVersion"), "FixedVersion": value("fixedVersion"),
            "Severity": value("severity"), "Title": value("title"), "Description": value("description"),
            "PrimaryURL": value("primaryLink"), "References": value("links"), "CVSS": cvss,
            "PkgIdentifier": {"PURL": value("packagePURL")},
        });
        (owner, said)
    }

    fn secret(item: &Map<String, Value>, image: &str) -> (Owner, Value) {
        let value = |key: &str| item.get(key).cloned().unwrap_or_default();
        let target = item.get("target").map(word).unwrap_or_default();
        let said = json!({
            "RuleID": value("ruleID"), "Category": value("category"), "Severity": value("severity"),
            "Title": value("title"), "Match": value("match"),
        });
        (Self::of_image(image, target), said)
    }
}

fn check(item: &Map<String, Value>) -> Value {
    let value = |key: &str| item.get(key).cloned().unwrap_or_default();
    let messages = value("messages");
    let messages: Vec<&str> = messages
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let passed = matches!(item.get("success"), Some(Value::Bool(true)));
    json!({
        "ID": value("checkID"), "Title": value("title"), "Description": value("description"),
        "Message": messages.join("\n"), "Resolution": value("remediation"), "Severity": value("severity"),
        "Status": if passed { "PASS" } else { "FAIL" },
        "CauseMetadata": {"Resource": item.get("scope").map(|s| s["value"].clone()).unwrap_or_default()},
    })
}
