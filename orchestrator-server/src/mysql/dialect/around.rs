//! The statements that run something between a stop and a start of replication. Nothing is run.

use super::{Dialect, Thread};
use crate::mysql::state::{ServerState, ThreadState};

/// The statements, each with one semicolon at its end: threads that do not run are left alone.
#[must_use]
pub fn around(state: &ServerState, query: &str) -> Vec<String> {
    let Some(channel) = &state.replication else { return given(query).into_iter().collect() };
    let dialect = Dialect::of(state.flavor, state.version);
    let named = !channel.name.is_empty() || !state.other_channels.is_empty();
    let name = named.then_some(channel.name.as_str());
    let threads = [(Thread::Io, channel.io), (Thread::Sql, channel.sql)];
    let running =
        || threads.into_iter().filter(|(_, state)| *state != ThreadState::Stopped).map(|(t, _)| t);
    let stops = running().map(|thread| lower(&dialect.stop(thread, name)));
    let starts: Vec<String> = running().map(|thread| lower(&dialect.start(thread, name))).collect();
    stops.chain(given(query)).chain(starts.into_iter().rev()).collect()
}

fn given(query: &str) -> Option<String> {
    let query = query.trim().trim_end_matches(';').trim_end();
    (!query.is_empty()).then(|| format!("{query};"))
}

/// As scripts know them: in small letters, but for the name of a channel.
fn lower(statement: &str) -> String {
    match statement.split_once('\'') {
        None => format!("{};", statement.to_ascii_lowercase()),
        Some((words, name)) => format!("{}'{name};", words.to_ascii_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::http::tests::fleet;

    #[test]
    fn threads_that_run_are_stopped_and_started() {
        let mut state = ServerState::clone(fleet::mysql_replica().state.as_ref().unwrap());
        let expected = [
            "stop replica io_thread;",
            "stop replica sql_thread;",
            "set global x=1;",
            "start replica sql_thread;",
            "start replica io_thread;",
        ];
        assert_eq!(around(&state, " set global x=1 ; "), expected);
        let channel = state.replication.as_mut().unwrap();
        (channel.sql, channel.name) = (ThreadState::Stopped, "East".to_owned());
        let expected = [
            "stop replica io_thread for channel 'East';",
            "start replica io_thread for channel 'East';",
        ];
        assert_eq!(around(&state, ""), expected);

        let state = ServerState::clone(fleet::mariadb_replica().state.as_ref().unwrap());
        let expected = ["stop slave io_thread;", "x;", "start slave io_thread;"];
        assert_eq!(around(&state, "x"), expected);
        let source = Arc::unwrap_or_clone(fleet::mysql_source().state.unwrap());
        assert_eq!(around(&source, "x;"), ["x;"]);
        assert!(around(&source, "").is_empty());
    }
}
