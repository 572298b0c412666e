//! In which binary logs the errant GTIDs of a server are. Pure.

use std::sync::Arc;

use shared::{InstanceKey, gtid::GtidSet};

use crate::{
    inventory::view::Instance,
    mysql::{control::BinaryLog, state::Position},
};

/// The errant GTIDs of a server that its binary logs may still hold.
///
/// # Errors
/// It has none, or they are purged.
pub fn wanted(instance: &Instance) -> Result<Arc<GtidSet>, String> {
    let key = &instance.key;
    let errant: GtidSet = instance.place.errant.parse().unwrap_or_default();
    if errant.is_empty() {
        return Err(format!("locate-errant-gtid: no errant-gtid on {key}"));
    }
    let purged = instance.state.as_ref().map(|state| &state.gtid.purged);
    let lost = match purged {
        Some(Position::Oracle(purged)) => errant.intersect(purged),
        _ => GtidSet::default(),
    };
    if !lost.is_empty() {
        return Err(format!("locate-errant-gtid: {lost} is already purged on {key}"));
    }
    Ok(Arc::new(errant))
}

/// The files that hold them, in the order in which they were written.
///
/// # Errors
/// A file does not tell what came before it.
pub fn files(
    key: &InstanceKey,
    errant: &GtidSet,
    logs: &[BinaryLog],
) -> Result<Vec<String>, String> {
    let none = GtidSet::default();
    let before = |log: &BinaryLog| match &log.previous {
        Position::Oracle(set) => Ok((**set).clone()),
        Position::None => Ok(none.clone()),
        Position::Maria(_) => {
            Err(format!("locate-errant-gtid: {} of {key} has no Oracle GTIDs", log.file))
        }
    };
    let mut left = errant.clone();
    let mut found = Vec::new();
    for (log, next) in logs.iter().zip(logs.iter().skip(1)) {
        let remaining = left.minus(&before(next)?);
        if remaining != left {
            found.push(log.file.clone());
            left = remaining;
        }
    }
    if let Some(last) = logs.last().filter(|_| !left.is_empty()) {
        found.push(last.file.clone());
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use shared::Flavor;

    use super::*;

    const UUID: &str = "00000002-1111-1111-1111-111111111111";

    #[rstest]
    #[case("3", &["b.1"])]
    #[case("5", &["b.2"])]
    #[case("8", &["b.3"])]
    #[case("3:5", &["b.1", "b.2"])]
    #[case("1-9", &["b.1", "b.2", "b.3"])]
    fn a_file_holds_what_the_next_one_has_behind_it(
        #[case] numbers: &str,
        #[case] expected: &[&str],
    ) {
        let log = |file: &str, previous: &str| {
            let previous = match previous {
                "" => Position::None,
                numbers => Position::parse(&format!("{UUID}:{numbers}"), Flavor::MySql),
            };
            BinaryLog { file: file.to_owned(), previous }
        };
        let logs = [log("b.1", ""), log("b.2", "1-4"), log("b.3", "1-6")];
        let errant: GtidSet = format!("{UUID}:{numbers}").parse().unwrap();
        let key: InstanceKey = "db2:3306".parse().unwrap();
        assert_eq!(files(&key, &errant, &logs).unwrap(), expected);
    }
}
