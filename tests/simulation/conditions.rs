//! What a story can ask of the world and of the service.

use std::time::Duration;

use orchestrator_server::mysql::sim::SimServer;

use crate::cast::{Cast, key};

/// Those of the conditions, separated by `;`, that are not true now.
pub(crate) fn unmet(cast: &Cast, wanted: &str) -> Result<Vec<String>, String> {
    let mut unmet = Vec::new();
    for condition in wanted.split(';').map(str::trim).filter(|c| !c.is_empty()) {
        if !holds(cast, condition)? {
            unmet.push(condition.to_owned());
        }
    }
    Ok(unmet)
}

fn holds(cast: &Cast, condition: &str) -> Result<bool, String> {
    let words: Vec<&str> = condition.split_whitespace().collect();
    let recovery = cast.last_recovery();
    let end = recovery.as_ref().and_then(|r| r.end.as_ref());
    Ok(match words[..] {
        ["promoted", name] => {
            let whole = recovery.as_ref().is_some_and(|r| {
                r.lines.last().is_some_and(|line| line.message == "recovery ended")
            });
            whole && end.is_some_and(|e| e.successor == Some(key(name)))
        }
        ["gave", "up"] => end.is_some_and(|e| e.successor.is_none()),
        ["no", "recovery"] => recovery.is_none(),
        ["one", "recovery"] => cast.facts().recoveries.size() == 1,
        ["two", "recoveries"] => cast.facts().recoveries.size() == 2,
        ["detected", code, "on", name] => {
            cast.facts().detections.values().any(|d| d.code.name() == code && d.key == key(name))
        }
        ["nothing", "detected"] => cast.facts().detections.is_empty(),
        ["blocked", name] => cast.facts().blocked.contains_key(&key(name)),
        ["lost", name] => end.is_some_and(|e| e.lost.contains(&key(name))),
        ["nothing", "lost"] => end.is_some_and(|e| e.lost.is_empty()),
        ["says", ..] => {
            let text = condition.trim_start_matches("says ").trim();
            let errors = end.map(|e| e.errors.join("\n")).unwrap_or_default();
            errors.contains(text)
        }
        [name, "downtimed"] => cast.facts().downtime(&key(name), cast.world.now()).is_some(),
        ["fresh", ref names @ ..] => names.iter().all(|name| is_fresh(cast, name)),
        [name, "writeable"] => server(cast, name, |s| !s.read_only)?,
        [name, "readonly"] => server(cast, name, |s| s.read_only)?,
        [name, "detached"] => {
            server(cast, name, |s| s.channel.as_ref().is_some_and(|c| c.detached || !c.receiving))?
        }
        [name, "has", count] => {
            let count: usize = count.parse().map_err(|_| "a number")?;
            server(cast, name, |s| s.executed.len() == count)?
        }
        [source, "->", ref replicas @ ..] => follow(cast, source, replicas)?,
        _ => return Err(format!("unknown condition: {condition}")),
    })
}

/// It answered within the last two polls, and a second.
fn is_fresh(cast: &Cast, name: &str) -> bool {
    let limit = cast.core.config.current().instance_poll() * 2 + Duration::from_secs(1);
    let view = cast.core.inventory.view();
    let seen = view.instance(&key(name)).and_then(|instance| instance.check.last_seen);
    seen.is_some_and(|seen| cast.world.now().since(seen) <= limit)
}

fn follow(cast: &Cast, source: &str, replicas: &[&str]) -> Result<bool, String> {
    for replica in replicas {
        let follows = server(cast, replica, |s| {
            s.channel.as_ref().is_some_and(|c| c.source == key(source) && c.connected)
        })?;
        let known = cast
            .core
            .inventory
            .view()
            .instance(&key(replica))
            .is_some_and(|i| i.source.attached() == Some(&key(source)));
        if !(follows && known) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn server(cast: &Cast, name: &str, look: impl FnOnce(&SimServer) -> bool) -> Result<bool, String> {
    cast.world.look(&key(name), look).ok_or_else(|| format!("no server {name}"))
}
