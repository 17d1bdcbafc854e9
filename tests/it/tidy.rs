//! The rules of the house as code: who may import whom, what files look like, what text may say.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One source file, with its tests cut off where a rule is about the program alone.
struct Source {
    /// Relative to the package, with `/`.
    path: String,
    text: String,
}

impl Source {
    /// The module's top name: `cli` for `src/cli.rs` and all of `src/cli/`.
    fn layer(&self) -> &str {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inner.split(['/', '.']).next().unwrap_or(inner)
    }

    /// Everything above `#[cfg(test)]`.
    fn program(&self) -> &str {
        if self.path.ends_with("/tests.rs") || self.path.contains("/tests/") {
            return "";
        }
        self.text.split("#[cfg(test)]\nmod ").next().unwrap_or(&self.text)
    }

    /// The program's lines without comments, numbered from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.program()
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .map(|(i, line)| (i + 1, line))
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, found);
        } else {
            found.push(path);
        }
    }
}

fn files(dir: &str, ending: &str) -> Vec<Source> {
    let mut found = Vec::new();
    walk(&root().join(dir), &mut found);
    found.sort();
    found
        .into_iter()
        .filter(|p| p.to_string_lossy().ends_with(ending))
        .filter_map(|p| {
            let path = p.strip_prefix(root()).ok()?.to_string_lossy().replace('\\', "/");
            Some(Source {
                path,
                text: std::fs::read_to_string(p).ok()?,
            })
        })
        .collect()
}

fn sources() -> Vec<Source> {
    let found = files("src", ".rs");
    assert!(found.len() > 30, "the sources were not found");
    found
}

/// Fails with every offence at once: mending them one by one is tedious.
fn none(offences: &[String]) {
    let list = offences.iter().fold(String::new(), |mut list, o| {
        let _ = writeln!(list, "  {o}");
        list
    });
    assert!(offences.is_empty(), "{} offences:\n{list}", offences.len());
}

/// The map of lib.rs. What a layer may name besides itself.
fn may_import(layer: &str, path: &str) -> Option<&'static [&'static str]> {
    let composition_root = ["serve", "demo", "admin", "worker"]
        .iter()
        .any(|root| path == format!("src/cli/{root}.rs") || path.starts_with(&format!("src/cli/{root}/")));
    Some(match layer {
        "domain" => &[],
        "api" => &["domain"],
        "config" => &[],
        "credentials" => &["config", "domain"],
        "telemetry" => &["domain", "cli"],
        "remote" => &["api", "domain", "credentials", "config"],
        "import" => &["domain"],
        "store" => &["domain"],
        "service" => &["store", "import", "api", "domain"],
        "server" => &["service", "api", "domain", "config"],
        "tui" => &["remote", "api", "domain", "config"],
        "cli" if composition_root => return None,
        // The reference of the formats is a text of the program, not of a server.
        "cli" if path == "src/cli/import/formats.rs" => &["api", "service"],
        "cli" => &["remote", "api", "domain", "config", "credentials", "telemetry", "tui"],
        // What the tests of several layers stand on.
        "lib" | "main" | "tests" => return None,
        other => panic!("src/{other}: a layer that lib.rs's map does not know"),
    })
}

const LAYERS: [&str; 12] = [
    "domain",
    "api",
    "config",
    "credentials",
    "telemetry",
    "remote",
    "import",
    "store",
    "service",
    "server",
    "tui",
    "cli",
];

#[test]
fn layers_import_only_what_the_map_allows() {
    let mut offences = Vec::new();
    let mut checked = 0;
    for source in sources() {
        let layer = source.layer().to_owned();
        let Some(allowed) = may_import(&layer, &source.path) else {
            continue;
        };
        for (n, line) in source.code() {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let named: Vec<&str> = match rest.strip_prefix('{') {
                    Some(list) => list
                        .split([',', '}'])
                        .map(|part| part.trim().split("::").next().unwrap_or(""))
                        .collect(),
                    None => vec![
                        rest.split(|c: char| !(c.is_alphanumeric() || c == '_'))
                            .next()
                            .unwrap_or(""),
                    ],
                };
                for name in named.into_iter().filter(|name| LAYERS.contains(name)) {
                    checked += 1;
                    if name != layer && !allowed.contains(&name) {
                        offences.push(format!("{}:{n}: {layer} names {name}", source.path));
                    }
                }
            }
        }
    }
    none(&offences);
    assert!(checked > 50, "only {checked} imports were seen");
}

