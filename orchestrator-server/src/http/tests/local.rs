//! The door for the command line of this machine.

use axum::{
    body::Body,
    http::{HeaderMap, Request, StatusCode, header::AUTHORIZATION},
};

use super::lab::Lab;
use crate::http::{
    local::{InProcess, LocalCaller, Question, admit},
    router::Front,
};

fn question(path: &str) -> Question<'_> {
    Question { path, owner: "dba \u{e9}", exact: false }
}

#[tokio::test]
async fn neither_prefix_nor_login_nor_read_only_stands_in_its_way() {
    let lab = Lab::configured(|config| {
        config.raw.url_prefix = "/orc".to_owned();
        config.raw.read_only = true;
        config.raw.require_post_for_mutations = true;
        config.authentication = crate::config::Authentication::Basic;
    });
    let api = InProcess::new(lab.services.clone());
    for path in ["clusters", "status", "begin-downtime/db2/3306/o/r/1h"] {
        let (status, body) = api.ask(&question(path)).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
    }
}

#[tokio::test]
async fn nobody_comes_in_without_the_token() {
    let lab = Lab::new();
    let front = Front::local(lab.services.clone(), "right".to_owned());
    for (header, status) in [
        (None, StatusCode::UNAUTHORIZED),
        (Some("Bearer wrong"), StatusCode::UNAUTHORIZED),
        (Some("Bearer "), StatusCode::UNAUTHORIZED),
        (Some("Basic right"), StatusCode::UNAUTHORIZED),
        (Some("Bearer right"), StatusCode::OK),
    ] {
        let mut request = Request::builder().uri("/api/clusters");
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let answer = front.answer(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), status, "{header:?}");
    }
}

#[test]
fn the_owner_arrives_as_it_was_given() {
    let mut headers = HeaderMap::new();
    for (name, value) in question("clusters").headers("t") {
        headers.insert(name, value.parse().unwrap());
    }
    let caller = admit("t", &headers).unwrap();
    assert_eq!(caller, LocalCaller { owner: "dba \u{e9}".to_owned(), exact: false });
}

#[tokio::test]
async fn a_part_of_a_name_is_enough_only_where_it_may_be() {
    let lab = Lab::new();
    let api = InProcess::new(lab.services.clone());
    let question = |exact| Question { path: "end-downtime/b2/3306", owner: "dba", exact };
    let (_, fuzzy) = api.ask(&question(false)).await.unwrap();
    assert!(String::from_utf8_lossy(&fuzzy).contains("\"db2\""));
    let (_, exact) = api.ask(&question(true)).await.unwrap();
    assert!(String::from_utf8_lossy(&exact).contains("\"b2\""));
}
