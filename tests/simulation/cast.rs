//! The cast of a story: the model fleet and the running service.

use std::{sync::Arc, time::Duration};

use orchestrator_server::{
    app::{self, Core, Parts},
    clock::SharedClock,
    config::{Config, ConfigHandle},
    inventory::owner::Known,
    journal::{
        Journal,
        command::Command,
        facts::{Facts, Node, Recovery},
        memory::MemoryJournal,
    },
    mysql::sim::{Applier, SimClock, SimDriver, World},
    probe::resolver::SystemDns,
    tasks::Tasks,
};
use shared::{Flavor, InstanceKey};

/// Everybody who plays.
pub(crate) struct Cast {
    pub(crate) world: World,
    pub(crate) core: Core,
    pub(crate) journal: Arc<MemoryJournal>,
    pub(crate) tasks: Tasks,
}

/// A server of the story by its name: `r1`, `r2` … and other names, each with a port of its own.
pub(crate) fn key(name: &str) -> InstanceKey {
    let number = name.trim_start_matches(char::is_alphabetic).parse().unwrap_or(0_u16);
    let letter = name.bytes().next().map_or(0, u16::from);
    InstanceKey::new(name, letter * 100 + number).unwrap()
}

impl Cast {
    /// A service that knows nothing yet, in front of an empty world.
    pub(crate) fn assemble(config: Config) -> Self {
        let clock: SharedClock = Arc::new(SimClock::start());
        let world = World::new(clock.clone());
        let journal = Arc::new(MemoryJournal::default());
        let tasks = Tasks::default();
        let (store, _) = tokio::sync::mpsc::unbounded_channel();
        let (core, watch) = app::build(Parts {
            driver: Arc::new(SimDriver::new(world.clone())),
            dns: Arc::new(SystemDns::new()),
            facts: journal.facts(),
            journal: journal.clone(),
            known: Known::default(),
            store,
            config: ConfigHandle::fixed(config),
            clock,
            tasks: tasks.clone(),
            node: Node { hostname: "watcher".to_owned(), token: "token".to_owned() },
            leads: true,
        });
        watch.begin();
        Self { world, core, journal, tasks }
    }

    /// Build the fleet that the text draws: `m -> r1 r2(lag 40s); r1 -> s`.
    pub(crate) fn build(&self, text: &str, flavor: Flavor) -> Result<(), String> {
        for tree in text.split(';') {
            let (source, replicas) = tree.split_once("->").unwrap_or((tree, ""));
            let source = key(source.trim());
            if self.world.look(&source, |_| ()).is_none() {
                self.world.add(&source, flavor, None);
            }
            for replica in split_outside_brackets(replicas) {
                let (name, traits) = replica.split_once('(').unwrap_or((&replica, ""));
                let replica = key(name);
                self.world.add(&replica, flavor, Some(&source));
                for word in traits.trim_end_matches(')').split(',').filter(|w| !w.is_empty()) {
                    self.give(&replica, word.trim())?;
                }
            }
        }
        Ok(())
    }

    /// Give a server a trait.
    pub(crate) fn give(&self, key: &InstanceKey, word: &str) -> Result<(), String> {
        let (name, value) = word.split_once(' ').unwrap_or((word, ""));
        self.world.change(key, |server| {
            let channel = server.channel.as_mut();
            match (name, channel) {
                ("lag", Some(c)) => c.applier = Applier::Running(duration(value)?),
                ("stopped", Some(c)) => c.applier = Applier::Stopped,
                ("broken", Some(c)) => c.applier = Applier::Broken,
                ("below", Some(c)) => c.source = self::key(value),
                ("delay", Some(c)) => c.delay = duration(value)?,
                ("behind", Some(c)) => (c.receiving, c.connected) = (false, false),
                ("caught-up", Some(c)) => c.receiving = true,
                ("no-log", _) => server.log_bin = false,
                ("no-log-updates", _) => server.log_updates = false,
                ("version", _) => server.version = value.to_owned(),
                ("dc", _) => server.metadata.data_center = Some(value.to_owned()),
                ("rule", _) => {
                    server.metadata.promotion_rule = shared::PromotionRule::from_name(value);
                }
                _ => return Err(format!("unknown trait {word}")),
            }
            Ok(())
        })
    }

    pub(crate) fn facts(&self) -> Arc<Facts> {
        self.journal.facts().borrow().clone()
    }

    pub(crate) fn last_recovery(&self) -> Option<Arc<Recovery>> {
        self.facts().recoveries.values().next_back().cloned()
    }

    pub(crate) async fn propose(&self, command: Command) {
        self.journal.propose(command).await.unwrap();
    }

    /// What the service and the world look like, for a failure's report.
    pub(crate) fn describe(&self) -> String {
        let mut lines = Vec::new();
        for server in self.world.servers() {
            let source = server.channel.as_ref().map(|c| {
                format!(
                    "source {}{} receiving {} connected {} {:?} waiting {}",
                    if c.detached { "//" } else { "" },
                    c.source,
                    c.receiving,
                    c.connected,
                    c.applier,
                    c.relay.len()
                )
            });
            lines.push(format!(
                "{} {:?} {} executed {} {}",
                server.key,
                server.condition,
                if server.read_only { "ro" } else { "rw" },
                server.executed.len(),
                source.unwrap_or_default()
            ));
        }
        if let Some(recovery) = self.last_recovery() {
            let texts = recovery.lines.iter().map(|line| format!("  {} {}", line.at, line.message));
            lines.extend(texts);
            lines.push(format!("  end: {:?}", recovery.end));
        }
        for instance in self.core.inventory.view().instances() {
            lines.push(format!(
                "known {} valid {} depth {} attempts {}",
                instance.key,
                instance.is_valid(),
                instance.place.depth,
                instance.check.failed_attempts.len()
            ));
        }
        lines.join("\n")
    }
}

/// `40s`, `200ms`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let bad = || format!("no duration: {text}");
    if let Some(ms) = text.strip_suffix("ms") {
        return ms.parse().map(Duration::from_millis).map_err(|_| bad());
    }
    let seconds = text.strip_suffix('s').ok_or_else(bad)?;
    seconds.parse().map(Duration::from_secs).map_err(|_| bad())
}

fn split_outside_brackets(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut depth = 0;
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if c.is_whitespace() && depth == 0 {
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
