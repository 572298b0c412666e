//! The flags of the client as a table: parsing, help, completions and the man page walk it.
//!
//! What the values mean is decided where they are used.

/// What a flag sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the rows of the table say it")]
pub enum FlagId {
    Help,
    Command,
    Instance,
    Destination,
    DefaultPort,
    Alias,
    Owner,
    Reason,
    Duration,
    PromotionRule,
    Tag,
    Pool,
    Hostname,
    Binlog,
    Seconds,
    Query,
    Path,
    Api,
    Auth,
    HeadersAuth,
    TokenFile,
    CaFile,
    CertFile,
    KeyFile,
    Timeout,
    Splay,
    Json,
    Quiet,
    Version,
    Ignored,
}

/// One flag.
#[derive(Debug)]
pub struct Flag {
    /// What it sets.
    pub id: FlagId,
    /// The letter after a single dash.
    pub short: Option<char>,
    /// The names after one or two dashes; the first one is shown.
    pub long: &'static [&'static str],
    /// How help names the value; empty for a flag without one.
    pub value: &'static str,
    /// One line for people; empty for flags that help does not list.
    pub help: &'static str,
}

impl Flag {
    /// Whether a value follows.
    pub const fn takes_value(&self) -> bool {
        !self.value.is_empty()
    }

    /// The flag as help shows it, such as `-a <cluster>, --alias <cluster>`.
    pub fn spelling(&self) -> String {
        let value = if self.takes_value() { format!(" <{}>", self.value) } else { String::new() };
        let short = self.short.map(|letter| format!("-{letter}{value}"));
        let long = self.long.first().map(|name| format!("--{name}{value}"));
        short.into_iter().chain(long).collect::<Vec<_>>().join(", ")
    }
}

const fn flag(
    id: FlagId,
    short: char,
    long: &'static [&'static str],
    value: &'static str,
    help: &'static str,
) -> Flag {
    let short = if short == ' ' { None } else { Some(short) };
    Flag { id, short, long, value, help }
}

/// Every flag, in the order of the help text.
#[rustfmt::skip]
pub const FLAGS: &[Flag] = &[
    flag(FlagId::Help, 'h', &["help"], "", "print this text, or the help of the command given"),
    flag(FlagId::Command, 'c', &["command"], "command", "what to do, see the list below"),
    flag(FlagId::Instance, 'i', &["instance"], "host[:port]", "instance to work on (default: $ORCHESTRATOR_INSTANCE); for some commands a text or a list"),
    flag(FlagId::Destination, 'd', &["destination"], "host[:port]", "destination instance"),
    flag(FlagId::Destination, 's', &["sibling"], "host[:port]", "same as -d"),
    flag(FlagId::DefaultPort, 'D', &["default-port"], "port", "port of -i and -d where they name none (3306)"),
    flag(FlagId::Alias, 'a', &["alias"], "cluster", "alias or name of a cluster"),
    flag(FlagId::Owner, 'o', &["owner"], "owner", "who asks (default: you)"),
    flag(FlagId::Reason, 'r', &["reason"], "text", "reason or comment"),
    flag(FlagId::Duration, 'u', &["duration"], "duration", "how long a downtime lasts, a number and one of s m h d w (10m)"),
    flag(FlagId::PromotionRule, 'R', &["promotion-rule"], "rule", "prefer, neutral, prefer_not or must_not"),
    flag(FlagId::Tag, 't', &["tag"], "tag", "tag: name, name=value, ~name or ~name=value"),
    flag(FlagId::Pool, 'l', &["pool"], "pool", "name of a pool"),
    flag(FlagId::Hostname, 'H', &["hostname"], "hostname", "virtual name, or raft node hint"),
    flag(FlagId::Binlog, 'n', &["binlog"], "file", "binary log file name, or latest"),
    flag(FlagId::Seconds, 'S', &["seconds"], "seconds", "replication delay"),
    flag(FlagId::Query, 'q', &["query"], "statement", "SQL for restart-replica-statements"),
    flag(FlagId::Path, 'P', &["path"], "path", "with the command api: the path below /api/"),
    flag(FlagId::Api, 'U', &["api"], "url", "server, or several separated by blanks or commas (default: $ORCHESTRATOR_API)"),
    flag(FlagId::Auth, 'b', &["auth"], "user:password", "HTTP basic authentication; others may see it in the process list, so prefer the variables"),
    flag(FlagId::HeadersAuth, 'e', &["headers-auth"], "header:value", "header sent with each request, for header authentication"),
    flag(FlagId::TokenFile, ' ', &["token-file"], "file", "file that holds a bearer token (default: the token in $ORCHESTRATOR_AUTH_TOKEN)"),
    flag(FlagId::CaFile, ' ', &["ca-file"], "file", "certificates to trust, PEM, instead of the system's (default: $ORCHESTRATOR_CA_FILE)"),
    flag(FlagId::CertFile, ' ', &["cert-file"], "file", "client certificate, PEM (default: $ORCHESTRATOR_CERT_FILE)"),
    flag(FlagId::KeyFile, ' ', &["key-file"], "file", "key of the client certificate, PEM (default: $ORCHESTRATOR_KEY_FILE, or the certificate's file)"),
    flag(FlagId::Timeout, ' ', &["timeout"], "duration", "give up after this time (15s for reads and hints, 10m for operations, 30m for takeovers)"),
    flag(FlagId::Splay, ' ', &["splay"], "duration", "first sleep for a random time up to this one, so that cron jobs do not start together"),
    flag(FlagId::Json, ' ', &["json"], "", "print the answer as the server sent it"),
    flag(FlagId::Quiet, ' ', &["quiet"], "", "print nothing when a change succeeds"),
    flag(FlagId::Version, ' ', &["version"], "", "print the version"),
    // Documentation tells users to pass these; they change nothing.
    flag(FlagId::Ignored, ' ', &["debug", "verbose", "stack"], "", ""),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_spelling_belongs_to_two_flags() {
        let mut seen = HashSet::new();
        for flag in FLAGS {
            for name in flag.long {
                assert!(seen.insert((*name).to_owned()), "{name}");
            }
            assert!(flag.short.is_none_or(|letter| seen.insert(letter.to_string())));
        }
    }

    /// Scripts hold these.
    #[test]
    fn the_old_spellings_are_there() {
        let old = "c:command i: d: s: a:alias o:owner r:reason u:duration R:promotion-rule t:tag \
                   l:pool H:hostname D: U:api P:path q:query b:auth e:headers-auth n:binlog \
                   S:seconds h:help";
        for spelling in old.split_whitespace() {
            let (short, long) = spelling.split_once(':').unwrap();
            let flag = FLAGS.iter().find(|flag| flag.short == short.chars().next()).unwrap();
            assert!(long.is_empty() || flag.long.contains(&long), "{spelling}");
        }
    }
}
