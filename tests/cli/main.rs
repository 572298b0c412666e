//! The server's own command line, and the import of the Go program's backend: the real program,
//! with and without a running service.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod commands;
mod import;
mod lock;
mod reference;
mod servers;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use harness::{program, service::free_port};
use serde_json::{Value, json};

/// A folder with a configuration, and commands that use it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// These keys are laid over the tests' own.
    fn new(keys: &Value) -> Self {
        let folder = tempfile::Builder::new().prefix("cli").tempdir().unwrap();
        let mut config = json!({
            "ListenAddress": format!("127.0.0.1:{}", free_port()),
            "SQLite3DataFile": folder.path().join("orchestrator.db"),
            "MySQLTopologyUser": "orchestrator",
            "MySQLTopologyPassword": "orch_pw",
            "MySQLHostnameResolveMethod": "@@report_host",
            "HostnameResolveMethod": "none",
            "RecoverMasterClusterFilters": ["*"],
            "RecoverIntermediateMasterClusterFilters": ["*"],
            "InstancePollSeconds": 300,
        });
        config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
        std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn database(&self) -> String {
        self.path("orchestrator.db").display().to_string()
    }

    fn lock_file(&self) -> PathBuf {
        self.path("orchestrator.db.lock")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("orchestrator"));
        command
            .arg("--config")
            .arg(self.path("config.json"))
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Run the program.
    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Start the program, and go on.
    fn begin(&self, arguments: &[&str]) -> Running {
        let log = std::fs::File::create(self.path("log")).unwrap();
        let mut command = self.command(arguments);
        Running(command.stdout(Stdio::piped()).stderr(log).spawn().unwrap())
    }

    /// Start a command, and go on.
    fn begin_command(&self, arguments: &[&str]) -> Running {
        Running(self.command(arguments).stdout(Stdio::null()).spawn().unwrap())
    }

    /// What a command that succeeds prints; it says nothing else.
    fn ask(&self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let output = self.run(&[&["-c"], &words[..]].concat());
        let stderr = text(&output.stderr);
        assert!(output.status.success() && stderr.is_empty(), "{line}: {stderr}");
        text(&output.stdout)
    }

    /// What a command says that fails.
    fn refused(&self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let output = self.run(&[&["-c"], &words[..]].concat());
        assert_eq!(output.status.code(), Some(1), "{line}: {}", text(&output.stdout));
        assert_eq!(text(&output.stdout), "", "{line}");
        let stderr = text(&output.stderr);
        assert_eq!(stderr.lines().count(), 1, "{line}: {stderr}");
        stderr
    }
}

/// A program that is killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn exists(path: &Path) -> bool {
    path.exists()
}
