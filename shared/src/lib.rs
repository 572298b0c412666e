//! Values and wire shapes that the server and the client share.
//!
//! Here live the names of the field (instance keys, versions, GTID sets) and the
//! JSON types of the HTTP API. There is no I/O, no clock and no async code.

pub mod commands;
pub mod coordinates;
pub mod duration;
pub mod flags;
pub mod flavor;
pub mod go_quote;
pub mod gtid;
pub mod instance_key;
pub mod promotion_rule;
pub mod source;
pub mod tag;
pub mod timestamp;
pub mod url;
pub mod user;
pub mod version;
pub mod wire;

pub use coordinates::BinlogCoordinates;
pub use flavor::Flavor;
pub use gtid::{GtidSet, MariaGtidPosition, ServerUuid};
pub use instance_key::InstanceKey;
pub use promotion_rule::PromotionRule;
pub use source::Source;
pub use tag::Tag;
pub use version::Version;
