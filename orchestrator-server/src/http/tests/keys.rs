//! Which server and which cluster a path means.

use rstest::rstest;

use super::{fleet, lab::Lab};
use crate::inventory::view::FleetView;

/// The small fleet, and two lone servers whose names have a part in common.
fn crowd() -> FleetView {
    let mut view = fleet::view();
    fleet::add_server(&mut view, "", "shop-1.example.com:3307");
    fleet::add_server(&mut view, "", "shop-2.example.com:3307");
    fleet::add_server(&mut view, "main", "zz1:3306");
    fleet::add_server(&mut view, "", "10.0.0.1:3306");
    fleet::add_server(&mut view, "", "fe80::7:3306");
    view
}

fn lab() -> Lab {
    Lab::with(crowd(), |_| {})
}

#[rstest]
#[case("db1/3306", Ok("db1"))]
#[case("db1/+3306", Ok("db1"))]
#[case("%20db1%20/3306", Ok("db1"))]
#[case("alias-of-db1/3306", Ok("db1"))]
#[case("DB1/3306", Ok("db1"))]
#[case("shop-1/3307", Ok("shop-1.example.com"))]
#[case("shop/3307", Err("Cannot read instance: shop:3307"))]
#[case("b4/3306", Ok("db4"))]
#[case("db/3306", Err("Cannot read instance: db:3306"))]
#[case("db1/3307", Err("Cannot read instance: db1:3307"))]
#[case("10.0.0/3306", Ok("10.0.0.1"))]
#[case("0.0.0.1/3306", Err("Cannot read instance: 0.0.0.1:3306"))]
#[case("fe80::7/3306", Ok("fe80::7"))]
#[case("db1/abc", Err("Invalid port: abc"))]
#[case("db1/3306.5", Err("Invalid port: 3306.5"))]
#[case("db1/3306%20", Err("Invalid port: 3306 "))]
#[case("db1/-1", Err("Invalid port: -1"))]
#[case("db1/0", Err("Invalid port: 0"))]
#[case("db1/99999999999999999999", Err("Invalid port: 99999999999999999999"))]
#[case("%20/3306", Err("Will not resolve empty hostname"))]
#[case("a,b/3306", Err("Will not resolve multi-hostname: a,b"))]
#[case("nowhere/3306", Err("lookup nowhere: no such host"))]
#[case("_/3306", Err("Invalid hostname: _ (`_` and a leading `//` are reserved)"))]
#[tokio::test]
async fn a_server_is_found_by_its_name_or_a_part_of_it(
    #[case] path: &str,
    #[case] expected: Result<&str, &str>,
) {
    let answer = lab().get(&format!("/api/instance/{path}")).await;
    match expected {
        Ok(host) => assert_eq!(answer.json()["Key"]["Hostname"], host),
        Err(message) => {
            assert_eq!(answer.status, 500);
            assert_eq!(answer.message(), message);
        }
    }
}

#[tokio::test]
async fn an_exact_name_wins_over_names_that_contain_it() {
    let mut view = crowd();
    fleet::add_server(&mut view, "", "shop-1:3307");
    let answer = Lab::with(view, |_| {}).get("/api/instance/shop-1/3307").await;
    assert_eq!(answer.json()["Key"]["Hostname"], "shop-1");
}

#[rstest]
#[case("begin-downtime/shop/3307/o/r")]
#[case("end-downtime/shop/3307")]
#[case("forget/shop/3307")]
#[case("refresh/shop/3307")]
#[case("recover/shop/3307")]
#[case("recover/db1/3306/shop/3307")]
#[case("register-candidate/shop/3307/prefer")]
#[case("ack-recovery/instance/shop/3307?comment=x")]
#[tokio::test]
async fn a_name_that_fits_several_servers_changes_none(#[case] path: &str) {
    let lab = lab();
    let answer = lab.get(&format!("/api/{path}")).await;
    assert_eq!(
        answer.message(),
        "Ambiguous instance: shop:3307 fits shop-1.example.com:3307, shop-2.example.com:3307; \
         give the full hostname"
    );
    assert!(lab.commands().is_empty() && lab.operations.asked.lock().unwrap().is_empty());
}

#[rstest]
#[case("db1:3306", Ok("db1:3306"))]
#[case("db4:3306", Ok("db1:3306"))]
#[case("db4", Ok("db1:3306"))]
#[case("b4:3306", Ok("db1:3306"))]
#[case("main", Ok("db1:3306"))]
#[case("shop-2.example.com:3307", Ok("shop-2.example.com:3307"))]
#[case("[fe80::7]:3306", Ok("fe80::7:3306"))]
#[case("fe80::7", Ok("fe80::7:3306"))]
#[case("db4/3306", Ok("db1:3306"))]
#[case("shop:3307", Err("Unable to determine cluster name. clusterHint=shop:3307"))]
#[case("MAIN", Err("Unable to determine cluster name. clusterHint=MAIN"))]
#[case("mai", Err("Unable to determine cluster name. clusterHint=mai"))]
#[case("o'x", Err("Unable to determine cluster name. clusterHint=o'x"))]
#[case("%20", Err("Unable to determine cluster name. clusterHint= "))]
#[case("db1/abc", Err("Unable to determine cluster name. clusterHint=db1:abc"))]
#[tokio::test]
async fn a_cluster_is_found_by_a_hint(#[case] hint: &str, #[case] expected: Result<&str, &str>) {
    let answer = lab().get(&format!("/api/topology/{hint}")).await;
    match expected {
        Ok(name) => assert_eq!(answer.message(), format!("Topology for cluster {name}")),
        Err(message) => assert_eq!(answer.message(), message),
    }
}

#[rstest]
#[case("cluster-info/alias/main", Ok("db1:3306"))]
#[case("cluster-info/alias/db1:3306", Ok("db1:3306"))]
#[case("cluster-info/alias/db4:3306", Err("No cluster found for alias db4:3306"))]
#[case("cluster/alias/nosuch", Err("No cluster found for alias nosuch"))]
#[tokio::test]
async fn an_alias_is_not_a_hint(#[case] path: &str, #[case] expected: Result<&str, &str>) {
    let answer = lab().get(&format!("/api/{path}")).await;
    match expected {
        Ok(name) => assert_eq!(answer.json()["ClusterName"], name),
        Err(message) => assert_eq!(answer.message(), message),
    }
}
