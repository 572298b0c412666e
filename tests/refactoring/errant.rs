//! Errant GTIDs, from where they are to their repair at either end.

use harness::{sandbox::Flavor, wait};

use crate::scene::Scene;

async fn errant(scene: &Scene, node: u16) -> String {
    wait::until(wait::secs(20), "the errant GTIDs are seen", || async {
        let printed = scene.ask("which-gtid-errant", node, &[]);
        if printed.is_empty() { Err(scene.instance(node).await.to_string()) } else { Ok(printed) }
    })
    .await
}

#[tokio::test]
async fn errant_transactions_are_found_and_repaired() {
    let scene = Scene::calm(Flavor::MySql, &[]).await;
    let writer = scene.writer();
    for node in [2, 3] {
        let sql = "set global read_only = 0; create database own; flush binary logs; \
                   create table own.t (a int); flush binary logs; set global read_only = 1";
        scene.sandbox.sql(node, sql);
    }
    let found = errant(&scene, 2).await;
    assert!(found.ends_with(":1-2"), "{found}");
    let logs = scene.sandbox.sql(2, "show binary logs");
    let files: Vec<&str> = logs.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let holding = &files[files.len() - 3..files.len() - 1];
    assert_eq!(scene.ask("locate-gtid-errant", 2, &[]), holding.join("\n"));

    scene.done("gtid-errant-inject-empty", 2);
    wait::until(wait::secs(20), "nothing is errant any more", || async {
        let printed = scene.ask("which-gtid-errant", 2, &[]);
        if printed.is_empty() { Ok(()) } else { Err(printed) }
    })
    .await;
    assert_eq!(scene.audit(2).await[0], "gtid-errant-inject-empty");

    errant(&scene, 3).await;
    // Logs that are gone are told.
    scene.sandbox.sql(3, "flush binary logs");
    scene.done("gtid-errant-reset-master", 3);
    assert_eq!(scene.ask("which-gtid-errant", 3, &[]), "");
    assert_eq!(scene.audit(3).await[0], "gtid-errant-reset-master");

    let written = writer.end().await;
    scene.all_hold_the_same(written).await;
    let executed = |node| scene.sandbox.sql(node, "select @@global.gtid_executed");
    wait::until(wait::secs(20), "all executed the same", || async {
        let all = [executed(1), executed(2), executed(3)];
        if all.iter().all(|one| *one == all[0]) { Ok(()) } else { Err(format!("{all:?}")) }
    })
    .await;
    scene.nothing_is_locked().await;
}
