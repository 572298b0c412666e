//! What was done: the audit, recoveries, detections (spec 02, 2.8 and 2.9).

use std::{sync::Arc, time::Duration};

use shared::wire::{Audit, TopologyRecovery};

use crate::{
    http::{
        call::{Call, PAGE},
        reply::{Outcome, Reply},
        wire,
    },
    journal::facts::{Detection, Recovery},
};

/// A recovery counts as recent for this long after its end.
const RECENT: Duration = Duration::from_secs(300);

/// `audit`, `audit/:page`
pub(in crate::http) async fn entries(call: &Call) -> Outcome {
    page(call, None).await
}

/// `audit/instance/:host/:port[/:page]`
pub(in crate::http) async fn entries_of_server(call: &Call) -> Outcome {
    page(call, Some(call.key().await?)).await
}

async fn page(call: &Call, key: Option<shared::InstanceKey>) -> Outcome {
    let rows = call.services.journal.audit_page(key, call.page() as u64, PAGE).await?;
    let entries: Vec<Audit> = rows.iter().map(|row| wire::audit(row.id, &row.entry)).collect();
    Reply::bare(&entries)
}

/// `audit-recovery`, `audit-recovery/:page`, `?unacknowledged=true`
pub(in crate::http) async fn recoveries(call: &Call) -> Outcome {
    recovery_page(call, |_| true)
}

/// `audit-recovery/cluster/:clusterName[/:page]`
pub(in crate::http) async fn recoveries_of_cluster(call: &Call) -> Outcome {
    recovery_page(call, |recovery| recovery.cluster == call.param("clusterName"))
}

/// `audit-recovery/alias/:clusterAlias[/:page]`
pub(in crate::http) async fn recoveries_of_alias(call: &Call) -> Outcome {
    recovery_page(call, |recovery| recovery.alias == call.param("clusterAlias"))
}

fn recovery_page(call: &Call, wanted: impl Fn(&Recovery) -> bool) -> Outcome {
    let only_open = call.query.get("unacknowledged") == "true";
    let open = |recovery: &Recovery| !only_open || recovery.acknowledged.is_none();
    let found = newest_recoveries(call).filter(|r| wanted(r) && open(r));
    shown(call, call.page_of(found))
}

/// `audit-recovery/id/:id`
pub(in crate::http) async fn recovery_by_id(call: &Call) -> Outcome {
    let id = call.number("id")?;
    shown(call, call.view.facts.recoveries.get(&id))
}

/// `audit-recovery/uid/:uid`
pub(in crate::http) async fn recovery_by_uid(call: &Call) -> Outcome {
    shown(call, call.view.facts.recovery(call.param("uid")))
}

/// `active-cluster-recovery/:clusterName`
pub(in crate::http) async fn active_of_cluster(call: &Call) -> Outcome {
    let name = call.param("clusterName");
    shown(
        call,
        newest_recoveries(call).filter(|r| r.active && r.end.is_none() && r.cluster == name),
    )
}

/// `recently-active-cluster-recovery/:clusterName`
pub(in crate::http) async fn recent_of_cluster(call: &Call) -> Outcome {
    let name = call.param("clusterName");
    shown(call, newest_recoveries(call).filter(|r| is_recent(call, r) && r.cluster == name))
}

/// `recently-active-instance-recovery/:host/:port`: those that this server came out of
pub(in crate::http) async fn recent_of_server(call: &Call) -> Outcome {
    let key = call.key().await?;
    let promoted = |r: &Recovery| {
        let successor = r.end.as_ref().and_then(|end| end.successor.as_ref());
        successor == Some(&key)
    };
    shown(call, newest_recoveries(call).filter(|r| is_recent(call, r) && promoted(r)))
}

fn is_recent(call: &Call, recovery: &Recovery) -> bool {
    recovery.end.as_ref().is_some_and(|end| call.now.since(end.at) <= RECENT)
}

/// `audit-recovery-steps/:uid`
pub(in crate::http) async fn steps(call: &Call) -> Outcome {
    let recovery = call.view.facts.recovery(call.param("uid"));
    Reply::bare(&recovery.map(|recovery| wire::steps(recovery)).unwrap_or_default())
}

fn newest_recoveries(call: &Call) -> impl Iterator<Item = &Arc<Recovery>> {
    call.view.facts.recoveries.values().rev()
}

fn shown<'a>(call: &Call, list: impl IntoIterator<Item = &'a Arc<Recovery>>) -> Outcome {
    let list: Vec<TopologyRecovery> =
        list.into_iter().map(|recovery| wire::recovery(call.picture(), recovery)).collect();
    Reply::bare(&list)
}

/// `audit-failure-detection`, `audit-failure-detection/:page`
pub(in crate::http) async fn detections(call: &Call) -> Outcome {
    detected(call, call.page_of(newest_detections(call)))
}

/// `audit-failure-detection/alias/:clusterAlias[/:page]`
pub(in crate::http) async fn detections_of_alias(call: &Call) -> Outcome {
    let alias = call.param("clusterAlias");
    detected(call, call.page_of(newest_detections(call).filter(|d| d.alias == alias)))
}

/// `audit-failure-detection/id/:id`
pub(in crate::http) async fn detection_by_id(call: &Call) -> Outcome {
    let id = call.number("id")?;
    detected(call, call.view.facts.detections.get(&id))
}

fn newest_detections(call: &Call) -> impl Iterator<Item = &Arc<Detection>> {
    call.view.facts.detections.values().rev()
}

fn detected<'a>(call: &Call, list: impl IntoIterator<Item = &'a Arc<Detection>>) -> Outcome {
    let list: Vec<TopologyRecovery> =
        list.into_iter().map(|detection| wire::detection(call.picture(), detection)).collect();
    Reply::bare(&list)
}

/// `blocked-recoveries`, `blocked-recoveries/cluster/:clusterName`
pub(in crate::http) async fn blocked(call: &Call) -> Outcome {
    Reply::bare(&wire::blocked(&call.view.facts, call.params.find("clusterName")))
}
