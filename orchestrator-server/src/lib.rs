//! The orchestrator server: discovers, watches and heals MySQL and MariaDB replication
//! topologies. The modules stand in the order in which data flows:
//!
//! `probe → inventory → analysis → decision → execution → audit and hooks`
//!
//! [`journal`] is the only durable write path, [`mysql`] the only part that speaks to database
//! servers, [`http`] reads the inventory and submits commands.

pub mod analysis;
pub mod app;
pub mod audit;
pub mod backend;
pub mod caretaking;
pub mod cli;
pub mod clock;
pub mod config;
pub mod decision;
pub mod execution;
pub mod hooks;
pub mod http;
pub mod import;
pub mod inventory;
pub mod journal;
pub mod leadership;
pub mod measure;
pub mod mysql;
pub mod operations;
pub mod probe;
pub mod refactoring;
pub mod serve;
pub mod tasks;
