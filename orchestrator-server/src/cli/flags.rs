//! The flags (spec 03, 3.1): one or two dashes, `--flag=value` or `--flag value`; booleans need
//! no value. They may stand before and after the positional arguments.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command, error::ErrorKind};

/// What was asked for on the command line. A text that was not given is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--config`
    pub config: Option<String>,
    /// `-c`
    pub command: Option<String>,
    /// `-i`: one instance, or several.
    pub instance: String,
    /// `-d` or `-s`
    pub destination: String,
    /// `--alias`
    pub alias: String,
    /// `--owner`
    pub owner: String,
    /// `--reason`
    pub reason: String,
    /// `--duration`
    pub duration: String,
    /// `--pattern`
    pub pattern: String,
    /// `--pool`
    pub pool: String,
    /// `--hostname`
    pub hostname: String,
    /// `--binlog`
    pub binlog: String,
    /// `--statement`
    pub statement: String,
    /// `--tag`
    pub tag: String,
    /// `--promotion-rule`; `prefer` unless given.
    pub promotion_rule: String,
    /// `--from`
    pub from: String,
    /// `--noop`
    pub noop: bool,
    /// `--ignore-raft-setup`
    pub ignore_raft_setup: bool,
    /// `--discovery`, true unless switched off.
    pub discovery: bool,
    /// `--enable-database-update`
    pub enable_database_update: bool,
    /// `--quiet`
    pub quiet: bool,
    /// `--verbose`
    pub verbose: bool,
    /// `--debug`
    pub debug: bool,
    /// `--version`
    pub version: bool,
    /// The positional arguments.
    pub words: Vec<String>,
}

/// Why the command line cannot be followed, or what it asks to be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Help was asked for.
    Help(String),
    /// It is wrong.
    Usage(String),
}

const TEXTS: &[(&str, &str)] = &[
    ("config", "configuration file; it must exist"),
    ("c", "command"),
    ("i", "instance, host:port; several are separated by commas or blanks"),
    ("d", "destination instance, host:port (synonym: s)"),
    ("s", "sibling instance, host:port (synonym: d)"),
    ("alias", "cluster alias"),
    ("owner", "who does it"),
    ("reason", "why"),
    ("duration", "how long: 59s, 59m, 23h, 6d, 4w"),
    ("pattern", "regular expression or text"),
    ("pool", "pool name"),
    ("hostname", "virtual host name"),
    ("binlog", "binary log file, or file:pos"),
    ("statement", "statement"),
    ("tag", "tag, name=value"),
    ("promotion-rule", "prefer, neutral, prefer_not or must_not (default prefer)"),
    ("from", "what to import: an SQLite file, or mysql://user:password@host:port/database"),
];

const SWITCHES: &[(&str, &str)] = &[
    ("strict", "be strict"),
    ("noop", "change nothing"),
    ("discovery", "discover and recover (default true; with http)"),
    ("grab-election", "take the leadership at start"),
    ("skip-binlog-search", "use relay logs only"),
    ("skip-unresolve", "do not use virtual host names"),
    ("skip-unresolve-check", "accept virtual host names that do not resolve back"),
    ("skip-continuous-registration", "do not register this run"),
    ("enable-database-update", "update the backend's tables"),
    ("ignore-raft-setup", "allow the command line although raft is enabled"),
    ("quiet", "log errors only"),
    ("verbose", "log more"),
    ("debug", "log everything"),
    ("stack", "log where errors came from"),
    ("version", "print the version"),
];

/// Read the command line, without the program's name.
///
/// # Errors
/// Help, or what is wrong.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Flags, Stop> {
    let arguments: Vec<OsString> = arguments.into_iter().map(two_dashes).collect();
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            return Err(Stop::Help(error.to_string()));
        }
        Err(error) => return Err(Stop::Usage(first_line(&error.to_string()))),
    };
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let on = |name: &str| matches.get_one::<bool>(name).copied().unwrap_or(name == "discovery");
    let rule = text("promotion-rule").unwrap_or_else(|| "prefer".to_owned());
    if !["prefer", "neutral", "prefer_not", "must_not"].contains(&&*rule) {
        return Err(Stop::Usage(
            "-promotion-rule only supports prefer|neutral|prefer_not|must_not".to_owned(),
        ));
    }
    if text("s").is_some_and(|s| !s.is_empty()) && text("d").is_some_and(|d| !d.is_empty()) {
        return Err(Stop::Usage("-s and -d are synonyms: give only one of them".to_owned()));
    }
    let given = |name: &str| text(name).unwrap_or_default();
    Ok(Flags {
        config: text("config").filter(|file| !file.is_empty()),
        command: text("c"),
        instance: given("i"),
        destination: if given("d").is_empty() { given("s") } else { given("d") },
        alias: given("alias"),
        owner: given("owner"),
        reason: given("reason"),
        duration: given("duration"),
        pattern: given("pattern"),
        pool: given("pool"),
        hostname: given("hostname"),
        binlog: given("binlog"),
        statement: given("statement"),
        tag: given("tag"),
        promotion_rule: rule,
        from: given("from"),
        noop: on("noop"),
        ignore_raft_setup: on("ignore-raft-setup"),
        discovery: on("discovery"),
        enable_database_update: on("enable-database-update"),
        quiet: on("quiet"),
        verbose: on("verbose"),
        debug: on("debug"),
        version: on("version"),
        words: matches.get_many::<String>("words").into_iter().flatten().cloned().collect(),
    })
}

