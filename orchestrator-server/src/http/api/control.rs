//! What people do to single servers: replication, settings, binary logs, errant GTIDs (spec 02,
//! 2.3 and 2.4). The words of the messages are those that scripts know.

use shared::{InstanceKey, wire::Key};

use crate::{
    http::{
        call::Call,
        reply::{Outcome, Refusal, Reply},
        resolve::KeyUse,
        wire::{Picture, instance::instance},
    },
    inventory::view::Instance,
    mysql::{control::SemiSyncSide, dialect::around::around},
    refactoring::{Done, Operation, Refused, replicate},
};

/// `start-replica/:host/:port`
pub(in crate::http) async fn start(call: &Call) -> Outcome {
    operate(call, Operation::Start, |key| format!("Replica started: {key}")).await
}

/// `stop-replica/:host/:port`
pub(in crate::http) async fn stop(call: &Call) -> Outcome {
    operate(call, Operation::Stop, |key| format!("Replica stopped: {key}")).await
}

/// `stop-replica-nice/:host/:port`
pub(in crate::http) async fn stop_nicely(call: &Call) -> Outcome {
    operate(call, Operation::StopNicely, |key| format!("Replica stopped nicely: {key}")).await
}

/// `restart-replica/:host/:port`
pub(in crate::http) async fn restart(call: &Call) -> Outcome {
    operate(call, Operation::Restart, |key| format!("Replica restarted: {key}")).await
}

/// `reset-replica/:host/:port`
pub(in crate::http) async fn reset(call: &Call) -> Outcome {
    operate(call, Operation::Reset, |key| format!("Replica reset on {key}")).await
}

/// `skip-query/:host/:port`
pub(in crate::http) async fn skip_query(call: &Call) -> Outcome {
    operate(call, Operation::SkipQuery, |key| format!("Query skipped on {key}")).await
}

/// `enable-gtid/:host/:port`
pub(in crate::http) async fn enable_gtid(call: &Call) -> Outcome {
    operate(call, Operation::EnableGtid, |key| format!("Enabled GTID on {key}")).await
}

/// `disable-gtid/:host/:port`
pub(in crate::http) async fn disable_gtid(call: &Call) -> Outcome {
    operate(call, Operation::DisableGtid, |key| format!("Disabled GTID on {key}")).await
}

/// `change-master-credentials/:host/:port`
pub(in crate::http) async fn credentials(call: &Call) -> Outcome {
    let message = |key: &InstanceKey| format!("Replication credentials re-applied on {key}");
    operate(call, Operation::Credentials, message).await
}

/// `detach-replica/:host/:port`
pub(in crate::http) async fn detach(call: &Call) -> Outcome {
    operate(call, Operation::Detach, |key| format!("Replica detached: {key}")).await
}

/// `reattach-replica/:host/:port`
pub(in crate::http) async fn reattach(call: &Call) -> Outcome {
    operate(call, Operation::Reattach, |key| format!("Replica reattached: {key}")).await
}

/// `delay-replication/:host/:port/:seconds`
pub(in crate::http) async fn delay(call: &Call) -> Outcome {
    let invalid = || Refusal::new("Invalid value provided for seconds");
    let given: i64 = call.param("seconds").parse().map_err(|_| invalid())?;
    let seconds = u64::try_from(given).map_err(|_| {
        Refusal::new(format!("invalid seconds: {given}, it should be greater or equal to 0"))
    })?;
    let (key, _) = run(call, Operation::Delay(seconds)).await?;
    Reply::ok(format!("Replication delayed: {key}"), &seconds)
}

/// `set-read-only/:host/:port`
pub(in crate::http) async fn set_read_only(call: &Call) -> Outcome {
    operate(call, Operation::SetReadOnly(true), |_| "Server set as read-only".to_owned()).await
}

/// `set-writeable/:host/:port`
pub(in crate::http) async fn set_writeable(call: &Call) -> Outcome {
    operate(call, Operation::SetReadOnly(false), |_| "Server set as writeable".to_owned()).await
}

/// `enable-semi-sync-master/:host/:port`
pub(in crate::http) async fn enable_semi_sync_source(call: &Call) -> Outcome {
    semi_sync(call, SemiSyncSide::Source, true).await
}

/// `disable-semi-sync-master/:host/:port`
pub(in crate::http) async fn disable_semi_sync_source(call: &Call) -> Outcome {
    semi_sync(call, SemiSyncSide::Source, false).await
}

/// `enable-semi-sync-replica/:host/:port`
pub(in crate::http) async fn enable_semi_sync_replica(call: &Call) -> Outcome {
    semi_sync(call, SemiSyncSide::Replica, true).await
}

/// `disable-semi-sync-replica/:host/:port`
pub(in crate::http) async fn disable_semi_sync_replica(call: &Call) -> Outcome {
    semi_sync(call, SemiSyncSide::Replica, false).await
}

async fn semi_sync(call: &Call, side: SemiSyncSide, on: bool) -> Outcome {
    let word = match side {
        SemiSyncSide::Source => "master",
        SemiSyncSide::Replica => "replica",
    };
    let message = |_: &InstanceKey| format!("{word} semi-sync set to {on}");
    operate(call, Operation::SemiSync(side, on), message).await
}

