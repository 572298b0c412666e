//! Nullable numbers and truth values, which the wire carries as objects.

use serde::{Deserialize, Serialize};

/// A number that may be unknown: `{"Int64":7,"Valid":true}`, or `{"Int64":0,"Valid":false}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "IntObject", into = "IntObject")]
pub struct NullInt64(pub Option<i64>);

/// A truth value that may be unknown: `{"Bool":true,"Valid":true}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "BoolObject", into = "BoolObject")]
pub struct NullBool(pub Option<bool>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct IntObject {
    int64: i64,
    valid: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BoolObject {
    bool: bool,
    valid: bool,
}

impl From<IntObject> for NullInt64 {
    fn from(object: IntObject) -> Self {
        Self(object.valid.then_some(object.int64))
    }
}

impl From<NullInt64> for IntObject {
    fn from(value: NullInt64) -> Self {
        Self { int64: value.0.unwrap_or_default(), valid: value.0.is_some() }
    }
}

impl From<BoolObject> for NullBool {
    fn from(object: BoolObject) -> Self {
        Self(object.valid.then_some(object.bool))
    }
}

impl From<NullBool> for BoolObject {
    fn from(value: NullBool) -> Self {
        Self { bool: value.0.unwrap_or_default(), valid: value.0.is_some() }
    }
}

impl From<Option<i64>> for NullInt64 {
    fn from(value: Option<i64>) -> Self {
        Self(value)
    }
}

impl From<Option<bool>> for NullBool {
    fn from(value: Option<bool>) -> Self {
        Self(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nullables_are_objects() {
        for (value, json) in [
            (NullInt64(None), r#"{"Int64":0,"Valid":false}"#),
            (NullInt64(Some(0)), r#"{"Int64":0,"Valid":true}"#),
            (NullInt64(Some(-7)), r#"{"Int64":-7,"Valid":true}"#),
        ] {
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(serde_json::from_str::<NullInt64>(json).unwrap(), value);
        }
        for (value, json) in [
            (NullBool(None), r#"{"Bool":false,"Valid":false}"#),
            (NullBool(Some(true)), r#"{"Bool":true,"Valid":true}"#),
        ] {
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(serde_json::from_str::<NullBool>(json).unwrap(), value);
        }
    }
}
