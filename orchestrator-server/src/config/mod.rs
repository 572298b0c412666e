//! The configuration: which keys there are (`raw`), how files become one configuration (`load`),
//! what the rest of the server uses (`checked`), and how it is replaced while running
//! (`reload`). Nothing here acts on a value; nothing elsewhere reads a configuration file.

mod address;
mod adjust;
mod checked;
mod choices;
mod choose;
mod compile;
mod credentials;
mod document;
mod draft;
mod durations;
mod filters;
mod hooks;
mod key;
mod limits;
mod load;
mod notes;
mod pattern;
mod policy;
mod problem;
mod raw;
mod reload;
mod rules;
mod setting;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod tests;

pub use address::{HostPort, Networks};
pub use checked::{Config, DEFAULT_SQLITE_FILE, Filters, Patterns, PseudoGtidPattern};
pub use choices::{
    Authentication, Backend, GrayFailurePolicy, HostnameResolve, Listen, LossPolicy,
    MessageIdentity, MysqlHostnameResolve, Raft, SqlThreadPolicy,
};
pub use filters::{ClusterAliases, ClusterFilter, ClusterFilters, HostFilters, RegexFilters};
pub use hooks::{HookCommand, Hooks};
pub use key::{Key, Reload, Secrets};
pub use load::{DEFAULT_FILES, FileChoice, Loaded, load};
pub use pattern::compile as compile_pattern;
pub use policy::LossPolicies;
pub use problem::{ConfigErrors, Problem};
pub use raw::{KEYS, RawConfig};
pub use reload::{ConfigHandle, Environment, ReloadReport};
pub use setting::{List, Map, PerCluster, Secret, Setting};
