//! What the client sends arrives: every path of its command table has a route, and every value
//! is read as it was given.

use std::convert::Infallible;

use proptest::prelude::*;
use shared::{
    commands::{self, Action, Command, Field, template},
    url::encode,
};

use super::lab::Lab;
use crate::{
    http::{
        route::{Access, Params, Route, find},
        routes::{ROUTES, STATUS},
    },
    journal::command::Command as Fact,
};

/// Commands whose routes are not there yet. A command whose route gets built is taken off.
const NOT_YET: &[&str] = &[
    "force-master-failover",
    "force-master-takeover",
    "graceful-master-takeover",
    "graceful-master-takeover-auto",
    "last-pseudo-gtid",
    "make-co-master",
    "match",
    "match-up",
    "match-up-replicas",
    "move-below",
    "move-equivalent",
    "move-gtid",
    "move-replicas-gtid",
    "move-up",
    "move-up-replicas",
    "raft-elect-leader",
    "raft-health",
    "raft-leader",
    "relocate",
    "relocate-replicas",
    "repoint",
    "repoint-replicas",
    "submit-masters-to-kv-stores",
    "take-master",
    "take-siblings",
];

/// The path of a command with the given values, as the client sends it.
fn path(command: &Command, value: impl Fn(Field) -> String) -> String {
    let encoded = |field| {
        Ok::<_, Infallible>(match field {
            // An instance is two segments.
            Field::Instance | Field::Destination => {
                value(field).split('\n').map(encode).collect::<Vec<_>>().join("/")
            }
            field => encode(&value(field)).into_owned(),
        })
    };
    match template::fill(command.path, encoded) {
        Ok(path) => path,
        Err(never) => match never {},
    }
}

fn route_of(path: &str) -> Option<&'static Route> {
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<_> = path.split('/').map(str::to_owned).collect();
    let found = find(ROUTES, &segments).or_else(|| find(std::slice::from_ref(&STATUS), &segments));
    found.map(|(route, _)| route)
}

#[test]
fn every_command_has_its_route() {
    let samples = |field: Field| match field {
        Field::Instance | Field::Destination => "host\n3306".to_owned(),
        field => field.sample().to_owned(),
    };
    let mut missing = Vec::new();
    let calls = commands::all().filter(|command| command.action == Action::Call);
    for command in calls.filter(|command| !command.needs.contains(&Field::Path)) {
        let needed = |field: Field| {
            if command.needs.contains(&field) { samples(field) } else { String::new() }
        };
        let found = [path(command, needed), path(command, samples)].map(|path| route_of(&path));
        if found.iter().all(Option::is_none) {
            missing.push(command.name);
            continue;
        }
        for route in found {
            let route = route.unwrap_or_else(|| panic!("{}: one form has no route", command.name));
            let is_write = route.access == Access::Write;
            assert!(is_write || !command.changes, "{}: open to all", command.name);
        }
    }
    missing.sort_unstable();
    assert_eq!(missing, NOT_YET);
}

/// Texts that may stand anywhere: the server cuts white space at the ends of owner and reason,
/// and no URL can carry a segment of dots alone.
fn text() -> impl Strategy<Value = String> {
    let hostile = "[ /?#%&+=:;@\\[\\]{}|\\\\^`\"'<>~.$!*(),a-zA-Z0-9é漢\u{1f600}\n-]{1,30}";
    prop_oneof![hostile.prop_map(String::from), any::<String>()]
        .prop_filter("cannot be sent", |t| {
            !t.is_empty() && t.trim() == t && !matches!(t.as_str(), "." | "..")
        })
}

proptest! {
    #[test]
    fn segments_arrive_as_they_were_given(owner in text(), reason in text()) {
        let command = commands::find("begin-downtime").unwrap();
        let path = path(command, |field| match field {
            Field::Instance => "db2\n3306".to_owned(),
            Field::Owner => owner.clone(),
            Field::Reason => reason.clone(),
            _ => "30m".to_owned(),
        });
        let lab = Lab::new();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let answer = runtime.block_on(lab.get(&format!("/api/{path}")));
        prop_assert_eq!(answer.status, 200, "{}", answer.body);
        let arrived = lab.commands().into_iter().find_map(|fact| match fact {
            Fact::BeginDowntime { owner, reason, .. } => Some((owner, reason)),
            _ => None,
        });
        prop_assert_eq!(arrived, Some((owner, reason)));
    }

    #[test]
    fn query_values_arrive_as_they_were_given(given in any::<String>()) {
        let given = format!("x{given}");
        for (name, parameter) in [("search", "s"), ("tag", "tag"), ("ack-all-recoveries", "comment")]
        {
            let path = path(commands::find(name).unwrap(), |field| match field {
                Field::Instance => "db2\n3306".to_owned(),
                _ => given.clone(),
            });
            let (_, query) = path.split_once('?').unwrap();
            let arrived = Params::of_query(query);
            prop_assert_eq!(arrived.get(parameter), given.as_str());
        }
    }
}

#[tokio::test]
async fn an_address_of_ipv6_arrives() {
    let command = commands::find("begin-downtime").unwrap();
    let path = path(command, |field| match field {
        Field::Instance => "::1\n3306".to_owned(),
        _ => field.sample().to_owned(),
    });
    assert!(path.starts_with("begin-downtime/%3A%3A1/3306/"), "{path}");
    let answer = Lab::new().get(&format!("/api/{path}")).await;
    assert_eq!(answer.json()["Details"]["Hostname"], "::1");
}
