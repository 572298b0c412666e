//! A changed configuration file takes effect without a restart; a bad one changes nothing.

use harness::{
    sandbox::{Flavor, Sandbox},
    service::{Service, Signal},
    wait,
};
use serde_json::{Value, json};

async fn filters(service: &Service) -> Value {
    service.json("automated-recovery-filters").await["Details"]["RecoverMasterClusterFilters"]
        .take()
}

async fn wait_for_log(service: &Service, from: usize, text: &str) {
    wait::until(wait::secs(10), &format!("the log says {text}"), || async {
        let log = service.log();
        if log[from..].contains(text) { Ok(()) } else { Err(log) }
    })
    .await;
}

#[tokio::test]
async fn a_signal_makes_changes_take_effect() {
    let sandbox = Sandbox::with(Flavor::MariaDb, 1, &[]);
    let service = Service::start(json!({})).await;
    service.discover(&sandbox, 1).await;
    assert_eq!(service.json("clusters-info").await[0]["HasAutomatedMasterRecovery"], true);

    service.reconfigure(json!({ "RecoverMasterClusterFilters": ["no-such-cluster"] }));
    service.signal(Signal::HUP);
    wait::until(wait::secs(10), "the new filter holds", || async {
        let info = service.get("clusters-info").await?;
        let off = info[0]["HasAutomatedMasterRecovery"] == false;
        if off { Ok(()) } else { Err(service.log()) }
    })
    .await;
    assert_eq!(filters(&service).await, json!(["no-such-cluster"]));

    // What is taken out of the file has its default again.
    service.reconfigure(json!({ "RecoverMasterClusterFilters": null }));
    service.signal(Signal::HUP);
    wait::until(wait::secs(10), "the default holds", || async {
        if filters(&service).await == json!([]) { Ok(()) } else { Err(service.log()) }
    })
    .await;
    let audit = service.json("audit").await;
    assert_eq!(audit[0]["AuditType"], "reload-configuration", "{audit}");
    assert_eq!(audit[0]["Message"], "Triggered via SIGHUP", "{audit}");
}

#[tokio::test]
async fn a_signal_with_a_bad_file_keeps_what_runs() {
    let service = Service::start(json!({ "RecoverMasterClusterFilters": ["main"] })).await;
    let sound = std::fs::read_to_string(service.file("config.json")).unwrap();
    let bad: &[(&str, &[&str])] = &[
        ("{", &["config.json"]),
        (
            r#"{"InstancePollSeconds": "often", "RecoverMasterClusterFilters": ["other"], "HookTimeoutSeconds": 0}"#,
            &["InstancePollSeconds", "HookTimeoutSeconds"],
        ),
    ];
    for (text, says) in bad {
        let from = service.log().len();
        std::fs::write(service.file("config.json"), text).unwrap();
        service.signal(Signal::HUP);
        for key in *says {
            wait_for_log(&service, from, key).await;
        }
        wait_for_log(&service, from, "not reloaded, the running one stays").await;
        assert_eq!(filters(&service).await, json!(["main"]));
    }
    // The file may even be gone.
    let from = service.log().len();
    std::fs::remove_file(service.file("config.json")).unwrap();
    service.signal(Signal::HUP);
    wait_for_log(&service, from, "No such file").await;
    assert_eq!(filters(&service).await, json!(["main"]));

    std::fs::write(service.file("config.json"), sound.replace("main", "shop")).unwrap();
    service.signal(Signal::HUP);
    wait::until(wait::secs(10), "the mended file holds", || async {
        if filters(&service).await == json!(["shop"]) { Ok(()) } else { Err(service.log()) }
    })
    .await;
}

#[tokio::test]
async fn the_api_reloads_and_says_what_is_wrong() {
    let service = Service::start(json!({ "RecoverMasterClusterFilters": ["main"] })).await;
    service.reconfigure(json!({ "RecoverMasterClusterFilters": ["other"] }));
    let done = service.json("reload-configuration").await;
    assert_eq!(done, json!({"Code": "OK", "Message": "Config reloaded", "Details": ""}));
    assert_eq!(filters(&service).await, json!(["other"]));
    let audit = service.json("audit").await;
    assert_eq!(audit[0]["Message"], "Triggered via API", "{audit}");

    service.reconfigure(json!({
        "RecoverMasterClusterFilters": ["third"], "InstancePollSeconds": -1, "UseSSL": "yes",
    }));
    let refused = service.json("reload-configuration").await;
    assert_eq!(refused["Code"], "ERROR");
    let message = refused["Message"].as_str().unwrap();
    assert!(message.contains("InstancePollSeconds") && message.contains("UseSSL"), "{message}");
    assert_eq!(filters(&service).await, json!(["other"]));

    // One more file, for once.
    service.reconfigure(json!({
        "RecoverMasterClusterFilters": null, "InstancePollSeconds": null, "UseSSL": null,
    }));
    let extra = service.file("extra.json");
    std::fs::write(&extra, r#"{"RecoverMasterClusterFilters": ["extra"]}"#).unwrap();
    let route = format!("reload-configuration?config={}", extra.display());
    assert_eq!(service.json(&route).await["Details"], extra.display().to_string());
    assert_eq!(filters(&service).await, json!(["extra"]));
    let missing = service.json("reload-configuration?config=/no/such/file.json").await;
    assert_eq!(missing["Code"], "ERROR");
    assert!(missing["Message"].as_str().unwrap().contains("/no/such/file.json"), "{missing}");
    assert_eq!(filters(&service).await, json!(["extra"]));
}
