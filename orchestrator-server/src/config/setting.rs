//! The kinds of value that a configuration key can hold, and how each is read from and
//! written as JSON. Which keys there are is said in `raw`; what values mean, in `checked`.

use std::fmt::{self, Write as _};
use std::ops::Deref;

use serde_json::value::RawValue;

use super::document::Members;

/// A value of one configuration key.
pub trait Setting {
    /// Name of the JSON type, as the key reference prints it.
    fn type_name(&self) -> &'static str;

    /// Takes the value from the text of one JSON value. `Ok(false)` when the text (`null`)
    /// leaves the value as it was; `Err` says what the value must be.
    fn read(&mut self, json: &str) -> Result<bool, &'static str>;

    /// The value as JSON.
    fn json(&self) -> String;

    /// Whether the value must not be shown.
    fn is_secret(&self) -> bool {
        false
    }

    /// The value as a whole number, if it is one.
    fn number(&self) -> Option<i128> {
        None
    }

    /// Sets a whole number; without effect on other kinds and on a number out of range.
    fn set_number(&mut self, _number: i128) {}
}

impl Setting for bool {
    fn type_name(&self) -> &'static str {
        "bool"
    }

    fn read(&mut self, json: &str) -> Result<bool, &'static str> {
        match json {
            "null" => return Ok(false),
            "true" => *self = true,
            "false" => *self = false,
            _ => return Err("must be true or false, without quotes"),
        }
        Ok(true)
    }

    fn json(&self) -> String {
        self.to_string()
    }
}

// `5.0` and `5e0` are refused: they are no integers to the program whose files these are.
macro_rules! integer {
    ($type:ty, $name:literal, $rule:literal) => {
        impl Setting for $type {
            fn type_name(&self) -> &'static str {
                $name
            }

            fn read(&mut self, json: &str) -> Result<bool, &'static str> {
                if json == "null" {
                    return Ok(false);
                }
                *self = json.parse().map_err(|_| $rule)?;
                Ok(true)
            }

            fn json(&self) -> String {
                self.to_string()
            }

            fn number(&self) -> Option<i128> {
                Some((*self).into())
            }

            fn set_number(&mut self, number: i128) {
                if let Ok(number) = number.try_into() {
                    *self = number;
                }
            }
        }
    };
}

integer!(i64, "int", "must be a whole number, without quotes, fraction or exponent");
integer!(u64, "uint", "must be a whole number, 0 or more, without quotes, fraction or exponent");
integer!(i32, "int32", "must be a whole number of 32 bits, without quotes, fraction or exponent");

impl Setting for f32 {
    fn type_name(&self) -> &'static str {
        "float32"
    }

    fn read(&mut self, json: &str) -> Result<bool, &'static str> {
        const RULE: &str = "must be a number, without quotes";
        if json == "null" {
            return Ok(false);
        }
        // Rust's own reader takes texts that are no JSON numbers, such as a bare `inf`; those
        // never come here. It gives infinity for a number that is too large.
        let number: f32 = json.parse().map_err(|_| RULE)?;
        if !number.is_finite() {
            return Err(RULE);
        }
        *self = number;
        Ok(true)
    }

    fn json(&self) -> String {
        self.to_string()
    }
}

impl Setting for String {
    fn type_name(&self) -> &'static str {
        "string"
    }

    fn read(&mut self, json: &str) -> Result<bool, &'static str> {
        if json == "null" {
            return Ok(false);
        }
        *self = serde_json::from_str(json).map_err(|_| "must be a string in double quotes")?;
        Ok(true)
    }

    fn json(&self) -> String {
        quote(self)
    }
}

/// A string that is not shown: `Debug` and a masked dump print stars.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { MASK })
    }
}

/// What stands in a masked dump for a secret.
pub(super) const MASK: &str = "\"********\"";

impl Setting for Secret {
    fn type_name(&self) -> &'static str {
        "string"
    }

    fn read(&mut self, json: &str) -> Result<bool, &'static str> {
        self.0.read(json)
    }

    fn json(&self) -> String {
        quote(&self.0)
    }

    fn is_secret(&self) -> bool {
        true
    }
}

