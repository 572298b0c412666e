//! The flags as a table, and reading of the words after the program's name.
//!
//! Existing command lines mix three styles (`-cclusters`, `-duration 30m`, `--duration=30m`), so
//! the words are read here by hand. What the values mean is decided in `values.rs`.

use std::time::Duration;

use shared::duration::parse_simple;

use crate::failure::Failure;

/// The words of the command line by meaning; `None` where a flag was not given.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) command: Option<String>,
    pub(crate) instance: Option<String>,
    pub(crate) destination: Option<String>,
    pub(crate) alias: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) duration: Option<String>,
    pub(crate) promotion_rule: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) pool: Option<String>,
    pub(crate) hostname: Option<String>,
    pub(crate) default_port: Option<String>,
    pub(crate) binlog: Option<String>,
    pub(crate) seconds: Option<String>,
    pub(crate) query: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) api: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) login_header: Option<String>,
    pub(crate) timeout: Option<String>,
    pub(crate) version: bool,
}

/// One flag: its spellings and what it does.
pub(crate) struct Flag {
    /// The letter after a single dash.
    pub(crate) short: Option<char>,
    /// The names after one or two dashes.
    pub(crate) long: &'static [&'static str],
    /// How help names the value; empty for a flag without one.
    pub(crate) value: &'static str,
    /// One line for people; empty for flags that help does not list.
    pub(crate) help: &'static str,
    action: Action,
}

type Place = fn(&mut Arguments) -> &mut Option<String>;

#[derive(Clone, Copy)]
enum Action {
    Store(Place),
    Help,
    Version,
    /// Accepted because documentation tells users to pass it; changes nothing.
    Ignore,
}

const fn stored(
    short: char,
    long: &'static [&'static str],
    value: &'static str,
    place: Place,
    help: &'static str,
) -> Flag {
    Flag { short: Some(short), long, value, help, action: Action::Store(place) }
}

/// Every flag, in the order of the help text.
pub(crate) const FLAGS: &[Flag] = &[
    Flag {
        short: Some('h'),
        long: &["help"],
        value: "",
        help: "print this text",
        action: Action::Help,
    },
    stored('c', &["command"], "command", |a| &mut a.command, "what to do, see the list below"),
    stored(
        'i',
        &["instance"],
        "host[:port]",
        |a| &mut a.instance,
        "instance to work on (default: $ORCHESTRATOR_INSTANCE); for search, the text to find",
    ),
    stored('d', &["destination"], "host[:port]", |a| &mut a.destination, "destination instance"),
    stored('s', &["sibling"], "host[:port]", |a| &mut a.destination, "same as -d"),
    stored('D', &["default-port"], "port", |a| &mut a.default_port, "port of -i and -d (3306)"),
    stored('a', &["alias"], "cluster", |a| &mut a.alias, "alias or name of a cluster"),
    stored('o', &["owner"], "owner", |a| &mut a.owner, "who asks (default: you)"),
    stored('r', &["reason"], "text", |a| &mut a.reason, "reason or comment"),
    stored(
        'u',
        &["duration"],
        "duration",
        |a| &mut a.duration,
        "how long a downtime lasts, a number and one of s m h d w (10m)",
    ),
    stored(
        'R',
        &["promotion-rule"],
        "rule",
        |a| &mut a.promotion_rule,
        "prefer, neutral, prefer_not or must_not",
    ),
    stored('t', &["tag"], "tag", |a| &mut a.tag, "tag: name, name=value, ~name or ~name=value"),
    stored('l', &["pool"], "pool", |a| &mut a.pool, "name of a pool"),
    stored('H', &["hostname"], "hostname", |a| &mut a.hostname, "virtual name, or raft node hint"),
    stored('n', &["binlog"], "file", |a| &mut a.binlog, "binary log file name, or latest"),
    stored('S', &["seconds"], "seconds", |a| &mut a.seconds, "replication delay"),
    stored('q', &["query"], "statement", |a| &mut a.query, "SQL for restart-replica-statements"),
    stored('P', &["path"], "path", |a| &mut a.path, "with -c api: the path below /api/"),
    stored(
        'U',
        &["api"],
        "url",
        |a| &mut a.api,
        "server, or several separated by blanks or commas (default: $ORCHESTRATOR_API)",
    ),
    stored('b', &["auth"], "user:password", |a| &mut a.login, "HTTP basic authentication"),
    stored(
        'e',
        &["headers-auth"],
        "header:value",
        |a| &mut a.login_header,
        "header sent with each request, for header authentication",
    ),
    Flag {
        short: None,
        long: &["timeout"],
        value: "duration",
        help: "give up after this time (15s for reads and hints, 10m for operations)",
        action: Action::Store(|a| &mut a.timeout),
    },
    Flag {
        short: None,
        long: &["version"],
        value: "",
        help: "print the version",
        action: Action::Version,
    },
    Flag {
        short: None,
        long: &["debug", "verbose", "quiet", "stack"],
        value: "",
        help: "",
        action: Action::Ignore,
    },
];

