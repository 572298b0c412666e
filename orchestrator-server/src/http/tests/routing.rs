//! Methods, decoding, slashes, prefixes, precedence; the table itself; the list of routes.

use std::fmt::Write;

use rstest::rstest;

use super::lab::Lab;
use crate::http::{
    route::{Access, Node, find},
    routes::{ROUTES, STATUS},
};

#[rstest]
#[case("GET", "/api/clusters", 200)]
#[case("HEAD", "/api/clusters", 200)]
#[case("GET", "/api/clusters/", 200)]
#[case("GET", "/api/clusters//", 404)]
#[case("GET", "/api//clusters", 404)]
#[case("GET", "/api/Clusters", 404)]
#[case("GET", "/api/", 404)]
#[case("GET", "/api", 404)]
#[case("GET", "/", 404)]
#[case("GET", "/clusters", 404)]
#[case("GET", "/api/nosuchroute", 404)]
#[case("HEAD", "/api/nosuchroute", 404)]
#[case("POST", "/api/clusters", 404)]
#[case("PUT", "/api/clusters", 404)]
#[case("DELETE", "/api/clusters", 404)]
#[case("OPTIONS", "/api/clusters", 404)]
#[case("GET", "/api/instance/db1", 404)]
#[case("GET", "/api/instance/db1/3306/x", 404)]
#[case("GET", "/api/instance//3306", 404)]
#[case("GET", "/api/instance/db1%2F3306", 200)]
#[case("GET", "/api/instance/db1%2F3306/x", 500)]
#[case("GET", "/api/instance/%64b1/3306", 200)]
#[case("GET", "/api/instance/db1%23/3306", 500)]
#[case("GET", "/api/begin-downtime/db1/3306/o%2Fp/%3F%23%2F", 200)]
#[case("GET", "/api/begin-downtime/db1%2F3306/o/r", 200)]
#[case("GET", "/api/instance/%zz/3306", 400)]
#[case("GET", "/api/instance/%ff/3306", 400)]
#[case("GET", "/api/clusters?x=%zz&y", 200)]
#[tokio::test]
async fn requests_find_their_route(#[case] method: &str, #[case] path: &str, #[case] status: u16) {
    let answer = Lab::new().ask(method, path, &[]).await;
    assert_eq!(answer.status, status, "{}", answer.body);
    if status == 404 {
        assert_eq!(answer.body, "404 page not found\n");
        assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
    }
    if status == 200 {
        assert_eq!(answer.headers["content-type"], "application/json; charset=UTF-8");
    }
}

#[rstest]
#[case("orc", "/orc/api/clusters", 200)]
#[case("/orc/", "/orc/api/clusters", 200)]
#[case("/orc", "/api/clusters", 404)]
#[case("/orc", "/orcx/api/clusters", 404)]
#[case("/orc", "/orc/api/status", 200)]
#[case("", "/api/status", 200)]
#[tokio::test]
async fn a_prefix_is_part_of_every_path(
    #[case] prefix: &str,
    #[case] path: &str,
    #[case] status: u16,
) {
    let lab = Lab::configured(|config| config.raw.url_prefix = prefix.to_owned());
    assert_eq!(lab.get(path).await.status, status);
}

#[rstest]
#[case("/api/ping2", 200)]
#[case("/orc/api/ping2", 404)]
#[case("/orc/api/status", 404)]
#[case("/api/status", 404)]
#[case("/orc/api/health", 200)]
#[tokio::test]
async fn the_status_route_can_move_out_of_the_prefix(#[case] path: &str, #[case] status: u16) {
    let lab = Lab::configured(|config| {
        config.raw.url_prefix = "/orc".to_owned();
        config.raw.status_endpoint = "/api/ping2".to_owned();
    });
    assert_eq!(lab.get(path).await.status, status);
}

