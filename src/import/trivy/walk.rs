//! The way through a report: results inside a report, inside resources of a cluster, or alone in a list. It is walked
//! twice, because what belongs to all entries of a result may stand before or after them.

use std::io::Read;

use super::entry;
use crate::import::Out;
use crate::import::entries::{results, unknown_of};
use crate::import::json::Walker;
use crate::import::limits::{Kind as Why, Limits, Refusal, clip_line, text};
use crate::import::loose::Word;
use crate::import::package;

/// What a list of a result holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Vulnerability,
    Misconfiguration,
    Secret,
    License,
    /// Findings that were taken out of the report's other lists.
    Modified,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::Vulnerability,
        Self::Misconfiguration,
        Self::Secret,
        Self::License,
        Self::Modified,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Vulnerability => "vulnerabilities",
            Self::Misconfiguration => "misconfigurations",
            Self::Secret => "secrets",
            Self::License => "licenses",
            Self::Modified => "suppressed",
        }
    }

    fn at(key: &str) -> Option<Self> {
        Some(match key {
            "Vulnerabilities" => Self::Vulnerability,
            "Misconfigurations" => Self::Misconfiguration,
            "Secrets" => Self::Secret,
            "Licenses" => Self::License,
            "ExperimentalModifiedFindings" => Self::Modified,
            _ => return None,
        })
    }
}

/// What an object around entries says of all of them; what it does not say, the one around it says.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    pub artifact: String,
    pub kind_of_artifact: String,
    pub created: String,
    pub cluster: String,
    pub target: String,
    pub class: String,
    pub ecosystem: String,
    namespace: String,
    kind: String,
    name: String,
    parent: Option<usize>,
}

impl Owner {
    fn set(&mut self, key: &str, value: String) {
        match key {
            "ArtifactName" => self.artifact = value,
            "ArtifactType" => self.kind_of_artifact = value,
            "CreatedAt" => self.created = value,
            "ClusterName" => self.cluster = value,
            "Target" => self.target = value,
            "Class" => self.class = value,
            "Type" => self.ecosystem = value,
            "Namespace" => self.namespace = value,
            "Kind" => self.kind = value,
            _ => self.name = value,
        }
    }

    /// A resource of a cluster.
    pub fn resource(namespace: &str, kind: &str, name: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// What was scanned: an image, or a resource of a cluster.
    pub fn scanned(&self) -> String {
        if !self.kind.is_empty() {
            let parts = [&self.namespace, &self.kind, &self.name];
            let parts: Vec<&str> = parts
                .into_iter()
                .map(String::as_str)
                .filter(|p| !p.is_empty())
                .collect();
            return parts.join("/");
        }
        match self.kind_of_artifact.as_str() {
            "container_image" => package::image(&self.artifact),
            // Before there were kinds of artifacts, targets of system packages were named after their image.
            "" if self.is_system() => package::image(self.target.split(" (").next().unwrap_or_default()),
            _ => String::new(),
        }
    }

    /// Whether the target is a whole system and no file.
    pub fn is_system(&self) -> bool {
        self.class == "os-pkgs" || self.target.ends_with(')')
    }
}

#[derive(Debug)]
pub struct Owners {
    all: Vec<Owner>,
    counts: [u64; 5],
    max: usize,
    budget: usize,
    /// The next one, when they are met again.
    next: usize,
}

impl Owners {
    pub fn new(limits: &Limits) -> Self {
        Self {
            all: Vec::new(),
            counts: [0; 5],
            max: limits.table,
            budget: limits.table_bytes,
            next: 0,
        }
    }

    pub fn all(&self) -> &[Owner] {
        &self.all
    }

    pub fn count(&self, kind: Kind) -> u64 {
        self.counts[kind as usize]
    }

    fn add<R: Read>(&mut self, walker: &Walker<R>, parent: Option<usize>) -> Result<usize, Refusal> {
        if self.all.len() >= self.max {
            return Err(walker.refuse(Why::Limit, format!("more than {} results", self.max)));
        }
        walker.spend(&mut self.budget, size_of::<Owner>())?;
        self.all.push(Owner {
            parent,
            ..Owner::default()
        });
        Ok(self.all.len() - 1)
    }

