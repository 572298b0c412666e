//! What keeps the server from starting is said in plain lines, at once.

use std::{net::TcpListener, path::Path, time::Duration};

use harness::service::{Refusal, Service, free_port, refused_start};
use rstest::rstest;
use serde_json::{Value, json};

/// Longest time until the program has given up.
const SOON: Duration = Duration::from_secs(5);

/// Keys of a server that would start.
fn sound(folder: &Path) -> Value {
    json!({
        "ListenAddress": format!("127.0.0.1:{}", free_port()),
        "SQLite3DataFile": folder.join("orchestrator.db"),
        "MySQLTopologyUser": "orchestrator",
    })
}

/// Start on a configuration file of this text; `says` are fragments of each line that must be
/// said.
async fn assert_refused(folder: &Path, text: &str, says: &[&[&str]]) {
    std::fs::write(folder.join("config.json"), text).unwrap();
    let refusal = refused_start(folder, &["--config", "config.json", "http"], SOON).await;
    assert_ne!(refusal.code, Some(0), "{}", refusal.stderr);
    assert_says(&refusal, says);
}

fn assert_says(refusal: &Refusal, says: &[&[&str]]) {
    let lines: Vec<&str> = refusal.stderr.lines().collect();
    assert!(refusal.code.is_some(), "ended by a signal: {lines:#?}");
    assert_eq!(lines.len(), says.len(), "{lines:#?}");
    for line in &lines {
        assert!(line.starts_with("orchestrator: "), "{line}");
    }
    for fragments in says {
        let says = |line: &&&str| fragments.iter().all(|fragment| line.contains(fragment));
        assert_eq!(lines.iter().filter(says).count(), 1, "{fragments:?}: {lines:#?}");
    }
}

/// Texts of files, and what the lines about them must say.
const BAD_FILES: &[(&str, &[&[&str]])] = &[
    ("", &[&["config.json"]]),
    ("[]", &[&["config.json", "object"]]),
    (r#"{"Debug": tru"#, &[&["config.json", "line 1"]]),
    (
        r#"{"DiscoverySeeds": ["db1.example.com:3306", "db2:x:y"]}"#,
        &[&["DiscoverySeeds", "db2:x:y", "too many colons"]],
    ),
    (
        r#"{"InstancePollSeconds": "often", "ListenAddress": "localhost", "HookTimeoutSeconds": 0,
            "AuthenticationMethod": "magic", "RecoverMasterClusterFilters": "*", "UseSSL": true,
            "MySQLTopologyCredentialsConfigFile": "no-such.cnf"}"#,
        &[
            &["InstancePollSeconds", "often"],
            &["RecoverMasterClusterFilters"],
            &["MySQLTopologyCredentialsConfigFile", "no-such.cnf"],
            &["HookTimeoutSeconds", "must be 1 or more"],
            &["ListenAddress", "has no port"],
            &["AuthenticationMethod", "magic", "must be one of"],
            &["SSLCertFile"],
            &["SSLPrivateKeyFile"],
        ],
    ),
];

#[tokio::test]
async fn a_bad_file_is_named_with_all_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    for (text, says) in BAD_FILES {
        assert_refused(folder.path(), text, says).await;
    }
}

#[tokio::test]
async fn a_named_file_must_exist() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = refused_start(folder.path(), &["--config", "nowhere.json", "http"], SOON).await;
    assert_eq!(refusal.code, Some(1));
    assert_says(&refusal, &[&["nowhere.json", "No such file"]]);
}

#[rstest]
#[case::unknown_flag(&["--colour", "http"], 2, "--colour")]
#[case::flag_without_value(&["--config"], 2, "config")]
#[case::no_boolean(&["--discovery=perhaps", "http"], 2, "perhaps")]
#[case::unknown_word(&["htpp"], 1, "htpp")]
#[case::command(&["-c", "no-such-command"], 1, "no-such-command")]
#[tokio::test]
async fn a_wrong_command_line_is_refused(
    #[case] arguments: &[&str],
    #[case] code: i32,
    #[case] says: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    let refusal = refused_start(folder.path(), arguments, SOON).await;
    assert_eq!(refusal.code, Some(code), "{}", refusal.stderr);
    assert_says(&refusal, &[&[says]]);
}

#[rstest]
#[case::raft(json!({"RaftEnabled": true, "RaftDataDir": "raft"}), &["RaftEnabled"])]
#[case::shared_database(json!({"MySQLOrchestratorHost": "db.example.com"}), &["db.example.com:3306", "BackendDB"])]
#[case::token_authentication(json!({"AuthenticationMethod": "token"}), &["AuthenticationMethod"])]
#[tokio::test]
async fn what_is_not_available_is_not_pretended(#[case] keys: Value, #[case] says: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let mut config = sound(folder.path());
    config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    assert_refused(folder.path(), &config.to_string(), &[says]).await;
}

#[rstest]
#[case::no_folder("nowhere/orchestrator.db", &["nowhere", "does not exist; create it"])]
#[case::is_a_folder("folder", &["folder", "cannot be written"])]
#[case::file_system_of_the_kernel("/proc/orchestrator.db", &["/proc/orchestrator.db", "cannot be written"])]
#[case::no_database("notes.txt", &["notes.txt", "not an SQLite database; move it away"])]
#[tokio::test]
async fn a_backend_file_that_cannot_be_used_is_named(#[case] file: &str, #[case] says: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    std::fs::write(folder.path().join("notes.txt"), "no database ".repeat(1000)).unwrap();
    let mut config = sound(folder.path());
    config["SQLite3DataFile"] = folder.path().join(file).display().to_string().into();
    let says = [&["SQLite3DataFile"], says].concat();
    assert_refused(folder.path(), &config.to_string(), &[&says]).await;
    let notes = std::fs::read_to_string(folder.path().join("notes.txt")).unwrap();
    assert!(notes.starts_with("no database "), "it was overwritten");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut config = sound(folder.path());
    config["ListenAddress"] = address.clone().into();
    let says: &[&[&str]] = &[&[&address, "in use", "ListenAddress"]];
    assert_refused(folder.path(), &config.to_string(), says).await;
}

#[tokio::test]
async fn a_second_service_on_the_same_file_stays_away() {
    let first = Service::start(json!({})).await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = sound(folder.path());
    config["SQLite3DataFile"] = first.file("orchestrator.db").display().to_string().into();
    let holder = format!("process {}", first.pid());
    let says: &[&[&str]] = &[&["SQLite3DataFile", "in use by another orchestrator", &holder]];
    assert_refused(folder.path(), &config.to_string(), says).await;
    assert_eq!(first.json("health").await["Details"]["Healthy"], true);
}
