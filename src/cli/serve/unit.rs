//! `serve --print-unit`: a unit for systemd that runs this binary with the given flags, with as few rights as serving
//! needs. The decoder of reports restricts itself further (seccomp, Landlock); nothing here stands in its way.

use std::path::Path;

/// What the unit is made of.
pub struct Unit<'u> {
    pub program: &'u Path,
    /// As given; a PostgreSQL URL comes from the environment file instead: it may hold a password.
    pub database: &'u str,
    pub listen: &'u str,
    pub spool: Option<&'u Path>,
}

/// Where the secrets are: the database's URL, the token for figures.
const SECRETS: &str = "/etc/riskdesk/serve.env";

/// A word of `ExecStart`, quoted as systemd reads it.
fn word(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '%' => out.push_str("%%"),
            '$' => out.push_str("$$"),
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
        if let Some(path) = self.database.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.starts_with('/') {
                start += &format!(" --database {}", word(self.database));
                if let Some(folder) = Path::new(path).parent().filter(|f| !f.starts_with("/var/lib/riskdesk")) {
                    paths += &format!("ReadWritePaths={}\n", word(&folder.display().to_string()));
                }
            } else {
                // Beside nothing: the state directory is where the service works.
                start += &format!(" --database {}", word(&format!("sqlite:/var/lib/riskdesk/{path}")));
            }
        }
        if let Some(spool) = self.spool {
            start += &format!(" --spool {}", word(&spool.display().to_string()));
            paths += &format!("ReadWritePaths={}\n", word(&spool.display().to_string()));
        }
        format!(
            "\
# riskdesk serve as a service: save as /etc/systemd/system/riskdesk.service, then
#   systemctl daemon-reload && systemctl enable --now riskdesk
# {SECRETS} (mode 0600, root) holds what must not stand on a command line, a line each:
#   RISKDESK_SERVE_DATABASE=postgres://riskdesk_serve:PASSWORD@HOST/DATABASE
#   RISKDESK_SERVE_METRICS_TOKEN=…
[Unit]
Description=riskdesk server
After=network-online.target
Wants=network-online.target

[Service]
ExecStart={start}
EnvironmentFile=-{SECRETS}
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
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
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
    fn a_file_lies_in_the_state_directory_or_its_folder_is_opened() {
        assert!(unit("sqlite:desk.db").contains("--database \"sqlite:/var/lib/riskdesk/desk.db\""));
        assert!(!unit("sqlite:/var/lib/riskdesk/desk.db").contains("ReadWritePaths"));
        assert!(unit("sqlite:/srv/100%/desk.db").contains("ReadWritePaths=\"/srv/100%%\"\n"));
    }
}
