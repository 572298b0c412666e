//! A sandbox with a service that knows it, and an application that writes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use harness::{
    sandbox::{Flavor, Sandbox},
    service::{Service, client},
    wait,
};
use mysql_async::prelude::Queryable;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// See the module's text. Node 1 is the source.
pub(crate) struct Scene {
    pub(crate) sandbox: Sandbox,
    pub(crate) service: Service,
}

/// Writes rows until it is told to stop.
pub(crate) struct Writer {
    stop: Arc<AtomicBool>,
    task: JoinHandle<u64>,
}

impl Scene {
    pub(crate) async fn start(flavor: Flavor, options: &[&str], keys: Value) -> Self {
        let sandbox = Sandbox::with(flavor, 3, options);
        let mut config = json!({ "InstancePollSeconds": 1 });
        config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        let service = Service::start(config).await;
        service.discover(&sandbox, 2).await;
        Self { sandbox, service }
    }

    /// Nothing is recovered automatically.
    pub(crate) async fn calm(flavor: Flavor, options: &[&str]) -> Self {
        let keys = json!({
            "RecoverMasterClusterFilters": [],
            "ReplicationCredentialsQuery": "select 'repl', 'repl_pw'",
        });
        Self::start(flavor, options, keys).await
    }

    /// `command -i NODE …` of the client; what it prints.
    pub(crate) fn ask(&self, command: &str, node: u16, more: &[&str]) -> String {
        let address = self.sandbox.address(node);
        let arguments: Vec<&str> =
            ["-c", command, "-i", &address].into_iter().chain(more.iter().copied()).collect();
        self.service.ask(&arguments)
    }

    /// The command prints the node that it was about.
    pub(crate) fn done(&self, command: &str, node: u16) {
        assert_eq!(self.ask(command, node, &[]), self.sandbox.address(node), "{command}");
    }

    /// The command fails; why.
    pub(crate) fn refused(&self, command: &str, node: u16, more: &[&str]) -> String {
        let address = self.sandbox.address(node);
        let arguments: Vec<&str> =
            ["-c", command, "-i", &address].into_iter().chain(more.iter().copied()).collect();
        let output = client(&self.service.url(), &arguments);
        assert_eq!(output.status.code(), Some(1), "{command}: {output:?}");
        String::from_utf8_lossy(&output.stderr).trim().to_owned()
    }

    /// A node as the service knows it.
    pub(crate) async fn instance(&self, node: u16) -> Value {
        self.service.json(&format!("instance/127.0.0.1/{}", self.sandbox.port(node))).await
    }

    /// Receiver and applier as the service knows them: 1 runs, 0 does not.
    pub(crate) async fn threads(&self, node: u16) -> (Value, Value) {
        let seen = self.instance(node).await;
        (seen["ReplicationIOThreadState"].clone(), seen["ReplicationSQLThreadState"].clone())
    }

    /// Kinds of the newest entries of the audit about a node, newest first.
    pub(crate) async fn audit(&self, node: u16) -> Vec<String> {
        let route = format!("audit/instance/127.0.0.1/{}", self.sandbox.port(node));
        let entries = self.service.json(&route).await;
        let kinds = entries.as_array().into_iter().flatten().map(|e| e["AuditType"].as_str());
        kinds.map(|kind| kind.unwrap_or_default().to_owned()).collect()
    }

    pub(crate) fn writer(&self) -> Writer {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, port) = (stop.clone(), self.sandbox.port(1));
        let task = tokio::spawn(async move {
            let options = mysql_async::OptsBuilder::default()
                .ip_or_hostname("127.0.0.1")
                .tcp_port(port)
                .user(Some("app"))
                .pass(Some("app_pw"))
                .db_name(Some("test_data"))
                .prefer_socket(false);
            let mut connection = mysql_async::Conn::new(options).await.unwrap();
            let mut written = 0;
            let mut tick = tokio::time::interval(Duration::from_millis(5));
            while !stopped.load(Ordering::Relaxed) {
                tick.tick().await;
                let insert = format!("insert into t (v) values ('row {written}')");
                connection.query_drop(insert).await.unwrap();
                written += 1;
            }
            written
        });
        Writer { stop, task }
    }

    /// Every node comes to hold the same rows as the source.
    pub(crate) async fn all_hold_the_same(&self, least: u64) {
        let rows = |node| {
            let sql = "select concat(count(*), ' ', coalesce(sum(crc32(concat(id, v))), 0)) \
                       from test_data.t";
            self.sandbox.sql(node, sql)
        };
        let wanted = rows(1);
        let count: u64 = wanted.split(' ').next().unwrap().parse().unwrap();
        assert!(count >= least, "{wanted} for {least} rows");
        for node in 2..=self.sandbox.nodes() {
            wait::until(wait::secs(30), "the same rows everywhere", || async {
                let found = rows(node);
                if found == wanted { Ok(()) } else { Err(format!("{node}: {found} for {wanted}")) }
            })
            .await;
        }
    }

    /// No operation left a lock behind.
    pub(crate) async fn nothing_is_locked(&self) {
        let locks = self.service.json("maintenance").await;
        assert!(locks.as_array().is_none_or(Vec::is_empty), "{locks}");
    }
}

impl Writer {
    /// How many rows it wrote.
    pub(crate) async fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}
