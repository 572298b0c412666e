//! Global transaction identifiers: what a server has executed or retrieved, and how
//! two servers compare.
//!
//! Oracle's (MySQL, Percona) sets of transactions and MariaDB's positions per domain are
//! different things and stay different types.

mod intervals;
pub mod mariadb;
pub mod oracle;
mod server_uuid;

pub use mariadb::MariaGtidPosition;
pub use oracle::GtidSet;
pub use server_uuid::{ServerUuid, ServerUuidError};
