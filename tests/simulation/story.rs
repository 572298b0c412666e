//! The language of stories, one sentence a line; `#` begins a comment.
//!
//! | sentence | meaning |
//! |---|---|
//! | `config Key value` | a configuration key, as JSON; before `fleet` |
//! | `fleet m -> r1 r2(lag 40s, rule prefer); r1 -> s` | the servers, and traits of replicas |
//! | `write m 10` | ten transactions |
//! | `after 2s` | time passes |
//! | `kill m` `freeze m` `cut m` `exhaust m` `revive m` | faults, and their end |
//! | `give r1 broken` | a trait, see `Cast::give` |
//! | `announce r1 prefer` `downtime m 1h` `disable` `acknowledge` | hints |
//! | `within 10s a; b` | all of these become true in that time |
//! | `for 60s a; b` | all of these are true all that time |
//!
//! At the end nothing that a replica retrieved may have been thrown away.

use std::{str::FromStr, time::Duration};

use orchestrator_server::{
    config::Config,
    journal::command::{AckSelector, Command},
    mysql::sim::Condition,
};
use shared::Flavor;

use crate::{
    cast::{Cast, duration, key},
    conditions,
};

const LOOK: Duration = Duration::from_millis(20);

/// Play a story; the error says which line failed, and what the world looked like.
pub(crate) fn play(text: &str, flavor: &str) -> Result<(), String> {
    let flavor_wanted = text.lines().find_map(|l| l.strip_prefix("only ")).map(str::trim);
    if flavor_wanted.is_some_and(|wanted| wanted != flavor) {
        return Ok(());
    }
    let flavor = if flavor == "mariadb" { Flavor::MariaDb } else { Flavor::MySql };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|e| e.to_string())?;
    runtime.block_on(async {
        let cast = Cast::assemble(config(text)?);
        let mut result = Ok(());
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if let Err(error) = sentence(&cast, line, flavor).await {
                let place = number + 1;
                result = Err(format!("line {place}: {line}\n{error}\n{}", cast.describe()));
                break;
            }
        }
        let lost = cast.world.thrown_away();
        if result.is_ok() && !lost.is_empty() {
            result = Err(format!("thrown away: {lost:?}\n{}", cast.describe()));
        }
        cast.tasks.shut_down(Duration::from_secs(60)).await;
        result
    })
}

fn config(text: &str) -> Result<Config, String> {
    let mut keys = vec![r#""RecoverMasterClusterFilters": ["*"]"#.to_owned()];
    for line in text.lines().filter_map(|l| l.strip_prefix("config ")) {
        let (name, value) = line.trim().split_once(' ').ok_or("config Key value")?;
        keys.push(format!("\"{name}\": {value}"));
    }
    Config::from_str(&format!("{{{}}}", keys.join(","))).map_err(|e| e.to_string())
}

async fn sentence(cast: &Cast, line: &str, flavor: Flavor) -> Result<(), String> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let set = |condition| {
        cast.world.change(&key(rest), |server| server.condition = condition);
        Ok(())
    };
    match word {
        "" | "config" | "only" => Ok(()),
        "fleet" => fleet(cast, rest, flavor).await,
        "write" => {
            let (name, count) = rest.split_once(' ').ok_or("write m 10")?;
            cast.world.write(&key(name), count.parse().map_err(|_| "a number")?);
            Ok(())
        }
        "after" => {
            tokio::time::sleep(duration(rest)?).await;
            Ok(())
        }
        "kill" => set(Condition::Down),
        "freeze" => set(Condition::Frozen(cast.world.now())),
        "cut" => set(Condition::CutFromUs),
        "exhaust" => set(Condition::NoConnectionsLeft),
        "revive" => set(Condition::Up),
        "give" => {
            let (name, word) = rest.split_once(' ').ok_or("give r1 broken")?;
            cast.give(&key(name), word)
        }
        "announce" | "downtime" | "disable" | "acknowledge" => hint(cast, word, rest).await,
        "within" | "for" => expect(cast, word == "for", rest).await,
        _ => Err("unknown sentence".to_owned()),
    }
}

/// Build the fleet, announce its first server and wait until all of it is known.
async fn fleet(cast: &Cast, text: &str, flavor: Flavor) -> Result<(), String> {
    cast.build(text, flavor)?;
    let first = text.split([' ', '(']).next().unwrap_or_default();
    cast.core.discovery.read(&key(first)).await;
    let count = cast.world.servers().len();
    for _ in 0..1000 {
        let view = cast.core.inventory.view();
        let seen = |i: &&std::sync::Arc<_>| {
            let i: &orchestrator_server::inventory::view::Instance = i;
            i.is_valid()
        };
        if view.instances().filter(seen).count() == count {
            // Heartbeats begin, and every server is read once more.
            tokio::time::sleep(Duration::from_secs(6)).await;
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
    Err("the fleet was not discovered".to_owned())
}

async fn hint(cast: &Cast, word: &str, rest: &str) -> Result<(), String> {
    let at = cast.world.now();
    let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
    let command = match word {
        "announce" => {
            let rule = value.parse().map_err(|e| format!("{e}"))?;
            Command::RegisterCandidate { key: key(name), rule, at }
        }
        "downtime" => Command::BeginDowntime {
            key: key(name),
            owner: "dba".to_owned(),
            reason: "planned".to_owned(),
            begins: at,
            ends: at + shared::duration::parse_simple(value).map_err(|e| e.to_string())?,
        },
        "disable" => Command::SetRecoveriesDisabled(true),
        _ => Command::Acknowledge {
            selector: AckSelector::All,
            by: "dba".to_owned(),
            comment: "seen".to_owned(),
            at,
        },
    };
    cast.propose(command).await;
    Ok(())
}

async fn expect(cast: &Cast, always: bool, rest: &str) -> Result<(), String> {
    let (time, wanted) = rest.split_once(' ').ok_or("within 10s …")?;
    let until = tokio::time::Instant::now() + duration(time)?;
    loop {
        let unmet: Vec<String> = conditions::unmet(cast, wanted)?;
        let over = tokio::time::Instant::now() >= until;
        match (always, unmet.is_empty()) {
            (false, true) => return Ok(()),
            (true, true) if over => return Ok(()),
            (true, false) => return Err(format!("no longer true: {}", unmet.join("; "))),
            (false, false) if over => {
                return Err(format!("not true in time: {}", unmet.join("; ")));
            }
            _ => {}
        }
        tokio::time::sleep(LOOK).await;
    }
}
