//! The parts of SARIF that are read, as leniently as real tools need it: every field may be missing, null or of
//! another type.

use serde::Deserialize;

use crate::import::loose::{self, Bag, Word, Words};

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Result<'a> {
    #[serde(borrow)]
    pub rule_id: Word<'a>,
    #[serde(borrow)]
    pub rule_index: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub rule: Reference<'a>,
    #[serde(borrow)]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub level: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub message: Message<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub analysis_target: Artifact<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    pub locations: Vec<Location<'a>>,
    #[serde(borrow)]
    pub fingerprints: Bag<'a>,
    #[serde(borrow)]
    pub partial_fingerprints: Bag<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    pub suppressions: Vec<Suppression<'a>>,
    #[serde(borrow)]
    pub baseline_state: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    pub taxa: Vec<Reference<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    pub fixes: Vec<Fix<'a>>,
    #[serde(borrow)]
    pub properties: Bag<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub web_request: WebRequest<'a>,
}

/// A reference to a rule or taxon: by id, by index, within a component.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Reference<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub index: Word<'a>,
    #[serde(borrow)]
    pub guid: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub tool_component: ComponentReference<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ComponentReference<'a> {
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(borrow)]
    pub index: Word<'a>,
    #[serde(borrow)]
    pub guid: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Message<'a> {
    #[serde(borrow)]
    pub text: Word<'a>,
    #[serde(borrow)]
    pub markdown: Word<'a>,
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub arguments: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Location<'a> {
    #[serde(borrow, rename = "physicalLocation", deserialize_with = "loose::object")]
    pub physical: Physical<'a>,
    #[serde(borrow, rename = "logicalLocations", deserialize_with = "loose::list")]
    pub logical: Vec<Logical<'a>>,
    /// As SARIF before 2.1 had it.
    #[serde(borrow)]
    pub fully_qualified_logical_name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Physical<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    pub artifact_location: Artifact<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub region: Region<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub context_region: Region<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Artifact<'a> {
    #[serde(borrow)]
    pub uri: Word<'a>,
    #[serde(borrow)]
    pub index: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Region<'a> {
    #[serde(borrow)]
    pub start_line: Word<'a>,
    #[serde(borrow)]
    pub start_column: Word<'a>,
    #[serde(borrow)]
    pub end_line: Word<'a>,
    #[serde(borrow)]
    pub end_column: Word<'a>,
    #[serde(borrow)]
    pub char_offset: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub snippet: Snippet<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Snippet<'a> {
    #[serde(borrow)]
    pub text: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Logical<'a> {
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(borrow)]
    pub fully_qualified_name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Suppression<'a> {
    #[serde(borrow)]
    pub status: Word<'a>,
    /// `status` by its name in earlier drafts.
    #[serde(borrow)]
    pub state: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Fix<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    pub description: Message<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WebRequest<'a> {
    #[serde(borrow)]
    pub method: Word<'a>,
    #[serde(borrow)]
    pub target: Word<'a>,
}

/// A driver, extension or taxonomy.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Component<'a> {
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(borrow)]
    pub full_name: Word<'a>,
    #[serde(borrow)]
    pub version: Word<'a>,
    #[serde(borrow)]
    pub semantic_version: Word<'a>,
    #[serde(borrow)]
    pub guid: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    pub rules: Vec<Descriptor<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    pub taxa: Vec<Descriptor<'a>>,
    #[serde(borrow)]
    pub global_message_strings: Strings<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tool<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    pub driver: Component<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    pub extensions: Vec<Component<'a>>,
}

/// A rule, or a taxon.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Descriptor<'a> {
    #[serde(borrow)]
    pub id: Word<'a>,
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(borrow)]
    pub guid: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub short_description: Message<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub full_description: Message<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub help: Message<'a>,
    #[serde(borrow)]
    pub help_uri: Word<'a>,
    #[serde(borrow)]
    pub message_strings: Strings<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub default_configuration: Configuration<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    pub relationships: Vec<Relationship<'a>>,
    #[serde(borrow)]
    pub properties: Bag<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Configuration<'a> {
    #[serde(borrow)]
    pub level: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Relationship<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    pub target: Reference<'a>,
}

/// `{"default": {"text": …, "markdown": …}}`: the first text below each name is taken.
pub type Strings<'a> = Bag<'a>;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Invocation<'a> {
    #[serde(borrow)]
    pub start_time_utc: Word<'a>,
    #[serde(borrow)]
    pub end_time_utc: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ArtifactEntry<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    pub location: Artifact<'a>,
}
