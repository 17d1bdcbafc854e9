//! What the demo is made of: `assets/demo/agency.toml` and the reports beside it, built into the program.

use serde::Deserialize;

use crate::cli::Error;
use crate::domain::access::{AgencyAccess, Role};

/// The file, as it is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub name: String,
    pub password: String,
    pub plan: Plan,
    pub people: Vec<Person>,
    pub clients: Vec<Client>,
    pub unassigned: Vec<Unassigned>,
    pub rival: Rival,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub clients: i64,
    pub projects: i64,
    pub seats: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    pub email: String,
    pub name: String,
    pub role: Role,
    /// Signed in beside the admin while the demo runs, under the demo's profile with this behind it.
    #[serde(default)]
    pub seat: Option<String>,
}

/// A second agency on the same server: to its people nothing of the first one exists, and the other way round.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rival {
    pub name: String,
    pub admin: Person,
    pub client: String,
    pub project: String,
    pub report: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    pub name: String,
    pub key: String,
    pub contact: String,
    pub reference: String,
    pub manager: String,
    pub access: AgencyAccess,
    #[serde(default)]
    pub selected: Vec<String>,
    #[serde(default)]
    pub notes: String,
    /// Still being set up.
    #[serde(default)]
    pub onboarding: bool,
    pub projects: Vec<Project>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    pub name: String,
    #[serde(default)]
    pub reports: Vec<Report>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub file: String,
    /// How many days ago it came in.
    pub day: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unassigned {
    pub name: String,
    pub by: String,
}

macro_rules! reports {
    ($($name:literal),+ $(,)?) => {
        const REPORTS: &[(&str, &[u8])] =
            &[$(($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/", $name)))),+];
    };
}

reports! {
    "appointments-cfnlint.sarif",
    "booking-eslint.sarif",
    "booking-njsscan.sarif",
    "citizenforms-htmlhint.sarif",
    "claims-composelint.sarif",
    "claims-hadolint.sarif",
    "cliniccloud-checkov.sarif",
    "examportal-astgrep.sarif",
    "metergateway-flawfinder.sarif",
    "openbanking-spectral.sarif",
    "parents-wapiti.json",
    "parkingpermits-secretlint.sarif",
    "patientapp-mobsfscan.sarif",
    "payments-bandit.sarif",
    "pipelines-zizmor.sarif",
    "playbooks-ansiblelint.sarif",
    "quillmark-nmap-1.xml",
    "quillmark-nmap-2.xml",
    "quillmark-sslscan.xml",
    "quillmark-testssl.json",
    "webshop-semgrep-1.sarif",
    "webshop-semgrep-2.sarif",
}

impl Script {
    pub fn read() -> Result<Self, Error> {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo/agency.toml"));
        toml::from_str(text).map_err(|e| Error::Failed(format!("the demo's agency.toml: {e}")))
    }

    /// Who is signed in while the demo runs, by profile: the admin under the demo's own.
    pub fn seats(&self, demo: &str) -> Vec<(String, &Person)> {
        let beside = self.everybody().filter_map(|(_, person)| {
            let seat = person.seat.as_ref()?;
            Some((format!("{demo}-{seat}"), person))
        });
        std::iter::once((demo.to_owned(), self.admin())).chain(beside).collect()
    }

    /// All people of both agencies, each with the agency's name.
    pub fn everybody(&self) -> impl Iterator<Item = (&str, &Person)> {
        let own = self.people.iter().map(|p| (self.name.as_str(), p));
        own.chain(std::iter::once((self.rival.name.as_str(), &self.rival.admin)))
    }

    /// The person the console is signed in as.
    pub fn admin(&self) -> &Person {
        self.people
            .iter()
            .find(|p| p.role == Role::Admin)
            .unwrap_or(&self.people[0])
    }
}

impl Report {
    /// The report as the scanner wrote it.
    pub fn bytes(&self) -> Result<&'static [u8], Error> {
        bytes(&self.file)
    }
}

/// A report that is built in.
pub fn bytes(file: &str) -> Result<&'static [u8], Error> {
    let found = REPORTS.iter().find(|(name, _)| *name == file);
    found
        .map(|(_, bytes)| *bytes)
        .ok_or_else(|| Error::Failed(format!("the demo names a report that is not built in: {file}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_holds_together() {
        let script = Script::read().unwrap();
        let known = |email: &String| script.people.iter().any(|p| p.email == *email);
        assert!(
            script
                .clients
                .iter()
                .all(|c| known(&c.manager) && c.selected.iter().all(known))
        );
        assert!(script.unassigned.iter().all(|u| known(&u.by)));
        let projects = script.clients.iter().map(|c| c.projects.len()).sum::<usize>() + script.unassigned.len();
        assert_eq!((script.clients.len(), script.unassigned.len()), (12, 2));
        assert!((28..=32).contains(&projects), "{projects}");
        for report in script.clients.iter().flat_map(|c| &c.projects).flat_map(|p| &p.reports) {
            assert!(!report.bytes().unwrap().is_empty() && report.day < 60);
        }
    }
}
