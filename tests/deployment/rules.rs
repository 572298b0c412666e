//! Promotion rules that hosts state again and again.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::Service,
    wait,
};
use rstest::rstest;
use serde_json::json;

use crate::{SERVER_PROGRAM, cron, done, instance};

#[rstest]
#[tokio::test]
async fn rules_are_stated_changed_and_obeyed(
    #[values(Flavor::MySql, Flavor::MariaDb)] flavor: Flavor,
) {
    let sandbox = Sandbox::start(flavor);
    let service = Service::start(json!({"InstancePollSeconds": 1})).await;
    service.discover(&sandbox, 1).await;
    let host = sandbox.address(3);
    for rule in ["neutral", "prefer_not", "must_not", "prefer"] {
        for form in ["--promotion-rule {rule}", "--promotion-rule={rule}", "-R {rule}"] {
            let flag = form.replace("{rule}", rule);
            let line = format!(
                "/usr/bin/orchestrator-client -c register-candidate -i this.hostname.com {flag}"
            );
            assert_eq!(done(&service, &host, &line), format!("{host}\n"));
        }
        let known = instance(&service, &sandbox, 3).await;
        assert_eq!(known["PromotionRule"], rule, "{known}");
        assert_eq!(known["IsCandidate"], rule == "prefer", "{known}");
    }
    let by_server = format!(
        "{SERVER_PROGRAM} -c register-candidate -i this.hostname.com --promotion-rule must_not"
    );
    assert_eq!(done(&service, &sandbox.address(2), &by_server), sandbox.address(2) + "\n");
    assert_eq!(instance(&service, &sandbox, 2).await["PromotionRule"], "must_not");
    // A host that the service does not know yet may state its rule.
    let early =
        "/usr/bin/orchestrator-client -c register-candidate -i early.example:3306 -R prefer";
    assert_eq!(done(&service, &host, early), "early.example:3306\n");
    let wrong = "/usr/bin/orchestrator-client -c register-candidate -i this.hostname.com -R always";
    let refused = cron(&service, &host, wrong);
    assert!(!refused.status.success() && refused.stdout.is_empty());
    assert_eq!(String::from_utf8_lossy(&refused.stderr).lines().count(), 1);

    sandbox.fault("kill", 1);
    let recovery = service.recovery(wait::secs(30)).await;
    assert_eq!(recovery["SuccessorKey"]["Port"], sandbox.port(3), "the preferred one: {recovery}");
}
