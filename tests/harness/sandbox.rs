//! Real MySQL and MariaDB servers, by `scripts/sandbox`. Each sandbox has its own folder and
//! ports, and is gone when it is dropped.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::{Command, Output},
    sync::Mutex,
};

use mysql_async::{Conn, OptsBuilder, prelude::Queryable};

/// Which servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// MySQL.
    MySql,
    /// MariaDB.
    MariaDb,
}

/// A running topology. Node 1 is the source.
#[derive(Debug)]
pub struct Sandbox {
    /// Which servers.
    pub flavor: Flavor,
    base_port: u16,
    nodes: u16,
    folder: tempfile::TempDir,
}

/// What `scripts/sandbox status` says of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Number, from 1.
    pub number: u16,
    /// It answers. A frozen or dead one does not.
    pub up: bool,
    /// Process number; none if it is dead.
    pub pid: Option<i32>,
    /// `read_only` is on.
    pub read_only: bool,
    /// `host:port` of its source.
    pub source: Option<String>,
    /// Both replication threads run.
    pub replicates: bool,
}

/// Ports are looked for by one test at a time; between tests of other processes the sandbox
/// itself notices a taken port, and the next block is tried.
static LOOKING_FOR_PORTS: Mutex<()> = Mutex::new(());

impl Flavor {
    /// The name for `--flavor`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
            Self::MariaDb => "mariadb",
        }
    }
}

impl Sandbox {
    /// A source with two replicas by GTID.
    #[must_use]
    pub fn start(flavor: Flavor) -> Self {
        Self::with(flavor, 3, &[])
    }

    /// `nodes` servers, with more options for `scripts/sandbox up`.
    ///
    /// # Panics
    /// If they do not start.
    #[must_use]
    pub fn with(flavor: Flavor, nodes: u16, options: &[&str]) -> Self {
        let _one_at_a_time =
            LOOKING_FOR_PORTS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut last = String::new();
        for _ in 0..5 {
            let folder = tempfile::Builder::new().prefix("sandbox").tempdir().unwrap();
            let sandbox = Self { flavor, base_port: free_ports(nodes), nodes, folder };
            let count = nodes.to_string();
            let mut arguments = vec!["--nodes", &count];
            arguments.extend(options);
            let output = sandbox.run("up", &arguments);
            if output.status.success() {
                return sandbox;
            }
            last = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        panic!("the sandbox does not start: {last}")
    }

    /// Port of a node, counted from 1.
    #[must_use]
    pub fn port(&self, node: u16) -> u16 {
        self.base_port + node - 1
    }

    /// `127.0.0.1:port` of a node, counted from 1.
    #[must_use]
    pub fn address(&self, node: u16) -> String {
        format!("127.0.0.1:{}", self.port(node))
    }

    /// Number of nodes.
    #[must_use]
    pub fn nodes(&self) -> u16 {
        self.nodes
    }

    /// `kill`, `stop`, `start`, `freeze` or `thaw` a node.
    ///
    /// # Panics
    /// If that fails.
    pub fn fault(&self, what: &str, node: u16) {
        let output = self.run(what, &[&node.to_string()]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{what} {node}: {text}");
    }

    /// Wipe all data of the running nodes and set the topology up afresh.
    ///
    /// # Panics
    /// If that fails.
    pub fn deploy(&self) {
        let output = self.run("deploy", &[]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "deploy: {text}");
    }

    /// The state of every node, the first one first.
    ///
    /// # Panics
    /// If that fails.
    #[must_use]
    pub fn status(&self) -> Vec<Node> {
        let output = self.run("status", &[]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "status: {text}");
        String::from_utf8_lossy(&output.stdout).lines().map(Node::read).collect()
    }

    /// Where a node keeps its files.
    #[must_use]
    pub fn node_folder(&self, node: u16) -> PathBuf {
        self.folder.path().join("s").join(format!("node{node}"))
    }

    /// The owner of the servers connects to a node, past all that might be in the way.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub async fn owner(&self, node: u16) -> mysql_async::Result<Conn> {
        let socket = self.node_folder(node).join("mysql.sock").display().to_string();
        Conn::new(OptsBuilder::default().user(Some("root")).socket(Some(socket))).await
    }

    /// Run SQL as the owner of the servers; rows as the client prints them.
    ///
    /// # Panics
    /// If that fails.
    pub fn sql(&self, node: u16, sql: &str) -> String {
        let output = self.run("sql", &[&node.to_string(), sql]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sql on {node}: {text}\n{sql}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// An ordinary application connects to a node.
    ///
    /// # Errors
    /// If the server cannot be reached.
    pub async fn app(&self, node: u16) -> mysql_async::Result<Conn> {
        let options = OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(self.port(node))
            .user(Some("app"))
            .pass(Some("app_pw"))
            .db_name(Some("test_data"))
            .prefer_socket(false);
        Conn::new(options).await
    }

    /// An application writes one row; the error says why it could not.
    ///
    /// # Errors
    /// As the server says.
    pub async fn write(&self, node: u16, value: &str) -> Result<(), String> {
        let insert = async {
            let mut connection = self.app(node).await?;
            connection.exec_drop("insert into t (v) values (?)", (value,)).await?;
            connection.disconnect().await
        };
        insert.await.map_err(|e: mysql_async::Error| e.to_string())
    }

    fn run(&self, command: &str, arguments: &[&str]) -> Output {
        Command::new(crate::repository().join("scripts/sandbox"))
            .arg(command)
            .args(["--flavor", self.flavor.name(), "--base-port", &self.base_port.to_string()])
            .arg("--dir")
            .arg(self.folder.path().join("s"))
            .args(arguments)
            .output()
            .unwrap()
    }
}

impl Node {
    /// One line of `scripts/sandbox status`: `name=value` words.
    fn read(line: &str) -> Self {
        let word = |name: &str| {
            let found = line.split(' ').filter_map(|w| w.split_once('=')).find(|(n, _)| *n == name);
            found.map(|(_, value)| value).filter(|value| *value != "-")
        };
        Self {
            number: word("node").and_then(|n| n.parse().ok()).unwrap_or_default(),
            up: word("state") == Some("up"),
            pid: word("pid").and_then(|pid| pid.parse().ok()),
            read_only: word("read_only").is_some_and(|value| value != "0" && value != "OFF"),
            source: word("source").map(str::to_owned),
            replicates: word("io") == Some("Yes") && word("sql") == Some("Yes"),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.run("down", &[]);
    }
}

/// The first of so many free ports in a row, below the range that systems hand out themselves.
fn free_ports(count: u16) -> u16 {
    for _ in 0..1000 {
        let first = 12_000 + rand::random::<u16>() % 18_000;
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if (first..first + count).all(free) {
            return first;
        }
    }
    panic!("no free ports")
}
