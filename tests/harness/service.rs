//! The real server and client programs.

use std::{
    ffi::OsString,
    fs::File,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{program, sandbox::Sandbox, wait};

/// A running server. It is killed when it is dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    folder: tempfile::TempDir,
    place: Place,
    port: u16,
    http: reqwest::Client,
}

/// Where a server runs.
#[derive(Clone, Debug)]
pub struct Place {
    /// The address at which it listens.
    pub address: String,
    /// A command that runs the command given to it there; empty: here.
    pub run_by: Vec<String>,
}

impl Default for Place {
    fn default() -> Self {
        Self { address: "127.0.0.1".to_owned(), run_by: Vec::new() }
    }
}

/// Keys that end-to-end tests set unless they say otherwise.
fn defaults(folder: &std::path::Path, address: &str, port: u16) -> Value {
    json!({
        "ListenAddress": format!("{address}:{port}"),
        "SQLite3DataFile": folder.join("orchestrator.db"),
        "MySQLTopologyUser": "orchestrator",
        "MySQLTopologyPassword": "orch_pw",
        "MySQLHostnameResolveMethod": "@@report_host",
        "DetectClusterAliasQuery": "select cluster_name from meta.cluster where anchor = 1",
        "RecoverMasterClusterFilters": ["*"],
        "InstancePollSeconds": 5,
    })
}

impl Service {
    /// Start a server with these keys laid over the tests' own.
    #[must_use]
    pub async fn start(keys: Value) -> Self {
        Self::start_at(Place::default(), keys).await
    }

    /// Start a server somewhere else than here.
    ///
    /// # Panics
    /// If it does not answer.
    #[must_use]
    pub async fn start_at(place: Place, keys: Value) -> Self {
        let folder = tempfile::Builder::new().prefix("service").tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut config = defaults(folder.path(), &place.address, port);
        if let (Some(config), Value::Object(keys)) = (config.as_object_mut(), keys) {
            config.extend(keys);
        }
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        // The provider can be installed once per process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let child = spawn(&folder, &place);
        let http =
            reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy().build().unwrap();
        let service = Self { child, folder, place, port, http };
        wait::until(wait::secs(20), "the service answers", || async {
            service.get("lb-check").await.map_err(|error| format!("{error}\n{}", service.log()))
        })
        .await;
        service
    }

    /// `http://address:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}:{}", self.place.address, self.port)
    }

    /// GET a route below `/api/`; the body, whatever the status.
    ///
    /// # Errors
    /// If there is no answer, or none in JSON.
    pub async fn get(&self, route: &str) -> Result<Value, String> {
        let url = format!("{}/api/{route}", self.url());
        let answer = self.http.get(url).send().await.map_err(|e| e.to_string())?;
        answer.json().await.map_err(|e| e.to_string())
    }

    /// Run the client against this server.
    ///
    /// # Panics
    /// If it cannot be run.
    #[must_use]
    pub fn client(&self, arguments: &[&str]) -> Output {
        Command::new(program("orchestrator-client"))
            .args(arguments)
            .env("ORCHESTRATOR_API", format!("{}/api", self.url()))
            .output()
            .unwrap()
    }

    /// What the client prints, without the last line break.
    ///
    /// # Panics
    /// If it fails.
    pub fn ask(&self, arguments: &[&str]) -> String {
        let output = self.client(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "orchestrator-client {arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Announce one server of the sandbox and wait until all are known and in order.
    pub async fn discover(&self, sandbox: &Sandbox, seed: u16) {
        let (seed, source) = (sandbox.address(seed), sandbox.address(1));
        self.discover_from(&seed, &source, usize::from(sandbox.nodes())).await;
    }

    /// Announce one server and wait until so many below the source, itself included, are known
    /// and in order.
    pub async fn discover_from(&self, seed: &str, source: &str, count: usize) {
        self.ask(&["-c", "discover", "-i", seed]);
        wait::until(wait::secs(30), "the whole topology is known and replicates", || async {
            let cluster = self.get(&format!("cluster/{source}")).await?;
            let known = cluster.as_array().ok_or_else(|| cluster.to_string())?;
            let in_order = known.iter().filter(|instance| {
                let runs = instance["ReplicationDepth"] == 0
                    || instance["ReplicationIOThreadRuning"] == true
                        && instance["ReplicationSQLThreadRuning"] == true;
                instance["IsLastCheckValid"] == true && runs
            });
            if in_order.count() == count { Ok(()) } else { Err(cluster.to_string()) }
        })
        .await;
    }

    /// The newest recovery, once it has ended.
    pub async fn recovery(&self, longest: Duration) -> Value {
        wait::until(longest, "a recovery has ended", || async {
            let all = self.get("audit-recovery").await?;
            let newest = all.get(0).cloned().unwrap_or_default();
            match newest["RecoveryEndTimestamp"].as_str() {
                Some(end) if !end.is_empty() => Ok(newest),
                _ => Err(format!("{newest}\n{}", self.log())),
            }
        })
        .await
    }

    /// No recovery was begun.
    ///
    /// # Panics
    /// If one was.
    pub async fn assert_no_recovery(&self) {
        let all = self.get("audit-recovery").await.unwrap();
        assert_eq!(all, json!([]), "{}", self.log());
    }

    /// What the server has logged.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Process number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A file in the service's folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// How many servers the backend file holds.
    #[must_use]
    pub fn stored_instances(&self) -> usize {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        rusqlite::Connection::open_with_flags(self.file("orchestrator.db"), flags)
            .and_then(|db| db.query_row("select count(*) from orc_instance", [], |row| row.get(0)))
            .unwrap_or(0)
    }

    /// SIGKILL the server.
    ///
    /// # Panics
    /// If it has ended already.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Start the killed server again, on the same files.
    ///
    /// # Panics
    /// If it does not come back.
    pub async fn revive(&mut self) {
        self.child = spawn(&self.folder, &self.place);
        wait::until(wait::secs(20), "the service answers again", || self.get("lb-check")).await;
    }
}

fn spawn(folder: &tempfile::TempDir, place: &Place) -> Child {
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    let mut words: Vec<OsString> = place.run_by.iter().map(OsString::from).collect();
    words.push(program("orchestrator").into());
    Command::new(&words[0])
        .args(&words[1..])
        .arg("--verbose")
        .arg("--config")
        .arg(folder.path().join("config.json"))
        .arg("http")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
