//! From the texts of keys to choices and addresses. A text that the server has always taken for
//! its default is still taken for it, with a warning; only where that would leave a door open
//! is it an error.

use super::address::{HostPort, Networks};
use super::checked::DEFAULT_SQLITE_FILE;
use super::choices::{
    Authentication, Backend, GrayFailurePolicy, HostnameResolve, Listen, MessageIdentity,
    MysqlHostnameResolve, Raft, SqlThreadPolicy,
};
use super::draft::Draft;
use super::raw::RawConfig;

pub(super) fn backend(draft: &mut Draft) -> Backend {
    let name = draft.raw.backend_db.to_ascii_lowercase();
    let chosen = draft.given("BackendDB") && !name.is_empty();
    let sqlite =
        if chosen { name.contains("sqlite") } else { draft.raw.mysql_orchestrator_host.is_empty() };
    if !chosen {
        draft.raw.backend_db = if sqlite { "sqlite" } else { "mysql" }.to_owned();
    } else if !sqlite && name != "mysql" {
        draft.warn("BackendDB", "is neither mysql nor sqlite; mysql is used");
    }
    if sqlite {
        if draft.raw.sqlite3_data_file.is_empty() {
            draft.raw.sqlite3_data_file = DEFAULT_SQLITE_FILE.to_owned();
        }
        return Backend::Sqlite { file: draft.raw.sqlite3_data_file.clone() };
    }
    let port = draft.raw.mysql_orchestrator_port;
    let port = u16::try_from(port).ok().filter(|port| *port > 0).unwrap_or_else(|| {
        draft.error("MySQLOrchestratorPort", "must be from 1 to 65535");
        0
    });
    let mut host = draft.raw.mysql_orchestrator_host.clone();
    if host.is_empty() {
        draft.warn("MySQLOrchestratorHost", "is not set: 127.0.0.1 is used");
        host = "127.0.0.1".to_owned();
    }
    if draft.raw.mysql_orchestrator_database.is_empty() {
        draft.raw.mysql_orchestrator_database = "orchestrator".to_owned();
    }
    let database = draft.raw.mysql_orchestrator_database.clone();
    Backend::Mysql { server: HostPort { host, port }, database }
}

pub(super) fn listen(draft: &mut Draft) -> Listen {
    if !draft.raw.listen_socket.is_empty() {
        return Listen::Unix(draft.raw.listen_socket.clone());
    }
    let default = if draft.raw.use_ssl { 443 } else { 80 };
    let address = draft.raw.listen_address.clone();
    Listen::Tcp(listen_address(draft, "ListenAddress", &address, default))
}

pub(super) fn agents_listen(draft: &mut Draft) -> Option<HostPort> {
    if !draft.raw.serve_agents_http {
        return None;
    }
    let default = if draft.raw.agents_use_ssl { 443 } else { 80 };
    let address = draft.raw.agents_server_port.clone();
    Some(listen_address(draft, "AgentsServerPort", &address, default))
}

fn listen_address(draft: &mut Draft, key: &'static str, text: &str, default: u16) -> HostPort {
    let every_interface = HostPort { host: String::new(), port: default };
    if text.is_empty() {
        return every_interface;
    }
    HostPort::parse_listen(text).unwrap_or_else(|error| {
        draft.error(key, error);
        every_interface
    })
}

pub(super) fn raft(draft: &mut Draft) -> Option<Raft> {
    if !draft.raw.raft_enabled {
        return None;
    }
    let default_port = match u16::try_from(draft.raw.default_raft_port) {
        Ok(0) => None,
        Ok(port) => Some(port),
        Err(_) => {
            draft.error("DefaultRaftPort", "must be from 0 to 65535");
            None
        }
    };
    let (bind_text, advertise) = (draft.raw.raft_bind.clone(), draft.raw.raft_advertise.clone());
    let nodes = draft.raw.raft_nodes.clone();
    let mut read = |key, text: &str| {
        let address = HostPort::parse(text, default_port);
        address.map_err(|error| draft.error(key, format!("{text:?} {error}"))).ok()
    };
    let bind = read("RaftBind", &bind_text);
    let advertise = match advertise {
        text if text == bind_text => bind.clone(),
        text => read("RaftAdvertise", &text),
    };
    let nodes = nodes.iter().filter_map(|node| read("RaftNodes", node)).collect();
    // Other nodes are told to call us at the port of ListenAddress, unless HTTPAdvertise says it.
    if draft.raw.http_advertise.is_empty() {
        let address = draft.raw.listen_address.clone();
        listen_address(draft, "ListenAddress", &address, 0);
    }
    let data_dir = draft.raw.raft_data_dir.clone();
    Some(Raft { bind: bind?, advertise: advertise?, nodes, data_dir })
}

