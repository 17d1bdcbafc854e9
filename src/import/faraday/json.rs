//! What the API lists, each vulnerability with its host in it; and hosts with their vulnerabilities below them.

use serde::Deserialize;

use super::vuln::Vuln;
use crate::import::Out;
use crate::import::entries::{Inside, each_key, results, unknown};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal};
use crate::import::loose::{self, Bag, Word, Words};
use crate::import::record::Span;
use crate::import::source::Source;

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    let listed = json.item("vulnerabilities", &["id", "key", "value"])
        || (json.keys.len() == 2 && json.has("vulnerabilities") && json.has("count") && json.inside.is_empty());
    listed || json.item("hosts", &["ip", "services", "vulnerabilities"])
}

/// What a host says that is no vulnerability.
const INSIDE: Inside = Inside {
    of: " of a host",
    known: &["vulnerabilities", "credentials", "metadata", "tags", "hostnames"],
    into: &["services"],
};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut walker = Walker::open(source.open(limits)?, limits);
    each_key(&mut walker, &mut |walker, key| match key {
        "vulnerabilities" => {
            out.summary.count("vulnerabilities", 0);
            results(walker, out, "vulnerabilities", &mut |walker, raw, span, out| {
                let row: Row<'_> = walker.read(raw, span)?;
                let entry = &row.value;
                let vuln = entry.vuln(&entry.service, out);
                vuln.emit(span, out)
            })
        }
        "hosts" => {
            out.summary.count("hosts", 0);
            results(walker, out, "hosts", &mut |walker, raw, span, out| {
                let host: Host<'_> = walker.read(raw, span)?;
                let before = out.handed();
                host.emit(span, out)?;
                if out.handed() == before {
                    INSIDE.strange(raw, span, out);
                }
                Ok(())
            })
        }
        "count" | "command" | "execution_id" => walker.skip(),
        other => unknown(walker, other, out),
    })?;
    out.summary.bytes = walker.offset();
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Row<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    value: Entry<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Host<'a> {
    #[serde(borrow)]
    ip: Word<'a>,
    #[serde(borrow)]
    hostnames: Words<'a>,
    #[serde(borrow)]
    os: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    services: Vec<Service<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    vulnerabilities: Vec<Entry<'a>>,
    #[serde(deserialize_with = "loose::list")]
    credentials: Vec<Nothing>,
}

/// Something of which only the number counts.
#[derive(Debug, Default, Deserialize)]
struct Nothing {}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Service<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    /// A number, or a list of one.
    #[serde(borrow)]
    port: Words<'a>,
    #[serde(borrow)]
    ports: Words<'a>,
    #[serde(borrow)]
    protocol: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    vulnerabilities: Vec<Entry<'a>>,
    #[serde(deserialize_with = "loose::list")]
    credentials: Vec<Nothing>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    desc: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    confirmed: Word<'a>,
    #[serde(borrow)]
    resolution: Word<'a>,
    #[serde(borrow)]
    data: Word<'a>,
    #[serde(borrow)]
    external_id: Word<'a>,
    #[serde(borrow)]
    easeofresolution: Word<'a>,
    #[serde(borrow)]
    target: Word<'a>,
    #[serde(borrow)]
    hostnames: Words<'a>,
    #[serde(borrow)]
    host_os: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    service: Service<'a>,
    #[serde(borrow)]
    website: Word<'a>,
    #[serde(borrow)]
    path: Word<'a>,
    #[serde(borrow)]
    method: Word<'a>,
    #[serde(borrow)]
    pname: Word<'a>,
    #[serde(borrow)]
    params: Word<'a>,
    #[serde(borrow)]
    query: Word<'a>,
    #[serde(borrow)]
    request: Word<'a>,
    #[serde(borrow)]
    response: Word<'a>,
    /// Texts, or objects with a name and a type.
    refs: serde_json::Value,
    #[serde(borrow)]
    cve: Words<'a>,
    #[serde(borrow)]
    cwe: Words<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss2: Cvss<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss3: Cvss<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss4: Cvss<'a>,
    #[serde(borrow)]
    tags: Words<'a>,
    #[serde(borrow)]
    policyviolations: Words<'a>,
    #[serde(borrow)]
    tool: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    metadata: Metadata<'a>,
    #[serde(borrow)]
    date: Word<'a>,
    #[serde(borrow)]
    run_date: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    custom_fields: Bag<'a>,
    #[serde(borrow, rename = "_attachments", deserialize_with = "loose::object")]
    attachments: Bag<'a>,
    #[serde(deserialize_with = "loose::list")]
    credentials: Vec<Nothing>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cvss<'a> {
    #[serde(borrow)]
    vector_string: Word<'a>,
    #[serde(borrow)]
    base_score: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    create_time: Word<'a>,
    #[serde(borrow)]
    creator: Word<'a>,
}

