//! What an operator is told when a part of a probe fails, or works again: once each time, not at
//! every probe. Pure; whoever takes the probe's answer logs it.

use std::collections::BTreeMap;

use crate::mysql::state::Degraded;

/// Changes between two probes of one server, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Parts that fail now, with the reasons.
    pub failing: Vec<String>,
    /// Parts that can be read again.
    pub mended: Vec<String>,
}

/// What fails in the newer probe and did not in the older one, and the other way round. A new
/// reason for the same failure is no news.
#[must_use]
pub fn changes(before: &[Degraded], now: &[Degraded]) -> Changes {
    let by_part = |list: &[Degraded]| -> BTreeMap<String, String> {
        list.iter().map(|d| (d.part.to_string(), d.reason.clone())).collect()
    };
    let (before, now) = (by_part(before), by_part(now));
    let newly = now.iter().filter(|(part, _)| !before.contains_key(*part));
    Changes {
        failing: newly.map(|(part, reason)| format!("{part}: {reason}")).collect(),
        mended: before.keys().filter(|part| !now.contains_key(*part)).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::state::{DetectField, Part};

    fn lacking(parts: &[(Part, &str)]) -> Vec<Degraded> {
        let degraded =
            |(part, reason): &(Part, &str)| Degraded { part: *part, reason: (*reason).to_owned() };
        parts.iter().map(degraded).collect()
    }

    #[test]
    fn each_change_is_told_once() {
        let region = Part::Detect(DetectField::Region);
        let cases: &[(&[_], &[_], &[&str], &[&str])] = &[
            (&[], &[], &[], &[]),
            (&[], &[(Part::Replicas, "denied")], &["list of replicas: denied"], &[]),
            (&[(Part::Replicas, "denied")], &[(Part::Replicas, "timed out")], &[], &[]),
            (
                &[(Part::Replicas, "denied")],
                &[(region, "no table")],
                &["answer to DetectRegionQuery: no table"],
                &["list of replicas"],
            ),
        ];
        for (before, now, failing, mended) in cases {
            let found = changes(&lacking(before), &lacking(now));
            assert_eq!(found.failing, *failing, "{before:?} {now:?}");
            assert_eq!(found.mended, *mended, "{before:?} {now:?}");
        }
    }
}
