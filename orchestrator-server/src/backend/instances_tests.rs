use super::*;
use crate::backend::Problem;

fn key(host: &str) -> InstanceKey {
    InstanceKey::new(host, 3306).unwrap()
}

#[tokio::test]
async fn the_last_body_of_each_server_is_kept() {
    let store = InstanceStore::new(Sqlite::open(":memory:").unwrap());
    let many = (0..CHUNK + 1).map(|n| (key(&format!("h{n:04}")), n.to_string())).collect();
    store.save(many).await;
    assert_eq!(store.load_all().await.unwrap().len(), CHUNK + 1);

    store.save(vec![(key("h0001"), "new".into()), (key("fe80::1"), "v6".into())]).await;
    store.remove((2..=CHUNK).map(|n| key(&format!("h{n:04}"))).collect()).await;
    let expected =
        [(key("fe80::1"), "v6".into()), (key("h0000"), "0".into()), (key("h0001"), "new".into())];
    assert_eq!(store.load_all().await.unwrap(), expected);
    assert_eq!(store.failure(), None);
}

#[tokio::test]
async fn a_failed_write_is_reported_until_one_succeeds() {
    let sqlite = Sqlite::open(":memory:").unwrap();
    let store = InstanceStore::new(sqlite.clone());
    let limit = |pages: u32| {
        sqlite.run(Urgency::Now, move |connection| {
            connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
        })
    };
    limit(1).await.unwrap();
    store.save(vec![(key("a"), "x".repeat(100_000))]).await;
    assert_eq!(store.failure().unwrap().problem, Problem::Full);
    assert_eq!(store.load_all().await.unwrap(), []);

    limit(100_000).await.unwrap();
    store.save(vec![(key("a"), "small".into())]).await;
    assert_eq!(store.failure(), None);
    assert_eq!(store.load_all().await.unwrap(), [(key("a"), "small".to_owned())]);
}
