//! Storage below the journal: the embedded SQLite file, its schema, and one module per group of
//! tables. Nothing here decides what a fact means; that is `journal::facts`.

mod error;
pub mod instance_row;
pub mod instances;
pub mod lock;
pub mod log;
mod schema;
pub mod snapshots;
pub mod sqlite;
pub mod store;

pub use error::{BackendError, Problem};
pub use instance_row::{Foreign, StoredInstance};
pub use instances::InstanceStore;
pub use snapshots::TopologySnapshots;
pub use sqlite::Sqlite;
