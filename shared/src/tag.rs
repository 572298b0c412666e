//! Tags of instances, and the conditions that select instances by their tags.
//!
//! Both are written alike: `name`, `name=value`, and negated with a leading `~` or `!`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A tag to set, or a condition on tags.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag {
    /// The name; never empty, without `=`.
    pub name: String,
    /// The value; `None` where none was given, which differs from an empty one.
    pub value: Option<String>,
    /// Whether the condition is to be false.
    pub negated: bool,
}

/// Why a text is no tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// None of the accepted forms.
    #[error("Unable to parse tag: {0}")]
    Unparseable(String),
    /// There is no name.
    #[error("NewTag: empty tag name")]
    EmptyName,
}

impl Tag {
    /// Makes a tag of a name and a value given apart, as in `/:tagName/:tagValue`.
    pub fn new(name: &str, value: Option<&str>) -> Result<Self, TagError> {
        let name = name.trim();
        if name.is_empty() {
            return Err(TagError::EmptyName);
        }
        if name.contains('=') {
            return Err(TagError::Unparseable(name.to_owned()));
        }
        Ok(Self { name: name.to_owned(), value: value.map(str::to_owned), negated: false })
    }

    /// Reads a comma-separated list; each token must be a tag.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, TagError> {
        text.split(',').map(str::parse).collect()
    }

    /// The value to store; a tag without one is stored with the empty value.
    pub fn stored_value(&self) -> &str {
        self.value.as_deref().unwrap_or_default()
    }

    /// Whether an instance with these tags (values by name) satisfies the condition.
    ///
    /// | condition | holds when |
    /// |---|---|
    /// | `name` | the tag is there |
    /// | `name=value` | the tag is there with this value |
    /// | `~name` | the tag is not there |
    /// | `~name=value` | the tag is there with another value |
    ///
    /// Whether `~name` is asked of instances without any tag is the caller's choice.
    pub fn selects(&self, tags: &BTreeMap<String, String>) -> bool {
        match (&self.value, tags.get(&self.name)) {
            (None, found) => found.is_some() != self.negated,
            (Some(wanted), Some(found)) => (wanted == found) != self.negated,
            (Some(_), None) => false,
        }
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let unparseable = || TagError::Unparseable(text.to_owned());
        let (negated, rest) = match text.strip_prefix(['~', '!']) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (name, value) = match rest.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (rest, None),
        };
        let one_line = value.is_none_or(|value| !value.contains('\n'));
        if name.is_empty() || !one_line {
            return Err(unparseable());
        }
        Ok(Self { name: name.to_owned(), value: value.map(str::to_owned), negated })
    }
}

/// Writes `name=value`, with the equals sign even where there is no value, and no sign of
/// negation: what is printed is what is stored.
impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.stored_value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn tag(negated: bool, name: &str, value: Option<&str>) -> Tag {
        Tag { negated, ..Tag::new(name, value).unwrap() }
    }

    #[rstest]
    #[case("role", tag(false, "role", None), "role=")]
    #[case(" role\n", tag(false, "role", None), "role=")]
    #[case("role=", tag(false, "role", Some("")), "role=")]
    #[case("role=a=b", tag(false, "role", Some("a=b")), "role=a=b")]
    #[case("role=a!b", tag(false, "role", Some("a!b")), "role=a!b")]
    #[case("~role", tag(true, "role", None), "role=")]
    #[case("!role=a", tag(true, "role", Some("a")), "role=a")]
    fn accepted(#[case] text: &str, #[case] expected: Tag, #[case] printed: &str) {
        assert_eq!(text.parse(), Ok(expected.clone()));
        assert_eq!(expected.to_string(), printed);
    }

    #[rstest]
    #[case("", "Unable to parse tag: ")]
    #[case("=value", "Unable to parse tag: =value")]
    #[case("~", "Unable to parse tag: ~")]
    #[case("~=value", "Unable to parse tag: ~=value")]
    #[case("role=a\nb", "Unable to parse tag: role=a\nb")]
    fn refused(#[case] text: &str, #[case] message: &str) {
        assert_eq!(text.parse::<Tag>().unwrap_err().to_string(), message);
    }

    #[test]
    fn lists_have_no_empty_tokens() {
        let list = Tag::parse_list("role, ~tier=db").unwrap();
        assert_eq!(list, [tag(false, "role", None), tag(true, "tier", Some("db"))]);
        for text in ["", "role,", ",role"] {
            assert!(Tag::parse_list(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parts_given_apart() {
        assert_eq!(Tag::new(" role ", Some("x")).unwrap().to_string(), "role=x");
        assert_eq!(Tag::new(" ", None).unwrap_err().to_string(), "NewTag: empty tag name");
        assert!(Tag::new("a=b", None).is_err());
    }

    #[rstest]
    #[case("role", true)]
    #[case("role=db", true)]
    #[case("role=web", false)]
    #[case("role=", false)]
    #[case("empty", true)]
    #[case("empty=", true)]
    #[case("none", false)]
    #[case("none=", false)]
    #[case("~role", false)]
    #[case("~none", true)]
    #[case("~role=db", false)]
    #[case("~role=web", true)]
    #[case("~none=web", false)]
    fn conditions(#[case] condition: &str, #[case] holds: bool) {
        let tags = [("role", "db"), ("empty", "")];
        let tags = tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(condition.parse::<Tag>().unwrap().selects(&tags), holds);
    }

    proptest::proptest! {
        #[test]
        fn parse_never_panics(text in "[~!=a-c,\n ]{0,12}") {
            let _ = (text.parse::<Tag>(), Tag::parse_list(&text));
        }
    }
}
