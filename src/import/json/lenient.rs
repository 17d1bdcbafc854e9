//! What JSON's grammar allows and its readers do not: a key that stands twice in an object (its first value counts), half
//! a character (`\ud83d` alone), a number beyond all numbers (`1e999`). One strange field is no reason to refuse a report.
//!
//! The way through keys costs something and is only gone where the straight one failed.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::value::CowStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Reads a value; of keys that stand twice the first counts.
///
/// # Errors
/// Where the text itself is broken.
pub fn parse<'r, T: Deserialize<'r>>(raw: &'r [u8]) -> Result<T, serde_json::Error> {
    match serde_json::from_slice(raw) {
        Err(e) if e.is_data() && e.to_string().starts_with("duplicate field") => {
            let mut reader = serde_json::Deserializer::from_slice(raw);
            let value = T::deserialize(Once(&mut reader))?;
            reader.end()?;
            Ok(value)
        }
        read => read,
    }
}

/// Whether a number is beyond what can be held.
pub fn is_beyond(number: &[u8]) -> bool {
    let text = std::str::from_utf8(number).unwrap_or_default();
    text.contains(['e', 'E']) && text.parse().is_ok_and(f64::is_infinite)
}

/// Halves of characters become replacement characters, numbers beyond all numbers nothing; every byte keeps its place.
pub fn mend(raw: &mut [u8]) {
    let (mut at, mut inside) = (0, false);
    while at < raw.len() {
        match raw[at] {
            b'"' => inside = !inside,
            b'\\' if inside => {
                at += halves(&mut raw[at..]);
                continue;
            }
            b'-' | b'0'..=b'9' if !inside => {
                let rest = &raw[at..];
                let number = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
                let length = rest.iter().position(|b| !number(b)).unwrap_or(rest.len());
                if length >= 4 && is_beyond(&rest[..length]) {
                    raw[at..at + length].fill(b' ');
                    raw[at..at + 4].copy_from_slice(b"null");
                }
                at += length;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// An escape at the beginning of `rest`: mended, where it is half a character. Returns its length.
fn halves(rest: &mut [u8]) -> usize {
    const LONE: &[u8; 6] = b"\\ufffd";
    let code = |bytes: &[u8]| {
        let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    match code(rest) {
        None => 2,
        Some(0xD800..=0xDBFF) if matches!(code(&rest[6..]), Some(0xDC00..=0xDFFF)) => 12,
        Some(0xD800..=0xDFFF) => {
            rest[..6].copy_from_slice(LONE);
            6
        }
        Some(_) => 6,
    }
}

/// A reader, or what is handed to one, that takes each key of an object once.
struct Once<T>(T);

macro_rules! forward {
    ($($name:ident),*) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$name(Once(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Once<D> {
    type Error = D::Error;

    forward!(
        deserialize_any,
        deserialize_bool,
        deserialize_i8,
        deserialize_i16,
        deserialize_i32,
        deserialize_i64,
        deserialize_u8,
        deserialize_u16,
        deserialize_u32,
        deserialize_u64,
        deserialize_f32,
        deserialize_f64,
        deserialize_char,
        deserialize_str,
        deserialize_string,
        deserialize_bytes,
        deserialize_byte_buf,
        deserialize_option,
        deserialize_unit,
        deserialize_seq,
        deserialize_map,
        deserialize_identifier,
        deserialize_ignored_any
    );

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, v: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, Once(v))
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, v: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Once(v))
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, v: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(len, Once(v))
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        v: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, len, Once(v))
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        v: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Once(v))
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        v: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, Once(v))
    }
}

macro_rules! visit {
    ($($name:ident: $type:ty),*) => {
        $(fn $name<E: Error>(self, v: $type) -> Result<Self::Value, E> {
            self.0.$name(v)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Once<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    visit!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str,
           visit_borrowed_str: &'de str, visit_string: String);

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        self.0.visit_unit()
    }
    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        self.0.visit_none()
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        self.0.visit_some(Once(d))
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        self.0.visit_newtype_struct(Once(d))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        self.0.visit_seq(Once(seq))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.0.visit_map(Keys {
            map,
            seen: HashSet::new(),
        })
    }
    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Self::Value, A::Error> {
        self.0.visit_enum(data)
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Once<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Once(seed))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Once<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<S::Value, D::Error> {
        self.0.deserialize(Once(d))
    }
}

struct Keys<A> {
    map: A,
    seen: HashSet<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Keys<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<Cow<'de, str>>()? {
            if self.seen.insert(key.clone().into_owned()) {
                return seed.deserialize(CowStrDeserializer::new(key)).map(Some);
            }
            self.map.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(Once(seed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::loose::{self, Bag, Word, Words};

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Probe<'a> {
        #[serde(borrow)]
        id: Word<'a>,
        #[serde(borrow)]
        words: Words<'a>,
        #[serde(borrow)]
        bag: Bag<'a>,
        #[serde(borrow, deserialize_with = "loose::list")]
        inside: Vec<Inner<'a>>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Inner<'a> {
        #[serde(borrow)]
        name: Word<'a>,
    }

    #[test]
    fn of_keys_that_stand_twice_the_first_counts() {
        let text = r#"{"id":"a","words":[1,{"x":["y"]}],"bag":{"k":"v","k":"w"},"inside":[{"name":"é\n","name":2},null],"id":{"x":[1]},"other":1,"other":2}"#;
        let probe: Probe<'_> = parse(text.as_bytes()).unwrap();
        assert_eq!(probe.id.text(), Some("a"));
        assert_eq!(probe.words.iter().collect::<Vec<_>>(), ["1", "y"]);
        assert_eq!(probe.bag.get("k").collect::<Vec<_>>(), ["v"]);
        assert_eq!(probe.inside[0].name.text(), Some("é"));
        assert_eq!(probe.inside.len(), 2);
        assert!(parse::<Probe<'_>>(br#"{"id":1,"id":2} x"#).is_err());
        assert!(parse::<Probe<'_>>(br#"{"id":1,"id":2,}"#).is_err());
    }

    #[test]
    fn halves_of_characters_and_numbers_beyond_all_are_mended() {
        for (from, to) in [
            (r#""a\ud83d\ude00b""#, r#""a\ud83d\ude00b""#),
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\ude00\ud83dx\\ud83d\"""#, r#""\ufffd\ufffdx\\ud83d\"""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            ("[1e999, -1E400,1e3, \"1e999\"]", "[null , null  ,1e3, \"1e999\"]"),
        ] {
            let mut raw = from.as_bytes().to_vec();
            mend(&mut raw);
            assert_eq!(String::from_utf8(raw).unwrap(), to, "{from}");
        }
        // What is broken stays, for the reader to say so.
        for broken in ["\"\\u12", "\"\\", "\"\\ud8zz\"", "\"\\ud83d\\"] {
            let mut raw = broken.as_bytes().to_vec();
            mend(&mut raw);
            assert_eq!(raw.len(), broken.len());
        }
    }
}
