//! Scanner reports: bytes in, records out.
//!
//! # The map
//!
//! | module | what lives there |
//! |---|---|
//! | [`record`] | what every format decodes to: records, fingerprints, summaries |
//! | [`source`] | a report as text: gzip, UTF-16, byte order marks |
//! | [`archive`] | zip archives: each member is a file of its own |
//! | [`head`] | what the beginning of a report says about itself: formats are told by content alone |
//! | [`json`], [`xml`], [`table`] | pull readers that hold one entry (element, row) at a time |
//! | [`entries`], [`loose`] | JSON lists of entries; fields whose type scanners do not agree on |
//! | [`names`], [`clock`] | CVE and CWE numbers, targets and times as they stand in texts |
//! | [`place`], [`detail`] | places and paragraphs as formats share them |
//! | [`package`], [`secret`] | packages with known vulnerabilities, and secrets, as formats share them |
//! | [`markup`] | HTML inside texts |
//! | [`tls`] | what is wrong with a TLS server, for tools that only list facts |
//! | [`limits`] | caps, refusals, clipped texts |
//! | [`nuclei`], [`sarif`], [`zap`], [`nessus`], [`nmap`], [`semgrep`], [`bandit`], [`burp`], [`openvas`], [`nikto`], [`acunetix`], [`invicti`], [`qualys`], [`nexpose`], [`checkmarx`], [`veracode`], [`sslscan`], [`sslyze`], [`wapiti`], [`testssl`], [`generic`], [`defectdojo`], [`faraday`], [`trivy`], [`grype`], [`snyk`], [`dependency_check`], [`riskdesk`], [`asff`], [`prowler`], [`cyclonedx`], [`npm_audit`], [`yarn_audit`], [`pip_audit`], [`cargo_audit`], [`gitleaks`], [`gitlab`], [`wpscan`], [`mobsf`] | one format each |
//! | [`plan`] | what an import would do to what is known |
//! | [`frame`], [`sighted`], [`child`], [`sandbox`] | the restricted child process that runs the decoders, and its parent's side |
//!
//! Decoders are pure: no clock, no environment, no network. They never run in the server itself: [`child`] starts the
//! same binary as `riskdesk worker decode`, which restricts itself ([`sandbox`]) before it looks at the first byte.
//!
//! # What counts as what
//!
//! Each format says it in its [`About`], which `riskdesk import formats NAME` prints, and argues it in its module's
//! documentation. Where other tools count otherwise, and why this counts so:
//!
//! - *One finding per host* (Nuclei, Nessus): what matches on three hosts is one problem with three places, so that
//!   "2 of 3 fixed" is visible; two ports of one host are two places, because two services answer there.
//! - *One finding per result* (SARIF, Bandit): a result that stands in the report twice with the same rule, file, line
//!   and code is one place that keeps the count of its repeats; nothing can be fixed twice there.
//! - *One finding per answer* (testssl.sh): what a test says (a date, a size) is what it found, not what it is.
//! - *One finding per problem, whatever a scanner merges it by*: a query (Checkmarx) and not its CWE; what is called fixed
//!   (Qualys, Veracode, Checkmarx) is left out and counted, because it is not there any more; that a host is up (Nexpose)
//!   is no finding.
//! - *One finding per package and advisory*, whatever its version, file and target: those are its places.
//! - *A word nobody knows is no reason to guess*: a severity no scanner is known to write counts as info, a time whose day
//!   could be two is none, and both are named.
//! - *A report that cannot tell what is gone covers nothing* (an aborted scan, a page of a longer list): it adds only.
//! - *What stands in the report counts* (WPScan's themes, the protections of MobSF's binaries), also where others look away.
//! - *What another desk decided counts* (DefectDojo, Faraday): an export of its own brings decisions along where they can
//!   stand here, and names the others; one finding there is one finding here.
//! - *One finding per line of a file name* (Semgrep's supply chain): two repositories with the same file are two places.
//!
//! # How to add a format
//!
//! One file that implements [`Format`], one line in [`FORMATS`], a writer in `import/tests/writers.rs` that makes reports
//! of it for the properties all formats have. A format decides three things and says them in its module's documentation:
//! what makes two records one finding (its fingerprint's fields), what makes two records one place, and how its
//! severities map to ours.

pub use self::out::Out;

use self::head::Head;
use self::limits::{Kind, Limits, Refusal};
use self::record::{Record, Summary};
use self::source::Source;

