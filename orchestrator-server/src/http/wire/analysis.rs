//! Findings on the wire. Judges nothing: every figure was read by `analysis`.

use shared::wire::{BinlogCoordinates, ClusterInfo, Key, LogType, ReplicationAnalysis};

use super::{Picture, expression};
use crate::{analysis::Finding, inventory::view::Cluster, journal::facts::Node};

/// One finding as `node` answers it (spec 02, 3.4). Whether it is actionable is said within
/// recoveries only.
#[must_use]
pub fn replication_analysis(
    finding: &Finding,
    picture: Picture<'_>,
    node: &Node,
) -> ReplicationAnalysis {
    let mut out = ReplicationAnalysis {
        analyzed_instance_key: Key::from(&finding.key),
        cluster_details: cluster_details(finding),
        analysis: finding.code.name().to_owned(),
        description: finding.code.description().to_owned(),
        structure_analysis: warnings(finding),
        is_replicas_downtimed: finding.replicas_downtimed,
        skippable_due_to_downtime: finding.skippable_due_to_downtime,
        processing_node_hostname: node.hostname.clone(),
        processing_node_token: node.token.clone(),
        ..ReplicationAnalysis::default()
    };
    if let Some(downtime) = &finding.downtime {
        out.is_downtimed = true;
        out.downtime_end_timestamp = expression(downtime.ends);
        // The wire counts backwards: negative while the downtime lasts.
        out.downtime_remaining_seconds = picture.now.unix_seconds() - downtime.ends.unix_seconds();
    }
    add_instance(&mut out, finding);
    add_signs(&mut out, finding);
    add_replicas(&mut out, finding);
    out
}

/// Alias and domain fall back to the name; nothing is counted.
fn cluster_details(finding: &Finding) -> ClusterInfo {
    let Cluster { name, domain, .. } = &*finding.cluster;
    ClusterInfo {
        cluster_name: name.clone(),
        cluster_alias: finding.cluster.alias_or_name().to_owned(),
        cluster_domain: if domain.is_empty() { name.clone() } else { domain.clone() },
        has_automated_master_recovery: finding.automation.source,
        has_automated_intermediate_master_recovery: finding.automation.intermediate,
        ..ClusterInfo::default()
    }
}

fn warnings(finding: &Finding) -> Option<Vec<String>> {
    let names = finding.warnings.iter().map(|warning| warning.name().to_owned());
    Some(names.collect()).filter(|names: &Vec<String>| !names.is_empty())
}

fn add_instance(out: &mut ReplicationAnalysis, finding: &Finding) {
    let instance = &finding.instance;
    let metadata = &instance.metadata;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let position = instance.state.as_ref().and_then(|state| state.binlog.position.as_ref());
    out.analyzed_instance_source_key = Key::from(&instance.source);
    out.analyzed_instance_data_center = text(&metadata.data_center);
    out.analyzed_instance_region = text(&metadata.region);
    out.analyzed_instance_physical_environment = text(&metadata.environment);
    out.analyzed_instance_binlog_coordinates = position
        .map(|position| BinlogCoordinates::new(position, LogType::Binary))
        .unwrap_or_default();
}

fn add_signs(out: &mut ReplicationAnalysis, finding: &Finding) {
    let signs = &finding.signs;
    out.is_source = signs.is_source;
    out.is_replication_group_member = signs.is_group_member;
    out.is_co_source = signs.is_co_source;
    out.last_check_valid = signs.reachable;
    out.last_check_partial_success = signs.partial_success;
    out.replication_depth = signs.depth;
    out.is_failing_to_connect_to_source = signs.failing_to_connect;
    out.is_binlog_server = signs.is_binlog_server;
    out.semi_sync_source_enabled = signs.semi_sync.enabled;
    out.semi_sync_source_status = signs.semi_sync.active;
    out.semi_sync_source_wait_for_replica_count = signs.semi_sync.wait_count.into();
    out.semi_sync_source_clients = signs.semi_sync.clients.into();
    out.gtid_mode.clone_from(&signs.gtid_mode);
    out.is_read_only = signs.read_only;
}

