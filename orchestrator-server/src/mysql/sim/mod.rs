//! A model fleet in memory: servers, their transactions, replication and faults, behind the same
//! seam as real servers. It knows no SQL. Time passes only as the caller's clock says, so a whole
//! failover plays in milliseconds.

mod actions;
mod control;
mod driver;
mod server;
mod world;

pub use driver::SimDriver;
pub use server::{Applier, Condition, SimServer, Txn};
pub use world::{SimClock, World};
