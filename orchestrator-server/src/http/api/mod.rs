//! The handlers, one file per subject. Each reads the picture of its call, or submits a Command
//! or an operation; none decides anything.

pub(super) mod analysis;
pub(super) mod attributes;
pub(super) mod audit;
pub(super) mod candidates;
pub(super) mod clusters;
pub(super) mod control;
pub(super) mod discovery;
pub(super) mod downtime;
pub(super) mod health;
pub(super) mod instances;
pub(super) mod maintenance;
pub(super) mod metrics;
pub(super) mod names;
pub(super) mod pools;
pub(super) mod recovery;
pub(super) mod tags;
pub(super) mod topology;