pub mod acunetix;
pub mod archive;
pub mod asff;
pub mod bandit;
pub mod burp;
pub mod cargo_audit;
pub mod checkmarx;
pub mod child;
pub mod clock;
pub mod cyclonedx;
pub mod defectdojo;
pub mod dependency_check;
pub mod detail;
pub mod entries;
pub mod faraday;
pub mod frame;
pub mod generic;
pub mod gitlab;
pub mod gitleaks;
pub mod grype;
pub mod head;
pub mod invicti;
pub mod json;
pub mod limits;
pub mod loose;
pub mod markup;
mod metered;
pub mod mobsf;
pub mod names;
pub mod nessus;
pub mod nexpose;
pub mod nikto;
pub mod nmap;
pub mod npm_audit;
pub mod nuclei;
pub mod openvas;
mod out;
pub mod package;
pub mod pip_audit;
pub mod place;
pub mod plan;
pub mod prowler;
pub mod qualys;
pub mod record;
pub mod riskdesk;
#[cfg(unix)]
pub mod sandbox;
pub mod sarif;
pub mod secret;
pub mod semgrep;
pub mod sighted;
pub mod snyk;
pub mod source;
pub mod sslscan;
pub mod sslyze;
pub mod table;
pub mod testssl;
pub mod tls;
pub mod trivy;
pub mod veracode;
pub mod wapiti;
pub mod wpscan;
pub mod xml;
pub mod yarn_audit;
pub mod zap;

/// Every format, in the order in which they are asked whether a report is theirs.
pub const FORMATS: &[&dyn Format] = &[
    &riskdesk::Riskdesk,
    &asff::Asff,
    &prowler::Prowler,
    &nuclei::Nuclei,
    &sarif::Sarif,
    // Its first DAST reports hold what ZAP wrote beside what it made of it.
    &gitlab::Gitlab,
    &zap::Zap,
    &nessus::Nessus,
    &nmap::Nmap,
    &semgrep::Semgrep,
    &bandit::Bandit,
    &wapiti::Wapiti,
    &testssl::Testssl,
    &burp::Burp,
    &openvas::Openvas,
    &nikto::Nikto,
    &acunetix::Acunetix,
    &invicti::Invicti,
    &trivy::Trivy,
    &grype::Grype,
    &snyk::Snyk,
    &dependency_check::DependencyCheck,
    &qualys::Qualys,
    &qualys::QualysWas,
    &nexpose::Nexpose,
    &checkmarx::Checkmarx,
    &veracode::Veracode,
    &sslscan::Sslscan,
    &sslyze::Sslyze,
    &cyclonedx::CycloneDx,
    &npm_audit::NpmAudit,
    &yarn_audit::YarnAudit,
    &pip_audit::PipAudit,
    &cargo_audit::CargoAudit,
    &gitleaks::Gitleaks,
    &wpscan::Wpscan,
    &mobsf::Mobsf,
    &defectdojo::Defectdojo,
    &faraday::Faraday,
    &generic::Generic,
];

/// How much of a text is looked at to tell its format.
const HEAD: u64 = 1 << 20;

/// What a format is, for those who import it: `riskdesk import formats NAME` prints this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// What people type: `--format sarif`.
    pub name: &'static str,
    /// What people read.
    pub title: &'static str,
    /// The report's outermost entries, which are counted as its records.
    pub records: &'static str,
    /// What one finding is.
    pub finding: &'static str,
    /// What one place of it is.
    pub place: &'static str,
    /// How severities map to ours.
    pub severity: &'static str,
    /// What is left out, and why.
    pub left_out: &'static str,
    /// Which targets a report covers.
    pub covers: &'static str,
}

/// One scanner format.
pub trait Format: Sync {
    fn about(&self) -> &'static About;

    /// Whether a text that begins so is this format's. Names of files play no part.
    fn sniff(&self, head: &Head<'_>) -> bool;

    /// What people type: `--format sarif`.
    fn name(&self) -> &'static str {
        self.about().name
    }

    /// Reads the whole report, once or more often, and hands over its records in any order.
    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal>;
}

/// Takes what a decoder finds.
pub trait Sink {
    fn record(&mut self, record: Record) -> Result<(), Refusal>;

    /// `bytes` of text have been read.
    fn progress(&mut self, _bytes: u64) -> Result<(), Refusal> {
        Ok(())
    }

    /// The next piece of the text of an archive's member, ahead of its records, which count their places in all of it.
    fn text(&mut self, _piece: &[u8]) -> Result<(), Refusal> {
        Ok(())
    }