fn add_replicas(out: &mut ReplicationAnalysis, finding: &Finding) {
    let signs = &finding.signs;
    let (logging, relocation) = (&signs.logging, &signs.relocation);
    out.replicas = signs.replicas.iter().collect();
    out.count_replicas = signs.count() as u64;
    out.count_valid_replicas = signs.valid as u64;
    out.count_valid_replicating_replicas = signs.replicating as u64;
    out.count_replicas_failing_to_connect_to_source = signs.failing as u64;
    out.count_downtimed_replicas = signs.downtimed_replicas as u64;
    out.count_semi_sync_replicas_enabled = signs.semi_sync_replicas as u64;
    out.count_delayed_replicas = signs.delayed as u64;
    out.count_lagging_replicas = signs.lagging as u64;
    out.count_logging_replicas = logging.replicas as u64;
    out.count_statement_based_logging_replicas = logging.statement as u64;
    out.count_mixed_based_logging_replicas = logging.mixed as u64;
    out.count_row_based_logging_replicas = logging.row as u64;
    out.count_distinct_major_versions_logging_replicas = logging.major_versions as u64;
    out.pseudo_gtid_immediate_topology = relocation.pseudo_gtid;
    out.oracle_gtid_immediate_topology = relocation.oracle_gtid;
    out.mariadb_gtid_immediate_topology = relocation.mariadb_gtid;
    out.binlog_server_immediate_topology = relocation.binlog_servers;
    (out.min_replica_gtid_mode, out.max_replica_gtid_mode) = signs.replica_gtid_modes.clone();
    out.max_replica_gtid_errant.clone_from(&signs.errant);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        analysis::examine,
        inventory::{
            sketch::{key, mysql, uuid},
            view::FleetView,
        },
    };

    /// The finding about `m`, with nothing but what the sketch says.
    fn of_m(sketch: &str) -> ReplicationAnalysis {
        let view = mysql(sketch);
        let fleet = FleetView::default();
        let picture = Picture { view: &fleet, config: &view.config, now: view.now };
        let node = Node { hostname: "node-1".to_owned(), token: "t".to_owned() };
        replication_analysis(&examine(&view, &key("m")).unwrap(), picture, &node)
    }

    #[test]
    fn a_dead_source() {
        let found = of_m("m![dc=e] -> r1~ r2~(10+2)@ r3!");
        assert_eq!(found.analysis, "DeadMasterAndSomeReplicas");
        assert!(found.description.starts_with("Master cannot be reached by orchestrator; some"));
        assert_eq!(found.analyzed_instance_key, Key::from(&key("m")));
        assert_eq!(found.analyzed_instance_source_key, Key::default());
        assert_eq!(found.analyzed_instance_data_center, "e");
        assert_eq!(found.cluster_details.cluster_name, "m:3306");
        assert_eq!(found.cluster_details.cluster_alias, "m:3306");
        assert_eq!(found.cluster_details.cluster_domain, "m:3306");
        assert!(found.is_source && !found.last_check_valid && !found.is_actionable_recovery);
        assert_eq!(found.count_replicas, 3);
        assert_eq!(found.count_valid_replicas, 2);
        assert_eq!(found.count_valid_replicating_replicas, 0);
        assert_eq!(found.count_replicas_failing_to_connect_to_source, 2);
        assert_eq!(found.count_downtimed_replicas, 1);
        assert_eq!(found.structure_analysis, None);
        assert_eq!((&*found.gtid_mode, &*found.max_replica_gtid_mode), ("ON", "ON"));
        assert_eq!(found.processing_node_hostname, "node-1");
    }

    #[test]
    fn downtime_counts_backwards() {
        let found = of_m("m!@ -> r1~");
        assert!(found.is_downtimed && found.skippable_due_to_downtime);
        assert_eq!(found.downtime_end_timestamp, "2023-11-14 22:23:20");
        assert_eq!(found.downtime_remaining_seconds, -600);
        assert_eq!(of_m("m! -> r1~").downtime_remaining_seconds, 0);
    }

    #[test]
    fn warnings_by_name() {
        let found = of_m("m[ro] -> r1(10+2)");
        assert_eq!(found.analysis, "NoProblem");
        assert_eq!(found.description, "");
        let expected = ["ErrantGTIDStructureWarning", "NoWriteableMasterStructureWarning"];
        assert_eq!(found.structure_analysis.unwrap(), expected);
        assert_eq!(found.max_replica_gtid_errant, format!("{}:1-2", uuid(2)));
        assert!(found.is_read_only);
    }
}
