//! One strange field is one strange field: the report around it is read, and what cannot be is counted.

use serde_json::{Value, json};

use super::renamed::{names, tried};
use super::writers::{Item, WRITERS};

const ITEMS: [Item; 3] = [(0, 1), (1, 2), (2, 3)];

/// What became strange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// A field of an entry.
    Field,
    /// Something with others inside became nothing.
    List,
    /// Something with others inside became something else.
    Broken,
    /// So did something that stands in no other: it may say what the report is.
    Root,
}

/// A strange report: what became strange, how, and its text.
type Strange = ((What, String), String);

/// A step to a value inside another.
#[derive(Debug, Clone)]
enum Step {
    Key(String),
    At(usize),
}

/// The first path of each shape: whatever stands at another place of the same list has the same.
fn paths(value: &Value, at: &mut Vec<Step>, shapes: &mut Vec<String>, found: &mut Vec<Vec<Step>>) {
    let shape: Vec<&str> = at
        .iter()
        .map(|s| match s {
            Step::Key(key) => key.as_str(),
            Step::At(_) => "*",
        })
        .collect();
    let shape = shape.join("/");
    if !at.is_empty() && !shapes.contains(&shape) {
        shapes.push(shape);
        found.push(at.clone());
    }
    match value {
        Value::Array(list) => {
            for (n, item) in list.iter().enumerate().take(20) {
                at.push(Step::At(n));
                paths(item, at, shapes, found);
                at.pop();
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                at.push(Step::Key(key.clone()));
                paths(item, at, shapes, found);
                at.pop();
            }
        }
        _ => {}
    }
}

fn inside<'v>(value: &'v mut Value, path: &[Step]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::At(n) => value.get_mut(*n),
    })
}

/// A report with one value in it strange: what was done, and the text.
fn of_json(text: &str, found: &mut Vec<Strange>) {
    let whole: Option<Value> = serde_json::from_str(text).ok();
    let lines = whole.is_none();
    let values: Vec<Value> = match whole {
        Some(value) => vec![value],
        None => text.lines().filter_map(|l| serde_json::from_str(l).ok()).collect(),
    };
    let Some(first) = values.first() else { return };
    let (mut shapes, mut all) = (Vec::new(), Vec::new());
    paths(first, &mut Vec::new(), &mut shapes, &mut all);
    for path in all {
        let odd = [
            json!(null),
            json!(7),
            json!(""),
            json!("x"),
            json!([]),
            json!({}),
            json!([null]),
            json!(1.5e300),
            json!(true),
        ];
        for odd in odd.iter().map(Some).chain([None]) {
            let mut values = values.clone();
            let holds = inside(&mut values[0], &path).is_some_and(|v| v.is_array() || v.is_object());
            let nothing = odd.is_none_or(|o| {
                o.is_null() || *o == json!("") || *o == json!([]) || *o == json!({}) || *o == json!([null])
            });
            let kind = match (holds, nothing) {
                _ if path.len() == 1 && odd.is_none() => What::List,
                (false, _) => What::Field,
                (true, true) => What::List,
                (true, false) if path.len() == 1 => What::Root,
                (true, false) => What::Broken,
            };
            let what = match (odd, path.split_last()) {
                (Some(odd), _) => {
                    let Some(place) = inside(&mut values[0], &path) else {
                        continue;
                    };
                    *place = odd.clone();
                    format!("{path:?} = {odd}")
                }
                (None, Some((Step::Key(key), above))) => {
                    let Some(Value::Object(map)) = inside(&mut values[0], above) else {
                        continue;
                    };
                    map.remove(key);
                    format!("{path:?} gone")
                }
                _ => continue,
            };
            let text = if lines {
                values.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")
            } else {
                values[0].to_string()
            };
            found.push(((kind, what), text));
        }
    }
}

/// Where the first element of this name stands: its start, its inside and its end.
fn element(text: &str, name: &str) -> Option<(usize, usize, usize, usize)> {
    let start = [" ", ">", "/"]
        .iter()
        .filter_map(|end| text.find(&format!("<{name}{end}")))
        .min()?;
    let open = start + text[start..].find('>')? + 1;
    if text[..open].ends_with("/>") {
        return Some((start, open, open, open));
    }
    let close = format!("</{name}>");
    let end = open + text[open..].find(&close)?;
    Some((start, open, end, end + close.len()))
}

