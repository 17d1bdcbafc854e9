//! `serve --print-unit`: a unit for systemd that runs this binary with the given flags, with as few rights as serving
//! needs. The decoder of reports restricts itself further (seccomp, Landlock); nothing here stands in its way.

use std::path::Path;

/// What the unit is made of.
pub struct Unit<'u> {
    pub program: &'u Path,
    /// As given. A file stands in the unit; a PostgreSQL URL comes from the environment file: it may hold a password.
    pub database: &'u str,
    pub listen: &'u str,
    pub spool: Option<&'u Path>,
}

/// What `ProtectHome` hides.
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];

/// Where the secrets are: the database's URL, the token for figures.
const SECRETS: &str = "/etc/riskdesk/serve.env";

/// A word of `ExecStart`, quoted as systemd reads it.
fn word(text: &str) -> String {
    quoted(text).replace('$', "$$")
}

/// A value as systemd reads it where `$` means nothing.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '%' => out.push_str("%%"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl Unit<'_> {
    /// The text of the unit.
    pub fn text(&self) -> String {
        let mut start = format!(
            "{} serve --listen {}",
            word(&self.program.display().to_string()),
            word(self.listen)
        );
        let mut paths = String::new();
        let mut database = String::new();
        if let Some(path) = self.database.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            // Beside nothing: the state directory is where the service works.
            let path = Path::new("/var/lib/riskdesk").join(path);
            // Not a flag: what the environment file says stands above this line, and below every flag.
            let variable = format!("RISKDESK_SERVE_DATABASE=sqlite:{}", path.display());
            database = format!("Environment={}\n", quoted(&variable));
            if let Some(folder) = path.parent().filter(|f| !f.starts_with("/var/lib/riskdesk")) {
                paths += &format!("ReadWritePaths={}\n", quoted(&folder.display().to_string()));
            }
        }
        if let Some(spool) = self.spool {
            start += &format!(" --spool {}", word(&spool.display().to_string()));
            paths += &format!("ReadWritePaths={}\n", quoted(&spool.display().to_string()));
        }
        // The program itself may lie in somebody's home.
        let home = if HOMES.iter().any(|home| self.program.starts_with(home)) {
            "read-only"
        } else {
            "yes"
        };
        format!(
            "\
# riskdesk serve as a service: save as /etc/systemd/system/riskdesk.service, then
#   systemctl daemon-reload && systemctl enable --now riskdesk
# The program must lie where every user may run it, in /usr/local/bin, say: the service has a user of its own.
# {SECRETS} (mode 0600, root) holds what must not stand on a command line, a line each:
#   RISKDESK_SERVE_DATABASE=postgres://riskdesk_serve:PASSWORD@HOST/DATABASE
#   RISKDESK_SERVE_METRICS_TOKEN=…
[Unit]
Description=riskdesk server
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={start}
{database}EnvironmentFile=-{SECRETS}
Environment=RISKDESK_STATE_DIR=/var/lib/riskdesk RISKDESK_CONFIG_DIR=/etc/riskdesk RISKDESK_CACHE_DIR=/var/lib/riskdesk/cache
DynamicUser=yes
User=riskdesk
StateDirectory=riskdesk
StateDirectoryMode=0700
WorkingDirectory=/var/lib/riskdesk
UMask=0077
{paths}Restart=on-failure
RestartSec=2
TimeoutStopSec=15
LimitNOFILE=16384
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
# Landlock is named beside the usual set: the decoder of reports shuts itself in with it.
SystemCallFilter=@system-service landlock_create_ruleset landlock_add_rule landlock_restrict_self seccomp
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(database: &str) -> String {
        let unit = Unit {
            program: Path::new("/opt/risk desk/riskdesk"),
            database,
            listen: "127.0.0.1:7430",
            spool: None,
        };
        unit.text()
    }

    #[test]
    fn no_password_reaches_the_command_line() {
        let text = unit("postgres://riskdesk_serve:hunter2@db/desk");
        assert!(!text.contains("hunter2"), "{text}");
        assert!(
            text.contains("\nExecStart=\"/opt/risk desk/riskdesk\" serve --listen \"127.0.0.1:7430\"\n"),
            "{text}"
        );
    }

    #[test]
    fn what_the_environment_file_says_stands_above_the_unit() {
        let text = unit("sqlite:desk.db");
        assert!(!text.contains("--database"), "{text}");
        let (database, file) = (
            text.find("RISKDESK_SERVE_DATABASE=sqlite"),
            text.find("EnvironmentFile="),
        );
        assert!(database < file, "{text}");
    }

    #[test]
    fn a_program_in_a_home_stays_in_sight() {
        assert!(unit("sqlite:desk.db").contains("\nProtectHome=yes\n"));
        let program = Path::new(HOMES[0]).join("ada").join("riskdesk");
        let at_home = Unit {
            program: &program,
            database: "sqlite:desk.db",
            listen: "127.0.0.1:7430",
            spool: None,
        };
        assert!(at_home.text().contains("\nProtectHome=read-only\n"));
    }

    #[test]
    fn a_file_lies_in_the_state_directory_or_its_folder_is_opened() {
        let text = unit("sqlite:desk.db");
        assert!(
            text.contains("\nEnvironment=\"RISKDESK_SERVE_DATABASE=sqlite:/var/lib/riskdesk/desk.db\"\n"),
            "{text}"
        );
        assert!(!unit("sqlite:/var/lib/riskdesk/desk.db").contains("ReadWritePaths"));
        assert!(unit("sqlite:/srv/100%/desk.db").contains("ReadWritePaths=\"/srv/100%%\"\n"));
    }
}
