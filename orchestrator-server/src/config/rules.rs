//! Rules between keys, that no single value can break. All are checked, whatever else is wrong.

use super::address::check_advertised_url;
use super::choices::Authentication;
use super::draft::Draft;

/// Leaves in the draft what breaks a rule.
pub(super) fn check(draft: &mut Draft) {
    promotion(draft);
    polling(draft);
    raft(draft);
    http(draft);
    metrics(draft);
}

fn promotion(draft: &mut Draft) {
    if draft.raw.fail_master_promotion_if_sql_thread_not_up_to_date
        && draft.raw.delay_master_promotion_if_sql_thread_not_up_to_date
    {
        draft.error(
            "FailMasterPromotionIfSQLThreadNotUpToDate",
            "Cannot have both FailMasterPromotionIfSQLThreadNotUpToDate and \
             DelayMasterPromotionIfSQLThreadNotUpToDate enabled",
        );
    }
    if draft.raw.fail_master_promotion_on_lag_minutes > 0
        && draft.raw.replication_lag_query.is_empty()
    {
        draft.error(
            "FailMasterPromotionOnLagMinutes",
            "nonzero FailMasterPromotionOnLagMinutes requires ReplicationLagQuery to be set",
        );
    }
}

fn polling(draft: &mut Draft) {
    if draft.raw.dead_instance_poll_seconds_multiply_factor < 1.0 {
        draft.error(
            "DeadInstancePollSecondsMultiplyFactor",
            "DeadInstancePollSecondsMultiplyFactor can not be smaller than 1",
        );
    }
    let poll = draft.raw.instance_poll_seconds;
    if draft.raw.dead_instance_poll_seconds_max < poll {
        draft.error(
            "DeadInstancePollSecondsMax",
            format!(
                "DeadInstancePollSecondsMax can not be smaller than InstancePollSeconds ({poll})"
            ),
        );
    }
    // Faster than this, heartbeats overtake their own answers on an ordinary network.
    if (1..50).contains(&draft.raw.primary_heartbeat_milliseconds) {
        draft.error("PrimaryHeartbeatMilliseconds", "must be 50 or more, or 0 for no heartbeats");
    }
}

fn raft(draft: &mut Draft) {
    if !draft.raw.raft_enabled {
        return;
    }
    if draft.raw.raft_data_dir.is_empty() {
        draft.error(
            "RaftDataDir",
            "RaftDataDir must be defined since raft is enabled (RaftEnabled)",
        );
    }
    if draft.raw.raft_bind.is_empty() {
        draft.error("RaftBind", "RaftBind must be defined since raft is enabled (RaftEnabled)");
    }
}

fn http(draft: &mut Draft) {
    if !draft.raw.http_advertise.is_empty() {
        if let Err(error) = check_advertised_url(&draft.raw.http_advertise) {
            draft.error("HTTPAdvertise", error);
        } else if !["http://", "https://"].iter().any(|s| draft.raw.http_advertise.starts_with(s)) {
            draft.warn("HTTPAdvertise", "other nodes can only call http:// and https://");
        }
    }
    let tcp = draft.raw.listen_socket.is_empty();
    if draft.raw.use_ssl && tcp {
        tls_files(
            draft,
            "UseSSL",
            [("SSLCertFile", "certificate"), ("SSLPrivateKeyFile", "private key")],
        );
    }
    if draft.raw.serve_agents_http && draft.raw.agents_use_ssl {
        tls_files(
            draft,
            "AgentsUseSSL",
            [("AgentSSLCertFile", "certificate"), ("AgentSSLPrivateKeyFile", "private key")],
        );
    }
    if draft.raw.use_mutual_tls && !(draft.raw.use_ssl && tcp) {
        draft.warn("UseMutualTLS", "needs UseSSL: without it every call is refused");
    }
    if draft.raw.use_mutual_tls && draft.raw.ssl_valid_ous.is_empty() {
        draft.warn("SSLValidOUs", "is empty: with UseMutualTLS every call is refused");
    }
    // An empty user and password would let everyone in who sends just those.
    let method = Authentication::parse(&draft.raw.authentication_method);
    let by_password = matches!(method, Some(Authentication::Basic | Authentication::Multi));
    if by_password && draft.raw.http_auth_user.is_empty() {
        let method = &draft.raw.authentication_method;
        let rule =
            format!("AuthenticationMethod is configured as '{method}' but HTTPAuthUser undefined");
        draft.error("HTTPAuthUser", rule);
    }
}

fn tls_files(draft: &mut Draft, switch: &str, files: [(&'static str, &str); 2]) {
    for (key, what) in files {
        if draft.is_empty_text(key) {
            draft.error(key, format!("{switch} needs the file of a {what}"));
        }
    }
}

fn metrics(draft: &mut Draft) {
    if !draft.raw.graphite_addr.is_empty() && draft.raw.graphite_path.is_empty() {
        draft.warn("GraphitePath", "is not set: nothing is sent to Graphite");
    }
}