fn get(word: &Word<'_>) -> String {
    word.text().unwrap_or_default().to_owned()
}

fn all(words: &Words<'_>) -> Vec<String> {
    words.iter().map(str::to_owned).collect()
}

impl Host<'_> {
    fn emit(&self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let nothing = Service::default();
        let own = self.vulnerabilities.iter().map(|entry| (entry, &nothing));
        let below = self
            .services
            .iter()
            .flat_map(|service| service.vulnerabilities.iter().map(move |entry| (entry, service)));
        for (entry, service) in own.chain(below) {
            let mut vuln = entry.vuln(service, out);
            vuln.target = get(&self.ip);
            vuln.hostnames = all(&self.hostnames);
            vuln.system = get(&self.os);
            vuln.emit(span, out)?;
        }
        let held = self.services.iter().map(|s| s.credentials.len()).sum::<usize>() + self.credentials.len();
        out.summary.leave_out_many("credentials", held as u64);
        Ok(())
    }
}

impl Entry<'_> {
    fn vuln(&self, service: &Service<'_>, out: &mut Out<'_>) -> Vuln {
        out.summary
            .leave_out_many("attached files", self.attachments.0.len() as u64);
        out.summary.leave_out_many("credentials", self.credentials.len() as u64);
        let ratings = [&self.cvss4, &self.cvss3, &self.cvss2];
        let named = [service.name.text(), service.version.text()];
        let port = service.ports.iter().next().or(service.port.iter().next());
        let mut vuln = Vuln {
            name: get(&self.name),
            description: self
                .desc
                .text()
                .or(self.description.text())
                .unwrap_or_default()
                .to_owned(),
            severity: get(&self.severity),
            status: get(&self.status),
            confirmed: get(&self.confirmed),
            resolution: get(&self.resolution),
            data: get(&self.data),
            external_id: get(&self.external_id),
            ease: get(&self.easeofresolution),
            target: get(&self.target),
            hostnames: all(&self.hostnames),
            system: get(&self.host_os),
            port: port.unwrap_or_default().to_owned(),
            protocol: get(&service.protocol),
            service: named.into_iter().flatten().collect::<Vec<_>>().join(" "),
            website: get(&self.website),
            path: get(&self.path),
            method: get(&self.method),
            parameter: get(&self.pname),
            params: get(&self.params),
            query: get(&self.query),
            request: get(&self.request),
            response: get(&self.response),
            cve: all(&self.cve),
            cwe: all(&self.cwe),
            cvss: ratings.iter().map(|c| get(&c.vector_string)).collect(),
            score: ratings.iter().find_map(|c| c.base_score.number().filter(|s| *s > 0.0)),
            tags: all(&self.tags),
            policies: all(&self.policyviolations),
            creator: self
                .tool
                .text()
                .or(self.metadata.creator.text())
                .unwrap_or_default()
                .to_owned(),
            date: [&self.metadata.create_time, &self.date, &self.run_date]
                .into_iter()
                .find_map(Word::text)
                .unwrap_or_default()
                .to_owned(),
            ..Vuln::default()
        };
        for reference in self.refs.as_array().into_iter().flatten() {
            let named = reference.get("name").unwrap_or(reference);
            vuln.references.extend(named.as_str().map(str::to_owned));
        }
        for (key, words) in &self.custom_fields.0 {
            vuln.more.add(key, Some(&all(words).join(", ")));
        }
        vuln
    }
}
