//! The API's JSON types, made from the fleet view and the facts. The types themselves, with
//! their legacy spellings, are in `shared::wire`.

mod analysis;
mod cluster;
mod hints;
mod history;
pub mod instance;
pub mod metrics;

pub use analysis::replication_analysis;
pub use cluster::{candidates, cluster_info};
pub use hints::{host_attributes, maintenances};
pub use history::{audit, blocked, detection, recovery, steps};
pub use instance::instance;

use crate::{clock::Moment, config::Config, inventory::view::FleetView};

/// What the wire types are made from.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// The fleet.
    pub view: &'a FleetView,
    /// The configuration.
    pub config: &'a Config,
    /// The time.
    pub now: Moment,
}

/// A time as it comes straight from a column of the backend.
fn column(at: Moment) -> String {
    shared::timestamp::column_text(at.unix_seconds())
}

/// A time as it comes out of an expression of the backend.
fn expression(at: Moment) -> String {
    shared::timestamp::expression_text(at.unix_seconds())
}
