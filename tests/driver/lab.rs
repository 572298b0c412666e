//! A sandbox together with a driver for it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use harness::{
    sandbox::{Flavor, Sandbox},
    wait,
};
use orchestrator_server::{
    clock::SystemClock,
    mysql::{
        driver::{Action, ActionError, Effect, MysqlDriver, ProbeFailure},
        live::{LiveDriver, LiveSettings},
        state::{Channel, ServerState},
    },
};
use shared::InstanceKey;

/// A sandbox together with a driver for it. Node 1 is the source, the others replicate from it.
pub(crate) struct Lab {
    pub(crate) sandbox: Sandbox,
    pub(crate) driver: LiveDriver,
}

/// The settings that a service would have with the defaults of the configuration.
pub(crate) fn settings() -> LiveSettings {
    LiveSettings::for_account("orchestrator", "orch_pw")
}

/// A driver with those settings.
pub(crate) fn driver(settings: LiveSettings) -> LiveDriver {
    LiveDriver::with_settings(settings, Arc::new(SystemClock::default()))
}

impl Lab {
    pub(crate) fn start(flavor: Flavor, nodes: u16) -> Self {
        Self::with(flavor, nodes, &[])
    }

    /// With options for `scripts/sandbox up`.
    pub(crate) fn with(flavor: Flavor, nodes: u16, options: &[&str]) -> Self {
        Self { sandbox: Sandbox::with(flavor, nodes, options), driver: driver(settings()) }
    }

    pub(crate) fn key(&self, node: u16) -> InstanceKey {
        InstanceKey::new("127.0.0.1", self.sandbox.port(node)).unwrap()
    }

    /// The statement in the words of the sandbox's flavor.
    pub(crate) fn replica_sql(&self, node: u16, statement: &str) {
        let statement = match self.sandbox.flavor {
            Flavor::MySql => statement.to_owned(),
            Flavor::MariaDb => statement
                .replace("change replication source", "change master")
                .replace("source_", "master_")
                .replace("replica", "slave"),
        };
        self.sandbox.sql(node, &statement);
    }

    pub(crate) async fn probe(&self, node: u16) -> Result<Arc<ServerState>, ProbeFailure> {
        self.driver.probe(&self.key(node)).await.outcome
    }

    /// The state of a node that answers.
    pub(crate) async fn state(&self, node: u16) -> Arc<ServerState> {
        self.probe(node).await.unwrap_or_else(|failure| panic!("node {node}: {failure}"))
    }

    /// The replication channel of a node that has one.
    pub(crate) async fn channel(&self, node: u16) -> Channel {
        let state = self.state(node).await;
        state.replication.clone().unwrap_or_else(|| panic!("node {node} is no replica"))
    }

    pub(crate) async fn apply(&self, action: Action) -> Result<Effect, ActionError> {
        self.driver.apply(&action).await
    }

    /// The action, which must succeed, and how long it took.
    pub(crate) async fn done(&self, action: Action) -> Effect {
        let text = action.to_string();
        self.apply(action).await.unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    pub(crate) async fn write_rows(&self, count: usize) {
        for row in 0..count {
            self.sandbox.write(1, &format!("row {row}")).await.unwrap();
        }
    }

    pub(crate) fn rows(&self, node: u16) -> String {
        self.sandbox.sql(node, "select count(*) from test_data.t")
    }

    /// Waits until the state of a node is as it should be.
    pub(crate) async fn until_state(
        &self,
        node: u16,
        what: &str,
        wanted: impl Fn(&ServerState) -> bool,
    ) -> Arc<ServerState> {
        wait::until(wait::secs(20), what, || async {
            let state = self.probe(node).await.map_err(|failure| failure.to_string())?;
            if wanted(&state) { Ok(state) } else { Err(format!("{state:#?}")) }
        })
        .await
    }

    /// Waits until a replica has received everything that node 1 wrote.
    pub(crate) async fn until_received(&self, node: u16) {
        let written = self.state(1).await.gtid.executed.clone();
        self.until_state(node, "everything is received", |state| state.held().contains(&written))
            .await;
    }
}

/// How long a call took, with its result.
pub(crate) async fn timed<T>(call: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    let result = call.await;
    (result, began.elapsed())
}
