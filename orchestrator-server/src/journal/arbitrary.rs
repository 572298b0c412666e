//! Commands by the dice, for property tests. Names come from small sets so that commands meet.

use std::time::Duration;

use proptest::{collection::vec, option, prelude::*, sample::select};
use shared::{InstanceKey, PromotionRule};

use super::{
    command::{AckSelector, AuditEntry, Command, RecoveryEnd},
    facts::{Detection, Node, Recovery},
    hints::Maintenance,
    imported::Imported,
};
use crate::{
    analysis::Code,
    clock::Moment,
    decision::step::{HookList, Step, StepEffect, StepResult},
    mysql::driver::{Action, ActionError, Found},
};

pub(crate) fn commands(most: usize) -> impl Strategy<Value = Vec<Command>> {
    vec(command(), 0..=most)
}

pub(crate) fn command() -> impl Strategy<Value = Command> {
    prop_oneof![hint(), lasting_hint(), history(), progress(), people()]
}

fn key() -> impl Strategy<Value = InstanceKey> {
    select(vec!["a", "b", "fe80::1"]).prop_map(|host| InstanceKey::new(host, 3306).unwrap())
}

fn cluster() -> impl Strategy<Value = String> {
    select(vec!["a:3306", "b:3306", "c:3306"]).prop_map(str::to_owned)
}

fn alias() -> impl Strategy<Value = String> {
    select(vec!["", "main", "other"]).prop_map(str::to_owned)
}

fn uid() -> impl Strategy<Value = String> {
    select(vec!["u1", "u2", "u3", "u4"]).prop_map(str::to_owned)
}

fn at() -> impl Strategy<Value = Moment> {
    (0..1000_i64).prop_map(Moment::from_unix_seconds)
}

fn span() -> impl Strategy<Value = Duration> {
    (0..500_u64).prop_map(Duration::from_millis)
}

fn code() -> impl Strategy<Value = Code> {
    select(Code::ALL)
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-z '\"\\\\\n]{0,8}"]
}

fn hint() -> impl Strategy<Value = Command> {
    prop_oneof![
        (key(), words(), words(), at(), at()).prop_map(|(key, owner, reason, begins, ends)| {
            Command::BeginDowntime { key, owner, reason, begins, ends }
        }),
        key().prop_map(|key| Command::EndDowntime { key }),
        (key(), select(&PromotionRule::ALL[..]), at())
            .prop_map(|(key, rule, at)| Command::RegisterCandidate { key, rule, at }),
        (key(), at()).prop_map(|(key, until)| Command::Forget { key, until }),
        key().prop_map(|key| Command::Remember { key }),
        (cluster(), alias())
            .prop_map(|(cluster, alias)| Command::SetClusterAlias { cluster, alias }),
        (cluster(), alias())
            .prop_map(|(cluster, alias)| Command::OverrideClusterAlias { cluster, alias }),
    ]
}

fn name() -> impl Strategy<Value = String> {
    select(vec!["", "x", "y", "it's %s \u{1f600}"]).prop_map(str::to_owned)
}

fn lasting_hint() -> impl Strategy<Value = Command> {
    prop_oneof![
        (key(), maintenance())
            .prop_map(|(key, maintenance)| Command::BeginMaintenance { key, maintenance }),
        key().prop_map(|key| Command::EndMaintenance { key }),
        (0..6_u64).prop_map(|id| Command::EndMaintenanceById { id }),
        (key(), name(), words()).prop_map(|(key, name, value)| Command::PutTag {
            key,
            name,
            value
        }),
        (option::of(key()), name(), option::of(name()))
            .prop_map(|(key, name, value)| Command::Untag { key, name, value }),
        (name(), vec(key(), 0..3), at()).prop_map(|(pool, members, at)| Command::SubmitPool {
            pool,
            members,
            at
        }),
        (name(), name(), words(), at()).prop_map(|(host, name, value, at)| {
            Command::SetHostAttribute { host, name, value, at }
        }),
        (name(), words(), at()).prop_map(|(hostname, name, at)| Command::RegisterVirtualName {
            hostname,
            name,
            at
        }),
        name().prop_map(|hostname| Command::DeregisterVirtualName { hostname }),
        (at(), at(), at()).prop_map(|(at, pools_before, virtual_names_before)| {
            Command::PurgeHints { at, pools_before, virtual_names_before }
        }),
    ]
}

