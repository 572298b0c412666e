//! Who is let in, and who may change something.

use rstest::rstest;

use super::lab::Lab;
use crate::config::{Authentication, Config, Networks};
use crate::http::auth::{AuthError, admit, check};

const READ: &str = "/api/clusters";
const WRITE: &str = "/api/begin-downtime/db2/3306/o/r";

/// `admin:secret`, `admin:wrong`, `readonly:x`, `:`
const ADMIN: (&str, &str) = ("Authorization", "Basic YWRtaW46c2VjcmV0");
const WRONG: (&str, &str) = ("Authorization", "Basic YWRtaW46d3Jvbmc=");
const READER: (&str, &str) = ("Authorization", "Basic cmVhZG9ubHk6eA==");
const NOBODY: (&str, &str) = ("Authorization", "Basic Og==");
const BROKEN: (&str, &str) = ("Authorization", "Basic %%%");
const JOE: (&str, &str) = ("x-user", "joe");
const ANN: (&str, &str) = ("x-user", "ann");
const OPS: (&str, &str) = ("x-groups", "dev, ops");

fn set(config: &mut Config, method: Authentication) {
    config.authentication = method;
    config.raw.http_auth_user = "admin".to_owned();
    config.raw.http_auth_password = "secret".to_owned().into();
    config.raw.auth_user_header = "X-User".to_owned();
    config.raw.power_auth_users = ["joe"].into();
}

#[rstest]
#[case(Authentication::Open, &[], 200, 200)]
#[case(Authentication::Basic, &[], 401, 401)]
#[case(Authentication::Basic, &[WRONG], 401, 401)]
#[case(Authentication::Basic, &[BROKEN], 401, 401)]
#[case(Authentication::Basic, &[READER], 401, 401)]
#[case(Authentication::Basic, &[ADMIN], 200, 200)]
#[case(Authentication::Multi, &[], 401, 401)]
#[case(Authentication::Multi, &[WRONG], 401, 401)]
#[case(Authentication::Multi, &[READER], 200, 500)]
#[case(Authentication::Multi, &[ADMIN], 200, 200)]
#[case(Authentication::Proxy, &[], 200, 500)]
#[case(Authentication::Proxy, &[ANN], 200, 500)]
#[case(Authentication::Proxy, &[JOE], 200, 200)]
#[case(Authentication::OAuth, &[], 200, 500)]
#[tokio::test]
async fn each_method_lets_in_whom_it_should(
    #[case] method: Authentication,
    #[case] headers: &[(&str, &str)],
    #[case] read: u16,
    #[case] write: u16,
) {
    let lab = Lab::configured(|config| set(config, method));
    assert_eq!(lab.ask("GET", READ, headers).await.status, read);
    let answer = lab.ask("GET", WRITE, headers).await;
    assert_eq!(answer.status, write);
    match write {
        200 => assert!(!lab.commands().is_empty()),
        500 => assert_eq!(answer.message(), "Unauthorized"),
        _ => assert_eq!(answer.body, "Not Authorized\n"),
    }
    assert_eq!(lab.commands().is_empty(), write != 200);
}

#[tokio::test]
async fn a_refused_caller_is_asked_for_credentials_on_every_path() {
    let lab = Lab::configured(|config| set(config, Authentication::Basic));
    for path in ["/api/clusters", "/api/lb-check", "/api/nosuch", "/"] {
        let answer = lab.get(path).await;
        assert_eq!(answer.status, 401, "{path}");
        let challenge = &answer.headers["www-authenticate"];
        assert_eq!(challenge, "Basic realm=\"Authorization Required\"");
    }
}

#[tokio::test]
async fn without_a_user_the_empty_credentials_are_the_right_ones() {
    let lab = Lab::configured(|config| config.authentication = Authentication::Basic);
    assert_eq!(lab.get(READ).await.status, 401);
    assert_eq!(lab.ask("GET", READ, &[NOBODY]).await.status, 200);
}

#[tokio::test]
async fn groups_that_the_proxy_vouches_for_count() {
    let lab = Lab::configured(|config| {
        set(config, Authentication::Proxy);
        config.raw.auth_groups_header = "X-Groups".to_owned();
        config.raw.power_auth_groups = ["ops"].into();
    });
    assert_eq!(lab.ask("GET", WRITE, &[ANN, OPS]).await.status, 200);
    assert_eq!(lab.ask("GET", WRITE, &[ANN, ("x-groups", "dev")]).await.status, 500);
    assert_eq!(lab.ask("GET", WRITE, &[OPS]).await.status, 500);
}

#[test]
fn only_trusted_proxies_are_believed() {
    let mut config = Config::default();
    set(&mut config, Authentication::Proxy);
    config.trusted_proxies = Networks::parse(&["10.0.0.0/8".to_owned()]).unwrap();
    let mut headers = axum::http::HeaderMap::new();
    headers.insert("x-user", "joe".parse().unwrap());
    let user = |peer: Option<&str>| {
        admit(&config, &headers, peer.map(|peer| peer.parse().unwrap())).unwrap().user
    };
    assert_eq!(user(Some("10.1.2.3")), "joe");
    assert_eq!(user(Some("192.0.2.1")), "");
    assert_eq!(user(None), "joe");
}

#[tokio::test]
async fn a_read_only_service_refuses_its_owner_too() {
    let lab = Lab::configured(|config| {
        set(config, Authentication::Basic);
        config.raw.read_only = true;
    });
    assert_eq!(lab.ask("GET", READ, &[ADMIN]).await.status, 200);
    assert_eq!(lab.ask("GET", WRITE, &[ADMIN]).await.message(), "Unauthorized");
}

#[test]
fn a_configuration_that_would_leave_the_door_open_is_refused() {
    let mut config = Config::default();
    assert_eq!(check(&config), Ok(()));
    config.authentication = Authentication::Multi;
    assert_eq!(check(&config), Err(AuthError::NoUser));
    config.raw.http_auth_user = "admin".to_owned();
    assert_eq!(check(&config), Ok(()));
    config.authentication = Authentication::Token;
    assert_eq!(check(&config), Err(AuthError::Token));
}
