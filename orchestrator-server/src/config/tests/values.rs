//! Rules on values and between keys, and what follows from them.

use super::super::*;
use super::{config, errors, load_layers, warnings};

/// The value of a key in the configuration of one file.
fn value(text: &str, key: &str) -> String {
    Key::find(key).unwrap().json(&config(text).raw, Secrets::Show)
}

#[test]
fn values_follow_from_other_values() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str)] = &[
        (r#"{"RecoveryPeriodBlockMinutes": 10}"#, "RecoveryPeriodBlockSeconds", "600"),
        (r#"{"RecoveryPeriodBlockMinutes": 10, "RecoveryPeriodBlockSeconds": 0}"#, "RecoveryPeriodBlockSeconds", "600"),
        (r#"{"RecoveryPeriodBlockMinutes": 10, "RecoveryPeriodBlockSeconds": 30}"#, "RecoveryPeriodBlockSeconds", "30"),
        (r#"{"RecoveryPeriodBlockSeconds": 0}"#, "RecoveryPeriodBlockSeconds", "3600"),
        (r#"{"RecoveryPeriodBlockMinutes": 0, "RecoveryPeriodBlockSeconds": 0}"#, "RecoveryPeriodBlockSeconds", "0"),
        (r#"{"RecoveryPeriodBlockMinutes": 0}"#, "RecoveryPeriodBlockSeconds", "3600"),
        (r#"{"SlaveLagQuery": "select 1"}"#, "ReplicationLagQuery", r#""select 1""#),
        (r#"{"SlaveLagQuery": "select 1"}"#, "SlaveLagQuery", r#""""#),
        (r#"{"SlaveLagQuery": "q", "ReplicationLagQuery": "q"}"#, "ReplicationLagQuery", r#""q""#),
        (r#"{"SlaveLagQuery": "q", "ReplicationLagQuery": ""}"#, "ReplicationLagQuery", r#""q""#),
        (r#"{"PostponeSlaveRecoveryOnLagMinutes": 3}"#, "PostponeReplicaRecoveryOnLagMinutes", "3"),
        (r#"{"PostponeSlaveRecoveryOnLagMinutes": 3, "PostponeReplicaRecoveryOnLagMinutes": 3}"#, "PostponeReplicaRecoveryOnLagMinutes", "3"),
        ("{}", "DetachLostReplicasAfterMasterFailover", "true"),
        (r#"{"DetachLostSlavesAfterMasterFailover": false}"#, "DetachLostReplicasAfterMasterFailover", "false"),
        (r#"{"DetachLostReplicasAfterMasterFailover": false}"#, "DetachLostReplicasAfterMasterFailover", "false"),
        (r#"{"DetachLostSlavesAfterMasterFailover": false, "DetachLostReplicasAfterMasterFailover": true}"#, "DetachLostReplicasAfterMasterFailover", "true"),
        ("{}", "MasterFailoverDetachReplicaMasterHost", "false"),
        (r#"{"MasterFailoverDetachSlaveMasterHost": true}"#, "MasterFailoverDetachReplicaMasterHost", "true"),
        (r#"{"MasterFailoverDetachReplicaMasterHost": true}"#, "MasterFailoverDetachReplicaMasterHost", "true"),
        (r#"{"URLPrefix": "a"}"#, "URLPrefix", r#""/a""#),
        (r#"{"URLPrefix": "//a/b//"}"#, "URLPrefix", r#""/a/b""#),
        (r#"{"URLPrefix": "/"}"#, "URLPrefix", r#""""#),
        (r#"{"RaftBind": "h:1"}"#, "RaftAdvertise", r#""h:1""#),
        (r#"{"RaftBind": "h:1", "RaftAdvertise": "g:1"}"#, "RaftAdvertise", r#""g:1""#),
        (r#"{"KVClusterMasterPrefix": ""}"#, "KVClusterMasterPrefix", r#""/""#),
        (r#"{"KVClusterMasterPrefix": "/"}"#, "KVClusterMasterPrefix", r#""/""#),
        (r#"{"KVClusterMasterPrefix": "a/b"}"#, "KVClusterMasterPrefix", r#""a/b/""#),
        (r#"{"KVClusterMasterPrefix": "/a//"}"#, "KVClusterMasterPrefix", r#""/a/""#),
        (r#"{"AutoPseudoGTID": true}"#, "PseudoGTIDPattern", r#""drop view if exists `_pseudo_gtid_`""#),
        (r#"{"AutoPseudoGTID": true, "PseudoGTIDPatternIsFixedSubstring": false}"#, "PseudoGTIDPatternIsFixedSubstring", "true"),
        (r#"{"AutoPseudoGTID": true, "PseudoGTIDMonotonicHint": "x"}"#, "PseudoGTIDMonotonicHint", r#""asc:""#),
        (r#"{"AutoPseudoGTID": true}"#, "DetectPseudoGTIDQuery", r#""select 1""#),
        (r#"{"ReasonableReplicationLagSeconds": 7}"#, "ReasonableLockedSemiSyncMasterSeconds", "7"),
        (r#"{"ReasonableLockedSemiSyncMasterSeconds": 3}"#, "ReasonableLockedSemiSyncMasterSeconds", "3"),
        (r#"{"BufferInstanceWrites": true, "InstanceWriteBufferSize": 0}"#, "BufferInstanceWrites", "false"),
        (r#"{"ConsulCrossDataCenterDistribution": true}"#, "ConsulCrossDataCenterDistribution", "false"),
        (r#"{"ConsulCrossDataCenterDistribution": true, "ConsulAddress": "c:8500"}"#, "ConsulCrossDataCenterDistribution", "true"),
        (r#"{"ConsulMaxKVsPerTransaction": 1}"#, "ConsulMaxKVsPerTransaction", "5"),
        (r#"{"ConsulMaxKVsPerTransaction": 100}"#, "ConsulMaxKVsPerTransaction", "64"),
        (r#"{"InstancePollSeconds": 0}"#, "InstancePollSeconds", "1"),
        (r#"{"DefaultInstancePort": 0}"#, "DefaultInstancePort", "3306"),
        (r#"{"StatusEndpoint": ""}"#, "StatusEndpoint", r#""/api/status""#),
        (r#"{"StatusEndpoint": "ok"}"#, "StatusEndpoint", r#""/ok""#),
        (r#"{"ProcessesShellCommand": " "}"#, "ProcessesShellCommand", r#""bash""#),
    ];
    for (text, key, expected) in cases {
        assert_eq!(value(text, key), *expected, "{text}");
    }
}

#[test]
fn a_later_file_may_use_another_name_of_a_key() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str, &str)] = &[
        (r#"{"SlaveLagQuery": "a"}"#, r#"{"ReplicationLagQuery": "b"}"#, "ReplicationLagQuery", r#""b""#),
        (r#"{"ReplicationLagQuery": "a"}"#, r#"{"SlaveLagQuery": "b"}"#, "ReplicationLagQuery", r#""b""#),
        (r#"{"SlaveLagQuery": "a"}"#, r#"{"ReplicationLagQuery": ""}"#, "ReplicationLagQuery", r#""""#),
        (r#"{"PostponeSlaveRecoveryOnLagMinutes": 1}"#, r#"{"PostponeReplicaRecoveryOnLagMinutes": 2}"#, "PostponeReplicaRecoveryOnLagMinutes", "2"),
        (r#"{"PostponeReplicaRecoveryOnLagMinutes": 1}"#, r#"{"PostponeSlaveRecoveryOnLagMinutes": 2}"#, "PostponeReplicaRecoveryOnLagMinutes", "2"),
        (r#"{"DetachLostReplicasAfterMasterFailover": true}"#, r#"{"DetachLostSlavesAfterMasterFailover": false}"#, "DetachLostReplicasAfterMasterFailover", "false"),
        (r#"{"DetachLostSlavesAfterMasterFailover": false}"#, r#"{"DetachLostReplicasAfterMasterFailover": true}"#, "DetachLostReplicasAfterMasterFailover", "true"),
    ];
    for (first, second, key, expected) in cases {
        let raw = load_layers(&[first, second]).unwrap().config.raw;
        assert_eq!(
            Key::find(key).unwrap().json(&raw, Secrets::Show),
            *expected,
            "{first} {second}"
        );
    }
}

#[test]
fn a_dumped_configuration_loads_as_itself() {
    for text in [
        "{}",
        r#"{"MySQLOrchestratorHost": "db", "SlaveLagQuery": "select 1", "AutoPseudoGTID": true}"#,
        r#"{"DetachLostSlavesAfterMasterFailover": false, "RecoveryPeriodBlockMinutes": 5}"#,
        r#"{"PostponeSlaveRecoveryOnLagMinutes": 5, "MasterFailoverDetachSlaveMasterHost": true}"#,
    ] {
        let dump = config(text).raw.dump(Secrets::Show);
        assert_eq!(config(&dump).raw.dump(Secrets::Show), dump, "{text}");
    }
}

#[test]
fn values_that_are_refused() {
    #[rustfmt::skip]
    let cases: &[(&str, &[&str])] = &[
        (r#"{"SlaveLagQuery": "a", "ReplicationLagQuery": "b"}"#,
            &["ReplicationLagQuery = \"b\": config's ReplicationLagQuery and SlaveLagQuery are synonyms and cannot both be defined"]),
        (r#"{"PostponeSlaveRecoveryOnLagMinutes": 1, "PostponeReplicaRecoveryOnLagMinutes": 2}"#,
            &["PostponeReplicaRecoveryOnLagMinutes = 2: config's PostponeReplicaRecoveryOnLagMinutes and PostponeSlaveRecoveryOnLagMinutes are synonyms"]),
        (r#"{"FailMasterPromotionIfSQLThreadNotUpToDate": true, "DelayMasterPromotionIfSQLThreadNotUpToDate": true}"#,
            &["Cannot have both FailMasterPromotionIfSQLThreadNotUpToDate and DelayMasterPromotionIfSQLThreadNotUpToDate enabled"]),
        (r#"{"FailMasterPromotionOnLagMinutes": 5}"#,
            &["FailMasterPromotionOnLagMinutes = 5: nonzero FailMasterPromotionOnLagMinutes requires ReplicationLagQuery to be set"]),
        (r#"{"RaftEnabled": true, "RaftBind": ""}"#,
            &["RaftDataDir must be defined since raft is enabled (RaftEnabled)", "RaftBind must be defined since raft is enabled (RaftEnabled)"]),
        (r#"{"RaftEnabled": true, "RaftDataDir": "/d", "RaftBind": "a:b:c", "RaftNodes": ["a", "b:0"], "DefaultRaftPort": 70000}"#,
            &["DefaultRaftPort = 70000: must be from 0 to 65535", "RaftBind = \"a:b:c\": \"a:b:c\" has too many colons",
              "RaftNodes = [\"a\",\"b:0\"]: \"a\" has no port"]),
        (r#"{"RaftEnabled": true, "RaftDataDir": "/d", "RaftAdvertise": "a:b:c"}"#, &["RaftAdvertise"]),
        (r#"{"RaftEnabled": true, "RaftDataDir": "/d", "ListenSocket": "/s", "ListenAddress": "x"}"#, &["ListenAddress"]),
        (r#"{"HTTPAdvertise": "http://h"}"#, &["If specified, HTTPAdvertise must include port number"]),
        (r#"{"DeadInstancePollSecondsMultiplyFactor": 0.5}"#, &["DeadInstancePollSecondsMultiplyFactor can not be smaller than 1"]),
        (r#"{"InstancePollSeconds": 301}"#, &["DeadInstancePollSecondsMax can not be smaller than InstancePollSeconds"]),
        (r#"{"InstanceWriteBufferSize": -1}"#, &["InstanceWriteBufferSize = -1: must be 0 or more"]),
        (r#"{"ListenAddress": "localhost"}"#, &["ListenAddress = \"localhost\": has no port"]),
        (r#"{"ServeAgentsHttp": true, "AgentsServerPort": "3001"}"#, &["AgentsServerPort = \"3001\": has no port"]),
        (r#"{"AuthenticationMethod": "baisc"}"#, &["AuthenticationMethod = \"baisc\": must be one of basic, multi, proxy, token, oauth"]),
        (r#"{"AuthenticationMethod": "multi"}"#, &["AuthenticationMethod is configured as 'multi' but HTTPAuthUser undefined"]),
        (r#"{"AuthenticationMethod": "Basic"}"#, &["AuthenticationMethod is configured as 'Basic' but HTTPAuthUser undefined"]),
        (r#"{"UseSSL": true}"#, &["SSLCertFile = \"\": UseSSL needs the file of a certificate", "SSLPrivateKeyFile"]),
        (r#"{"ServeAgentsHttp": true, "AgentsUseSSL": true}"#, &["AgentSSLCertFile", "AgentSSLPrivateKeyFile"]),
        (r#"{"MySQLOrchestratorHost": "db", "MySQLOrchestratorPort": 70000}"#, &["MySQLOrchestratorPort = 70000: must be from 1 to 65535"]),
        (r#"{"GrayFailurePolicy": "panic"}"#, &["GrayFailurePolicy = \"panic\": must be one of off, alert, recover"]),
        (r#"{"PromotionDataLossPolicy": "none"}"#, &["\"none\" is not one of available, bounded, lossless"]),
        (r#"{"PromotionDataLossPolicy": {"alias~=(": "lossless"}}"#, &["is no regular expression"]),
        (r#"{"TrustedProxies": ["10.0.0.0/8", "proxy"]}"#, &["\"proxy\" is neither an address nor a network"]),
        (r#"{"PrimaryHeartbeatMilliseconds": 1}"#, &["PrimaryHeartbeatMilliseconds = 1: must be 50 or more, or 0"]),
        (r#"{"HookTimeoutSeconds": 0}"#, &["HookTimeoutSeconds = 0: must be 1 or more"]),
        (r#"{"MassFailoverMaxPercent": 101}"#, &["MassFailoverMaxPercent = 101: must be from 0 to 100"]),
    ];
    for (text, expected) in cases {
        let errors = errors(text);
        assert_eq!(errors.len(), expected.len(), "{text}: {errors:#?}");
        for (error, expected) in errors.iter().zip(*expected) {
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}

#[test]
fn values_that_are_odd_load_with_a_warning() {
    #[rustfmt::skip]
    let cases: &[(&str, &str)] = &[
        (r#"{"RecoverMasterClusterFilters": ["*", "("]}"#, r#"RecoverMasterClusterFilters = ["*","("]: entry "(" is no regular expression"#),
        (r#"{"PromotionIgnoreHostnameFilters": ["a", "[b"]}"#, r#"entry "[b" is no regular expression"#),
        (r#"{"RecoveryIgnoreHostnameFilters": ["*"]}"#, r#"entry "*" is no regular expression"#),
        (r#"{"ClusterNameToAlias": {"(": "a"}}"#, r#"entry "(" is no regular expression"#),
        (r#"{"DiscoveryIgnoreHostnameFilters": [""]}"#, "an empty entry matches every server"),
        (r#"{"RecoverMasterClusterFilters": [""]}"#, "an empty entry matches clusters without an alias"),
        (r#"{"RejectHostnameResolvePattern": "("}"#, "is no regular expression"),
        (r#"{"PseudoGTIDPattern": "("}"#, "is no regular expression"),
        (r#"{"DataCenterPattern": "dc[0-9]"}"#, "has no group (...) to take the name from"),
        (r#"{"HostnameResolveMethod": "dns"}"#, "should be none, default, cname or ip; default is used"),
        (r#"{"MySQLHostnameResolveMethod": "x"}"#, "none is used"),
        (r#"{"PrependMessagesWithOrcIdentity": "x"}"#, "none is used"),
        (r#"{"BackendDB": "oracle", "MySQLOrchestratorHost": "db"}"#, "is neither mysql nor sqlite"),
        (r#"{"BackendDB": "mysql"}"#, "is not set: 127.0.0.1 is used"),
        (r#"{"DiscoverySeeds": ["db", ""]}"#, "an empty entry is left out"),
        (r#"{"GraphiteAddr": "g:2003"}"#, "GraphitePath"),
        (r#"{"UseMutualTLS": true, "SSLValidOUs": ["x"]}"#, "needs UseSSL"),
        (r#"{"HTTPAdvertise": "ftp://h:1"}"#, "can only call http"),
        (r#"{"DetachLostSlavesAfterMasterFailover": true, "DetachLostReplicasAfterMasterFailover": false}"#,
            "DetachLostReplicasAfterMasterFailover = false: counts, not DetachLostSlavesAfterMasterFailover = true"),
        (r#"{"BufferInstanceWrites": true, "InstanceWriteBufferSize": 0}"#, "leaves no room"),
        (r#"{"ConsulCrossDataCenterDistribution": true}"#, "ConsulAddress is not set"),
        (r#"{"StatusEndpoint": ""}"#, "needs a path"),
        (r#"{"DiscoveryQueueCapacity": 10}"#, "must be 1000 or more"),
    ];
    for (text, expected) in cases {
        let warnings = warnings(text);
        let hits = warnings.iter().filter(|line| line.contains(expected)).count();
        assert_eq!(hits, 1, "{text}: {warnings:#?}");
    }
}

#[test]
fn an_ordinary_file_loads_without_a_word() {
    let text = r##"{
        "#": "comment", "StatusSimpleHealth": true, "Debug": false,
        "MySQLTopologyUser": "u", "MySQLTopologyPassword": "p",
        "MySQLOrchestratorHost": "db", "MySQLOrchestratorUser": "u",
        "RecoverMasterClusterFilters": ["*"], "DataCenterPattern": "[.]([^.]+)[.]example[.]com",
        "UseSSL": true, "UseMutualTLS": true, "SSLValidOUs": ["ops"],
        "SSLCertFile": "/c.pem", "SSLPrivateKeyFile": "/k.pem",
        "HTTPAdvertise": "https://node1:3000", "DiscoverySeeds": ["db1", "db2:3307"]
    }"##;
    assert_eq!(warnings(text), Vec::<String>::new());
}

#[test]
fn the_backend_is_chosen() {
    let sqlite = |file: &str| Backend::Sqlite { file: file.to_owned() };
    let mysql = |host: &str, port, database: &str| Backend::Mysql {
        server: HostPort { host: host.to_owned(), port },
        database: database.to_owned(),
    };
    #[rustfmt::skip]
    let cases = [
        ("{}", sqlite(DEFAULT_SQLITE_FILE)),
        (r#"{"SQLite3DataFile": ":memory:"}"#, sqlite(":memory:")),
        (r#"{"BackendDB": null}"#, sqlite(DEFAULT_SQLITE_FILE)),
        (r#"{"BackendDB": ""}"#, sqlite(DEFAULT_SQLITE_FILE)),
        (r#"{"BackendDB": "sqlite3"}"#, sqlite(DEFAULT_SQLITE_FILE)),
        (r#"{"BackendDB": "SQLite", "SQLite3DataFile": "/f", "MySQLOrchestratorHost": "db"}"#, sqlite("/f")),
        (r#"{"MySQLOrchestratorHost": "db"}"#, mysql("db", 3306, "orchestrator")),
        (r#"{"BackendDB": "", "MySQLOrchestratorHost": "db"}"#, mysql("db", 3306, "orchestrator")),
        (r#"{"BackendDB": "mysql"}"#, mysql("127.0.0.1", 3306, "orchestrator")),
        (r#"{"BackendDB": "mysql", "MySQLOrchestratorHost": "db", "MySQLOrchestratorPort": 3307, "MySQLOrchestratorDatabase": "o"}"#, mysql("db", 3307, "o")),
        (r#"{"BackendDB": "mariadb", "MySQLOrchestratorHost": "db"}"#, mysql("db", 3306, "orchestrator")),
    ];
    for (text, expected) in cases {
        assert_eq!(config(text).backend, expected, "{text}");
    }
    assert_eq!(value("{}", "BackendDB"), r#""sqlite""#);
    assert_eq!(value("{}", "SQLite3DataFile"), r#""/var/lib/orchestrator/orchestrator.db""#);
    assert_eq!(value(r#"{"MySQLOrchestratorHost": "db"}"#, "BackendDB"), r#""mysql""#);
}

#[test]
fn where_to_listen() {
    let tcp = |host: &str, port| Listen::Tcp(HostPort { host: host.to_owned(), port });
    #[rustfmt::skip]
    let cases = [
        ("{}", tcp("", 3000)),
        (r#"{"ListenAddress": "127.0.0.1:80"}"#, tcp("127.0.0.1", 80)),
        (r#"{"ListenAddress": ""}"#, tcp("", 80)),
        (r#"{"ListenAddress": "", "UseSSL": true, "SSLCertFile": "c", "SSLPrivateKeyFile": "k"}"#, tcp("", 443)),
        (r#"{"ListenAddress": "x", "ListenSocket": "/s", "UseSSL": true}"#, Listen::Unix("/s".to_owned())),
    ];
    for (text, expected) in cases {
        assert_eq!(config(text).listen, expected, "{text}");
    }
    assert_eq!(config("{}").agents_listen, None);
    let agents = config(r#"{"ServeAgentsHttp": true}"#).agents_listen.unwrap();
    assert_eq!((agents.host.as_str(), agents.port), ("", 3001));
}

#[test]
fn raft_addresses_are_completed() {
    let raft = config(
        r#"{"RaftEnabled": true, "RaftDataDir": "/d", "RaftBind": "10.0.0.1", "DefaultRaftPort": 11008,
            "RaftAdvertise": "node1:5", "RaftNodes": ["10.0.0.1", "[fe80::1]:7", "node3"]}"#,
    )
    .raft
    .unwrap();
    assert_eq!(raft.bind.to_string(), "10.0.0.1:11008");
    assert_eq!(raft.advertise.to_string(), "node1:5");
    let nodes: Vec<String> = raft.nodes.iter().map(ToString::to_string).collect();
    assert_eq!(nodes, ["10.0.0.1:11008", "[fe80::1]:7", "node3:11008"]);
    assert_eq!(raft.data_dir, "/d");
    assert_eq!(config("{}").raft, None);
}

#[test]
fn compiled_parts_do_what_their_keys_say() {
    let config = config(
        r#"{"RecoverMasterClusterFilters": ["alias=shop"], "RecoverIntermediateMasterClusterFilters": ["*"],
            "PromotionIgnoreHostnameFilters": ["^backup"], "RecoveryIgnoreHostnameFilters": ["test$"],
            "DataCenterPattern": "[.]([^.]+)[.]", "PseudoGTIDPattern": "drop .*gtid",
            "PromotionDataLossPolicy": {"alias=shop": "lossless"}, "HostnameResolveMethod": "CNAME",
            "AuthenticationMethod": "proxy", "PrependMessagesWithOrcIdentity": "FQDN",
            "DelayMasterPromotionIfSQLThreadNotUpToDate": true, "DiscoverySeeds": ["db", ""],
            "PreFailoverProcesses": ["run &"], "TrustedProxies": ["10.0.0.0/8"]}"#,
    );
    assert!(config.filters.recover_master.matches("m:3306", "shop"));
    assert!(!config.filters.recover_master.matches("m:3306", "blog"));
    assert!(config.filters.recover_intermediate_master.matches("m:3306", "blog"));
    assert!(config.filters.promotion_ignore.matches("backup1", 3306));
    assert!(config.filters.recovery_ignore.matches("db-test"));
    assert!(!config.filters.recovery_ignore.matches("db-test:3306"));
    let groups = config.patterns.data_center.as_ref().unwrap().captures("db.east.example").unwrap();
    assert_eq!(&groups[1], "east");
    assert!(config.patterns.pseudo_gtid.as_ref().unwrap().matches("drop view gtid"));
    assert_eq!(config.policy_for("m:3306", "shop"), LossPolicy::Lossless);
    assert_eq!(config.policy_for("m:3306", "blog"), LossPolicy::Available);
    assert_eq!(config.hostname_resolve, HostnameResolve::Cname);
    assert_eq!(config.mysql_hostname_resolve, MysqlHostnameResolve::Hostname);
    assert_eq!(config.authentication, Authentication::Proxy);
    assert_eq!(config.message_identity, MessageIdentity::Fqdn);
    assert_eq!(config.sql_thread, SqlThreadPolicy::WaitForIt);
    assert_eq!(config.gray_failure, GrayFailurePolicy::Alert);
    assert_eq!(config.discovery_seeds, [HostPort { host: "db".to_owned(), port: 3306 }]);
    assert!(config.hooks.pre_failover[0].in_background);
    assert!(config.trusted_proxies.contains("10.1.1.1".parse().unwrap()));
}

#[test]
fn a_fixed_pseudo_gtid_pattern_is_plain_text() {
    let config = config(r#"{"AutoPseudoGTID": true}"#);
    let pattern = config.patterns.pseudo_gtid.unwrap();
    assert!(pattern.matches("drop view if exists `_pseudo_gtid_`.`_asc:x`"));
    assert!(!pattern.matches("drop view if exists `other`"));
}

#[test]
fn the_default_configuration_is_sound() {
    let mut draft = draft::Draft::default();
    Config::check(&mut draft);
    assert_eq!(draft.errors, []);
    assert_eq!(draft.warnings, Vec::<String>::new());
}