fn maintenance() -> impl Strategy<Value = Maintenance> {
    (words(), words(), at(), at(), option::of(node())).prop_map(
        |(owner, reason, begins, ends, node)| Maintenance {
            id: 0,
            owner,
            reason,
            begins,
            ends,
            node,
        },
    )
}

fn history() -> impl Strategy<Value = Command> {
    prop_oneof![
        detection().prop_map(|detection| Command::RegisterDetection(Box::new(detection))),
        recovery().prop_map(|recovery| Command::RegisterRecovery(Box::new(recovery))),
        (key(), cluster(), code(), 0..4_u64, at()).prop_map(
            |(key, cluster, code, blocking_id, at)| {
                Command::RegisterBlocked { key, cluster, code, blocking_id, at }
            }
        ),
        (at(), span(), span()).prop_map(|(at, recoveries_after, detections_after)| {
            Command::ExpireActivePeriods { at, recoveries_after, detections_after }
        }),
        (at(), at(), at()).prop_map(|(at, history_before, candidates_before)| Command::Purge {
            at,
            history_before,
            candidates_before
        }),
    ]
}

fn progress() -> impl Strategy<Value = Command> {
    prop_oneof![
        (uid(), vec(step(), 0..3), at()).prop_map(|(uid, steps, at)| Command::IntendSteps {
            uid,
            steps,
            at
        }),
        (uid(), vec(result(), 0..3), at()).prop_map(|(uid, results, at)| Command::NoteResults {
            uid,
            results,
            at
        }),
        (uid(), vec((at(), words()), 0..3))
            .prop_map(|(uid, lines)| Command::NoteProgress { uid, lines }),
        (uid(), end()).prop_map(|(uid, end)| Command::ResolveRecovery { uid, end: Box::new(end) }),
    ]
}

fn people() -> impl Strategy<Value = Command> {
    let selector = prop_oneof![
        Just(AckSelector::All),
        (0..4_u64).prop_map(AckSelector::Id),
        uid().prop_map(AckSelector::Uid),
        (cluster(), alias()).prop_map(|(name, alias)| AckSelector::Cluster { name, alias }),
        key().prop_map(AckSelector::Instance),
    ];
    let audit = (at(), words(), option::of(key()), alias(), words());
    prop_oneof![
        imported(),
        (selector, words(), words(), at()).prop_map(|(selector, by, comment, at)| {
            Command::Acknowledge { selector, by, comment, at }
        }),
        any::<bool>().prop_map(Command::SetRecoveriesDisabled),
        audit.prop_map(|(at, kind, key, cluster, message)| {
            Command::Audit(AuditEntry { at, kind, key, cluster, message })
        }),
    ]
}

fn imported() -> impl Strategy<Value = Command> {
    let tags = vec((key(), words(), words()), 0..3);
    let audit = vec((0..9_u64, at(), words(), option::of(key()), words()), 0..3);
    let history = (vec(detection(), 0..3), any::<bool>());
    (tags, vec((cluster(), alias()), 0..3), audit, history).prop_map(
        |(tags, aliases, audit, (detections, recoveries_disabled))| {
            let entry = |(id, at, kind, key, message)| {
                (id, AuditEntry { at, kind, key, cluster: String::new(), message })
            };
            Command::Import(Box::new(Imported {
                tags,
                aliases,
                detections,
                recoveries_disabled,
                audit: audit.into_iter().map(entry).collect(),
                ..Imported::default()
            }))
        },
    )
}

fn node() -> impl Strategy<Value = Node> {
    (words(), words()).prop_map(|(hostname, token)| Node { hostname, token })
}

