//! A topology, the service that watches it, and what must be true of both after a fault.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use harness::{
    sandbox::{Flavor, Node, Sandbox},
    service::Service,
    wait,
};
use serde_json::Value;

use crate::{
    retrieved::{self, Held},
    writer::Taken,
};

/// Servers start and are rebuilt within this, even on a machine that is busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A sandbox whose service knows all of it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) service: Service,
}

/// Where the time went, as the recovery's own record says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeline {
    pub(crate) detected: Duration,
    pub(crate) promoted: Duration,
    pub(crate) healed: Duration,
}

impl Stage {
    /// A source with replicas below it.
    pub(crate) async fn new(flavor: Flavor, nodes: u16, keys: Value) -> Self {
        let sandbox = Sandbox::with(flavor, nodes, &[]);
        let service = Service::start(keys).await;
        service.discover(&sandbox, 1).await;
        Self { sandbox, service }
    }

    /// SIGKILL a node, without any script in between: the moment when it was sent.
    pub(crate) fn kill(&self, node: u16) -> Instant {
        let pid = self.pid(node);
        let moment = Instant::now();
        signal(pid, rustix::process::Signal::KILL);
        moment
    }

    /// Process number of a node that runs.
    pub(crate) fn pid(&self, node: u16) -> i32 {
        let found = self.sandbox.status().into_iter().find(|n| n.number == node);
        found.and_then(|n| n.pid).unwrap_or_else(|| panic!("node {node} does not run"))
    }

    /// All nodes but this one.
    pub(crate) fn others(&self, than: u16) -> Vec<u16> {
        (1..=self.sandbox.nodes()).filter(|node| *node != than).collect()
    }

    /// Name of the newest recovery; empty if there was none.
    pub(crate) async fn newest_recovery(&self) -> String {
        let all = self.service.get("audit-recovery").await.unwrap();
        all[0]["UID"].as_str().unwrap_or_default().to_owned()
    }

    /// The recovery after the named one, once it has ended.
    pub(crate) async fn recovery_after(&self, last: &str) -> Value {
        wait::until(PATIENCE, "a new recovery has ended", || async {
            let newest = self.service.recovery(PATIENCE).await;
            if newest["UID"] == *last { Err(self.service.log()) } else { Ok(newest) }
        })
        .await
    }

    /// What the recovery recorded of its times.
    pub(crate) async fn timeline(&self, recovery: &Value) -> Timeline {
        let route = format!("audit-recovery-steps/{}", recovery["UID"].as_str().unwrap());
        let steps = wait::until(wait::secs(10), "the recovery's record is whole", || async {
            let steps = self.service.get(&route).await?.to_string();
            if steps.contains("recovery ended") { Ok(steps) } else { Err(steps) }
        })
        .await;
        let after = |what: &str| {
            let rest = steps.split(&format!("{what} after ")).nth(1).unwrap_or(&steps);
            let number = rest.split(' ').next().and_then(|n| n.parse().ok());
            Duration::from_millis(number.unwrap_or_else(|| panic!("no {what} in {steps}")))
        };
        Timeline {
            detected: after("detected"),
            promoted: after("writeable"),
            healed: after("healed"),
        }
    }

    /// Wait until exactly one of the nodes that answer takes writes, and those named replicate
    /// from it (if they are not it): that one.
    pub(crate) async fn settled(&self, nodes: &[u16], longest: Duration) -> u16 {
        wait::until(longest, "one source, and all others below it", || async {
            let status = self.sandbox.status();
            let source = only_source(&status)?;
            let address = self.sandbox.address(source);
            let astray = status.iter().find(|node| {
                let below = node.replicates && node.source.as_ref() == Some(&address);
                nodes.contains(&node.number) && node.number != source && !below
            });
            match astray {
                None => Ok(source),
                Some(node) => Err(format!("{node:?}\n{}", self.service.log())),
            }
        })
        .await
    }

    /// Wait until these nodes hold the same rows as `source`.
    pub(crate) async fn same_rows(&self, source: u16, nodes: &[u16]) {
        let sum = |node| self.sandbox.sql(node, "checksum table test_data.t");
        wait::until(PATIENCE, "all hold the same rows", || async {
            let wanted = sum(source);
            match nodes.iter().find(|node| sum(**node) != wanted) {
                None => Ok(()),
                Some(node) => Err(format!("node {node} differs from {source}")),
            }
        })
        .await;
    }

    /// Nothing that a replica was seen to hold is missing, and no row that a server of the
    /// present topology took: how many rows died with their server, unreceived.
    pub(crate) fn nothing_lost(
        &self,
        source: u16,
        gone: &[Option<u16>],
        held: &[Held],
        taken: &BTreeMap<u16, Vec<Taken>>,
    ) -> usize {
        let missing = retrieved::missing(&self.sandbox, source, held);
        assert!(missing.is_empty(), "{source} lacks {missing:?}\n{}", self.service.log());
        let text = self.sandbox.sql(source, "select v from test_data.t");
        let rows: BTreeSet<u64> = text.lines().map(|row| row.parse().unwrap()).collect();
        let mut unreceived = 0;
        for (node, taken) in taken {
            let kept = taken.iter().take_while(|t| rows.contains(&t.row)).count();
            let rest = &taken[kept..];
            let later = rest.iter().find(|t| rows.contains(&t.row));
            assert!(later.is_none(), "{source} lacks {:?} of {node}, but has {later:?}", rest[0]);
            assert!(
                gone.contains(&Some(*node)) || rest.is_empty(),
                "{source} lacks {rest:?} of {node}"
            );
            unreceived += rest.len();
        }
        unreceived
    }

    /// What an operator does after a failover: start what is down, see it fenced, acknowledge,
    /// and set the topology up afresh.
    pub(crate) async fn rebuild(&self, fenced: &[u16]) {
        for node in self.sandbox.status() {
            if node.pid.is_none() {
                self.sandbox.fault("start", node.number);
            } else if !node.up {
                self.sandbox.fault("thaw", node.number);
            }
        }
        wait::until(PATIENCE, "the old source is fenced", || async {
            let status = self.sandbox.status();
            let free = status.into_iter().find(|n| fenced.contains(&n.number) && !n.read_only);
            free.map_or(Ok(()), |node| Err(format!("{node:?}\n{}", self.service.log())))
        })
        .await;
        self.service.ask(&["-c", "ack-all-recoveries", "--reason", "seen"]);
        for node in 1..=self.sandbox.nodes() {
            self.service.ask(&["-c", "end-downtime", "-i", &self.sandbox.address(node)]);
        }
        self.sandbox.deploy();
        self.service.discover(&self.sandbox, 1).await;
    }

    /// Codes of all detections so far, with their counts.
    pub(crate) async fn detections(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for page in 0.. {
            let all = self.service.get(&format!("audit-failure-detection/{page}")).await.unwrap();
            let all = all.as_array().unwrap();
            if all.is_empty() {
                break;
            }
            for detection in all {
                let code = detection["AnalysisEntry"]["Analysis"].as_str().unwrap();
                *counts.entry(code.to_owned()).or_default() += 1;
            }
        }
        counts
    }
}

/// Send a signal to a process that the test started.
pub(crate) fn signal(pid: i32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, signal).unwrap();
}

/// The one node that takes writes.
fn only_source(status: &[Node]) -> Result<u16, String> {
    let mut writeable = status.iter().filter(|node| node.up && !node.read_only);
    match (writeable.next(), writeable.next()) {
        (Some(node), None) => Ok(node.number),
        _ => Err(format!("not one that takes writes: {status:?}")),
    }
}