/// `kill-query/:host/:port/:process`
pub(in crate::http) async fn kill_query(call: &Call) -> Outcome {
    let process = call.number("process")?;
    let message = |key: &InstanceKey| format!("Query killed on : {key}");
    operate(call, Operation::KillQuery(process), message).await
}

/// `flush-binary-logs/:host/:port`
pub(in crate::http) async fn flush_logs(call: &Call) -> Outcome {
    operate(call, Operation::FlushLogs, |key| format!("Binary logs flushed on: {key}")).await
}

/// `purge-binary-logs/:host/:port/:logFile?force=true`
pub(in crate::http) async fn purge_logs(call: &Call) -> Outcome {
    let to = match call.param("logFile") {
        "" => return Err(Refusal::new("purge-binary-logs: expected log file name or 'latest'")),
        "latest" => None,
        file => Some(file.to_owned()),
    };
    let operation = Operation::PurgeLogs { to, force: call.query.get("force") == "true" };
    operate(call, operation, |key| format!("Binary logs flushed on: {key}")).await
}

/// `gtid-errant-reset-master/:host/:port`
pub(in crate::http) async fn forget_errant(call: &Call) -> Outcome {
    let message =
        |key: &InstanceKey| format!("Removed errant GTID on {key} and issued a RESET MASTER");
    operate(call, Operation::ForgetErrant, message).await
}

/// `gtid-errant-inject-empty/:host/:port`
pub(in crate::http) async fn inject_empty(call: &Call) -> Outcome {
    let (_, done) = run(call, Operation::InjectEmpty).await?;
    let message = match &done.injected {
        Some((count, target)) => {
            format!("Have injected {count} transactions on cluster master {target}")
        }
        None => "Have injected 0 transactions".to_owned(),
    };
    answer(call, message, &done.instance)
}

/// `locate-gtid-errant/:host/:port`
pub(in crate::http) async fn locate_errant(call: &Call) -> Outcome {
    let key = call.key().await?;
    known(call, &key)?;
    let files = call.services.operations.errant_logs(&key).await?;
    Reply::ok("located errant GTID", &files)
}

/// `restart-replica-statements/:host/:port?q=`
pub(in crate::http) async fn statements(call: &Call) -> Outcome {
    let key = call.key_to_change().await?;
    let found = call.services.operations.discover(&key).await?;
    let list = found.state.as_ref().map(|state| around(state, call.query.get("q")));
    let message = format!("statements for: {key}");
    match list.filter(|list| !list.is_empty()) {
        Some(list) => Reply::ok(message, &list),
        None => Reply::ok(message, &()),
    }
}

/// `can-replicate-from/:host/:port/:belowHost/:belowPort`
pub(in crate::http) async fn can_replicate(call: &Call) -> Outcome {
    let (replica, source) = pair(call).await?;
    let (own, theirs) = (known(call, &replica)?, known(call, &source)?);
    replicate::by_any_means(&call.config, own, theirs)?;
    Reply::ok("true", &Key::from(&source))
}

/// `can-replicate-from-gtid/:host/:port/:belowHost/:belowPort`
pub(in crate::http) async fn can_replicate_by_gtid(call: &Call) -> Outcome {
    let (replica, source) = pair(call).await?;
    known(call, &replica)?;
    known(call, &source)?;
    let operations = &call.services.operations;
    let (own, theirs) = (operations.discover(&replica).await?, operations.discover(&source).await?);
    replicate::by_gtid(&call.config, &own, &theirs)?;
    Reply::ok("true", &Key::from(&source))
}

async fn pair(call: &Call) -> Result<(InstanceKey, InstanceKey), Refusal> {
    Ok((call.key().await?, call.key_of("belowHost", "belowPort", KeyUse::Read).await?))
}

/// Who may only read makes us connect to no other server than those that are known.
fn known<'c>(call: &'c Call, key: &InstanceKey) -> Result<&'c Instance, Refusal> {
    let found = call.view.instance(key).map(|found| &**found);
    found.ok_or_else(|| Refusal::new(format!("Cannot read instance: {key}")))
}

async fn operate(
    call: &Call,
    operation: Operation,
    message: impl Fn(&InstanceKey) -> String,
) -> Outcome {
    let (key, done) = run(call, operation).await?;
    answer(call, message(&key), &done.instance)
}

async fn run(call: &Call, operation: Operation) -> Result<(InstanceKey, Done), Refusal> {
    let key = call.key_to_change().await?;
    match call.services.operations.operate(&key, operation).await {
        Ok(done) => Ok((done.instance.key.clone(), done)),
        Err(Refused { why, instance: None }) => Err(Refusal::new(why)),
        Err(Refused { why, instance: Some(found) }) => {
            Err(with_picture(call, |picture| Refusal::new(why).with(&instance(picture, &found))))
        }
    }
}

fn answer(call: &Call, message: String, found: &Instance) -> Outcome {
    with_picture(call, |picture| Reply::ok(message, &instance(picture, found)))
}

/// The picture of this call is older than what was just done.
fn with_picture<T>(call: &Call, make: impl FnOnce(Picture<'_>) -> T) -> T {
    let view = call.services.view();
    make(Picture { view: &view, config: &call.config, now: call.services.clock.now() })
}
