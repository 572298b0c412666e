//! The route table. `docs/api.md` is checked against it.

use super::{
    api::{
        analysis, attributes, audit, candidates, clusters, control, discovery, downtime, health,
        instances, maintenance, metrics, names, pools, recovery, tags, topology,
    },
    route::{
        Access::{self, Read, Write},
        Handler,
        Node::{self, Asked, Leader},
        Patience::{self, Long, Short},
        Route,
    },
};

/// A row; `$handler` is an async function of the call.
macro_rules! row {
    ($paths:expr, $access:expr, $node:expr, $patience:expr, $handler:expr, $summary:literal) => {
        row($paths, $access, $node, $patience, |call| Box::pin($handler(call)), $summary)
    };
}

const fn row(
    paths: &'static [&'static str],
    access: Access,
    node: Node,
    patience: Patience,
    handler: Handler,
    summary: &'static str,
) -> Route {
    Route { paths, access, node, patience, summary, handler }
}

/// Found at a path of its own where `StatusEndpoint` says so.
pub static STATUS: Route = row!(
    &["status"],
    Read,
    Asked,
    Short,
    health::health,
    "The same as `health`; moved by `StatusEndpoint`"
);

/// Every other route, by subject. The first row that fits wins; no two rows fit the same path.
#[rustfmt::skip]
pub static ROUTES: &[Route] = &[
    // Health and the node itself
    row!(&["health"], Read, Asked, Short, health::health, "Health of this node"),
    row!(&["lb-check", "_ping"], Read, Asked, Short, health::alive, "Constant \"OK\""),
    row!(&["leader-check", "leader-check/:errorStatusCode"], Read, Asked, Short, health::leader_check, "\"OK\" on the leader, else 404 or the given status"),
    row!(&["routed-leader-check"], Read, Leader, Short, health::leader_check, "\"OK\" if a leader can be reached through this node"),
    row!(&["headers"], Read, Asked, Short, health::headers, "The headers that arrived, apart from secrets"),
    row!(&["reload-configuration"], Write, Asked, Short, health::reload_configuration, "Read the configuration files again, and `?config=` over them"),
    // Discovery
    row!(&["discover/:host/:port"], Write, Leader, Short, discovery::discover, "Probe a server now and take it in"),
    row!(&["async-discover/:host/:port"], Write, Leader, Short, discovery::discover_later, "Probe a server soon"),
    row!(&["refresh/:host/:port"], Write, Leader, Short, discovery::refresh, "Probe a server now"),
    row!(&["forget/:host/:port"], Write, Leader, Short, discovery::forget, "Forget a server"),
    row!(&["forget-cluster/:clusterHint"], Write, Leader, Short, discovery::forget_cluster, "Forget all servers of a cluster"),
    // Servers
    row!(&["instance/:host/:port"], Read, Leader, Short, instances::one, "One server"),
    row!(&["instance-replicas/:host/:port"], Read, Leader, Short, instances::replicas, "The replicas of a server"),
    row!(&["all-instances"], Read, Leader, Short, instances::all, "Every server"),
    row!(&["search", "search/:searchString"], Read, Leader, Short, instances::search, "Servers that match a text, also as `?s=`"),
    row!(&["problems", "problems/:clusterName"], Read, Leader, Short, instances::problems, "Servers in trouble"),
    row!(&["bulk-instances"], Write, Leader, Short, instances::keys, "Names of all servers"),
    // Clusters
    row!(&["clusters"], Read, Leader, Short, clusters::names, "Names of all clusters"),
    row!(&["clusters-info"], Read, Leader, Short, clusters::infos, "All clusters"),
    row!(&["cluster/:clusterHint"], Read, Leader, Short, clusters::servers, "The servers of a cluster"),
    row!(&["cluster/alias/:clusterAlias"], Read, Leader, Short, clusters::servers_by_alias, "The servers of the cluster with this alias"),
    row!(&["cluster/instance/:host/:port"], Read, Leader, Short, clusters::servers_beside, "The servers of the cluster of a server"),
    row!(&["cluster-info/:clusterHint"], Read, Leader, Short, clusters::info, "One cluster"),
    row!(&["cluster-info/alias/:clusterAlias"], Read, Leader, Short, clusters::info_by_alias, "The cluster with this alias"),
    row!(&["set-cluster-alias/:clusterName"], Write, Leader, Short, clusters::set_alias, "Give a cluster the alias `?alias=`"),
    row!(&["reload-cluster-alias"], Write, Leader, Short, clusters::retired, "Retired; always an error"),
    row!(&["snapshot-topologies"], Write, Leader, Short, clusters::snapshot, "Keep who replicates from whom, for later"),
    row!(&["cluster-osc-replicas/:clusterHint", "cluster-osc-slaves/:clusterHint"], Read, Leader, Short, clusters::osc_replicas, "Control replicas for online schema changes"),
    row!(&["masters"], Read, Leader, Short, clusters::masters, "The writeable head of each cluster"),
    row!(&["master/:clusterHint"], Read, Leader, Short, clusters::master, "The head of a cluster"),
    row!(&["topology/:clusterHint", "topology/:host/:port"], Read, Leader, Short, topology::plain, "A cluster as text"),
    row!(&["topology-tabulated/:clusterHint", "topology-tabulated/:host/:port"], Read, Leader, Short, topology::tabulated, "A cluster as text, in columns"),
    row!(&["topology-tags/:clusterHint", "topology-tags/:host/:port"], Read, Leader, Short, topology::tags, "A cluster as text, with tags"),
    // Hints
    row!(&["begin-downtime/:host/:port/:owner/:reason", "begin-downtime/:host/:port/:owner/:reason/:duration"], Write, Leader, Short, downtime::begin, "Begin or replace a downtime; 10 minutes where no duration is given"),
    row!(&["end-downtime/:host/:port"], Write, Leader, Short, downtime::end, "End a downtime"),
    row!(&["downtimed"], Read, Leader, Short, downtime::list, "Servers in downtime"),
    row!(&["downtimed/:clusterHint"], Read, Leader, Short, downtime::list_of_cluster, "Servers of a cluster in downtime"),
    row!(&["register-candidate/:host/:port/:promotionRule"], Write, Leader, Short, candidates::register, "Announce a promotion rule"),
    row!(&["bulk-promotion-rules"], Write, Leader, Short, candidates::list, "Announced promotion rules"),
    row!(&["begin-maintenance/:host/:port/:owner/:reason", "begin-maintenance/:host/:port/:owner/:reason/:duration"], Write, Leader, Short, maintenance::begin, "Lock a server, for 10 minutes at most where no duration is given"),
    row!(&["end-maintenance/:host/:port"], Write, Leader, Short, maintenance::end, "End the lock on a server"),
    row!(&["end-maintenance/:maintenanceKey"], Write, Leader, Short, maintenance::end_by_token, "End a lock by its number"),
    row!(&["in-maintenance/:host/:port"], Read, Leader, Short, maintenance::is_in, "Whether a server is locked: the message is `true` or `false`"),
    row!(&["maintenance"], Read, Leader, Short, maintenance::list, "Locks on servers"),
    row!(&["tag/:host/:port", "tag/:host/:port/:tagName/:tagValue"], Write, Leader, Short, tags::put, "Give a server a tag, also as `?tag=name=value`"),
    row!(&["untag/:host/:port", "untag/:host/:port/:tagName"], Write, Leader, Short, tags::remove, "Take a tag from a server, also as `?tag=`; with a value only if it has that value"),
    row!(&["untag-all", "untag-all/:tagName/:tagValue"], Write, Leader, Short, tags::remove_everywhere, "Take a tag with a value from all servers, also as `?tag=name=value`"),
    row!(&["tags/:host/:port"], Read, Leader, Short, tags::list, "The tags of a server"),
    row!(&["tag-value/:host/:port", "tag-value/:host/:port/:tagName"], Read, Leader, Short, tags::value, "The value of a tag, also as `?tag=`"),
    row!(&["tagged"], Read, Leader, Short, tags::tagged, "Servers for which all of `?tag=` hold: `name`, `name=value`, `~name`, `~name=value`, with commas between them"),
    row!(&["tagged/:host/:port"], Read, Leader, Short, tags::is_tagged, "The same, of one server"),
    row!(&["submit-pool-instances/:pool"], Write, Leader, Short, pools::submit, "Replace the servers of a pool with `?instances=`"),
    row!(&["cluster-pool-instances/:clusterName", "cluster-pool-instances/:clusterName/:pool"], Write, Leader, Short, pools::list, "Pools and their servers in a cluster"),
    row!(&["heuristic-cluster-pool-instances/:clusterName", "heuristic-cluster-pool-instances/:clusterName/:pool"], Write, Leader, Short, pools::servers, "Working servers of a cluster that are in a pool"),
    row!(&["heuristic-cluster-pool-lag/:clusterName", "heuristic-cluster-pool-lag/:clusterName/:pool"], Write, Leader, Short, pools::lag, "The greatest lag of those, in seconds"),
    row!(&["host-attribute/:host/:attrName/:attrValue"], Write, Leader, Short, attributes::set, "Give a host an attribute"),
    row!(&["host-attribute/attr/:attrName"], Read, Leader, Short, attributes::list, "Hosts with an attribute whose value matches `?valueMatch=`"),
    // Names of hosts
    row!(&["resolve/:host/:port"], Read, Leader, Short, names::resolve, "Resolve a name and open a TCP connection to it"),
    row!(&["hostname-resolve-cache"], Read, Asked, Short, names::cache, "Resolved names"),
    row!(&["reset-hostname-resolve-cache"], Write, Asked, Short, names::reset_cache, "Forget resolved names"),
    row!(&["register-hostname-unresolve/:host/:port/:virtualname"], Write, Leader, Short, names::register, "Give a host the name by which replicas are to reach it"),
    row!(&["deregister-hostname-unresolve/:host/:port"], Write, Leader, Short, names::deregister, "Take it away"),
    // Control of single servers
    row!(&["start-replica/:host/:port", "start-slave/:host/:port"], Write, Leader, Long, control::start, "Start replication"),
    row!(&["stop-replica/:host/:port", "stop-slave/:host/:port"], Write, Leader, Long, control::stop, "Stop replication"),
    row!(&["stop-replica-nice/:host/:port", "stop-slave-nice/:host/:port"], Write, Leader, Long, control::stop_nicely, "Stop replication once everything received is applied"),
    row!(&["restart-replica/:host/:port", "restart-slave/:host/:port"], Write, Leader, Long, control::restart, "Stop and start replication"),
    row!(&["reset-replica/:host/:port", "reset-slave/:host/:port"], Write, Leader, Long, control::reset, "Forget the source; refused where something retrieved would be lost"),
    row!(&["delay-replication/:host/:port/:seconds"], Write, Leader, Long, control::delay, "Apply changes so many seconds late"),
    row!(&["skip-query/:host/:port"], Write, Leader, Long, control::skip_query, "Skip the transaction at which the applier stopped"),
    row!(&["enable-gtid/:host/:port"], Write, Leader, Long, control::enable_gtid, "Replicate by GTID"),
    row!(&["disable-gtid/:host/:port"], Write, Leader, Long, control::disable_gtid, "Replicate by file and position"),
    row!(&["change-master-credentials/:host/:port"], Write, Leader, Long, control::credentials, "Set the replication account of a stopped replica again"),
    row!(&["detach-replica/:host/:port", "detach-slave/:host/:port", "detach-replica-master-host/:host/:port", "detach-slave-master-host/:host/:port"], Write, Leader, Long, control::detach, "Stop replication and make the name of the source unusable, reversibly"),
    row!(&["reattach-replica/:host/:port", "reattach-slave/:host/:port", "reattach-replica-master-host/:host/:port", "reattach-slave-master-host/:host/:port"], Write, Leader, Long, control::reattach, "Undo that, and start replication"),
    row!(&["restart-replica-statements/:host/:port", "restart-slave-statements/:host/:port"], Write, Leader, Short, control::statements, "The statements that run `?q=` between a stop and a start of replication; runs nothing"),
    row!(&["can-replicate-from/:host/:port/:belowHost/:belowPort"], Read, Leader, Short, control::can_replicate, "Whether a server could replicate from another; an error with the reason if not"),
    row!(&["can-replicate-from-gtid/:host/:port/:belowHost/:belowPort"], Read, Leader, Short, control::can_replicate_by_gtid, "The same by GTID; reads both servers now"),
    row!(&["set-read-only/:host/:port"], Write, Leader, Long, control::set_read_only, "Make a server read-only"),
    row!(&["set-writeable/:host/:port"], Write, Leader, Long, control::set_writeable, "Make a server writeable"),
    row!(&["enable-semi-sync-master/:host/:port", "enable-semi-sync-source/:host/:port"], Write, Leader, Long, control::enable_semi_sync_source, "Switch semi-sync on, source side"),
    row!(&["disable-semi-sync-master/:host/:port", "disable-semi-sync-source/:host/:port"], Write, Leader, Long, control::disable_semi_sync_source, "Switch semi-sync off, source side"),
    row!(&["enable-semi-sync-replica/:host/:port"], Write, Leader, Long, control::enable_semi_sync_replica, "Switch semi-sync on, replica side"),
    row!(&["disable-semi-sync-replica/:host/:port"], Write, Leader, Long, control::disable_semi_sync_replica, "Switch semi-sync off, replica side"),
    row!(&["kill-query/:host/:port/:process"], Write, Leader, Long, control::kill_query, "End the statement of a connection"),
    row!(&["flush-binary-logs/:host/:port"], Write, Leader, Long, control::flush_logs, "Begin a new binary log"),
    row!(&["purge-binary-logs/:host/:port/:logFile", "purge-binary-logs/:host/:port"], Write, Leader, Long, control::purge_logs, "Remove the binary logs before this one, or before the newest if it is `latest`; refused while a replica needs them, unless `?force=true`"),
    row!(&["locate-gtid-errant/:host/:port"], Read, Leader, Long, control::locate_errant, "The binary logs that hold the errant GTIDs of a server"),
    row!(&["gtid-errant-inject-empty/:host/:port"], Write, Leader, Long, control::inject_empty, "Give the source of the cluster empty transactions with the errant GTIDs of a server"),
    row!(&["gtid-errant-reset-master/:host/:port"], Write, Leader, Long, control::forget_errant, "Reset the binary logs of a server and forget its errant GTIDs"),
    // Analysis and recovery
    row!(&["replication-analysis"], Read, Leader, Short, analysis::all, "What is wrong, everywhere"),
    row!(&["replication-analysis/:clusterName"], Read, Leader, Short, analysis::of_cluster, "What is wrong in a cluster"),
    row!(&["replication-analysis/instance/:host/:port"], Read, Leader, Short, analysis::of_server, "What is wrong with a server"),
    row!(&["recover/:host/:port", "recover/:host/:port/:candidateHost/:candidatePort"], Write, Leader, Long, recovery::recover, "Recover a failed server; `?skipProcesses=true` runs no hooks"),
    row!(&["recover-lite/:host/:port", "recover-lite/:host/:port/:candidateHost/:candidatePort"], Write, Leader, Long, recovery::recover_lite, "Recover a failed server without hooks"),
    row!(&["automated-recovery-filters"], Read, Leader, Short, recovery::filters, "Which clusters are healed automatically"),
    row!(&["check-global-recoveries"], Read, Leader, Short, recovery::check_global, "Whether automated recoveries are on"),
    row!(&["disable-global-recoveries"], Write, Leader, Short, recovery::disable_global, "Switch automated recoveries off, everywhere"),
    row!(&["enable-global-recoveries"], Write, Leader, Short, recovery::enable_global, "Switch automated recoveries on again"),
    row!(&["ack-recovery/cluster/:clusterHint"], Write, Leader, Short, recovery::ack_cluster, "Acknowledge the recoveries of a cluster with `?comment=`"),
    row!(&["ack-recovery/cluster/alias/:clusterAlias"], Write, Leader, Short, recovery::ack_cluster_by_alias, "Acknowledge the recoveries of the cluster with this alias"),
    row!(&["ack-recovery/instance/:host/:port"], Write, Leader, Short, recovery::ack_server, "Acknowledge the recoveries of a failed server"),
    row!(&["ack-recovery/:recoveryId"], Write, Leader, Short, recovery::ack_id, "Acknowledge one recovery by its number"),
    row!(&["ack-recovery/uid/:uid"], Write, Leader, Short, recovery::ack_uid, "Acknowledge one recovery by its unique name"),
    row!(&["ack-all-recoveries"], Write, Leader, Short, recovery::ack_all, "Acknowledge all recoveries"),
    // Measurements
    row!(&["discovery-metrics-raw/:seconds"], Read, Leader, Short, metrics::probes_raw, "Probes of the last seconds"),
    row!(&["discovery-metrics-aggregated/:seconds"], Read, Leader, Short, metrics::probes_aggregated, "Figures about them"),
    row!(&["discovery-queue-metrics-raw/:seconds", "discovery-queue-metrics-raw/:queue/:seconds"], Read, Leader, Short, metrics::queue_raw, "How long the queue of probes was, once a second; the queues are `DEFAULT` and, where configured, `DEADINSTANCES`"),
    row!(&["discovery-queue-metrics-aggregated/:seconds", "discovery-queue-metrics-aggregated/:queue/:seconds"], Read, Leader, Short, metrics::queue_aggregated, "Figures about it"),
    row!(&["backend-query-metrics-raw/:seconds"], Read, Leader, Short, metrics::queries_raw, "Work of the backend in the last seconds"),
    row!(&["backend-query-metrics-aggregated/:seconds"], Read, Leader, Short, metrics::queries_aggregated, "Figures about it"),
    row!(&["write-buffer-metrics-raw/:seconds"], Read, Leader, Short, metrics::flushes_raw, "Batches of servers stored in the last seconds"),
    row!(&["write-buffer-metrics-aggregated/:seconds"], Read, Leader, Short, metrics::flushes_aggregated, "Figures about them"),
    // What happened
    row!(&["audit", "audit/:page"], Read, Leader, Short, audit::entries, "The audit, newest first"),
    row!(&["audit/instance/:host/:port", "audit/instance/:host/:port/:page"], Read, Leader, Short, audit::entries_of_server, "The audit of a server"),
    row!(&["audit-failure-detection", "audit-failure-detection/:page"], Read, Leader, Short, audit::detections, "Detections, newest first"),
    row!(&["audit-failure-detection/id/:id"], Read, Leader, Short, audit::detection_by_id, "One detection"),
    row!(&["audit-failure-detection/alias/:clusterAlias", "audit-failure-detection/alias/:clusterAlias/:page"], Read, Leader, Short, audit::detections_of_alias, "Detections of clusters that had this alias"),
    row!(&["audit-recovery", "audit-recovery/:page"], Read, Leader, Short, audit::recoveries, "Recoveries, newest first; `?unacknowledged=true` leaves out the others"),
    row!(&["audit-recovery/id/:id"], Read, Leader, Short, audit::recovery_by_id, "One recovery by its number"),
    row!(&["audit-recovery/uid/:uid"], Read, Leader, Short, audit::recovery_by_uid, "One recovery by its unique name"),
    row!(&["audit-recovery/cluster/:clusterName", "audit-recovery/cluster/:clusterName/:page"], Read, Leader, Short, audit::recoveries_of_cluster, "Recoveries of a cluster"),
    row!(&["audit-recovery/alias/:clusterAlias", "audit-recovery/alias/:clusterAlias/:page"], Read, Leader, Short, audit::recoveries_of_alias, "Recoveries of clusters that had this alias"),
    row!(&["audit-recovery-steps/:uid"], Read, Leader, Short, audit::steps, "What a recovery did"),
    row!(&["active-cluster-recovery/:clusterName"], Read, Leader, Short, audit::active_of_cluster, "Recoveries of a cluster that still run"),
    row!(&["recently-active-cluster-recovery/:clusterName"], Read, Leader, Short, audit::recent_of_cluster, "Recoveries of a cluster that ended within 5 minutes"),
    row!(&["recently-active-instance-recovery/:host/:port"], Read, Leader, Short, audit::recent_of_server, "Recoveries within 5 minutes that promoted a server"),
    row!(&["blocked-recoveries", "blocked-recoveries/cluster/:clusterName"], Read, Leader, Short, audit::blocked, "Recoveries that an earlier one holds back"),
];
