//! The real server and client programs.

use std::{
    ffi::OsString,
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

use reqwest::{Method, StatusCode, header::HeaderMap};
pub use rustix::process::Signal;
use rustix::process::{Pid, kill_process};
use serde_json::{Value, json};

use crate::{program, sandbox::Sandbox, wait};

/// A running server. It is killed when it is dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    flags: Vec<String>,
    folder: tempfile::TempDir,
    place: Place,
    port: u16,
    /// In front of every path: empty, or `/name`.
    prefix: String,
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

/// An HTTP answer as it came.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header; empty if it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Keys that end-to-end tests set unless they say otherwise.
fn defaults(folder: &Path, address: &str, port: u16) -> Value {
    json!({
        "ListenAddress": format!("{address}:{port}"),
        "SQLite3DataFile": folder.join("orchestrator.db"),
        "MySQLTopologyUser": "orchestrator",
        "MySQLTopologyPassword": "orch_pw",
        "MySQLHostnameResolveMethod": "@@report_host",
        "DetectClusterAliasQuery": "select cluster_name from meta.cluster where anchor = 1",
        "RecoverMasterClusterFilters": ["*"],
        "InstancePollSeconds": 5,
        "AuditToBackendDB": true,
    })
}

impl Service {
    /// Start a server with these keys laid over the tests' own.
    #[must_use]
    pub async fn start(keys: Value) -> Self {
        Self::with_flags(&["--verbose"], keys).await
    }

    /// Start a server with these flags in front of `http`.
    #[must_use]
    pub async fn with_flags(flags: &[&str], keys: Value) -> Self {
        let folder = tempfile::Builder::new().prefix("service").tempdir().unwrap();
        Self::start_in(folder, Place::default(), flags, keys).await
    }

    /// Start a server somewhere else than here.
    #[must_use]
    pub async fn start_at(place: Place, keys: Value) -> Self {
        let folder = tempfile::Builder::new().prefix("service").tempdir().unwrap();
        Self::start_in(folder, place, &["--verbose"], keys).await
    }

    /// Start a server in the folder of an earlier one. A relative `ListenSocket` is in there.
    ///
    /// # Panics
    /// If it does not answer.
    #[must_use]
    pub async fn start_in(
        folder: tempfile::TempDir,
        place: Place,
        flags: &[&str],
        keys: Value,
    ) -> Self {
        let port = free_port();
        let mut config = defaults(folder.path(), &place.address, port);
        overlay(&mut config, keys);
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        // The provider can be installed once per process.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy();
        if let Some(socket) = config["ListenSocket"].as_str() {
            http = http.unix_socket(folder.path().join(socket));
        }
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let prefix = config["URLPrefix"].as_str().unwrap_or_default().to_owned();
        let child = spawn(&folder, &place, &flags);
        let mut service =
            Self { child, flags, folder, place, port, prefix, http: http.build().unwrap() };
        service.answers().await;
        service
    }

    async fn answers(&mut self) {
        wait::until(wait::secs(20), "the service answers", || async {
            let answer = self.call(Method::GET, "/", &[]).await;
            answer.map_err(|error| format!("{error}\n{}", self.log()))
        })
        .await;
    }

    /// `http://127.0.0.1:port`, with the prefix if there is one.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}:{}{}", self.place.address, self.port, self.prefix)
    }

    /// GET a route below `/api/`; the body, whatever the status.
    ///
    /// # Errors
    /// If there is no answer, or none in JSON.
    pub async fn get(&self, route: &str) -> Result<Value, String> {
        let answer = self.call(Method::GET, &format!("{}/api/{route}", self.prefix), &[]).await?;
        serde_json::from_slice(&answer.body).map_err(|error| format!("{error}: {}", answer.text()))
    }

    /// GET a route below `/api/` that must give JSON.
    ///
    /// # Panics
    /// If it does not.
    pub async fn json(&self, route: &str) -> Value {
        self.get(route).await.unwrap_or_else(|error| panic!("{route}: {error}"))
    }

    /// One request, by the whole path.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let mut request =
            self.http.request(method, format!("http://{}:{}{path}", self.place.address, self.port));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.map_err(|e| e.to_string())?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|e| e.to_string())?.to_vec();
        Ok(Answer { status, headers, body })
    }

    /// Run the client against this server.
    ///
    /// # Panics
    /// If it cannot be run.
    #[must_use]
    pub fn client(&self, arguments: &[&str]) -> Output {
        client(&format!("{}/api", self.url()), arguments)
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

    /// Announce one server and wait until `count` servers below `source` are known and in order.
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

    /// Lay these keys over the configuration file; `null` removes one. The server is not told.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn reconfigure(&self, keys: Value) {
        let file = self.file("config.json");
        let mut config = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        overlay(&mut config, keys);
        std::fs::write(file, config.to_string()).unwrap();
    }

    /// Send a signal.
    ///
    /// # Panics
    /// If the server has ended.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// SIGTERM the server, and wait for its end.
    pub async fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        ended(&mut self.child, wait::secs(10)).await
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
    pub async fn revive(&mut self) {
        let flags = self.flags.clone();
        self.revive_with(&flags).await;
    }

    /// Start the killed server again with other flags.
    ///
    /// # Panics
    /// If it does not come back.
    pub async fn revive_with<S: AsRef<str>>(&mut self, flags: &[S]) {
        self.flags = flags.iter().map(|flag| flag.as_ref().to_owned()).collect();
        self.child = spawn(&self.folder, &self.place, &self.flags);
        self.answers().await;
    }
}

/// Run the client against these servers.
///
/// # Panics
/// If it cannot be run.
#[must_use]
pub fn client(api: &str, arguments: &[&str]) -> Output {
    Command::new(program("orchestrator-client"))
        .args(arguments)
        .env("ORCHESTRATOR_API", api)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// How a server ended that was not meant to run.
#[derive(Debug)]
pub struct Refusal {
    /// Exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it said.
    pub stderr: String,
}

/// Start a server that must end by itself soon.
///
/// # Panics
/// If it does not.
pub async fn refused_start(folder: &Path, arguments: &[&str], longest: Duration) -> Refusal {
    let file = folder.join("stderr");
    let mut child = Command::new(program("orchestrator"))
        .args(arguments)
        .current_dir(folder)
        // Whatever would print one, does.
        .env("RUST_BACKTRACE", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(File::create(&file).unwrap())
        .spawn()
        .unwrap();
    let status = ended(&mut child, longest).await;
    Refusal { code: status.code(), stderr: std::fs::read_to_string(file).unwrap() }
}

async fn ended(child: &mut Child, longest: Duration) -> ExitStatus {
    let until = std::time::Instant::now() + longest;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if std::time::Instant::now() > until {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the server did not end within {longest:?}");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A port that nothing listens at.
///
/// # Panics
/// If the system has none.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn overlay(config: &mut Value, keys: Value) {
    let (Some(config), Value::Object(keys)) = (config.as_object_mut(), keys) else { return };
    for (name, value) in keys {
        match value {
            Value::Null => config.remove(&name),
            value => config.insert(name, value),
        };
    }
}

fn spawn(folder: &tempfile::TempDir, place: &Place, flags: &[String]) -> Child {
    let log = File::options().create(true).append(true).open(folder.path().join("log")).unwrap();
    let mut words: Vec<OsString> = place.run_by.iter().map(OsString::from).collect();
    words.push(program("orchestrator").into());
    Command::new(&words[0])
        .args(&words[1..])
        .args(flags)
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
