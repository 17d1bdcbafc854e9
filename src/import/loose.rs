//! JSON fields whose type scanners do not agree on: a port as number or text, tags as list or comma text, null for
//! nothing. These types take any of it and keep what is usable; they never fail on a type.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

/// One text: a string, number or boolean. Anything else is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Word<'a>(pub Option<Cow<'a, str>>);

impl Word<'_> {
    /// The text, where there is one that is not blank.
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref().map(str::trim).filter(|t| !t.is_empty())
    }

    pub fn number(&self) -> Option<f64> {
        self.text()?.parse().ok().filter(|n: &f64| n.is_finite())
    }
}

/// Any number of texts: one alone, a list of them, nested or not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words<'a>(pub Vec<Cow<'a, str>>);

impl Words<'_> {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|w| w.trim()).filter(|w| !w.is_empty())
    }
}

/// An object of unknown keys, flat: each key with the texts below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bag<'a>(pub Vec<(Cow<'a, str>, Words<'a>)>);

impl Bag<'_> {
    pub fn get(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(k, _)| k == key).flat_map(|(_, w)| w.iter())
    }
}

/// Lists stop taking in more than this; a report's text is bounded anyway, this bounds what it becomes.
const LIST: usize = 1_000;

struct WordsVisitor<'a> {
    found: Vec<Cow<'a, str>>,
}

impl<'de> Visitor<'de> for WordsVisitor<'de> {
    type Value = Vec<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_borrowed_str<E: de::Error>(mut self, v: &'de str) -> Result<Self::Value, E> {
        self.found.push(Cow::Borrowed(v));
        Ok(self.found)
    }
    fn visit_str<E: de::Error>(mut self, v: &str) -> Result<Self::Value, E> {
        self.found.push(Cow::Owned(v.to_owned()));
        Ok(self.found)
    }
    fn visit_bool<E: de::Error>(mut self, v: bool) -> Result<Self::Value, E> {
        self.found.push(Cow::Borrowed(if v { "true" } else { "false" }));
        Ok(self.found)
    }
    fn visit_i64<E: de::Error>(mut self, v: i64) -> Result<Self::Value, E> {
        self.found.push(Cow::Owned(v.to_string()));
        Ok(self.found)
    }
    fn visit_u64<E: de::Error>(mut self, v: u64) -> Result<Self::Value, E> {
        self.found.push(Cow::Owned(v.to_string()));
        Ok(self.found)
    }
    fn visit_f64<E: de::Error>(mut self, v: f64) -> Result<Self::Value, E> {
        self.found.push(Cow::Owned(v.to_string()));
        Ok(self.found)
    }
    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(self.found)
    }
    fn visit_none<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(self.found)
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Self::Value, A::Error> {
        while let Some(Words(inner)) = seq.next_element()? {
            if self.found.len() < LIST {
                self.found.extend(inner);
            }
        }
        Ok(self.found)
    }
    /// The texts below an object: its values.
    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some((IgnoredAny, Words(inner))) = map.next_entry()? {
            if self.found.len() < LIST {
                self.found.extend(inner);
            }
        }
        Ok(self.found)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Words<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(WordsVisitor { found: Vec::new() }).map(Words)
    }
}

struct WordVisitor;

impl<'de> Visitor<'de> for WordVisitor {
    type Value = Word<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_borrowed_str<E: de::Error>(self, v: &'de str) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Borrowed(v))))
    }
    fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Owned(v.to_owned()))))
    }
    fn visit_bool<E: de::Error>(self, v: bool) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Borrowed(if v { "true" } else { "false" }))))
    }
    fn visit_i64<E: de::Error>(self, v: i64) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Owned(v.to_string()))))
    }
    fn visit_u64<E: de::Error>(self, v: u64) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Owned(v.to_string()))))
    }
    fn visit_f64<E: de::Error>(self, v: f64) -> Result<Self::Value, E> {
        Ok(Word(Some(Cow::Owned(v.to_string()))))
    }
    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Word(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Word(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Word(None))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Word<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(WordVisitor)
    }
}

/// Takes objects through `$on_map`, everything else as nothing. serde has no shorter way to say it.
macro_rules! objects_only {
    ($visitor:ident) => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("anything")
        }
        fn visit_str<E: de::Error>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

struct BagVisitor;

impl<'de> Visitor<'de> for BagVisitor {
    type Value = Bag<'de>;

    objects_only!(BagVisitor);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Bag::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut bag = Bag::default();
        while let Some((Word(key), words)) = map.next_entry::<Word<'de>, Words<'de>>()? {
            if bag.0.len() < LIST {
                bag.0.push((key.unwrap_or_default(), words));
            }
        }
        Ok(bag)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Bag<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(BagVisitor)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    objects_only!(ObjectVisitor);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// An object, or its default where something else stands there: `#[serde(default, deserialize_with = "loose::object")]`.
///
/// # Errors
/// Only where the text itself is broken.
pub fn object<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(d: D) -> Result<T, D::Error> {
    d.deserialize_any(ObjectVisitor(PhantomData))
}

/// An object where one stands there, else none: tells `null` from `{}`.
#[derive(Debug, Clone)]
pub struct Maybe<T>(pub T);

impl<T: Default> Default for Maybe<T> {
    fn default() -> Self {
        Self(T::default())
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        object(d).map(Self)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    objects_only!(ListVisitor);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Maybe(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|item| vec![item])
    }
}

/// A list of objects; a lone object is a list of one, anything else an empty list, and an element that is no object
/// stays in its place as the default, so that indexes keep their meaning.
///
/// # Errors
/// Only where the text itself is broken.
pub fn list<'de, T: Deserialize<'de> + Default, D: Deserializer<'de>>(d: D) -> Result<Vec<T>, D::Error> {
    d.deserialize_any(ListVisitor(PhantomData))
}

/// Reads an owned value from raw bytes.
///
/// # Errors
/// Where the text itself is broken.
pub fn read<T: DeserializeOwned>(raw: &[u8]) -> Result<T, serde_json::Error> {
    super::json::parse(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Probe<'a> {
        #[serde(borrow)]
        word: Word<'a>,
        #[serde(borrow)]
        words: Words<'a>,
        #[serde(borrow)]
        bag: Bag<'a>,
        #[serde(deserialize_with = "object", borrow)]
        inner: Option2<'a>,
        #[serde(deserialize_with = "list", borrow)]
        items: Vec<Option2<'a>>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Option2<'a> {
        #[serde(borrow)]
        a: Word<'a>,
    }

    #[test]
    fn any_type_is_taken() {
        for odd in [
            "null",
            "1",
            "-1",
            "1.5",
            "true",
            "\"x\"",
            "[]",
            "[[1]]",
            "{}",
            "{\"q\":{\"z\":[null]}}",
        ] {
            for field in ["word", "words", "bag", "inner", "items"] {
                let text = format!("{{\"{field}\": {odd}}}");
                serde_json::from_str::<Probe<'_>>(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
            }
        }
        let text = r#"{"word": 443, "words": ["a", ["b", 2], null], "bag": {"k": {"value": "v"}, "l": ["m"]},
                       "inner": {"a": "x"}, "items": [{"a": "y"}, null, "z"]}"#;
        let p: Probe<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(p.word.text(), Some("443"));
        assert_eq!(p.words.iter().collect::<Vec<_>>(), ["a", "b", "2"]);
        assert_eq!(p.bag.get("k").collect::<Vec<_>>(), ["v"]);
        assert_eq!(p.inner.a.text(), Some("x"));
        assert_eq!(p.items.len(), 3);
    }
}