pub(super) fn authentication(draft: &mut Draft) -> Authentication {
    Authentication::parse(&draft.raw.authentication_method).unwrap_or_else(|| {
        let names = "basic, multi, proxy, token, oauth";
        let rule = format!("must be one of {names}; or empty, to let everyone do everything");
        draft.error("AuthenticationMethod", rule);
        Authentication::OAuth
    })
}

pub(super) fn trusted_proxies(draft: &mut Draft) -> Networks {
    Networks::parse(&draft.raw.trusted_proxies).unwrap_or_else(|error| {
        draft.error("TrustedProxies", error);
        Networks::default()
    })
}

pub(super) fn hostname_resolve(draft: &mut Draft) -> HostnameResolve {
    HostnameResolve::parse(&draft.raw.hostname_resolve_method).unwrap_or_else(|| {
        let names = "none, default, cname or ip";
        draft.warn("HostnameResolveMethod", format!("should be {names}; default is used"));
        HostnameResolve::Default
    })
}

pub(super) fn mysql_hostname_resolve(draft: &mut Draft) -> MysqlHostnameResolve {
    MysqlHostnameResolve::parse(&draft.raw.mysql_hostname_resolve_method).unwrap_or_else(|| {
        let names = "none, @@hostname or @@report_host";
        draft.warn("MySQLHostnameResolveMethod", format!("should be {names}; none is used"));
        MysqlHostnameResolve::None
    })
}

pub(super) fn message_identity(draft: &mut Draft) -> MessageIdentity {
    let method = &draft.raw.prepend_messages_with_orc_identity;
    MessageIdentity::parse(method).unwrap_or_else(|| {
        let names = "none, FQDN, hostname or custom";
        draft.warn("PrependMessagesWithOrcIdentity", format!("should be {names}; none is used"));
        MessageIdentity::None
    })
}

pub(super) fn gray_failure(draft: &mut Draft) -> GrayFailurePolicy {
    GrayFailurePolicy::parse(&draft.raw.gray_failure_policy).unwrap_or_else(|| {
        let rule = format!("must be one of {}", GrayFailurePolicy::NAMES.join(", "));
        draft.error("GrayFailurePolicy", rule);
        GrayFailurePolicy::Alert
    })
}

/// Both keys at once are an error of `rules`.
pub(super) fn sql_thread(raw: &RawConfig) -> SqlThreadPolicy {
    if raw.fail_master_promotion_if_sql_thread_not_up_to_date {
        SqlThreadPolicy::Fail
    } else if raw.delay_master_promotion_if_sql_thread_not_up_to_date {
        SqlThreadPolicy::WaitForIt
    } else {
        SqlThreadPolicy::Promote
    }
}

pub(super) fn discovery_seeds(draft: &mut Draft) -> Vec<HostPort> {
    let default_port = u16::try_from(draft.raw.default_instance_port).ok();
    let seeds = draft.raw.discovery_seeds.clone();
    let mut read = |seed: &String| match HostPort::parse(seed, default_port) {
        Ok(seed) => Some(seed),
        // Templates leave such entries behind where there is nothing to name.
        Err(_) if seed.is_empty() => {
            draft.warn("DiscoverySeeds", "an empty entry is left out");
            None
        }
        Err(error) => {
            draft.error("DiscoverySeeds", format!("{seed:?} {error}"));
            None
        }
    };
    seeds.iter().filter_map(&mut read).collect()
}
