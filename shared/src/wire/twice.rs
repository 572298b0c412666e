//! Values that are written twice, under an old and a present name.
//!
//! The copies are made while writing, so they cannot disagree; on reading, either name will do.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// The names of one such value, in the order of the wire.
pub(super) trait Names {
    const NAMES: &'static [&'static str; 2];
}

/// For `#[serde(flatten, with = "Twice::<N>")]` on the field that holds the value.
pub(super) struct Twice<N>(PhantomData<N>);

impl<N: Names> Twice<N> {
    pub(super) fn serialize<T, S>(value: &T, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Serialize,
        S: Serializer,
    {
        let mut fields = serializer.serialize_struct("", N::NAMES.len())?;
        for name in N::NAMES {
            fields.serialize_field(name, value)?;
        }
        fields.end()
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: Deserialize<'de> + Default,
        D: Deserializer<'de>,
    {
        deserializer.deserialize_struct("", N::NAMES, EitherName::<N, T>(PhantomData))
    }
}

struct EitherName<N, T>(PhantomData<(N, T)>);

impl<'de, N: Names, T: Deserialize<'de> + Default> Visitor<'de> for EitherName<N, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {}", N::NAMES.join(" or "))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut value = T::default();
        while let Some(name) = map.next_key::<String>()? {
            if N::NAMES.contains(&name.as_str()) {
                value = map.next_value()?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(value)
    }
}

/// The replicas of an instance.
pub(super) struct InstanceReplicas;
impl Names for InstanceReplicas {
    const NAMES: &'static [&'static str; 2] = &["SlaveHosts", "Replicas"];
}

/// The replicas in an analysis; the names stand in the other order there.
pub(super) struct AnalysisReplicas;
impl Names for AnalysisReplicas {
    const NAMES: &'static [&'static str; 2] = &["Replicas", "SlaveHosts"];
}

/// Whether a replica logs what it applies.
pub(super) struct LogUpdates;
impl Names for LogUpdates {
    const NAMES: &'static [&'static str; 2] =
        &["LogSlaveUpdatesEnabled", "LogReplicationUpdatesEnabled"];
}

/// Whether the applier runs.
pub(super) struct SqlThread;
impl Names for SqlThread {
    const NAMES: &'static [&'static str; 2] = &["Slave_SQL_Running", "ReplicationSQLThreadRuning"];
}

/// Whether the receiver runs.
pub(super) struct IoThread;
impl Names for IoThread {
    const NAMES: &'static [&'static str; 2] = &["Slave_IO_Running", "ReplicationIOThreadRuning"];
}

/// The replication lag.
pub(super) struct Lag;
impl Names for Lag {
    const NAMES: &'static [&'static str; 2] = &["SlaveLagSeconds", "ReplicationLagSeconds"];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Sample {
        before: u8,
        #[serde(flatten, with = "Twice::<LogUpdates>")]
        log: bool,
        #[serde(flatten, with = "Twice::<Lag>")]
        lag: u8,
        after: u8,
    }

    #[test]
    fn both_names_are_written_in_place() {
        let sample = Sample { before: 1, log: true, lag: 7, after: 2 };
        let json = r#"{"before":1,"LogSlaveUpdatesEnabled":true,"LogReplicationUpdatesEnabled":true,"SlaveLagSeconds":7,"ReplicationLagSeconds":7,"after":2}"#;
        assert_eq!(serde_json::to_string(&sample).unwrap(), json);
        assert_eq!(serde_json::from_str::<Sample>(json).unwrap(), sample);
    }

    #[test]
    fn either_name_will_do() {
        let expected = Sample { before: 1, log: true, lag: 0, after: 2 };
        for name in LogUpdates::NAMES {
            let json = format!(r#"{{"before":1,"{name}":true,"other":[],"after":2}}"#);
            assert_eq!(serde_json::from_str::<Sample>(&json).unwrap(), expected);
        }
    }
}
