//! Every route answers with the keys, the order of keys and the types that clients know. The
//! values of the fixtures mean nothing.

use std::fmt;

use regex::Regex;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{
    fleet::{self, NOW},
    history,
    lab::Lab,
};

/// A JSON value without its values.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Null,
    Bool,
    Number,
    Text,
    List(Vec<Shape>),
    Object(Vec<(String, Shape)>),
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyShape)
    }
}

struct AnyShape;

impl<'de> Visitor<'de> for AnyShape {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Bool)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Number)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Shape::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Shape::Object(members))
    }
}

fn shape(json: &str) -> Shape {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error} in {json}"))
}

/// Fails where a value is not of the shape. An element of a list is a pattern for all elements;
/// an empty list is no pattern.
fn check(path: &str, found: &Shape, wanted: &Shape) {
    match (found, wanted) {
        (Shape::List(items), Shape::List(pattern)) => {
            for (number, item) in items.iter().enumerate() {
                if let Some(pattern) = pattern.first() {
                    check(&format!("{path}[{number}]"), item, pattern);
                }
            }
        }
        (Shape::Object(members), Shape::Object(pattern)) => {
            let names =
                |o: &[(String, Shape)]| o.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>();
            assert_eq!(names(members), names(pattern), "{path}: keys and their order");
            for ((name, member), (_, pattern)) in members.iter().zip(pattern) {
                check(&format!("{path}.{name}"), member, pattern);
            }
        }
        _ => assert_eq!(found, wanted, "{path}"),
    }
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../fixtures/api/", $name, ".json"))
    };
}

const INSTANCE: &str = fixture!("instance");
const CLUSTER: &str = fixture!("cluster_info");
const RECOVERY: &str = fixture!("recovery");
const DETECTION: &str = fixture!("detection");
const STEP: &str = fixture!("recovery_step");
const BLOCKED: &str = fixture!("blocked");
const AUDIT: &str = fixture!("audit");
const CANDIDATE: &str = fixture!("candidate");
const HEALTH: &str = fixture!("health");
const ANALYSIS: &str = fixture!("analysis");
const FILTERS: &str = fixture!("filters");
const MAINTENANCE: &str = fixture!("maintenance");
const ATTRIBUTE: &str = fixture!("host_attribute");
const KEY: &str = r#"{"Hostname":"","Port":0}"#;

fn list(of: &str) -> String {
    format!("[{of}]")
}

