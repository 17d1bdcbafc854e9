//! Layers of settings: merges tables, and finds the place of what does not fit.

use std::path::Path;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::{Config, EXAMPLE, Environment, PROFILE_KEYS};

/// A setting that cannot be used, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl ConfigError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn at(path: &Path, text: &str, offset: usize, what: &str) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Self(format!("{}:{line}:{column}: {what}", path.display()))
    }
}

pub(super) fn read(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path)
        .map_err(|e| ConfigError::new(format!("{}: cannot be read: {e}; check the path", path.display())))
}

pub(super) fn read_if_there(path: &Path) -> Result<Option<String>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(ConfigError::new(format!(
            "{}: cannot be read: {e}; mend its permissions or move it away",
            path.display()
        ))),
    }
}

/// Default, file, environment: one table, read into [`Config`].
pub(super) fn merge(file: Option<(&Path, &str)>, environment: &Environment) -> Result<Config, ConfigError> {
    let defaults: Table =
        toml::from_str(EXAMPLE).map_err(|e| ConfigError::new(format!("config.example.toml: {}", e.message())))?;
    let mut table = defaults.clone();
    if let Some((path, text)) = file {
        let written: Table = toml::from_str(text)
            .map_err(|e| ConfigError::at(path, text, e.span().map_or(0, |s| s.start), e.message()))?;
        lay_over(&mut table, written);
    }
    let mut variables = Vec::new();
    lay_environment(&mut table, &defaults, environment, &mut Vec::new(), &mut variables)?;

    let mut unknown = None;
    let mut track = serde_path_to_error::Track::new();
    let inner = serde_path_to_error::Deserializer::new(Value::Table(table), &mut track);
    let read: Result<Config, _> = serde_ignored::deserialize(inner, |path| {
        unknown.get_or_insert_with(|| path.to_string());
    });
    let place = |key: &str, of_key: bool, what: &str| match file
        .and_then(|(path, text)| Some((path, text, offset_of(text, key, of_key)?)))
    {
        Some((path, text, offset)) => ConfigError::at(path, text, offset, what),
        None => ConfigError::new(what.to_owned()),
    };
    match read {
        Err(error) => {
            let key = track.path().to_string();
            Err(match variables.iter().find(|(path, _)| *path == key) {
                Some((_, name)) => ConfigError::new(format!("{name}: {}", error.message())),
                None => place(&key, false, &format!("`{key}`: {}", error.message())),
            })
        }
        Ok(config) => match unknown {
            None => Ok(config),
            Some(key) => {
                let near =
                    nearest(&defaults, &key).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
                Err(place(&key, true, &format!("there is no setting `{key}`{near}")))
            }
        },
    }
}

fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Each leaf of the default can be set by a variable named after its path; the default's type says how it is read.
fn lay_environment(
    table: &mut Table,
    defaults: &Table,
    environment: &Environment,
    path: &mut Vec<String>,
    set: &mut Vec<(String, String)>,
) -> Result<(), ConfigError> {
    for (key, default) in defaults {
        path.push(key.clone());
        if let Value::Table(defaults) = default {
            if let Some(Value::Table(table)) = table.get_mut(key) {
                lay_environment(table, defaults, environment, path, set)?;
            }
        } else {
            let name = format!("RISKDESK_{}", path.join("_").to_uppercase());
            if let Some(text) = environment.get(&name) {
                let wrong = |what: &str| ConfigError::new(format!("{name} must be {what}"));
                let value = match default {
                    Value::Boolean(_) => Value::Boolean(text.parse().map_err(|_| wrong("true or false"))?),
                    Value::Integer(_) => Value::Integer(text.parse().map_err(|_| wrong("a whole number"))?),
                    Value::Array(_) => {
                        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                        Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
                    }
                    _ => Value::String(text.to_owned()),
                };
                table.insert(key.clone(), value);
                set.push((path.join("."), name));
            }
        }
        path.pop();
    }
    Ok(())
}

/// The nearest known key beside an unknown one.
fn nearest(defaults: &Table, key: &str) -> Option<String> {
    let (parents, last) = key.rsplit_once('.').unwrap_or(("", key));
    let known: Vec<&str> = if parents.starts_with("profiles.") {
        PROFILE_KEYS.to_vec()
    } else {
        let mut table = defaults;
        for parent in parents.split('.').filter(|p| !p.is_empty()) {
            table = table.get(parent)?.as_table()?;
        }
        table
            .keys()
            .map(String::as_str)
            .chain(parents.is_empty().then_some("profiles"))
            .collect()
    };
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(k, last), k))
        .filter(|(distance, k)| *distance <= k.len().max(last.len()) / 2)
        .min()
        .map(|(_, k)| k.to_owned())
}

/// Where a dotted key (or its value) stands in the text.
fn offset_of(text: &str, key: &str, of_key: bool) -> Option<usize> {
    let root = DeTable::parse(text).ok()?.into_inner();
    let mut table = &root;
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        let (found, value): (&Spanned<_>, &Spanned<DeValue<'_>>) =
            table.iter().find(|(k, _)| k.get_ref().as_ref() == part)?;
        match (parts.peek(), value.get_ref()) {
            (Some(_), DeValue::Table(inner)) => table = inner,
            _ if of_key => return Some(found.span().start),
            _ => return Some(value.span().start),
        }
    }
    None
}
