//! The client prints what the API says, finds the server that leads, and tells failures apart by
//! its exit code.

use std::{io::Read, net::TcpListener, process::Output};

use harness::{
    sandbox::{Flavor, Sandbox},
    service::{Service, client, free_port},
    wait,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::{address, addresses};

/// How the lines that a command prints follow from the answer of a route.
type Lines = fn(&Value) -> Vec<String>;

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn each(list: &Value, line: impl Fn(&Value) -> String) -> Vec<String> {
    list.as_array().map(|list| list.iter().map(line).collect()).unwrap_or_default()
}

fn details(answer: &Value) -> Vec<String> {
    text(&answer["Details"]).lines().map(str::to_owned).collect()
}

fn itself(instance: &Value) -> Vec<String> {
    vec![address(instance)]
}

fn analyses(answer: &Value) -> Vec<String> {
    each(&answer["Details"], |entry| {
        let code = match text(&entry["Analysis"]) {
            code if code == "NoProblem" => text(&entry["StructureAnalysis"][0]),
            code => code,
        };
        let cluster = text(&entry["ClusterDetails"]["ClusterName"]);
        format!("{} (cluster {cluster}): {code}", address(&entry["AnalyzedInstanceKey"]))
    })
}

fn if_state(instance: &Value, state: i64) -> Vec<String> {
    let both = instance["ReplicationSQLThreadState"] == state
        && instance["ReplicationIOThreadState"] == state;
    if both { itself(instance) } else { Vec::new() }
}

/// Commands that only read: arguments, route and lines. `S`, `R` and `C` stand for the source,
/// a replica of it and the cluster's alias; `{S}` and `{R}` for `host/port`.
const READS: &[(&str, &str, Lines)] = &[
    ("topology -i R", "topology/{R}", details),
    ("topology -a C", "topology/C", details),
    ("topology-tabulated -i S", "topology-tabulated/{S}", details),
    ("topology-tags -i S", "topology-tags/{S}", details),
    ("clusters", "clusters", |list| each(list, text)),
    ("clusters-alias", "clusters-info", |list| {
        each(list, |c| format!("{},{}", text(&c["ClusterName"]), text(&c["ClusterAlias"])))
    }),
    ("which-cluster -i R", "cluster-info/R", |c| vec![text(&c["ClusterName"])]),
    ("which-cluster -a C", "cluster-info/alias/C", |c| vec![text(&c["ClusterName"])]),
    ("which-cluster-alias -i R", "cluster-info/R", |c| vec![text(&c["ClusterAlias"])]),
    ("which-cluster-domain -i R", "cluster-info/R", |c| vec![text(&c["ClusterDomain"])]),
    ("which-cluster-master -a C", "master/C", itself),
    ("which-cluster-instances -i R", "cluster/instance/{R}", addresses),
    ("which-cluster-instances -a C", "cluster/alias/C", addresses),
    ("all-clusters-masters", "masters", addresses),
    ("all-instances", "all-instances", addresses),
    ("search -i 127.0.0", "search?s=127.0.0", addresses),
    ("search -i no-such-thing", "search/no-such-thing", addresses),
    ("downtimed", "downtimed", addresses),
    ("downtimed -a C", "downtimed/C", addresses),
    ("which-downtimed-instances -i S", "downtimed/S", addresses),
    ("replication-analysis", "replication-analysis", analyses),
    ("instance -i R", "instance/{R}", itself),
    ("which-instance -i R", "instance/{R}", itself),
    ("which-master -i R", "instance/{R}", |i| vec![address(&i["MasterKey"])]),
    ("which-master -i S", "instance/{S}", |i| vec![address(&i["MasterKey"])]),
    ("which-replicas -i S", "instance-replicas/{S}", addresses),
    ("which-slaves -i S", "instance-replicas/{S}", addresses),
    ("which-broken-replicas -i S", "instance-replicas/{S}", |list| {
        let broken = |i: &Value| i["LastSQLError"] != "" || i["LastIOError"] != "";
        let found = list.as_array().map(|l| l.iter().filter(|i| broken(i)).cloned().collect());
        addresses(&Value::Array(found.unwrap_or_default()))
    }),
    ("is-replicating -i R", "instance/{R}", |i| if_state(i, 1)),
    ("is-replicating -i S", "instance/{S}", |i| if_state(i, 1)),
    ("is-replication-stopped -i R", "instance/{R}", |i| if_state(i, 0)),
    ("which-gtid-errant -i R", "instance/{R}", |i| vec![text(&i["GtidErrant"])]),
    ("dominant-dc", "masters", |list| each(list, |i| text(&i["DataCenter"]))),
    ("check-global-recoveries", "check-global-recoveries", details),
];

/// The servers of a test under the letters of [`READS`].
struct Cast {
    source: String,
    replica: String,
    alias: String,
}

impl Cast {
    async fn of(sandbox: &Sandbox, service: &Service) -> Self {
        let alias = text(&service.json("clusters-info").await[0]["ClusterAlias"]);
        Self { source: sandbox.address(1), replica: sandbox.address(2), alias }
    }

    fn word(&self, word: &str) -> String {
        match word {
            "S" => self.source.clone(),
            "R" => self.replica.clone(),
            "C" => self.alias.clone(),
            other => other.to_owned(),
        }
    }

    fn route(&self, route: &str) -> String {
        let route = route.replace("{S}", &self.source.replace(':', "/"));
        let route = route.replace("{R}", &self.replica.replace(':', "/"));
        let (path, last) = route.rsplit_once('/').unwrap_or(("", &route));
        if path.is_empty() { route.clone() } else { format!("{path}/{}", self.word(last)) }
    }
}

/// Every reading command prints what its route says.
async fn assert_all_agree(service: &Service, cast: &Cast) {
    for (command, route, lines) in READS {
        let words: Vec<String> = command.split(' ').map(|word| cast.word(word)).collect();
        let arguments: Vec<&str> =
            ["-c"].into_iter().chain(words.iter().map(String::as_str)).collect();
        // Lag and times may change between the two.
        wait::until(wait::secs(5), "command and route agree", || async {
            let printed = service.ask(&arguments);
            let wanted = lines(&service.get(&cast.route(route)).await?).join("\n");
            let agree = printed == wanted.trim_end();
            if agree { Ok(()) } else { Err(format!("{command}: {printed}\n{route}: {wanted}")) }
        })
        .await;
    }
}

#[rstest]
#[tokio::test]
async fn every_command_prints_what_the_api_says(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let service = Service::start(json!({ "InstancePollSeconds": 1 })).await;
    service.discover(&sandbox, 2).await;
    let cast = Cast::of(&sandbox, &service).await;
    let (source, replica) = (cast.source.clone(), cast.replica.clone());
    assert_all_agree(&service, &cast).await;

    hints(&service, &cast).await;

    // In trouble there is more to say: a stopped replica, and a dead source in downtime.
    let word = if flavor == Flavor::MySql { "replica" } else { "slave" };
    sandbox.sql(2, &format!("stop {word}"));
    let downtime =
        ["-c", "begin-downtime", "-i", &source, "-o", "dba", "-r", "a/b + c?", "-u", "1h"];
    assert_eq!(service.ask(&downtime), source);
    sandbox.fault("kill", 1);
    wait::until(wait::secs(20), "the trouble is seen", || async {
        let analysis = service.get("replication-analysis").await?;
        let stopped = service.ask(&["-c", "is-replication-stopped", "-i", &replica]);
        let dead = analysis["Details"][0]["Analysis"] == "DeadMaster";
        if dead && stopped == replica { Ok(()) } else { Err(format!("{analysis} {stopped}")) }
    })
    .await;
    assert_all_agree(&service, &cast).await;
    assert_eq!(service.ask(&["-c", "downtimed"]), source);
    let seen = service.json(&cast.route("instance/{S}")).await;
    assert_eq!(
        (&seen["DowntimeReason"], &seen["DowntimeOwner"]),
        (&json!("a/b + c?"), &json!("dba"))
    );

    recovery(&service, &sandbox, &cast).await;
}

/// Hints and switches print whom they are about, and take effect.
async fn hints(service: &Service, cast: &Cast) {
    let replica = &*cast.replica;
    let rules = || service.json("bulk-promotion-rules");
    let said = service.ask(&["-c", "register-candidate", "-i", replica, "-R", "must_not"]);
    assert_eq!((said.as_str(), &rules().await[0]["PromotionRule"]), (replica, &json!("must_not")));
    let said = service.ask(&["-c", "register-candidate", "-i", replica, "-R", "neutral"]);
    assert_eq!((said.as_str(), &rules().await[0]["PromotionRule"]), (replica, &json!("neutral")));

    assert_eq!(service.ask(&["-c", "begin-downtime", "-i", replica, "-r", "x"]), replica);
    assert_eq!(service.ask(&["-c", "downtimed"]), replica);
    assert_eq!(service.ask(&["-c", "end-downtime", "-i", replica]), replica);
    assert_eq!(service.ask(&["-c", "downtimed"]), "");

    assert_eq!(service.ask(&["-c", "disable-global-recoveries"]), "disabled");
    assert_eq!(service.ask(&["-c", "check-global-recoveries"]), "disabled");
    assert_eq!(service.ask(&["-c", "enable-global-recoveries"]), "enabled");

    assert_eq!(service.ask(&["-c", "discover", "-i", replica]), replica);
    assert_eq!(service.ask(&["-c", "async-discover", "-i", replica]), replica);
    let raw: Value = serde_json::from_str(&service.ask(&["-c", "api", "-P", "clusters"])).unwrap();
    assert_eq!(raw, service.json("clusters").await);
    assert_eq!(service.ask(&["-c", "which-api"]), format!("{}/api", service.url()));
}

/// A person recovers what nobody may recover automatically, and acknowledges it.
async fn recovery(service: &Service, sandbox: &Sandbox, cast: &Cast) {
    let wanted = sandbox.address(3);
    let said = service.ask(&["-c", "recover", "-i", &cast.source, "-d", &wanted]);
    assert_eq!(said, wanted, "{}", service.log());
    let recovery = service.recovery(wait::secs(30)).await;
    assert_eq!(address(&recovery["SuccessorKey"]), wanted);
    let open = || service.json("audit-recovery?unacknowledged=true");
    assert_eq!(open().await.as_array().map(Vec::len), Some(1));
    let said = service.ask(&["-c", "ack-instance-recoveries", "-i", &cast.source, "-r", "seen"]);
    assert_eq!(said, cast.source);
    assert_eq!(open().await, json!([]));
    let said = service.ask(&["-c", "ack-cluster-recoveries", "-i", &wanted, "-r", "seen"]);
    assert_eq!(said, service.ask(&["-c", "which-cluster", "-i", &wanted]));
    assert_eq!(service.ask(&["-c", "ack-all-recoveries", "-r", "all seen"]), "all seen");
    assert_eq!(service.ask(&["-c", "which-cluster-master", "-i", &wanted]), wanted);
}

fn code(output: &Output) -> (Option<i32>, String) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        assert_eq!(said, "");
    } else {
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    (output.status.code(), said)
}

