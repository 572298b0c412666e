//! What people do to servers through the service: the real programs, real servers, and somebody
//! who writes all the time. Afterwards every server holds the same rows.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod control;
mod errant;
mod scene;