/// Reads the words after the program's name.
///
/// `-h` ends the reading unless a bare word follows: `-h` took a value once, and both
/// `-h`, `-h x` and `-h x -c clusters` keep their meaning (spec 03, 1.2).
pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Arguments, Failure> {
    let mut arguments = Arguments::default();
    let mut words = words.into_iter().peekable();
    while let Some(word) = words.next() {
        let (flag, attached) = find(&word)?;
        match flag.action {
            Action::Store(place) => {
                let value = match attached {
                    Some(value) => value.to_owned(),
                    None => words.next().ok_or_else(|| missing_value(&word, flag))?,
                };
                *place(&mut arguments) = Some(value);
            }
            Action::Help => {
                arguments.command = Some("help".to_owned());
                let taken =
                    attached.is_some() || words.next_if(|word| !word.starts_with('-')).is_some();
                if !taken {
                    return Ok(arguments);
                }
            }
            Action::Version => arguments.version = true,
            Action::Ignore => {}
        }
    }
    Ok(arguments)
}

/// The flag that a word spells, and the value that is attached to it.
fn find(word: &str) -> Result<(&'static Flag, Option<&str>), Failure> {
    let unknown = || {
        let hint = "see orchestrator-client --help";
        Err(Failure::Usage(if word.starts_with('-') {
            format!("unknown flag {word}; {hint}")
        } else {
            format!("unexpected word {word:?}: quote values that hold blanks; {hint}")
        }))
    };
    let Some(body) = word.strip_prefix('-').filter(|body| !body.is_empty()) else {
        return unknown();
    };
    let (name, attached) = match body.strip_prefix('-').unwrap_or(body).split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (body.strip_prefix('-').unwrap_or(body), None),
    };
    if let Some(flag) = FLAGS.iter().find(|flag| flag.long.contains(&name)) {
        return Ok((flag, attached));
    }
    let mut letters = body.chars();
    let letter = letters.next();
    match FLAGS.iter().find(|flag| flag.short.is_some() && flag.short == letter) {
        Some(flag) => Ok((flag, Some(letters.as_str()).filter(|glued| !glued.is_empty()))),
        None => unknown(),
    }
}

fn missing_value(word: &str, flag: &Flag) -> Failure {
    Failure::Usage(format!("{word} needs a value: {word} <{}>", flag.value))
}

