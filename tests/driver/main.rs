//! The live driver against real MySQL and MariaDB servers: what it reads, how it tells failures
//! apart, and that its changes never lose what a replica has received.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod actions;
mod control;
mod failures;
mod lab;
mod probes;
mod relay_log;
