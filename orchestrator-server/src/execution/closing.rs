//! Closing a recovery, after the topology is what it will be: its end is recorded, servers left
//! behind are downtimed, the last hooks run.

use std::time::Duration;

use futures_util::future::join_all;
use shared::InstanceKey;
use tokio::{sync::oneshot, time::timeout};

use super::{incident::Incident, runner::Runner, scribe::Scribe};
use crate::{
    clock::Moment,
    decision::{
        dead_master::Outcome,
        returned::{LOST_FOR, LOST_IN_RECOVERY},
        step::HookList,
    },
    journal::{
        command::{AuditEntry, Command, RecoveryEnd},
        facts::Recovery,
        hints::GENERAL_HOST,
    },
};

/// Longest wait for the readings after a recovery.
const READING: Duration = Duration::from_secs(2);

impl Runner {
    pub(super) async fn conclude(
        &self,
        recovery: &mut Recovery,
        outcome: Outcome,
        scribe: &Scribe,
    ) {
        let end = self.end_of(recovery, &outcome);
        if let Some(times) = times(recovery, &end) {
            scribe.line(times);
        }
        for error in &end.errors {
            scribe.line(error.clone());
        }
        if !end.needless {
            self.mark_servers(recovery, &end, scribe);
        }
        let read = self.read_result(recovery);
        let members = self.members(recovery);
        let view = self.view(recovery, &members);
        let incident = Incident::of(recovery, &view, Some(&end));
        if !recovery.skip_hooks {
            let lists: &[HookList] = match end.successor {
                Some(_) if end.needless => &[],
                Some(_) => &[HookList::PostFailover],
                None => &[HookList::PostUnsuccessfulFailover],
            };
            for list in lists {
                // A failure is in the audit; nothing is left to stop.
                let _ = self.hooks(*list, &incident, scribe).await;
            }
        }
        // Whoever asked for it may end this process, and wants to see the new topology.
        let _ = timeout(READING, read).await;
        scribe.line("recovery ended");
        // Last, so that a process that ends before it leaves a recovery that is gone on with; and
        // awaited, so that whoever asked for the recovery finds it whole.
        recovery.end = Some(end.clone());
        scribe
            .write(Command::ResolveRecovery { uid: recovery.uid.clone(), end: Box::new(end) })
            .await;
    }

    pub(super) fn end_of(&self, recovery: &Recovery, outcome: &Outcome) -> RecoveryEnd {
        let fleet = self.inventory.view();
        let successor_alias = outcome
            .successor
            .as_ref()
            .and_then(|key| fleet.instance(key)?.metadata.instance_alias.clone())
            .unwrap_or_default();
        let mut participants: Vec<_> =
            recovery.done.iter().filter_map(|r| r.step.server().cloned()).collect();
        participants.sort();
        participants.dedup();
        RecoveryEnd {
            at: self.clock.now(),
            successful: outcome.successor.is_some(),
            needless: outcome.needless,
            successor: outcome.successor.clone(),
            successor_alias,
            successor_binlog: outcome.binlog.clone(),
            promoted: outcome.promoted,
            lost: outcome.lost.clone(),
            participants,
            errors: outcome.errors.clone(),
        }
    }

    /// Downtime of what is left behind, and the audit.
    fn mark_servers(&self, recovery: &Recovery, end: &RecoveryEnd, scribe: &Scribe) {
        let at = self.clock.now();
        for key in &end.lost {
            self.put_out_of_service(recovery, key, scribe);
        }
        let message = match &end.successor {
            Some(successor) => format!("promoted {successor}"),
            None => format!("nothing promoted: {}", end.errors.join("; ")),
        };
        scribe.note(Command::Audit(AuditEntry {
            at,
            kind: "recover-dead-master".to_owned(),
            key: Some(recovery.key.clone()),
            cluster: recovery.cluster.clone(),
            message,
        }));
    }

    /// Let everybody know the new source.
    pub(super) fn announce(&self, recovery: &Recovery, successor: &InstanceKey, scribe: &Scribe) {
        self.put_out_of_service(recovery, &recovery.key, scribe);
        for command in announcements(recovery, successor, self.clock.now()) {
            scribe.note(command);
        }
    }

    fn put_out_of_service(&self, recovery: &Recovery, key: &InstanceKey, scribe: &Scribe) {
        let begins = self.clock.now();
        scribe.note(Command::BeginDowntime {
            key: key.clone(),
            owner: recovery.node.hostname.clone(),
            reason: LOST_IN_RECOVERY.to_owned(),
            begins,
            ends: begins + LOST_FOR,
        });
    }

    /// Read every replica again, so that the fleet shows the new topology at once. Resolves when
    /// all have been.
    fn read_result(&self, recovery: &Recovery) -> oneshot::Receiver<()> {
        let (ended, all) = oneshot::channel();
        let (discovery, replicas) = (self.discovery.clone(), recovery.replicas.clone());
        self.tasks.spawn("reading after a recovery", async move {
            join_all(replicas.iter().map(|key| discovery.read(key))).await;
            // Nobody waits any more: fine.
            let _ = ended.send(());
        });
        all
    }
}

/// The new source is in service, has the cluster's alias, and is the writer of its domain (spec
/// 04, 7.6).
fn announcements(recovery: &Recovery, successor: &InstanceKey, at: Moment) -> Vec<Command> {
    let mut commands = vec![Command::EndDowntime { key: successor.clone() }];
    if recovery.alias != recovery.cluster {
        let alias = recovery.alias.clone();
        commands.push(Command::SetClusterAlias { cluster: successor.to_string(), alias });
    }
    if !recovery.domain.is_empty() {
        commands.push(Command::SetHostAttribute {
            host: GENERAL_HOST.to_owned(),
            name: recovery.domain.clone(),
            value: successor.to_string(),
            at,
        });
    }
    commands
}

/// Where the time went, in one line.
fn times(recovery: &Recovery, end: &RecoveryEnd) -> Option<String> {
    let since = recovery.failing_since?;
    let after = |moment: Moment| moment.since(since).as_millis();
    let promoted = end.promoted?;
    Some(format!(
        "Timeline, from the first failed attempt at {since}: detected after {} ms, new source writeable after {} ms, topology healed after {} ms",
        after(recovery.started),
        after(promoted),
        after(end.at)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        decision::fixtures::recovery,
        inventory::sketch::{NOW, key, mysql},
    };

    #[test]
    fn the_new_source_takes_over_alias_and_domain() {
        let mut ended = recovery(&mysql("m! -> r1~"), vec![]);
        (ended.alias, ended.domain) = (ended.cluster.clone(), String::new());
        let in_service = Command::EndDowntime { key: key("r1") };
        let announced = announcements(&ended, &key("r1"), NOW);
        assert_eq!(announced, std::slice::from_ref(&in_service));
        (ended.alias, ended.domain) = ("main".to_owned(), "main.example.com".to_owned());
        let alias =
            Command::SetClusterAlias { cluster: "r1:3306".to_owned(), alias: "main".to_owned() };
        let writer = Command::SetHostAttribute {
            host: "*".to_owned(),
            name: "main.example.com".to_owned(),
            value: "r1:3306".to_owned(),
            at: NOW,
        };
        assert_eq!(announcements(&ended, &key("r1"), NOW), [in_service, alias, writer]);
    }
}
