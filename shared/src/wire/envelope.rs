//! The envelope around answers of operations, and around every error.

use serde::{Deserialize, Serialize};

/// An answer with a code and a message.
///
/// `D` is the type of the details. A reader that does not care takes the default, which
/// sorts the keys of objects when written again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Envelope<D = serde_json::Value> {
    /// Whether the operation succeeded.
    pub code: Code,
    /// What happened, for people; scripts match parts of it.
    pub message: String,
    /// What the operation returns; `null` when unset.
    pub details: Option<D>,
}

/// The code of an [`Envelope`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Code {
    /// The operation succeeded; HTTP status 200.
    Ok,
    /// The operation failed; HTTP status 500.
    Error,
}

impl<D> Envelope<D> {
    /// A success with details.
    pub fn ok(message: impl Into<String>, details: D) -> Self {
        Self { code: Code::Ok, message: message.into(), details: Some(details) }
    }

    /// A success without details.
    pub fn ok_message(message: impl Into<String>) -> Self {
        Self { code: Code::Ok, message: message.into(), details: None }
    }

    /// A failure.
    pub fn error(message: impl Into<String>) -> Self {
        Self { code: Code::Error, message: message.into(), details: None }
    }

    /// The same envelope with details; failures may carry them too.
    pub fn with_details(self, details: D) -> Self {
        Self { details: Some(details), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Key, to_wire_json};

    fn json<D: Serialize>(envelope: &Envelope<D>) -> String {
        String::from_utf8(to_wire_json(envelope).unwrap()).unwrap()
    }

    #[test]
    fn all_three_keys_are_always_there() {
        let error = Envelope::<Key>::error("<nil>");
        let text = r#"{"Code":"ERROR","Message":"\u003cnil\u003e","Details":null}"#;
        assert_eq!(json(&error), text);
        assert_eq!(serde_json::from_str::<Envelope<Key>>(text).unwrap(), error);

        let key = Key { hostname: "db1".to_owned(), port: 3306 };
        let text = r#"{"Code":"OK","Message":"m","Details":{"Hostname":"db1","Port":3306}}"#;
        assert_eq!(json(&Envelope::ok("m", key.clone())), text);
        assert_eq!(json(&Envelope::ok_message("m").with_details(key)), text);
    }

    #[test]
    fn something_else_is_not_taken_for_an_envelope() {
        assert!(serde_json::from_str::<Envelope>(r#"{"Hostname":"db1","Port":3306}"#).is_err());
        assert!(serde_json::from_str::<Envelope>(r#"{"Code":"x","Message":""}"#).is_err());
    }
}
