//! Log positions, as objects that also say which kind of log is meant.

use serde::{Deserialize, Serialize};

use super::Key;

/// A position in a binary or relay log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BinlogCoordinates {
    /// The file; empty where there is no position; `//file:pos` where it is detached.
    pub log_file: String,
    /// The offset in bytes.
    pub log_pos: u64,
    /// Which kind of log.
    #[serde(rename = "Type")]
    pub log_type: LogType,
}

/// The kind of a log; a number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum LogType {
    /// Binary log, 0.
    #[default]
    Binary,
    /// Relay log, 1.
    Relay,
}

impl BinlogCoordinates {
    /// Puts a position and the kind of log together.
    pub fn new(coordinates: &crate::BinlogCoordinates, log_type: LogType) -> Self {
        Self { log_file: coordinates.file.clone(), log_pos: coordinates.pos, log_type }
    }
}

impl From<BinlogCoordinates> for crate::BinlogCoordinates {
    fn from(coordinates: BinlogCoordinates) -> Self {
        Self::new(coordinates.log_file, coordinates.log_pos)
    }
}

impl From<LogType> for u8 {
    fn from(log_type: LogType) -> Self {
        match log_type {
            LogType::Binary => 0,
            LogType::Relay => 1,
        }
    }
}

impl TryFrom<u8> for LogType {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            0 => Ok(Self::Binary),
            1 => Ok(Self::Relay),
            _ => Err(format!("unknown log type {number}; expected 0 or 1")),
        }
    }
}

/// A position of one instance, as `master-equivalent` lists them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InstanceBinlogCoordinates {
    /// The instance.
    pub key: Key,
    /// The position in its binary logs.
    pub coordinates: BinlogCoordinates,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_log_is_a_number() {
        let position = crate::BinlogCoordinates::new("relay.000002", 155);
        let wire = BinlogCoordinates::new(&position, LogType::Relay);
        let json = r#"{"LogFile":"relay.000002","LogPos":155,"Type":1}"#;
        assert_eq!(serde_json::to_string(&wire).unwrap(), json);
        assert_eq!(serde_json::from_str::<BinlogCoordinates>(json).unwrap(), wire);
        assert_eq!(crate::BinlogCoordinates::from(wire), position);
        let unknown = json.replace("\"Type\":1", "\"Type\":2");
        assert!(serde_json::from_str::<BinlogCoordinates>(&unknown).is_err());
    }
}
