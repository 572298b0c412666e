//! The orchestrator server: discovers, watches and heals MySQL and MariaDB replication
//! topologies.

pub mod config;