fn envelope(details: &str) -> String {
    format!(r#"{{"Code":"","Message":"","Details":{details}}}"#)
}

/// A fleet with something in every list.
fn eventful() -> Lab {
    let mut view = fleet::view();
    let mut orphan = fleet::mysql_replica();
    orphan.key = fleet::key("db9");
    orphan.check.last_checked = Some(NOW);
    orphan.check.last_seen = None;
    fleet::add_cluster(&mut view, "", vec![orphan]);
    let lab = Lab::with(view, |_| {});
    lab.change_facts(history::fill);
    lab
}

#[tokio::test]
async fn every_route_has_the_shape_that_clients_know() {
    let instances = list(INSTANCE);
    let recoveries = list(RECOVERY);
    #[rustfmt::skip]
    let routes: &[(&str, String)] = &[
        ("health", HEALTH.to_owned()),
        ("status", HEALTH.to_owned()),
        ("lb-check", r#""""#.to_owned()),
        ("leader-check", r#""""#.to_owned()),
        ("discover/db2/3306", envelope(INSTANCE)),
        ("async-discover/db2/3306", envelope("null")),
        ("refresh/db2/3306", envelope(KEY)),
        ("forget/db4/3306", envelope(KEY)),
        ("instance/db1/3306", INSTANCE.to_owned()),
        ("instance/db2/3306", INSTANCE.to_owned()),
        ("instance-replicas/db1/3306", instances.clone()),
        ("all-instances", instances.clone()),
        ("search/db", instances.clone()),
        ("problems", instances.clone()),
        ("bulk-instances", list(KEY)),
        ("clusters", list(r#""""#)),
        ("clusters-info", list(CLUSTER)),
        ("cluster/main", instances.clone()),
        ("cluster/alias/main", instances.clone()),
        ("cluster/instance/db4/3306", instances.clone()),
        ("cluster-info/main", CLUSTER.to_owned()),
        ("cluster-info/alias/main", CLUSTER.to_owned()),
        ("masters", instances.clone()),
        ("master/main", INSTANCE.to_owned()),
        ("topology/main", envelope(r#""""#)),
        ("topology-tabulated/db1/3306", envelope(r#""""#)),
        ("topology-tags/main", envelope(r#""""#)),
        ("begin-downtime/db3/3306/dba/work/1h", envelope(KEY)),
        ("downtimed", instances.clone()),
        ("downtimed/main", instances.clone()),
        ("end-downtime/db3/3306", envelope(KEY)),
        ("register-candidate/db2/3306/prefer", envelope(KEY)),
        ("bulk-promotion-rules", list(CANDIDATE)),
        ("replication-analysis", ANALYSIS.to_owned()),
        ("automated-recovery-filters", FILTERS.to_owned()),
        ("check-global-recoveries", envelope(r#""""#)),
        ("disable-global-recoveries", envelope(r#""""#)),
        ("enable-global-recoveries", envelope(r#""""#)),
        ("audit", list(AUDIT)),
        ("audit/instance/db2/3306", list(AUDIT)),
        ("audit-recovery", recoveries.clone()),
        ("audit-recovery/id/1", recoveries.clone()),
        ("audit-recovery/uid/uid-1", recoveries.clone()),
        ("audit-recovery/alias/main", recoveries.clone()),
        ("audit-recovery/cluster/db1:3306", recoveries.clone()),
        ("audit-recovery-steps/uid-1", list(STEP)),
        ("active-cluster-recovery/db1:3306", recoveries.clone()),
        ("recently-active-cluster-recovery/db1:3306", recoveries.clone()),
        ("recently-active-instance-recovery/db2/3306", recoveries),
        ("audit-failure-detection", list(DETECTION)),
        ("audit-failure-detection/id/1", list(DETECTION)),
        ("audit-failure-detection/alias/main", list(DETECTION)),
        ("blocked-recoveries", list(BLOCKED)),
        ("blocked-recoveries/cluster/db1:3306", list(BLOCKED)),
        ("ack-recovery/cluster/main?comment=x", envelope(r#""""#)),
        ("ack-recovery/instance/db1/3306?comment=x", envelope(KEY)),
        ("ack-recovery/1?comment=x", envelope(r#""""#)),
        ("ack-all-recoveries?comment=x", envelope(r#""""#)),
        ("recover/db1/3306", envelope(KEY)),
        ("set-cluster-alias/db1:3306?alias=x", envelope("null")),
        ("reload-configuration", envelope(r#""""#)),
        ("begin-maintenance/db4/3306/dba/disk", envelope(KEY)),
        ("in-maintenance/db4/3306", envelope(r#""""#)),
        ("maintenance", list(MAINTENANCE)),
        ("end-maintenance/1", envelope("0")),
        ("end-maintenance/db4/3306", envelope(KEY)),
        ("tag/db2/3306?tag=role%3Dx", envelope(KEY)),
        ("tag/db2/3306/zone/x", envelope(KEY)),
        ("tags/db2/3306", list(r#""""#)),
        ("tag-value/db2/3306?tag=role", r#""""#.to_owned()),
        ("tagged?tag=role", list(KEY)),
        ("untag/db2/3306?tag=role", envelope(&list(KEY))),
        ("untag-all?tag=zone%3Dx", envelope(&list(KEY))),
        ("submit-pool-instances/web?instances=db2", envelope(r#""""#)),
        ("cluster-pool-instances/db1:3306", envelope(&format!(r#"{{"web":{}}}"#, list(KEY)))),
        ("cluster-pool-instances/db1:3306/web", envelope(&format!(r#"{{"web":{}}}"#, list(KEY)))),
        ("heuristic-cluster-pool-instances/main", envelope(&instances)),
        ("heuristic-cluster-pool-instances/main/web", envelope(&instances)),
        ("heuristic-cluster-pool-lag/main", envelope("0")),
        ("heuristic-cluster-pool-lag/main/web", envelope("0")),
        ("cluster-osc-replicas/main", instances.clone()),
        ("cluster-osc-slaves/main", instances.clone()),
        ("host-attribute/db4/rack/b7", "true".to_owned()),
        ("host-attribute/attr/rack/", list(ATTRIBUTE)),
        ("register-hostname-unresolve/db2/3306/vip", envelope(KEY)),
        ("deregister-hostname-unresolve/db2/3306", envelope(KEY)),
        ("resolve/db2/3306", envelope(KEY)),
        ("reset-hostname-resolve-cache", envelope("null")),
        ("snapshot-topologies", envelope(r#""""#)),
    ];
    let lab = eventful();
    for (route, wanted) in routes {
        let answer = lab.get(&format!("/api/{route}")).await;
        let found = shape(&answer.body);
        let empty = matches!(&found, Shape::List(items) if items.is_empty());
        assert!(!empty, "{route}: an empty list shows no shape");
        check(route, &found, &shape(wanted));
    }
}

#[tokio::test]
async fn measurements_have_the_shape_that_clients_know() {
    let lab = super::metrics::busy();
    // An error is an object of no certain members.
    let error = Regex::new(r#""Err":\{[^}]*\}"#).unwrap();
    for (route, wanted) in [
        ("discovery-metrics-raw/9", list(fixture!("metrics_probe"))),
        ("discovery-metrics-aggregated/9", fixture!("metrics_probes").to_owned()),
        ("discovery-queue-metrics-raw/9", list(fixture!("metrics_queue"))),
        ("discovery-queue-metrics-raw/DEFAULT/9", list(fixture!("metrics_queue"))),
        ("discovery-queue-metrics-aggregated/9", fixture!("metrics_queues").to_owned()),
        ("discovery-queue-metrics-aggregated/DEFAULT/9", fixture!("metrics_queues").to_owned()),
        ("backend-query-metrics-raw/9", list(fixture!("metrics_query"))),
        ("backend-query-metrics-aggregated/9", fixture!("metrics_queries").to_owned()),
        ("write-buffer-metrics-raw/9", list(fixture!("metrics_flush"))),
        ("write-buffer-metrics-aggregated/9", fixture!("metrics_flushes").to_owned()),
    ] {
        let body = lab.get(&format!("/api/{route}")).await.body;
        let body = error.replace_all(&body, r#""Err":null"#);
        check(route, &shape(&body), &shape(&wanted));
    }
}

#[tokio::test]
async fn empty_lists_are_null_or_empty_as_clients_know() {
    let lab = Lab::empty();
    let nothing_there = [
        ("clusters", "null"),
        ("masters", "null"),
        ("problems", "null"),
        ("problems/nosuch", "null"),
        ("bulk-instances", "null"),
        ("bulk-promotion-rules", "null"),
        ("clusters-info", "[]"),
        ("all-instances", "[]"),
        ("search", "[]"),
        ("search/x", "[]"),
        ("downtimed", "[]"),
        ("instance-replicas/db1/3306", "[]"),
        ("maintenance", "[]"),
        ("tags/db1/3306", "[]"),
        ("tagged?tag=x", "[]"),
        ("host-attribute/attr/x/", "[]"),
        (
            "untag-all?tag=x%3Dy",
            r#"{"Code":"OK","Message":"x removed from 0 instances","Details":[]}"#,
        ),
        ("audit", "[]"),
        ("audit/1", "[]"),
        ("audit/instance/db1/3306", "[]"),
        ("audit-recovery", "[]"),
        ("audit-recovery/xyz", "[]"),
        ("audit-recovery/id/1", "[]"),
        ("audit-recovery/uid/x", "[]"),
        ("audit-recovery/cluster/x", "[]"),
        ("audit-recovery/alias/x", "[]"),
        ("audit-recovery-steps/x", "[]"),
        ("audit-failure-detection", "[]"),
        ("audit-failure-detection/id/1", "[]"),
        ("audit-failure-detection/alias/x", "[]"),
        ("active-cluster-recovery/x", "[]"),
        ("recently-active-cluster-recovery/x", "[]"),
        ("recently-active-instance-recovery/db1/3306", "[]"),
        ("blocked-recoveries", "[]"),
        ("blocked-recoveries/cluster/x", "[]"),
        ("replication-analysis", r#"{"Code":"OK","Message":"Analysis","Details":[]}"#),
        ("replication-analysis/x", r#"{"Code":"OK","Message":"Analysis","Details":[]}"#),
        (
            "replication-analysis/instance/db1/3306",
            r#"{"Code":"OK","Message":"Analysis","Details":[]}"#,
        ),
    ];
    for (route, body) in nothing_there {
        let answer = lab.get(&format!("/api/{route}")).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, body), "{route}");
    }
}