fn detection() -> impl Strategy<Value = Detection> {
    let names = (key(), code(), cluster(), alias(), vec(key(), 0..3));
    let rest = (any::<bool>(), at(), any::<bool>(), node());
    (names, rest).prop_map(
        |((key, code, cluster, alias, replicas), (actionable, at, active, node))| Detection {
            id: 0,
            key,
            code,
            cluster,
            alias,
            replicas,
            actionable,
            at,
            active,
            node,
        },
    )
}

fn recovery() -> impl Strategy<Value = Recovery> {
    let names = (uid(), key(), code(), cluster(), alias(), words(), vec(key(), 0..3));
    let how = (option::of(key()), any::<bool>(), any::<bool>(), 0..4_u64, node());
    (names, how, option::of(at()), at()).prop_map(
        |(
            (uid, key, code, cluster, alias, domain, replicas),
            (wanted, forced, skip_hooks, detection_id, node),
            failing_since,
            started,
        )| Recovery {
            id: 0,
            uid,
            key,
            code,
            cluster,
            alias,
            domain,
            replicas,
            wanted,
            forced,
            skip_hooks,
            detection_id,
            node,
            failing_since,
            started,
            active: true,
            intended: vec![],
            done: vec![],
            lines: vec![],
            end: None,
            acknowledged: None,
            resumed: None,
            fenced: std::collections::BTreeMap::new(),
        },
    )
}

fn end() -> impl Strategy<Value = RecoveryEnd> {
    let successor = (option::of(key()), words(), words(), option::of(at()));
    let lists = (vec(key(), 0..3), vec(key(), 0..3), vec(words(), 0..3));
    (at(), any::<bool>(), successor, lists).prop_map(
        |(
            at,
            successful,
            (successor, successor_alias, successor_binlog, promoted),
            (lost, participants, errors),
        )| RecoveryEnd {
            at,
            successful,
            needless: false,
            successor,
            successor_alias,
            successor_binlog,
            promoted,
            lost,
            participants,
            errors,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let action = prop_oneof![
        key().prop_map(|replica| Action::Seal { replica }),
        (key(), span()).prop_map(|(replica, stall)| Action::Drain { replica, stall }),
        (key(), key(), span(), option::of(any::<u64>()), option::of(name())).prop_map(
            |(replica, source, confirm, delay, known_as)| Action::PointTo {
                replica,
                source,
                confirm,
                delay,
                known_as
            }
        ),
        (key(), words(), span()).prop_map(|(replica, target, stall)| Action::CatchUp {
            replica,
            target,
            stall
        }),
        (key(), any::<bool>())
            .prop_map(|(server, keep_relay_log)| Action::Promote { server, keep_relay_log }),
        (key(), any::<bool>()).prop_map(|(server, on)| Action::SetReadOnly { server, on }),
        (key(), found()).prop_map(|(replica, found)| Action::Resume { replica, found }),
        key().prop_map(|replica| Action::Detach { replica }),
    ];
    let hooks = select(vec![HookList::PreFailover, HookList::PostFailover]);
    let announcement = key().prop_map(|successor| Step::Announce { successor });
    prop_oneof![action.prop_map(Step::Server), hooks.prop_map(Step::Hooks), announcement]
}

fn found() -> impl Strategy<Value = Found> {
    (any::<bool>(), any::<bool>(), any::<u64>()).prop_map(|(receiving, applying, delay_seconds)| {
        Found { receiving, applying, delay_seconds }
    })
}

fn result() -> impl Strategy<Value = StepResult> {
    let found = option::of(found());
    let effect = (words(), words(), any::<bool>(), any::<bool>(), words(), found).prop_map(
        |(executed, held, drained, replicating, binlog, found)| StepEffect {
            executed,
            held,
            drained,
            replicating,
            binlog,
            found,
        },
    );
    let error = prop_oneof![
        words().prop_map(ActionError::Unreachable),
        words().prop_map(ActionError::Refused),
        words().prop_map(ActionError::TimedOut),
        words().prop_map(ActionError::Unknown),
    ];
    let outcome = prop_oneof![effect.prop_map(Ok), error.prop_map(Err)];
    (step(), at(), at(), outcome).prop_map(|(step, started, finished, outcome)| StepResult {
        step,
        started,
        finished,
        outcome,
    })
}
