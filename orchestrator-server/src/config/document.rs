//! From the bytes of a configuration file to its members, in order, duplicates included.
//! Values stay text here; what a key takes is decided by its `Setting`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of a JSON object as they stand: in order, with duplicates. None for `null`.
#[derive(Debug, Default)]
pub(super) struct Members(pub(super) Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnObject;

        impl<'de> Visitor<'de> for AnObject {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of keys and values")
            }

            fn visit_unit<E>(self) -> Result<Members, E> {
                Ok(Members::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_any(AnObject)
    }
}

/// Reads the first JSON value of a file; what follows it is ignored. `Err` says what is wrong,
/// and where.
pub(super) fn parse(bytes: &[u8]) -> Result<Members, String> {
    let text = String::from_utf8_lossy(bytes);
    let text = mend_surrogates(&text);
    let first = serde_json::Deserializer::from_str(&text).into_iter().next();
    match first {
        Some(members) => members.map_err(|error| error.to_string()),
        None => Err("EOF: the file is empty; an empty configuration is {}".to_owned()),
    }
}

/// Replaces `\uD800`-like escapes that stand alone: they are no characters, and our JSON reader
/// refuses them. No text is moved, so that line and column in messages stay right.
fn mend_surrogates(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        let start = at + found;
        at = match unit(text, start) {
            Some(0xD800..=0xDBFF) if matches!(unit(text, start + 6), Some(0xDC00..=0xDFFF)) => {
                start + 12
            }
            Some(0xD800..=0xDFFF) => {
                out.push_str(&text[done..start]);
                out.push_str("\\uFFFD");
                done = start + 6;
                done
            }
            Some(_) => start + 6,
            // Past the escaped character, whatever it is.
            None => {
                text[start + 1..].chars().next().map_or(text.len(), |c| start + 1 + c.len_utf8())
            }
        };
    }
    if done == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// The number of the `\uXXXX` escape that starts at `start`, if there is one.
fn unit(text: &str, start: usize) -> Option<u32> {
    let digits = text.get(start..start + 6)?.strip_prefix("\\u")?;
    let all_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
    all_hex.then(|| u32::from_str_radix(digits, 16).ok())?
}
