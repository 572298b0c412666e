//! Commands that speak to monitored servers, and those that must not.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use harness::sandbox::{Flavor, Sandbox};
use orchestrator_server::cli::commands::{self, Call, Effect};
use serde_json::json;

use crate::{Place, text};

#[test]
fn servers_are_probed_and_recovered_without_a_service() {
    let sandbox = Sandbox::with(Flavor::MariaDb, 3, &[]);
    let place = Place::new(&json!({}));
    let all: Vec<String> = (1..=3).map(|node| sandbox.address(node)).collect();
    assert_eq!(place.ask(&format!("discover -i {}", all.join(","))), all.join("\n") + "\n");
    assert_eq!(place.ask(&format!("which-cluster -i {}", all[2])), format!("{}\n", all[0]));
    assert_eq!(
        place.ask(&format!("which-replicas -i {}", all[0])),
        format!("{}\n{}\n", all[1], all[2])
    );
    assert_eq!(place.ask(&format!("which-master -i {}", all[0])), "");
    assert_eq!(place.ask(&format!("is-replicating -i {}", all[1])), format!("{}\n", all[1]));
    let status = place.ask(&format!("instance-status -i {}", all[1]));
    assert!(status.starts_with("[0s,ok,") && status.ends_with("]\n"), "{status}");

    // Nothing is wrong: nothing is done, and that is no error.
    let output = place.run(&["-c", "recover", "-i", &all[0]]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert!(text(&output.stderr).contains("Recovery not attempted"), "{output:?}");

    sandbox.fault("kill", 1);
    let output = place.run(&["-c", "recover", "-i", &all[0]]);
    let promoted = text(&output.stdout).trim().to_owned();
    assert!(output.status.success() && all[1..].contains(&promoted), "{output:?}");
    assert_eq!(place.ask(&format!("which-cluster-instances -i {promoted}")).lines().count(), 2);
    let other = if promoted == all[1] { 3 } else { 2 };
    let status = sandbox.status();
    assert!(status[other - 1].replicates && status[other - 1].source.as_ref() == Some(&promoted));
    assert_eq!(place.ask("ack-all-recoveries -reason seen"), "1 recoveries acknowledged\n");
    assert_eq!(place.ask(&format!("forget -i {}", all[0])), format!("{}\n", all[0]));
}

#[test]
fn servers_are_operated_without_a_service() {
    let sandbox = Sandbox::with(Flavor::MySql, 3, &[]);
    let place = Place::new(&json!({}));
    let all: Vec<String> = (1..=3).map(|node| sandbox.address(node)).collect();
    place.ask(&format!("discover -i {}", all.join(",")));
    let [source, replica, other] = all.as_slice() else { panic!("{all:?}") };
    let own = format!("{replica}\n");
    for command in
        ["stop-replica", "start-slave", "restart-replica", "detach-slave", "reattach-replica"]
    {
        assert_eq!(place.ask(&format!("{command} -i {replica}")), own, "{command}");
    }
    assert_eq!(place.ask(&format!("is-replicating -i {replica}")), own);
    assert_eq!(place.ask(&format!("stop-slave -i {replica}")), own);
    assert_eq!(place.ask(&format!("is-replication-stopped -i {replica}")), own);
    assert_eq!(place.ask(&format!("which-gtid-errant -i {replica}")), "\n");
    for command in ["enable-gtid", "skip-query", "locate-gtid-errant"] {
        let output = place.run(&["-c", command, "-i", replica]);
        assert!(!output.status.success() && output.stdout.is_empty(), "{command}: {output:?}");
        assert_eq!(text(&output.stderr).lines().count(), 1, "{output:?}");
    }
    // Whether it can is told by what is printed.
    let asked = format!("can-replicate-from -i {other} -d {replica}");
    assert_eq!(place.ask(&asked), own);
    assert_eq!(place.ask(&format!("can-replicate-from -i {replica} -d {replica}")), "");
    let flushed = place.ask(&format!("flush-binary-logs -i {source}"));
    assert_eq!(flushed, format!("{source}\n"));
    let statements = place.ask(&format!("restart-replica-statements -i {other} -statement x"));
    assert_eq!(statements.lines().nth(2), Some("x;"), "{statements}");
}

/// Every command that only reads or records is run on a server that notices connections.
#[test]
fn reads_and_hints_never_connect_to_a_monitored_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let seen = connections.clone();
    thread::spawn(move || {
        for _ in listener.incoming() {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    });
    let place = Place::new(&json!({}));
    let source = crate::reference::one_server(&place, port);
    let output = place.run(&["import", "--from", &source]);
    assert!(output.status.success(), "{output:?}");
    let key = format!("127.0.0.1:{port}");
    let quiet = |effect| matches!(effect, Effect::Read | Effect::Hint);
    for command in commands::all().filter(|command| quiet(command.effect)) {
        if matches!(command.call, Call::Own(commands::Own::Help)) {
            continue;
        }
        let arguments = [
            "-c",
            command.name,
            "-i",
            &key,
            "-d",
            &key,
            "-reason",
            "r",
            "-pattern",
            "x",
            "-tag",
            "a=b",
            "-pool",
            "p",
            "-hostname",
            "h",
        ];
        let output = place.run(&arguments);
        let stderr = text(&output.stderr);
        assert!(
            output.status.success() || stderr.lines().count() == 1,
            "{}: {stderr}",
            command.name
        );
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
    // The other kind is noticed.
    place.run(&["-c", "discover", "-i", &key]);
    assert_ne!(connections.load(Ordering::SeqCst), 0);
}