#[tokio::test]
async fn changes_can_be_made_to_need_post() {
    let lab = Lab::configured(|config| config.raw.require_post_for_mutations = true);
    let change = "/api/begin-downtime/db2/3306/o/r";
    for method in ["GET", "HEAD"] {
        assert_eq!(lab.ask(method, change, &[]).await.status, 500);
    }
    let message = lab.get(change).await.message();
    assert_eq!(message, "This route takes POST only (RequirePostForMutations)");
    assert!(lab.commands().is_empty());
    assert_eq!(lab.ask("POST", change, &[]).await.status, 200);
    assert_eq!(lab.ask("PUT", change, &[]).await.status, 404);
    assert_eq!(lab.get("/api/clusters").await.status, 200);
    assert_eq!(lab.ask("POST", "/api/clusters", &[]).await.status, 404);
}

#[tokio::test]
async fn a_fault_in_a_handler_is_an_error_and_nothing_more() {
    let lab = Lab::configured(|config| {
        config.authentication = crate::config::Authentication::Proxy;
    });
    let path = "/api/recover/db1/3306";
    let answer = lab.ask("GET", path, &[("X-Forwarded-User", "panic")]).await;
    assert_eq!(answer.status, 500);
    assert!(answer.message().starts_with("Internal error: "), "{}", answer.body);
    assert_eq!(lab.get("/api/clusters").await.status, 200);
}

/// Every path with each parameter replaced by a text that is no literal of any path.
fn sample(path: &str) -> String {
    sample_segments(path).join("/")
}

fn sample_segments(path: &str) -> Vec<String> {
    let part = |part: &'_ str| if part.starts_with(':') { "~".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect()
}

#[test]
fn every_path_leads_to_its_own_row() {
    for route in ROUTES {
        for path in route.paths {
            let segments = sample_segments(path);
            let (found, _) = find(ROUTES, &segments).unwrap();
            assert_eq!(found.paths, route.paths, "{path}");
            let fitting = ROUTES.iter().filter(|r| find(&[**r], &segments).is_some()).count();
            assert_eq!(fitting, 1, "{path} fits several rows");
        }
    }
}

#[tokio::test]
async fn nothing_can_be_changed_without_permission() {
    let lab = Lab::configured(|config| config.raw.read_only = true);
    let mut refused = 0;
    for route in ROUTES.iter().filter(|route| route.access == Access::Write) {
        let path = format!("/api/{}?comment=x", sample(route.paths[0]).replace('~', "1"));
        let answer = lab.get(&path).await;
        assert_eq!(answer.status, 500, "{path}");
        assert_eq!(answer.body, r#"{"Code":"ERROR","Message":"Unauthorized","Details":null}"#);
        refused += 1;
    }
    assert!(refused > 15, "only {refused} routes change something");
    assert!(lab.commands().is_empty() && lab.operations.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn no_other_route_proposes_anything() {
    let lab = Lab::new();
    for route in ROUTES.iter().filter(|route| route.access == Access::Read) {
        for path in route.paths {
            let path = format!("/api/{}?comment=x", sample(path).replace('~', "1"));
            lab.get(&path).await;
        }
    }
    assert!(lab.commands().is_empty());
    // A server that is not known is not asked either.
    assert!(lab.operations.asked.lock().unwrap().is_empty());
}

/// The list in `docs/api.md`, between its markers.
fn route_list() -> String {
    let mut list =
        String::from("| Path below `/api/` | Needs | Served by | |\n|---|---|---|---|\n");
    for route in ROUTES.iter().chain([&STATUS]) {
        let paths: Vec<String> = route.paths.iter().map(|path| format!("`{path}`")).collect();
        let access = match route.access {
            Access::Read => "",
            Access::Write => "write",
        };
        let node = match route.node {
            Node::Leader => "leader",
            Node::Asked => "node asked",
        };
        let paths = paths.join("<br>");
        writeln!(list, "| {paths} | {access} | {node} | {} |", route.summary).unwrap();
    }
    list
}

#[test]
fn the_documentation_lists_every_route() {
    const BEGIN: &str = "<!-- routes: begin -->\n";
    const END: &str = "<!-- routes: end -->";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("a begin marker");
    let (list, after) = rest.split_once(END).expect("an end marker");
    let fresh = route_list();
    if list != fresh && std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{BEGIN}{fresh}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(list, fresh, "run this test with UPDATE_DOCS=1 to bring docs/api.md up to date");
}