#[tokio::test]
async fn exit_codes_tell_failures_apart() {
    let service = Service::start(json!({})).await;
    let locked = Service::start(json!({
        "AuthenticationMethod": "basic", "HTTPAuthUser": "dba", "HTTPAuthPassword": "secret",
    }))
    .await;
    let read_only = Service::start(json!({ "ReadOnly": true })).await;
    let passive = Service::with_flags(&["--discovery=false"], json!({})).await;
    let dead = format!("http://127.0.0.1:{}", free_port());
    let (live, locked) = (service.url(), locked.url());
    let (read_only, passive) = (read_only.url(), passive.url());
    let nobody_leads = format!("{passive} {dead}");
    let login = locked.replace("http://", "http://dba:secret@");
    let downtime: &[&str] = &["-c", "begin-downtime", "-i", "db1", "-r", "x"];
    let cases: &[(i32, &str, &[&str], &str)] = &[
        (0, &live, &["-c", "clusters"], ""),
        (0, &live, downtime, ""),
        (0, &login, &["-c", "clusters"], ""),
        (0, &read_only, &["-c", "clusters"], ""),
        (1, &live, &["-c", "which-master", "-i", "db1"], "Cannot read instance: db1:3306"),
        (1, &live, &["-c", "topology", "-a", "nowhere"], "nowhere"),
        (1, &live, &["-c", "relocate", "-i", "db1", "-d", "db2"], "404"),
        (2, &live, &["-c", "no-such-command"], "no-such-command"),
        (2, &live, &["-c", "which-master"], "-i"),
        (2, &live, &["-c", "clusters", "--colour"], "--colour"),
        (3, &dead, &["-c", "clusters", "--timeout", "1"], &dead),
        (4, &nobody_leads, &["-c", "clusters"], "not the leader"),
        (5, &locked, &["-c", "clusters"], "ORCHESTRATOR_AUTH_USER"),
        (5, &read_only, downtime, "Unauthorized"),
    ];
    for (wanted, api, arguments, says) in cases {
        let (code, said) = code(&client(api, arguments));
        assert_eq!(code, Some(*wanted), "{api} {arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn a_dead_server_does_not_hide_a_live_one() {
    let live = Service::start(json!({})).await;
    let passive = Service::with_flags(&["--discovery=false"], json!({})).await;
    let dead = format!("http://127.0.0.1:{}", free_port());
    // Accepts connections, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let hanging = format!("http://{}", silent.local_addr().unwrap());
    live.ask(&["-c", "register-candidate", "-i", "db1", "-R", "prefer"]);
    let lists = [
        format!("{dead} {}", live.url()),
        format!("{}/api,{dead}/api", live.url()),
        format!("{hanging} {} {}", passive.url(), live.url()),
    ];
    for list in &lists {
        let output = client(list, &["-c", "which-api"]);
        assert_eq!(code(&output).0, Some(0), "{list}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), format!("{}/api", live.url()));
        let output = client(list, &["-c", "api", "-P", "bulk-promotion-rules"]);
        let rules: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(rules[0]["Hostname"], "db1", "{list}");
    }
    // It was asked, too.
    let mut asked = [0; 4];
    silent.accept().unwrap().0.read_exact(&mut asked).unwrap();
    assert_eq!(&asked, b"GET ");
}