    /// The records since the last member were this one's of an archive.
    fn member(&mut self, _name: &str, _summary: &Summary) -> Result<(), Refusal> {
        Ok(())
    }
}

impl Sink for Vec<Record> {
    fn record(&mut self, record: Record) -> Result<(), Refusal> {
        self.push(record);
        Ok(())
    }
}

/// The format of a report, by its beginning.
#[must_use]
pub fn detect(head: &[u8]) -> Option<&'static dyn Format> {
    let head = Head::of(head);
    FORMATS.iter().copied().find(|f| f.sniff(&head))
}

/// A format by the name people type.
#[must_use]
pub fn format(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|f| f.name().eq_ignore_ascii_case(name))
}

/// Decodes one report: finds its format (or takes the `wanted` one) and hands every record to `sink`.
///
/// A text without content is no error: its summary says that it is empty, names no tool, and so makes nothing "not seen".
///
/// # Errors
/// The refusal, with its place. Records handed over before it are worthless.
pub fn decode(
    source: &mut Source<'_>,
    wanted: Option<&str>,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<Summary, Refusal> {
    if let Some(archive) = source.archive()? {
        return archive::decode(archive, wanted, limits, sink);
    }
    one(source, wanted, limits, sink)
}

/// Decodes what is no archive.
fn one(
    source: &mut Source<'_>,
    wanted: Option<&str>,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<Summary, Refusal> {
    let head = source.head(HEAD, limits)?;
    let found = detect(&head);
    let chosen = match wanted {
        Some(name) => Some(format(name).ok_or_else(|| unknown_name(name))?),
        None => found,
    };
    // Read as another tool's, a report would seem empty, and everything that tool ever found would count as gone.
    if let (Some(chosen), Some(found)) = (chosen, found)
        && chosen.name() != found.name()
    {
        let (chosen, found) = (chosen.name(), found.name());
        let why = format!("the report is {found} by its content, not {chosen}; leave --format out, or say {found}");
        return Err(Refusal::new(Kind::UnknownFormat, why));
    }
    if let Some(summary) = nothing_in(&head, chosen) {
        return Ok(summary);
    }
    let chosen = chosen.ok_or_else(|| unknown_content(&head))?;
    let mut out = Out::new(sink, limits);
    chosen.decode(source, limits, &mut out)?;
    if let Some(refusal) = out.nothing_read() {
        return Err(refusal);
    }
    chosen.name().clone_into(&mut out.summary.format);
    Ok(out.summary)
}

/// The summary of a text that holds nothing: no bytes, only white space, `null`, or an empty list of nobody's format.
fn nothing_in(head: &[u8], chosen: Option<&dyn Format>) -> Option<Summary> {
    let content = head.trim_ascii();
    let note = match content {
        b"" if head.is_empty() => {
            "the file is empty (0 bytes): nothing was read, and nothing counts as not seen any more"
        }
        b"" if (head.len() as u64) < HEAD => "the file holds only white space: nothing counts as not seen any more",
        b"null" => "the file says `null`: nothing was read, and nothing counts as not seen any more",
        [b'[', inside @ .., b']'] if chosen.is_none() && inside.trim_ascii().is_empty() => {
            "the file is an empty list of no known tool: nothing counts as not seen any more (say --format to name it)"
        }
        _ => return None,
    };
    let mut summary = Summary {
        format: chosen.map_or_else(String::new, |f| f.name().to_owned()),
        bytes: head.len() as u64,
        note: Some(note.to_owned()),
        ..Summary::default()
    };
    summary.count("entries", 0);
    Some(summary)
}

fn known() -> String {
    FORMATS.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ")
}

/// What is said of a format's name that nobody knows.
#[must_use]
pub fn unknown_name(name: &str) -> Refusal {
    let name = limits::clip_line(name, 40);
    Refusal::new(
        Kind::UnknownFormat,
        format!("there is no format `{name}`; known are {}", known()),
    )
}

fn unknown_content(head: &[u8]) -> Refusal {
    let what = match head.trim_ascii_start().first() {
        Some(b'{' | b'[') => "JSON of no known tool",
        Some(b'<') => "XML or HTML of no known tool",
        _ => "of no known tool",
    };
    Refusal::new(
        Kind::UnknownFormat,
        format!(
            "the content is {what}; known formats are {} (say --format if it is one of them)",
            known()
        ),
    )
}

#[cfg(test)]
mod tests;