    /// An owner with what those around it say.
    fn whole(&self, at: usize) -> Owner {
        let mut whole = self.all.get(at).cloned().unwrap_or_default();
        let mut above = whole.parent;
        while let Some(owner) = above.and_then(|n| self.all.get(n)) {
            for (mine, theirs) in [
                (&mut whole.artifact, &owner.artifact),
                (&mut whole.kind_of_artifact, &owner.kind_of_artifact),
                (&mut whole.created, &owner.created),
                (&mut whole.cluster, &owner.cluster),
                (&mut whole.namespace, &owner.namespace),
                (&mut whole.kind, &owner.kind),
                (&mut whole.name, &owner.name),
            ] {
                if mine.is_empty() {
                    mine.clone_from(theirs);
                }
            }
            above = owner.parent;
        }
        whole
    }
}

/// Which walk it is.
pub enum Pass<'p, 'o> {
    Owners(&'p mut Owners),
    Entries(&'p mut Owners, &'p mut Out<'o>),
}

impl Pass<'_, '_> {
    /// How many objects were met so far.
    fn met(&self) -> usize {
        match self {
            Self::Owners(owners) => owners.all.len(),
            Self::Entries(owners, _) => owners.next,
        }
    }
}

/// A list of objects with entries in them, or one alone.
pub fn objects<R: Read>(
    walker: &mut Walker<R>,
    depth: usize,
    parent: Option<usize>,
    pass: &mut Pass<'_, '_>,
) -> Result<(), Refusal> {
    if walker.enter(b'[')? {
        let mut first = true;
        while walker.next_item(&mut first)? {
            object(walker, depth + 1, parent, pass)?;
        }
        return Ok(());
    }
    object(walker, depth, parent, pass)
}

fn object<R: Read>(
    walker: &mut Walker<R>,
    depth: usize,
    parent: Option<usize>,
    pass: &mut Pass<'_, '_>,
) -> Result<(), Refusal> {
    if !walker.enter(b'{')? {
        let nothing = walker.peek()? == Some(b'n');
        if let Pass::Entries(_, out) = pass
            && !nothing
        {
            out.unreadable("results that are no objects", walker.offset());
        }
        return walker.skip();
    }
    let me = match pass {
        Pass::Owners(owners) => owners.add(walker, parent)?,
        Pass::Entries(owners, _) => {
            owners.next += 1;
            owners.next - 1
        }
    };
    let mut raw = Vec::new();
    let mut first = true;
    while let Some(key) = walker.next_key(&mut first)? {
        match key.as_str() {
            // A cluster's summary calls its resources findings.
            "Results" | "Resources" | "Findings" => {
                let before = pass.met();
                objects(walker, depth + 1, Some(me), pass)?;
                if let Pass::Entries(owners, out) = pass
                    && owners.next == before
                {
                    // It is empty.
                    out.list();
                }
            }
            // Clusters before there were resources: what is in these lists at the top.
            "Vulnerabilities" | "Misconfigurations" if depth == 0 => objects(walker, depth + 1, Some(me), pass)?,
            "ArtifactName" | "ArtifactType" | "CreatedAt" | "ClusterName" | "Target" | "Class" | "Type"
            | "Namespace" | "Kind" | "Name" => word(walker, &key, me, pass, &mut raw)?,
            _ => {
                if let Some(kind) = Kind::at(&key) {
                    list(walker, kind, me, pass)?;
                    continue;
                }
                if let Pass::Entries(_, out) = pass
                    && !KNOWN.contains(&key.as_str())
                {
                    unknown_of(walker, &key, "", out)?;
                } else {
                    walker.skip()?;
                }
            }
        }
    }
    Ok(())
}

/// Keys of which nothing is missed.
const KNOWN: [&str; 9] = [
    "SchemaVersion",
    "Trivy",
    "ReportID",
    "ArtifactID",
    "Metadata",
    "MisconfSummary",
    "Packages",
    "CustomResources",
    "Error",
];

fn word<R: Read>(
    walker: &mut Walker<R>,
    key: &str,
    me: usize,
    pass: &mut Pass<'_, '_>,
    raw: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let Pass::Owners(owners) = pass else {
        return walker.skip();
    };
    let span = walker.capture(raw)?;
    let word: Word<'_> = walker.read(raw, span)?;
    let value = clip_line(word.text().unwrap_or_default(), text::PLACE);
    walker.spend(&mut owners.budget, value.len())?;
    if let Some(owner) = owners.all.get_mut(me) {
        owner.set(key, value);
    }
    Ok(())
}

fn list<R: Read>(walker: &mut Walker<R>, kind: Kind, me: usize, pass: &mut Pass<'_, '_>) -> Result<(), Refusal> {
    match pass {
        Pass::Owners(owners) => {
            // Counted ahead only as far as telling which kinds there are.
            if walker.peek()? == Some(b'n') || !walker.enter(b'[')? {
                return walker.skip();
            }
            let mut first = true;
            while walker.next_item(&mut first)? {
                owners.counts[kind as usize] += 1;
                walker.skip()?;
            }
            Ok(())
        }
        Pass::Entries(owners, out) => {
            let owner = owners.whole(me);
            results(walker, out, kind.name(), &mut |walker, raw, span, out| {
                entry::take(kind, &owner, raw, span, out).map_err(|e| walker.inside(span, raw, &e))?
            })
        }
    }
}