fn command() -> Command {
    let texts = TEXTS.iter().map(|(name, help)| Arg::new(*name).long(*name).help(*help));
    let switches = SWITCHES.iter().map(|(name, help)| {
        Arg::new(*name)
            .long(*name)
            .help(*help)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .value_parser(clap::builder::BoolishValueParser::new())
    });
    Command::new("orchestrator")
        .about("Discovers, watches and heals MySQL and MariaDB replication topologies")
        .override_usage("orchestrator [flags] http\n       orchestrator [flags] -c <command>\n       orchestrator help [command]")
        .no_binary_name(true)
        .disable_version_flag(true)
        .args_override_self(true)
        .args(texts)
        .args(switches)
        .arg(Arg::new("words").action(ArgAction::Append).num_args(0..))
}

/// One dash is as good as two.
fn two_dashes(argument: OsString) -> OsString {
    match argument.to_str() {
        Some("-h" | "-help") => "--help".into(),
        Some(text) if text.len() > 1 && text.starts_with('-') && !text.starts_with("--") => {
            format!("-{text}").into()
        }
        _ => argument,
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(line: &str) -> Result<Flags, Stop> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn one_dash_and_two_dashes_mean_the_same() {
        for line in ["-config x.json http", "--config x.json http", "-config=x.json http"] {
            let flags = flags(line).unwrap();
            assert_eq!(flags.config.as_deref(), Some("x.json"), "{line}");
            assert_eq!(flags.words, ["http"], "{line}");
            assert!(flags.discovery, "{line}");
        }
    }

    #[test]
    fn switches_take_a_value_only_behind_an_equals_sign() {
        let cases = [
            ("--discovery=false http", false, &["http"][..]),
            ("-discovery http", true, &["http"]),
            ("--discovery false http", true, &["false", "http"]),
        ];
        for (line, discovery, words) in cases {
            let flags = flags(line).unwrap();
            assert_eq!(flags.discovery, discovery, "{line}");
            assert_eq!(flags.words, words, "{line}");
        }
    }

    #[test]
    fn flags_may_follow_positionals() {
        for line in ["-c clusters --debug cli", "cli -c clusters -debug", "-c=clusters cli --debug"]
        {
            let flags = flags(line).unwrap();
            assert_eq!(flags.command.as_deref(), Some("clusters"), "{line}");
            assert_eq!(flags.words, ["cli"], "{line}");
            assert!(flags.debug, "{line}");
        }
    }

    #[test]
    fn every_text_reaches_its_place() {
        let line = "-i a:1 -s b:2 -alias x -owner o -reason r -duration 5m -pattern p -pool q \
                    -hostname h -binlog f:4 -statement s -tag t -promotion-rule=must_not -from f";
        let flags = flags(line).unwrap();
        let texts = [
            (&flags.instance, "a:1"),
            (&flags.destination, "b:2"),
            (&flags.alias, "x"),
            (&flags.owner, "o"),
            (&flags.reason, "r"),
            (&flags.duration, "5m"),
            (&flags.pattern, "p"),
            (&flags.pool, "q"),
            (&flags.hostname, "h"),
            (&flags.binlog, "f:4"),
            (&flags.statement, "s"),
            (&flags.tag, "t"),
            (&flags.promotion_rule, "must_not"),
            (&flags.from, "f"),
        ];
        for (text, expected) in texts {
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn defaults() {
        let flags = flags("-c clusters").unwrap();
        assert_eq!((&*flags.promotion_rule, &*flags.duration), ("prefer", ""));
        assert!(flags.discovery && !flags.noop && !flags.ignore_raft_setup);
    }

    #[test]
    fn wrong_command_lines_are_one_line() {
        for line in [
            "--nonsense http",
            "http --nonsense",
            "--config",
            "-promotion-rule best",
            "-s a:1 -d b:2 http",
        ] {
            let Err(Stop::Usage(text)) = flags(line) else { panic!("{line}") };
            assert!(!text.is_empty() && !text.contains('\n'), "{line}: {text}");
        }
    }

    #[test]
    fn help_is_no_error() {
        for line in ["-h", "-help", "--help"] {
            assert!(matches!(flags(line), Err(Stop::Help(_))), "{line}");
        }
    }
}
