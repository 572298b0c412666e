//! Whether this node is alive, healthy, and the one that may act (spec 02, 4); and what it
//! makes of a request.

use std::collections::BTreeMap;

use axum::http::{StatusCode, header};
use shared::{
    timestamp,
    wire::{HealthStatus, NodeHealth},
};

use crate::{
    http::{
        NodeInfo,
        call::Call,
        reply::{Outcome, Refusal, Reply},
    },
    journal::command::Command,
};

/// `health`, `status`
pub(in crate::http) async fn health(call: &Call) -> Outcome {
    let standing = call.services.standing.borrow().clone();
    let node = &call.services.node;
    let seen = |info: &NodeInfo| node_health(info, call);
    let status = HealthStatus {
        healthy: standing.trouble.is_none(),
        hostname: node.hostname.clone(),
        token: node.token.clone(),
        is_active_node: standing.leader,
        active_node: standing.active.as_ref().map(seen).unwrap_or_default(),
        error: standing.trouble.as_ref().map(|_| serde_json::json!({})),
        available_nodes: Some(standing.known.iter().map(seen).collect()),
        ..HealthStatus::default()
    };
    match standing.trouble {
        None => Reply::ok("Application node is healthy", &status),
        Some(trouble) => {
            let message = format!("Application node is unhealthy {trouble}");
            Err(Refusal::new(message).with(&status))
        }
    }
}

fn node_health(info: &NodeInfo, call: &Call) -> NodeHealth {
    let text = |at: crate::clock::Moment| timestamp::column_text(at.unix_seconds());
    NodeHealth {
        hostname: info.node.hostname.clone(),
        token: info.node.token.clone(),
        app_version: info.version.clone(),
        first_seen_active: text(info.first_seen),
        last_seen_active: text(info.last_seen.unwrap_or(call.now)),
        db_backend: info.backend.clone(),
        ..NodeHealth::default()
    }
}

/// `lb-check`, `_ping`
pub(in crate::http) async fn alive(_: &Call) -> Outcome {
    Reply::bare("OK")
}

/// `leader-check`, `leader-check/:errorStatusCode`, `routed-leader-check`
pub(in crate::http) async fn leader_check(call: &Call) -> Outcome {
    if call.services.standing.borrow().leader {
        return Reply::bare("OK");
    }
    let wanted = call.param("errorStatusCode").parse().ok();
    // A status below 200 is no answer.
    let usable = |code: &StatusCode| !code.is_informational();
    let status = wanted.and_then(|code: u16| StatusCode::from_u16(code).ok()).filter(usable);
    Reply::bare_with(status.unwrap_or(StatusCode::NOT_FOUND), "Not leader")
}

/// `headers`: what arrived, apart from secrets
pub(in crate::http) async fn headers(call: &Call) -> Outcome {
    let secret = [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE];
    let mut echo: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &call.headers {
        if *name == header::HOST {
            continue;
        }
        let text = if secret.contains(name) {
            "(not shown)".to_owned()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        echo.entry(canonical(name.as_str())).or_default().push(text);
    }
    Reply::bare(&echo)
}

/// `accept-encoding` as `Accept-Encoding`.
fn canonical(name: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    name.split('-').map(capital).collect::<Vec<_>>().join("-")
}

/// `reload-configuration`
pub(in crate::http) async fn reload_configuration(call: &Call) -> Outcome {
    let given = call.query.get("config").to_owned();
    let audit = call.audit("reload-configuration", None, "Triggered via API");
    if let Err(error) = call.services.journal.propose(Command::Audit(audit)).await {
        tracing::warn!("an audit entry was lost: {error}");
    }
    let config = call.services.config.clone();
    let extra = (!given.is_empty()).then(|| std::path::PathBuf::from(&given));
    let reload = tokio::task::spawn_blocking(move || config.reload(extra.as_deref()));
    let failed = |error: String| Refusal::new(format!("Configuration not reloaded: {error}"));
    let report = reload.await.map_err(|error| failed(error.to_string()))?;
    report.map_err(|errors| failed(errors.to_string()))?.log();
    Reply::ok("Config reloaded", &given)
}
