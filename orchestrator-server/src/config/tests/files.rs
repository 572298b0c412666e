//! Which files are read, how they are laid over each other, and passwords from elsewhere.

use super::super::{DEFAULT_FILES, FileChoice, Key, Secrets, load};
use super::{Folder, load_layers};

#[test]
fn the_flag_names_the_only_file() {
    let default = FileChoice::Overlay(DEFAULT_FILES.iter().map(Into::into).collect());
    assert_eq!(FileChoice::from_flag(None), default);
    assert_eq!(FileChoice::from_flag(Some("")), default);
    assert_eq!(FileChoice::from_flag(Some("a.json")), FileChoice::Only("a.json".into()));
}

#[test]
fn a_named_file_must_be_there() {
    let folder = Folder::new();
    let error = load(&FileChoice::Only(folder.path("none.json")), &|_| None).unwrap_err();
    let expected = "Cannot read config file: none.json No such file or directory (os error 2)";
    assert_eq!(folder.strip(error), expected);
}

#[test]
fn other_files_may_be_absent() {
    let folder = Folder::new();
    let present = folder.write("b.json", r#"{"Debug": true}"#);
    let files = FileChoice::Overlay(vec![
        folder.path("a.json"),
        present.clone(),
        folder.path("b.json/c.json"),
    ]);
    let loaded = load(&files, &|_| None).unwrap();
    assert!(loaded.config.raw.debug);
    assert_eq!(loaded.files, [present]);
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

#[test]
fn without_any_file_the_adjusted_defaults_hold() {
    let folder = Folder::new();
    let loaded = load(&FileChoice::Overlay(vec![folder.path("none")]), &|_| None).unwrap();
    assert_eq!(loaded.warnings, ["No configuration file found: running on built-in defaults"]);
    let raw = loaded.config.raw;
    assert_eq!(raw, super::Config::default().raw);
    assert_eq!(raw.raft_advertise, "127.0.0.1:10008");
    assert_eq!(raw.kv_cluster_master_prefix, "mysql/master/");
    assert_eq!(raw.reasonable_locked_semi_sync_master_seconds, 10);
    assert!(raw.detach_lost_replicas_after_master_failover);
}

#[test]
fn a_file_that_cannot_be_opened_is_told_of() {
    let folder = Folder::new();
    let file = folder.path(&"x".repeat(1000));
    let loaded = load(&FileChoice::Overlay(vec![file]), &|_| None).unwrap();
    assert!(loaded.warnings[0].starts_with("Cannot open config file: /"), "{:?}", loaded.warnings);
    assert!(loaded.warnings[0].contains("File name too long"), "{:?}", loaded.warnings);
}

#[test]
fn a_text_is_as_good_as_a_file() {
    let config: super::Config = r#"{"RecoverMasterClusterFilters": ["*"]}"#.parse().unwrap();
    assert!(config.filters.recover_master.matches("m:3306", ""));
    for bad in ["[]", r#"{"Debug": 1}"#, r#"{"RaftEnabled": true}"#] {
        assert!(bad.parse::<super::Config>().is_err(), "{bad}");
    }
}

#[test]
fn a_folder_is_no_file() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("a.json")).unwrap();
    let error = load(&FileChoice::Overlay(vec![folder.path("a.json")]), &|_| None).unwrap_err();
    assert!(error.to_string().contains("directory"), "{error}");
}