/// (what, where it may stand, why it stands there)
const OWNERS: &[(&str, &[&str])] = &[
    ("reqwest", &["remote"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("crokey", &["tui"]),
    ("tui_input", &["tui"]),
    ("ratatui_textarea", &["tui"]),
    ("sqlx", &["store"]),
    ("keyring_core", &["credentials"]),
    ("axum", &["server"]),
    ("clap", &["cli"]),
    ("std::env::var", &["config"]),
    ("env::vars", &["config"]),
    ("env::set_var", &[]),
];

#[test]
fn each_outside_thing_has_one_owner() {
    let mut offences = Vec::new();
    for source in sources() {
        for (n, line) in source.code() {
            for (what, owners) in OWNERS {
                let named = line.match_indices(what).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    let after = line[at + what.len()..].chars().next();
                    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"');
                    // A path (`sqlx::…`, `use sqlx;`), not a word in a text.
                    !inside(before) && (after == Some(':') || after == Some(';') || what.contains("::"))
                });
                if named && !owners.contains(&source.layer()) {
                    offences.push(format!("{}:{n}: only {owners:?} may name {what}", source.path));
                }
            }
        }
    }
    none(&offences);
}

#[test]
fn routes_never_name_the_store_and_panes_never_one_another() {
    let mut offences = Vec::new();
    for source in sources() {
        let route = source.path.starts_with("src/server/routes");
        let pane = source.path.strip_prefix("src/tui/panes/");
        for (n, line) in source.code() {
            if route && line.contains("store::") {
                offences.push(format!("{}:{n}: a route handler names the store", source.path));
            }
            if pane.is_some() && line.contains("crate::tui::panes::") {
                offences.push(format!("{}:{n}: a pane names another", source.path));
            }
        }
    }
    none(&offences);
}

#[test]
fn files_are_named_and_sized_so_that_they_can_be_found_and_read() {
    const FORBIDDEN: [&str; 9] = [
        "util", "utils", "common", "misc", "helper", "helpers", "manager", "types", "mod",
    ];
    let mut offences = Vec::new();
    for source in sources().iter().chain(&files("tests", ".rs")) {
        let name = source.path.rsplit('/').next().unwrap_or("").trim_end_matches(".rs");
        if FORBIDDEN.contains(&name) {
            offences.push(format!("{}: the name says nothing", source.path));
        }
        // Unit tests beside the code do not count: what is long there is a table of cases.
        let lines = source.program().lines().count();
        // Above 500 a file says in its head why it is one.
        if lines > 500 && !source.text.contains("\n//! Long because ") {
            offences.push(format!(
                "{}: {lines} lines; split it where it has two subjects",
                source.path
            ));
        }
        if !source.text.starts_with("//!") && !source.path.ends_with("/tests.rs") {
            offences.push(format!("{}: does not say what lives here (//!)", source.path));
        }
    }
    let main = std::fs::read_to_string(root().join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 40, "main.rs only starts things");
    none(&offences);
}

#[test]
fn nothing_panics_prints_or_is_left_to_do() {
    const FORBIDDEN: [&str; 9] = [
        ".unwrap()",
        ".expect(",
        "panic!(",
        "todo!(",
        "unimplemented!(",
        "println!(",
        "eprintln!(",
        "print!(",
        "dbg!(",
    ];
    let mut offences = Vec::new();
    for source in sources() {
        for (n, line) in source.code() {
            for what in FORBIDDEN.iter().filter(|what| line.contains(*what)) {
                offences.push(format!("{}:{n}: {what}", source.path));
            }
            if line.contains("allow(clippy::unwrap") || line.contains("allow(clippy::print") {
                offences.push(format!("{}:{n}: a lint of the house is switched off", source.path));
            }
        }
    }
    none(&offences);
}

#[test]
fn text_speaks_of_the_project_alone() {
    // Joined here, so that this file does not hold what it forbids.
    let forbidden = [
        ["/ro", "ot/"].concat(),
        ["/ho", "me/"].concat(),
        ["/wo", "rk/"].concat(),
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["index.crat", "es.io"].concat(),
        ["static.crat", "es.io"].concat(),
        ["Co-Auth", "ored"].concat(),
    ];
    let mut all = sources();
    for (dir, ending) in [
        ("tests", ".rs"),
        ("assets", ".toml"),
        (".ci", "run"),
        (".config", ".toml"),
    ] {
        all.extend(files(dir, ending));
    }
    for name in ["README.md", "Cargo.toml", "config.example.toml"] {
        all.push(Source {
            path: name.into(),
            text: std::fs::read_to_string(root().join(name)).unwrap_or_default(),
        });
    }
    let mut offences = Vec::new();
    for source in &all {
        for (i, line) in source.text.lines().enumerate() {
            for what in forbidden.iter().filter(|what| line.contains(what.as_str())) {
                offences.push(format!("{}:{}: {what}", source.path, i + 1));
            }
            if line.ends_with([' ', '\t']) && !source.path.contains("fixtures") {
                offences.push(format!("{}:{}: ends in blanks", source.path, i + 1));
            }
        }
    }
    none(&offences);
}

#[test]
fn only_what_belongs_there_is_visible_at_the_top() {
    const VISIBLE: [&str; 11] = [
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "config.example.toml",
        "assets",
        "src",
        "tests",
        "target",
        "benches",
        "build.rs",
    ];
    let mut offences = Vec::new();
    for entry in std::fs::read_dir(root()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !VISIBLE.contains(&name.as_str()) {
            offences.push(format!("{name}: stands at the top"));
        }
    }
    none(&offences);
}
