//! MobSF's JSON of a static analysis (Android and iOS), and mobsfscan's.
//!
//! - **A finding** is section and rule, in code also the file; of binaries check and binary.
//! - **A place** is the app and the file with its lines, the component, or the binary. The app goes by its package or
//!   bundle id.
//! - **Severity**: high, *warning* is medium, info; *error* (mobsfscan) is high. Dangerous permissions are medium.
//! - Possible secrets are one finding with a place for each, shown masked; the report keeps what MobSF wrote.
//! - Left out and counted: checks that passed (*good*, *secure*, and *info* of binaries, which is MobSF's word for a
//!   protection that is there), permissions that are not dangerous. Lists that are no findings (strings, addresses,
//!   domains, API uses) and `appsec`, which says the same again, are passed over.
//! - A report covers its app; mobsfscan's covers everything of the tool.

mod section;

use serde_json::Value;

use self::section::Reading;
use super::entries::{each_key, unknown};
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal, clip_line, text};
use super::loose::Word;
use super::source::Source;
use super::{About, Format, Out};

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Mobsf;

impl Format for Mobsf {
    fn about(&self) -> &'static About {
        &About {
            name: "mobsf",
            title: "MobSF (JSON of a static analysis), mobsfscan",
            records: "findings of all sections together",
            finding: "section and rule, in code also the file; of binaries check and binary",
            place: "the app and the file with its lines, the component or the binary",
            severity: "high, warning medium, info; error (mobsfscan) high; dangerous permissions medium",
            left_out: "checks that passed and permissions that are not dangerous, counted; lists that are no findings; secrets are shown masked only, the report keeps what MobSF wrote",
            covers: "the app, by its package or bundle id; of mobsfscan everything of the tool",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        let any = |keys: &[&str]| keys.iter().any(|k| json.has(k));
        json.has("mobsfscan_version")
            || (json.has("file_name")
                && json.has("md5")
                && any(&["app_name", "package_name", "bundle_id", "packagename", "bundleid"])
                && any(&[
                    "permissions",
                    "binary_analysis",
                    "code_analysis",
                    "manifest_analysis",
                    "app_type",
                    "bin_anal",
                ]))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("findings", 0);
        let mut app = App::default();
        {
            let mut walker = Walker::open(source.open(limits)?, limits);
            let mut raw = Vec::new();
            each_key(&mut walker, &mut |walker, key| {
                let Some(field) = app.field(key) else {
                    return walker.skip();
                };
                let span = walker.capture(&mut raw)?;
                let word: Word<'_> = walker.read(&raw, span)?;
                *field = clip_line(word.text().unwrap_or_default(), text::PLACE);
                Ok(())
            })?;
            out.summary.bytes = walker.offset();
        }
        let tool = if app.scan.is_empty() { "mobsf" } else { "mobsfscan" };
        out.tool(tool);
        out.cover(app.id().to_owned());
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut raw = Vec::new();
        each_key(&mut walker, &mut |walker, key| match key {
            _ if section::KEYS.contains(&key) => {
                let span = walker.capture(&mut raw)?;
                let value: Value = walker.read(&raw, span)?;
                Reading {
                    tool,
                    app: &app,
                    span,
                    out,
                }
                .section(key, &value)
            }
            "errors" => {
                let mut nothing = Vec::new();
                let mut counted = Out::new(&mut nothing, limits);
                super::entries::each_entry(walker, &mut counted, "errors", &mut |_, _, _, _| {
                    out.summary.leave_out("files that could not be scanned (errors)");
                    Ok(())
                })
            }
            known if section::NO_FINDINGS.contains(&known) || App::default().field(known).is_some() => walker.skip(),
            other => unknown(walker, other, out),
        })
    }
}

/// What was analysed.
#[derive(Debug, Default)]
struct App {
    package: String,
    bundle: String,
    file: String,
    name: String,
    version: String,
    scan: String,
    made_by: String,
}

impl App {
    fn field(&mut self, key: &str) -> Option<&mut String> {
        Some(match key {
            "package_name" | "packagename" => &mut self.package,
            "bundle_id" | "bundleid" => &mut self.bundle,
            "file_name" => &mut self.file,
            "app_name" | "name" => &mut self.name,
            "version_name" | "app_version" | "androvername" => &mut self.version,
            "mobsfscan_version" => &mut self.scan,
            "version" => &mut self.made_by,
            _ => return None,
        })
    }

    /// What stays the same from build to build.
    fn id(&self) -> &str {
        let names = [&self.package, &self.bundle, &self.name, &self.file];
        names
            .into_iter()
            .map(String::as_str)
            .find(|n| !n.is_empty())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