#[test]
fn later_files_replace_values_and_extend_maps() {
    #[rustfmt::skip]
    let cases: &[(&[&str], &str, &str)] = &[
        // layers, key, its value
        (&[r#"{"WebMessage": "a"}"#, "{}"], "WebMessage", r#""a""#),
        (&[r#"{"WebMessage": "a"}"#, r#"{"WebMessage": "b"}"#], "WebMessage", r#""b""#),
        (&[r#"{"WebMessage": "a"}"#, r#"{"WebMessage": null}"#], "WebMessage", r#""a""#),
        (&[r#"{"WebMessage": "a"}"#, "null"], "WebMessage", r#""a""#),
        (&[r#"{"RaftNodes": ["a", "b"]}"#, r#"{"RaftNodes": ["c"]}"#], "RaftNodes", r#"["c"]"#),
        (&[r#"{"RaftNodes": ["a", "b"]}"#, r#"{"RaftNodes": ["c", null, null]}"#], "RaftNodes", r#"["c","b",""]"#),
        (&[r#"{"RaftNodes": ["a"]}"#, r#"{"RaftNodes": null}"#], "RaftNodes", "null"),
        (&[r#"{"ClusterNameToAlias": {"a": "1", "b": "2"}}"#, r#"{"ClusterNameToAlias": {"c": "3", "a": "4"}}"#],
            "ClusterNameToAlias", r#"{"a":"4","b":"2","c":"3"}"#),
        (&[r#"{"ClusterNameToAlias": {"a": "1"}}"#, r#"{"ClusterNameToAlias": null}"#], "ClusterNameToAlias", "null"),
        (&[r#"{"PromotionDataLossPolicy": {"a": "bounded"}}"#, r#"{"PromotionDataLossPolicy": {"b": "lossless"}}"#],
            "PromotionDataLossPolicy", r#"{"a":"bounded","b":"lossless"}"#),
        (&[r#"{"PromotionDataLossPolicy": {"a": "bounded"}}"#, r#"{"PromotionDataLossPolicy": "lossless"}"#],
            "PromotionDataLossPolicy", r#""lossless""#),
    ];
    for (layers, key, expected) in cases {
        let raw = load_layers(layers).unwrap().config.raw;
        assert_eq!(Key::find(key).unwrap().json(&raw, Secrets::Show), *expected, "{layers:?}");
    }
}

#[test]
fn rules_are_judged_when_all_files_are_merged() {
    let layers = [r#"{"RaftEnabled": true}"#, r#"{"RaftDataDir": "/var/lib/raft"}"#];
    assert!(load_layers(&layers).unwrap().config.raft.is_some());
    let layers = [r#"{"RaftBind": "a:1"}"#, r#"{"RaftBind": "b:1"}"#];
    assert_eq!(load_layers(&layers).unwrap().config.raw.raft_advertise, "b:1");
}

#[test]
fn all_errors_come_at_once_and_each_names_its_file() {
    let layers = [
        r#"{"Debug": "yes", "RaftEnabled": true, "HTTPAdvertise": "h:1"}"#,
        r#"{"InstancePollSeconds": 400, "ListenAddress": "here", "RaftNodes": 5}"#,
    ];
    let expected = "\
Cannot read config file: 1.json Debug must be true or false, without quotes; found: \"yes\"
Cannot read config file: 2.json RaftNodes must be a list of strings; found: 5
default: DeadInstancePollSecondsMax = 300: DeadInstancePollSecondsMax can not be smaller than InstancePollSeconds (400)
default: RaftDataDir = \"\": RaftDataDir must be defined since raft is enabled (RaftEnabled)
1.json: HTTPAdvertise = \"h:1\": If specified, HTTPAdvertise must include scheme (http:// or https://)
2.json: ListenAddress = \"here\": has no port; write :port or host:port";
    assert_eq!(load_layers(&layers).unwrap_err(), expected);
}

#[test]
fn files_that_cannot_be_parsed_are_all_named() {
    let error = load_layers(&["[]", r#"{"RaftEnabled": true}"#, ""]).unwrap_err();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].starts_with("Cannot read config file: 1.json "), "{error}");
    assert!(lines[1].starts_with("Cannot read config file: 3.json EOF"), "{error}");
}

#[test]
fn credentials_files_go_before_the_configuration() {
    let folder = Folder::new();
    let topology = folder.write("topology.cnf", "[client]\nuser=tu\npassword=tp\n");
    let backend = folder.write("backend.cnf", "[client]\nuser=bu\n");
    let file = folder.write(
        "a.json",
        format!(
            r#"{{"MySQLTopologyUser": "x", "MySQLTopologyPassword": "x",
                "MySQLTopologyCredentialsConfigFile": {topology:?},
                "MySQLOrchestratorPassword": "x",
                "MySQLOrchestratorCredentialsConfigFile": {backend:?}}}"#
        ),
    );
    let loaded = load(&FileChoice::Only(file), &|_| None).unwrap();
    let raw = loaded.config.raw;
    assert_eq!(raw.mysql_topology_user, "tu");
    assert_eq!(raw.mysql_topology_password.expose(), "tp");
    assert_eq!(raw.mysql_orchestrator_user, "bu");
    assert_eq!(raw.mysql_orchestrator_password.expose(), "");
    assert_eq!(loaded.warnings.len(), 1);
    assert!(loaded.warnings[0].ends_with("the file has no password, which is therefore empty"));
}

#[test]
fn a_bad_credentials_file_is_an_error() {
    let folder = Folder::new();
    let bad = folder.write("bad.cnf", "[mysqld]\n[client]\nhost=h\n");
    let file = folder.write(
        "a.json",
        format!(
            r#"{{"MySQLTopologyCredentialsConfigFile": {bad:?},
                "MySQLOrchestratorCredentialsConfigFile": {:?}}}"#,
            folder.path("none.cnf")
        ),
    );
    let error = load(&FileChoice::Only(file), &|_| None).unwrap_err();
    insta::assert_snapshot!(folder.strip(error), @r"
    MySQLOrchestratorCredentialsConfigFile: Failed to parse gcfg data from file: none.cnf: No such file or directory (os error 2)
    MySQLTopologyCredentialsConfigFile: Failed to parse gcfg data from file: bad.cnf: line 1: section [mysqld] is not allowed; the only one is [client]
    MySQLTopologyCredentialsConfigFile: Failed to parse gcfg data from file: bad.cnf: line 3: host is not allowed in [client]; only user and password are
    ");
}

#[test]
fn passwords_come_from_the_environment() {
    let env = |name: &str| match name {
        "A" => Some("alpha".to_owned()),
        "NESTED" => Some("${A}".to_owned()),
        _ => None,
    };
    let cases: &[(&str, &str, usize)] = &[
        ("${A}", "alpha", 0),
        ("x${A}y", "alpha", 0),
        ("${A}${A}", "", 1),
        ("${NONE}", "", 1),
        ("${NESTED}", "${A}", 0),
        ("$A", "$A", 0),
        ("plain", "plain", 0),
    ];
    for (password, expected, warnings) in cases {
        let folder = Folder::new();
        let credentials =
            folder.write("c.cnf", format!("[client]\nuser=${{A}}\npassword={password}"));
        let file = folder.write(
            "a.json",
            format!(
                r#"{{"MySQLOrchestratorUser": "${{A}}", "MySQLOrchestratorPassword": {password:?},
                    "HTTPAuthPassword": "${{A}}",
                    "MySQLTopologyCredentialsConfigFile": {credentials:?}}}"#
            ),
        );
        let loaded = load(&FileChoice::Only(file), &env).unwrap();
        let raw = loaded.config.raw;
        assert_eq!(raw.mysql_orchestrator_password.expose(), *expected, "{password}");
        assert_eq!(raw.mysql_topology_password.expose(), *expected, "{password}");
        assert_eq!(loaded.warnings.len(), 2 * warnings, "{password}: {:?}", loaded.warnings);
        // Nothing else is looked up.
        assert_eq!(raw.mysql_orchestrator_user, "${A}");
        assert_eq!(raw.mysql_topology_user, "${A}");
        assert_eq!(raw.http_auth_password.expose(), "${A}");
    }
}

#[test]
fn part_of_a_password_is_not_shown_as_a_variable() {
    let warnings = super::warnings(r#"{"MySQLTopologyPassword": "pa${ss-wo}rd"}"#);
    assert_eq!(
        warnings,
        [
            r#"1.json: MySQLTopologyPassword = "********": environment variable it names is not set: the password is empty"#
        ]
    );
}
