//! Recoveries for the tests of this folder.

use std::{collections::BTreeMap, time::Duration};

use super::step::StepResult;
use crate::{
    analysis::Code,
    inventory::{
        sketch::{NOW, key},
        view::ClusterView,
    },
    journal::facts::{Node, Recovery},
};

/// A recovery of `m` that began a second before the view, with these results.
pub(crate) fn recovery(view: &ClusterView, done: Vec<StepResult>) -> Recovery {
    let replicas = view.cluster.replicas_of(&key("m")).map(|r| r.key.clone()).collect();
    Recovery {
        id: 1,
        uid: "uid".to_owned(),
        key: key("m"),
        code: Code::DeadMaster,
        cluster: "m:3306".to_owned(),
        alias: "m:3306".to_owned(),
        domain: String::new(),
        replicas,
        wanted: None,
        forced: false,
        skip_hooks: false,
        detection_id: 0,
        node: Node::default(),
        failing_since: None,
        started: NOW - Duration::from_secs(1),
        active: true,
        intended: Vec::new(),
        done,
        lines: Vec::new(),
        end: None,
        acknowledged: None,
        resumed: None,
        fenced: BTreeMap::new(),
    }
}
