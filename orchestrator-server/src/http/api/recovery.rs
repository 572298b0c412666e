//! Requested recoveries, the switch for automated ones, and acknowledgements (spec 02, 2.8).

use serde::Serialize;
use shared::wire::{AutomatedRecoveryFilters, Key};

use crate::{
    http::{
        RecoverReply, RecoverRequest,
        call::Call,
        reply::{Outcome, Refusal, Reply},
        resolve::KeyUse,
    },
    journal::command::{AckSelector, Command},
};

/// `recover/:host/:port[/:candidateHost/:candidatePort]?skipProcesses=true`
pub(in crate::http) async fn recover(call: &Call) -> Outcome {
    run(call, call.query.get("skipProcesses") == "true").await
}

/// `recover-lite/…`: without hooks
pub(in crate::http) async fn recover_lite(call: &Call) -> Outcome {
    run(call, true).await
}

async fn run(call: &Call, skip_hooks: bool) -> Outcome {
    let key = call.key_to_change().await?;
    let candidate = match call.params.find("candidateHost") {
        Some(_) => Some(call.key_of("candidateHost", "candidatePort", KeyUse::Change).await?),
        None => None,
    };
    let failed_key = Key::from(&key);
    let by = call.caller().to_owned();
    let request = RecoverRequest { key: key.clone(), candidate, skip_hooks, by };
    let refusal = |message: String| Refusal::new(message).with(&failed_key);
    match call.services.operations.recover(request).await.map_err(refusal)? {
        RecoverReply::Promoted(successor) => {
            Reply::ok(format!("Recovery executed on {key}"), &Key::from(&successor))
        }
        RecoverReply::NothingPromoted => {
            Err(refusal("Recovery attempted but no instance promoted".to_owned()))
        }
        RecoverReply::NotAttempted(None) => Err(refusal("Recovery not attempted".to_owned())),
        RecoverReply::NotAttempted(Some(why)) => {
            Err(refusal(format!("Recovery not attempted: {why}")))
        }
    }
}

/// `check-global-recoveries`
pub(in crate::http) async fn check_global(call: &Call) -> Outcome {
    let word = if call.view.facts.recoveries_disabled { "disabled" } else { "enabled" };
    Reply::ok(format!("Global recoveries {word}"), word)
}

/// `disable-global-recoveries`
pub(in crate::http) async fn disable_global(call: &Call) -> Outcome {
    let audit = call.audit("disable-global-recoveries", None, format!("by {}", call.caller()));
    call.record(Command::SetRecoveriesDisabled(true), Some(audit)).await?;
    Reply::ok("Globally disabled recoveries", "disabled")
}

/// `enable-global-recoveries`
pub(in crate::http) async fn enable_global(call: &Call) -> Outcome {
    let audit = call.audit("enable-global-recoveries", None, format!("by {}", call.caller()));
    call.record(Command::SetRecoveriesDisabled(false), Some(audit)).await?;
    Reply::ok("Globally enabled recoveries", "enabled")
}

/// `automated-recovery-filters`
pub(in crate::http) async fn filters(call: &Call) -> Outcome {
    let raw = &call.config.raw;
    let filters = AutomatedRecoveryFilters {
        recover_intermediate_master_cluster_filters: raw
            .recover_intermediate_master_cluster_filters
            .to_vec(),
        recover_master_cluster_filters: raw.recover_master_cluster_filters.to_vec(),
        recovery_ignore_hostname_filters: raw.recovery_ignore_hostname_filters.to_vec(),
    };
    Reply::ok("Automated recovery configuration details", &filters)
}

/// `ack-recovery/cluster/:clusterHint`
pub(in crate::http) async fn ack_cluster(call: &Call) -> Outcome {
    let cluster = call.cluster_by_hint()?;
    let selector =
        AckSelector::Cluster { name: cluster.name.clone(), alias: cluster.alias.clone() };
    acknowledge(call, selector, "Acknowledged cluster recoveries", &cluster.name).await
}

/// `ack-recovery/cluster/alias/:clusterAlias`
pub(in crate::http) async fn ack_cluster_by_alias(call: &Call) -> Outcome {
    let cluster = call.cluster_by_alias()?;
    let selector =
        AckSelector::Cluster { name: cluster.name.clone(), alias: cluster.alias.clone() };
    acknowledge(call, selector, "Acknowledged cluster recoveries", &cluster.name).await
}

/// `ack-recovery/instance/:host/:port`
pub(in crate::http) async fn ack_server(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    let details = Key::from(&key);
    let selector = AckSelector::Instance(key);
    acknowledge(call, selector, "Acknowledged instance recoveries", &details).await
}

/// `ack-recovery/:recoveryId`
pub(in crate::http) async fn ack_id(call: &Call) -> Outcome {
    let selector = AckSelector::Id(call.number("recoveryId")?);
    acknowledge(call, selector, "Acknowledged recovery", call.param("recoveryId")).await
}

/// `ack-recovery/uid/:uid`
pub(in crate::http) async fn ack_uid(call: &Call) -> Outcome {
    let uid = call.param("uid");
    acknowledge(call, AckSelector::Uid(uid.to_owned()), "Acknowledged recovery", uid).await
}

/// `ack-all-recoveries`
pub(in crate::http) async fn ack_all(call: &Call) -> Outcome {
    let comment = call.comment()?;
    acknowledge(call, AckSelector::All, "Acknowledged all recoveries", &comment).await
}

async fn acknowledge<T: Serialize + ?Sized>(
    call: &Call,
    selector: AckSelector,
    message: &str,
    details: &T,
) -> Outcome {
    let comment = call.comment()?;
    let by = call.caller().to_owned();
    let command = Command::Acknowledge { selector, by, comment, at: call.now };
    let applied = call.record(command, None).await?;
    if call.local {
        return Reply::ok(message, &applied.number);
    }
    Reply::ok(message, details)
}
