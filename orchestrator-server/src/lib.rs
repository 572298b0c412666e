//! The server: `probe → inventory → analysis → decision → execution → audit, hooks`.

pub mod analysis;
pub mod backend;
pub mod clock;
pub mod config;
pub mod decision;
pub mod http;
pub mod inventory;
pub mod journal;
pub mod mysql;