fn of_xml(text: &str, found: &mut Vec<Strange>) {
    for name in names(text) {
        let Some((start, open, end, after)) = element(text, &name) else {
            continue;
        };
        let tag = &text[start..open];
        let mut add = |what: &str, new: &str| {
            // Elements that hold others say nothing by themselves.
            let kind = if text[open..end].contains('<') || what == "gone" {
                What::List
            } else {
                What::Field
            };
            let text = format!("{}{new}{}", &text[..start], &text[after..]);
            found.push(((kind, format!("<{name}> {what}")), text));
        };
        add("gone", "");
        if after > open {
            for (what, inner) in [("empty", ""), ("odd", "x"), ("number", "-7")] {
                add(what, &format!("{tag}{inner}{}", &text[end..after]));
            }
        }
        for (at, _) in tag.match_indices("=\"") {
            let key = tag[..at].rsplit(' ').next().unwrap_or_default();
            let rest = &tag[at + 2..];
            let value = &rest[..rest.find('"').unwrap_or_default()];
            for (what, odd) in [
                ("gone", String::new()),
                ("empty", format!("{key}=\"\"")),
                ("odd", format!("{key}=\"x\"")),
                ("number", format!("{key}=\"-7\"")),
            ] {
                let tag = tag.replacen(&format!("{key}=\"{value}\""), &odd, 1);
                add(&format!("{key} {what}"), &format!("{tag}{}", &text[open..after]));
            }
        }
    }
}

fn of_rows(text: &str, found: &mut Vec<Strange>) {
    let lines: Vec<&str> = text.lines().collect();
    // Above the header there may be others.
    let Some(at) = lines.iter().position(|l| l.matches([',', ';', '|']).count() > 3) else {
        return;
    };
    let Some(row) = lines.get(at + 1) else { return };
    let by = if row.contains(';') {
        ';'
    } else if row.contains('|') {
        '|'
    } else {
        ','
    };
    let mut quoted = false;
    let cells: Vec<&str> = row
        .split(|c: char| {
            quoted ^= c == '"';
            c == by && !quoted
        })
        .collect();
    for n in 0..cells.len() {
        for odd in ["", "x", "-7", "\"\""] {
            let mut cells = cells.clone();
            cells[n] = odd;
            let mut lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
            lines[at + 1] = cells.join(&by.to_string());
            found.push(((What::Field, format!("cell {n} = {odd}")), lines.join("\n")));
        }
        let mut lines: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
        lines[at + 1] = cells[..n].join(&by.to_string());
        found.push((
            (
                if n == 0 { What::List } else { What::Field },
                format!("cells from {n} gone"),
            ),
            lines.join("\n"),
        ));
    }
}

/// A check that was not asked for, or says something else than that it is bad, is no finding.
const FACTS: [&str; 2] = ["sslyze", "sslscan"];

#[test]
fn one_strange_field_costs_one_entry_at_most() {
    let (mut checked, mut failed) = (0, Vec::new());
    for (format, write) in WRITERS.iter().copied() {
        let text = write(&ITEMS);
        let before = tried(&text, None).unwrap().0;
        let mut strange = Vec::new();
        match text.trim_start().as_bytes().first() {
            Some(b'{' | b'[') => of_json(&text, &mut strange),
            Some(b'<') => of_xml(&text, &mut strange),
            _ => of_rows(&text, &mut strange),
        }
        for (what, text) in strange {
            checked += 1;
            failed.extend(complaint(format, before, what.0, &text).map(|c| format!("{format}: {}: {c}", what.1)));
        }
    }
    println!("checked={checked} failed={}", failed.len());
    assert!(checked >= 5_000, "only {checked}");
    assert!(failed.is_empty(), "{failed:#?}");
}

/// What is wrong with how a strange report was read.
fn complaint(format: &str, before: usize, what: What, text: &str) -> Option<String> {
    let read = tried(text, None).or_else(|refusal| {
        let named = refusal.reason.contains("known tool");
        if named { tried(text, Some(format)) } else { Err(refusal) }
    });
    match (what, read) {
        // What holds everything may be refused, or be empty. A page by its tool's name alone is the tool's.
        (What::List, _) | (What::Root, Err(_)) => None,
        (_, Err(refusal))
            if ["known tool", "do not name Burp"]
                .iter()
                .any(|r| refusal.reason.contains(r)) =>
        {
            None
        }
        (What::Broken, Err(refusal))
            if refusal.reason.contains("not understood") || refusal.reason.contains("could be read") =>
        {
            None
        }
        (_, Err(refusal)) => Some(format!("refused: {refusal}")),
        (What::Broken | What::Root, Ok((0, summary))) if summary.tools.is_empty() => None,
        (What::Broken | What::Root, Ok((0, summary))) => summary
            .left_out
            .is_empty()
            .then(|| "nothing is there, and nothing named".to_owned()),
        (What::Broken | What::Root, Ok(_)) => None,
        (What::Field, Ok((n, summary))) => {
            if n + 1 < before {
                return Some(format!("only {n} of {before}"));
            }
            let silent = n < before && summary.left_out.is_empty() && !FACTS.contains(&format);
            silent.then(|| format!("{n} of {before}, and nothing named"))
        }
    }
}
