//! Places as the formats share them: a service, a URL, a piece of code, a package. Each with the key that makes two
//! records one place.

use super::limits::{clip_line, text};
use super::names::Target;
use super::record::{Occurrence, Place, digest};

/// Nowhere in particular: the finding has one place.
#[must_use]
pub fn nowhere(shown: &str) -> Occurrence {
    Occurrence {
        key: digest(&["text", shown]),
        place: if shown.is_empty() {
            "(no place given)".into()
        } else {
            shown.to_owned()
        },
        parts: Place::default(),
    }
}

/// A host, or a port of it. `extra` tells places apart that share both (a protocol other than TCP, say).
#[must_use]
pub fn service(host: &str, ip: Option<&str>, port: Option<u16>, extra: &str) -> Occurrence {
    let host = clip_line(host.trim_end_matches('.'), text::WORD).to_lowercase();
    let target = Target {
        host: host.clone(),
        port: port.filter(|p| *p != 0),
        ..Target::default()
    };
    let authority = target.authority();
    let place = if extra.is_empty() {
        authority.clone()
    } else {
        format!("{authority} ({extra})")
    };
    Occurrence {
        key: digest(&["host", &authority, extra]),
        place,
        parts: Place {
            ip: ip.map(|ip| clip_line(ip, text::WORD)),
            port: target.port,
            host: Some(host),
            ..Place::default()
        },
    }
}

/// A URL: host, port, path and the names of its parameters (values carry payloads and change from run to run), and what
/// else tells places apart: a method, the parameter that was attacked. None where the text is no URL with a host.
#[must_use]
pub fn url(shown: &str, more: &[&str]) -> Option<Occurrence> {
    let shown = clip_line(shown, text::PLACE);
    let target = Target::parse(&shown)?;
    let mut names = target.query.clone();
    names.sort();
    names.dedup();
    let path = if target.path.is_empty() { "/" } else { &target.path };
    let (authority, names) = (target.authority(), names.join("&"));
    let mut parts = vec!["url", &authority, path, &names];
    parts.extend(more);
    Some(Occurrence {
        key: digest(&parts),
        parts: Place {
            port: target.port,
            path: (!target.path.is_empty()).then(|| target.path.clone()),
            host: Some(target.host.clone()),
            url: Some(shown.clone()),
            ..Place::default()
        },
        place: shown,
    })
}

/// Lines of a file.
#[must_use]
pub fn code(path: &str, line: Option<u32>, end_line: Option<u32>, column: Option<u32>) -> Occurrence {
    let path = clip_line(path, text::PLACE);
    let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
    Occurrence {
        key: digest(&[
            "line",
            &path_key(&path),
            &number(line),
            &number(end_line),
            &number(column),
        ]),
        place: match line {
            Some(line) => format!("{path}:{line}"),
            None => path.clone(),
        },
        parts: Place {
            line,
            end_line,
            column,
            path: Some(path),
            ..Place::default()
        },
    }
}

/// A package in a version, at a path where one is named.
#[must_use]
pub fn package(name: &str, version: &str, path: &str) -> Occurrence {
    let (name, version) = (clip_line(name, text::WORD), clip_line(version, text::WORD));
    let path = clip_line(path, text::PLACE);
    let mut place = name.clone();
    if !version.is_empty() {
        place = format!("{place} {version}");
    }
    if !path.is_empty() {
        place = format!("{place} ({path})");
    }
    Occurrence {
        key: digest(&["package", &name, &version, &path_key(&path)]),
        place,
        parts: Place {
            package: Some(name),
            package_version: Some(version).filter(|v| !v.is_empty()),
            path: Some(path).filter(|p| !p.is_empty()),
            ..Place::default()
        },
    }
}

/// A path for comparison: one kind of slash, no leading `./`.
#[must_use]
pub fn path_key(path: &str) -> String {
    let path = path.replace('\\', "/");
    path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
}

/// A hash of code that survives re-indentation.
#[must_use]
pub fn code_hash(code: &str) -> String {
    let mut flat = String::with_capacity(code.len());
    for word in code.split_whitespace() {
        flat.push_str(word);
        flat.push(' ');
    }
    digest(&[flat.trim_end()])[..16].to_owned()
}
