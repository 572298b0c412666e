use std::{str::FromStr, time::Duration};

use hickory_resolver::proto::rr::{Name, rdata};
use rstest::rstest;

use super::*;
use crate::{config::Config, mysql::sim::SimClock};

/// Knows `alias` → `host.example`, `bad` → `host.bad`, and the addresses of `alias`; counts.
#[derive(Default)]
struct Book(Mutex<Vec<String>>);

impl Book {
    fn asked(&self, host: &str) -> Result<&'static str, String> {
        self.0.lock().unwrap().push(host.to_owned());
        match host {
            "alias" => Ok("host.example"),
            "bad" => Ok("host.bad"),
            _ => Err(format!("cannot resolve {host}: no such host")),
        }
    }
}

impl Dns for Book {
    fn canonical(&self, host: &str) -> BoxFuture<'static, Result<String, String>> {
        let found = self.asked(host).map(str::to_owned);
        Box::pin(async move { found })
    }

    fn addresses(&self, host: &str) -> BoxFuture<'static, Result<Vec<IpAddr>, String>> {
        let found = self.asked(host).map(|_| {
            ["fd00::1", "10.0.0.2", "10.0.0.1"].map(|text| text.parse().unwrap()).to_vec()
        });
        Box::pin(async move { found })
    }
}

fn resolver(method: &str) -> (Arc<Book>, Resolver) {
    let config = Config::from_str(&format!(
        r#"{{"HostnameResolveMethod": "{method}", "RejectHostnameResolvePattern": "[.]bad$"}}"#
    ));
    let book = Arc::new(Book::default());
    let clock: SharedClock = Arc::new(SimClock::start());
    let resolver = Resolver::new(book.clone(), ConfigHandle::fixed(config.unwrap()), clock);
    (book, resolver)
}

#[rstest]
#[case("default", "alias", "alias")]
#[case("none", "alias", "alias")]
#[case("cname", "alias", "host.example")]
#[case("cname", "bad", "bad")]
#[case("cname", "//alias", "//alias")]
#[case("ip", "alias", "10.0.0.1")]
#[tokio::test(start_paused = true)]
async fn names(#[case] method: &str, #[case] host: &str, #[case] expected: &str) {
    assert_eq!(resolver(method).1.resolve(host).await.unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn answers_are_remembered_and_asked_again_when_they_are_old() {
    let (book, resolver) = resolver("cname");
    let count = || book.0.lock().unwrap().len();
    for _ in 0..3 {
        resolver.resolve("alias").await.unwrap();
        resolver.resolve("gone").await.unwrap_err();
    }
    assert_eq!(count(), 2);
    tokio::time::advance(Duration::from_secs(61)).await;
    resolver.resolve("gone").await.unwrap_err();
    resolver.resolve("alias").await.unwrap();
    assert_eq!(count(), 3, "what failed is asked again sooner");
    tokio::time::advance(Duration::from_secs(3600)).await;
    resolver.tidy();
    assert!(resolver.cached().is_empty());
    resolver.resolve("alias").await.unwrap();
    resolver.reset();
    resolver.resolve("alias").await.unwrap();
    assert_eq!(count(), 5);
    let key = InstanceKey::new("gone", 3307).unwrap();
    assert_eq!(resolver.key(&key).await, key, "what cannot be resolved stays");
}

#[test]
fn the_name_that_has_the_address_is_the_canonical_one() {
    let name = |text: &str| Name::from_str(text).unwrap();
    let alias =
        |of: &str, to: &str| Record::from_rdata(name(of), 60, RData::CNAME(rdata::CNAME(name(to))));
    let address = Record::from_rdata(name("c.example."), 60, RData::A(rdata::A::new(10, 0, 0, 1)));
    let chain = [alias("a.example.", "b.example."), alias("b.example.", "c.example."), address];
    assert_eq!(end_of_chain("a", &chain), "c.example");
    assert_eq!(end_of_chain("c", &chain[2..]), "c.example", "a search domain was added");
    assert_eq!(end_of_chain("a", &[]), "a");
}