/// A list of strings. `null` is an empty list that is dumped as `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List(Option<Vec<String>>);

impl<const N: usize> From<[&str; N]> for List {
    fn from(items: [&str; N]) -> Self {
        Self(Some(items.into_iter().map(String::from).collect()))
    }
}

impl Deref for List {
    type Target = [String];

    fn deref(&self) -> &[String] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Setting for List {
    fn type_name(&self) -> &'static str {
        "string[]"
    }

    fn read(&mut self, json: &str) -> Result<bool, &'static str> {
        let items: Option<Vec<Option<String>>> =
            serde_json::from_str(json).map_err(|_| "must be a list of strings")?;
        // A `null` among the items keeps what stood at that place before.
        let old = self.0.take().unwrap_or_default();
        self.0 = items.map(|items| {
            let fill = |(place, item): (usize, Option<String>)| {
                item.or_else(|| old.get(place).cloned()).unwrap_or_default()
            };
            items.into_iter().enumerate().map(fill).collect()
        });
        Ok(true)
    }

    fn json(&self) -> String {
        let Some(items) = &self.0 else { return "null".to_owned() };
        let items: Vec<String> = items.iter().map(|item| quote(item)).collect();
        format!("[{}]", items.join(","))
    }
}

/// Strings by string, in the order of the file. `null` is an empty map that is dumped as `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map(Option<Vec<(String, String)>>);

impl Map {
    /// A map without entries that is no `null`.
    pub fn empty() -> Self {
        Self(Some(Vec::new()))
    }
}

impl Deref for Map {
    type Target = [(String, String)];

    fn deref(&self) -> &[(String, String)] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Setting for Map {
    fn type_name(&self) -> &'static str {
        "map"
    }

    /// Adds to the entries that are there, and replaces those of the same name.
    fn read(&mut self, json: &str) -> Result<bool, &'static str> {
        const RULE: &str = "must be an object whose values are strings";
        if json == "null" {
            self.0 = None;
            return Ok(true);
        }
        if !json.starts_with('{') {
            return Err(RULE);
        }
        let Members(members) = serde_json::from_str(json).map_err(|_| RULE)?;
        let mut entries = self.0.clone().unwrap_or_default();
        for (name, value) in members {
            let mut text = String::new();
            text.read(RawValue::get(&value)).map_err(|_| RULE)?;
            match entries.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = text,
                None => entries.push((name, text)),
            }
        }
        self.0 = Some(entries);
        Ok(true)
    }

    fn json(&self) -> String {
        let Some(entries) = &self.0 else { return "null".to_owned() };
        let entries: Vec<String> =
            entries.iter().map(|(k, v)| format!("{}:{}", quote(k), quote(v))).collect();
        format!("{{{}}}", entries.join(","))
    }
}

/// One text for all clusters, or a text by cluster filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PerCluster {
    /// The same for all.
    All(String),
    /// By cluster filter.
    Each(Map),
}

impl Setting for PerCluster {
    fn type_name(&self) -> &'static str {
        "string or map"
    }

    fn read(&mut self, json: &str) -> Result<bool, &'static str> {
        const RULE: &str = "must be a string, or an object whose values are strings";
        if json.starts_with('{') {
            let mut map = match self {
                Self::All(_) => Map::empty(),
                Self::Each(map) => map.clone(),
            };
            map.read(json).map_err(|_| RULE)?;
            *self = Self::Each(map);
            return Ok(true);
        }
        let mut text = String::new();
        let given = text.read(json).map_err(|_| RULE)?;
        if given {
            *self = Self::All(text);
        }
        Ok(given)
    }

    fn json(&self) -> String {
        match self {
            Self::All(text) => text.json(),
            Self::Each(map) => map.json(),
        }
    }
}

/// A JSON string, with the characters escaped that a page or script could stumble over.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\x1f' | '&' | '<' | '>' | '\u{2028}' | '\u{2029}' => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