/// Reads a time limit: a number of seconds, or a number and one of `s m h d w`.
pub(crate) fn time_limit(text: &str) -> Result<Duration, Failure> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let with_unit = if is_number { format!("{text}s") } else { text.to_owned() };
    parse_simple(&with_unit).ok().filter(|limit| !limit.is_zero()).ok_or_else(|| {
        Failure::Usage(format!("--timeout {text}: give a time such as 30, 45s or 5m"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn read(line: &str) -> Result<Arguments, Failure> {
        parse(line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned))
    }

    #[rstest]
    #[case("-c clusters")]
    #[case("-cclusters")]
    #[case("-command clusters")]
    #[case("--command clusters")]
    #[case("--command=clusters")]
    #[case("-command=clusters")]
    #[case("-c topology -c clusters")]
    #[case("-c clusters --debug -verbose --stack -quiet --debug=true")]
    #[case("-h x -c clusters")]
    fn spellings_of_a_command(#[case] line: &str) {
        let expected = Arguments { command: Some("clusters".to_owned()), ..Default::default() };
        assert_eq!(read(line).unwrap(), expected);
    }

    #[rstest]
    #[case("-i")]
    #[case("-instance")]
    #[case("--instance")]
    fn instance_spellings(#[case] flag: &str) {
        assert_eq!(read(&format!("{flag} h:1")).unwrap().instance.as_deref(), Some("h:1"));
    }

    #[test]
    fn every_flag_stores_its_value_in_each_spelling() {
        for flag in FLAGS {
            let Action::Store(place) = flag.action else { continue };
            let mut lines: Vec<_> = flag
                .long
                .iter()
                .flat_map(|name| {
                    ["-", "--"]
                        .map(|dashes| [format!("{dashes}{name} v"), format!("{dashes}{name}=v")])
                })
                .flatten()
                .collect();
            if let Some(letter) = flag.short {
                lines.extend([format!("-{letter} v"), format!("-{letter}v")]);
            }
            for line in lines {
                let mut arguments = read(&line).unwrap();
                assert_eq!(place(&mut arguments).take().as_deref(), Some("v"), "{line}");
                assert_eq!(arguments, Arguments::default(), "{line}");
            }
        }
    }

    #[test]
    fn no_spelling_belongs_to_two_flags() {
        let mut seen = std::collections::HashSet::new();
        for flag in FLAGS {
            for name in flag.long {
                assert!(seen.insert((*name).to_owned()), "{name}");
            }
            assert!(flag.short.is_none_or(|letter| seen.insert(letter.to_string())));
        }
    }

    #[test]
    fn the_last_of_synonyms_wins() {
        assert_eq!(read("-d a -s b").unwrap().destination.as_deref(), Some("b"));
        assert_eq!(read("-s b -d a").unwrap().destination.as_deref(), Some("a"));
    }

    #[test]
    fn a_value_is_taken_as_it_is() {
        let words = ["-r", "-tag", "-q", "a = b", "--reason=", "-t=x"].map(str::to_owned);
        let arguments = parse(words).unwrap();
        assert_eq!(arguments.reason.as_deref(), Some(""));
        assert_eq!(arguments.query.as_deref(), Some("a = b"));
        assert_eq!(arguments.tag.as_deref(), Some("=x"));
    }

    #[rstest]
    #[case("-h")]
    #[case("--help")]
    #[case("-help")]
    #[case("-h x")]
    #[case("-c forget -i h -h")]
    #[case("-h -c forget -i h")]
    fn help_wins(#[case] line: &str) {
        assert_eq!(read(line).unwrap().command.as_deref(), Some("help"));
    }

    #[rstest]
    #[case("-c", "-c needs a value: -c <command>")]
    #[case("-c clusters --alias", "--alias needs a value: --alias <cluster>")]
    #[case("-c clusters -Z", "unknown flag -Z; see orchestrator-client --help")]
    #[case("--nosuch=1", "unknown flag --nosuch=1; see orchestrator-client --help")]
    #[case("--", "unknown flag --; see orchestrator-client --help")]
    #[case(
        "clusters -c clusters",
        "unexpected word \"clusters\": quote values that hold blanks; see orchestrator-client --help"
    )]
    fn refused_lines(#[case] line: &str, #[case] message: &str) {
        assert_eq!(read(line).unwrap_err().to_string(), message);
    }

    #[rstest]
    #[case("30", 30)]
    #[case("45s", 45)]
    #[case("5m", 300)]
    #[case("2h", 7200)]
    #[case("1w", 604_800)]
    fn time_limits(#[case] text: &str, #[case] seconds: u64) {
        assert_eq!(time_limit(text).unwrap(), Duration::from_secs(seconds));
    }

    #[rstest]
    #[case("")]
    #[case("0")]
    #[case("m")]
    #[case("1.5s")]
    #[case("-1")]
    #[case("9ä")]
    #[case("99999999999999999w")]
    fn refused_time_limits(#[case] text: &str) {
        assert!(time_limit(text).is_err());
    }
}
