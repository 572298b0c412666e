//! What the flags, the environment and the defaults come to, and filling them into a path.
//!
//! Paths are templates of the command table: `{name}` is one encoded value, `[...]` a part that
//! is left out when a value in it is empty. Nothing here knows a command.

use shared::InstanceKey;
use shared::url::encode;

use crate::arguments::Arguments;
use crate::environment::{Environment, current_user};
use crate::failure::Failure;

/// A value that a command cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Instance,
    Destination,
    /// `-a`, or else `-i`.
    Cluster,
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
}

impl Field {
    /// All fields.
    const ALL: [Self; 14] = [
        Self::Instance,
        Self::Destination,
        Self::Cluster,
        Self::Owner,
        Self::Reason,
        Self::Duration,
        Self::PromotionRule,
        Self::Tag,
        Self::Pool,
        Self::Hostname,
        Self::Binlog,
        Self::Seconds,
        Self::Query,
        Self::Path,
    ];

    /// The name in `<name> must be provided`.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Destination => "destination",
            Self::Cluster => "instance|alias",
            Self::Owner => "owner",
            Self::Reason => "reason",
            Self::Duration => "duration",
            Self::PromotionRule => "promotion-rule",
            Self::Tag => "tag",
            Self::Pool => "pool",
            Self::Hostname => "hostname",
            Self::Binlog => "binlog",
            Self::Seconds => "seconds",
            Self::Query => "query",
            Self::Path => "path",
        }
    }

    /// The flags that give the value, for the hint of an error and for the list of commands.
    pub(crate) const fn flags(self) -> &'static str {
        match self {
            Self::Instance => "-i",
            Self::Destination => "-d",
            Self::Cluster => "-i|-a",
            Self::Owner => "-o",
            Self::Reason => "-r",
            Self::Duration => "-u",
            Self::PromotionRule => "-R",
            Self::Tag => "-t",
            Self::Pool => "-l",
            Self::Hostname => "-H",
            Self::Binlog => "-n",
            Self::Seconds => "-S",
            Self::Query => "-q",
            Self::Path => "-P",
        }
    }

    /// The name that stands for this value in a path template; `{text}` is the raw `-i`.
    pub(crate) const fn placeholder(self) -> &'static str {
        match self {
            Self::Instance => "H",
            Self::Destination => "D",
            Self::Cluster => "C",
            Self::PromotionRule => "rule",
            other => other.label(),
        }
    }
}

/// The values of one invocation.
#[derive(Debug)]
pub(crate) struct Values<'a> {
    given: &'a Arguments,
    instance: String,
    default_port: u16,
}

impl<'a> Values<'a> {
    /// Joins the flags with the environment and the defaults.
    pub(crate) fn new(given: &'a Arguments, environment: &Environment) -> Result<Self, Failure> {
        let instance = given.instance.as_ref().unwrap_or(&environment.instance).trim().to_owned();
        let default_port = match given.default_port.as_deref() {
            None => 3306,
            Some(text) => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                Failure::Usage(format!("-D {text}: give a port between 1 and 65535"))
            })?,
        };
        Ok(Self { given, instance, default_port })
    }

    /// Fails for the first of the fields that has no value.
    pub(crate) fn require(&self, fields: &[Field]) -> Result<(), Failure> {
        match fields.iter().find(|field| self.text(**field).is_empty()) {
            None => Ok(()),
            Some(field) => Err(Failure::Usage(format!(
                "{} must be provided ({})",
                field.label(),
                field.flags()
            ))),
        }
    }

    /// `host:port` of `-i`; empty if it is absent or no instance.
    pub(crate) fn instance_text(&self) -> String {
        let key = self.key(Field::Instance).ok().flatten();
        key.map(|key| key.to_string()).unwrap_or_default()
    }

    /// Fills a template.
    pub(crate) fn fill(&self, template: &str) -> Result<String, Failure> {
        let mut path = String::with_capacity(template.len() + 32);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('[') {
            let (optional, after) = after.split_once(']').unwrap_or((after, ""));
            path.push_str(&self.fill_part(before)?.unwrap_or_default());
            path.push_str(&self.fill_part(optional)?.unwrap_or_default());
            rest = after;
        }
        path.push_str(&self.fill_part(rest)?.unwrap_or_default());
        let dots = |segment: &&str| matches!(*segment, "." | "..");
        match path.split(['?', '#']).next().and_then(|path| path.split('/').find(dots)) {
            Some(segment) => Err(Failure::Usage(format!("{segment:?} cannot be sent as a value"))),
            None => Ok(path),
        }
    }

    /// One part of a template; `None` if a value in it is empty.
    fn fill_part(&self, part: &str) -> Result<Option<String>, Failure> {
        let mut pieces = part.split('{');
        let mut filled = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (name, literal) = piece.split_once('}').unwrap_or((piece, ""));
            let value = self.encoded(name)?;
            if value.is_empty() {
                return Ok(None);
            }
            filled.push_str(&value);
            filled.push_str(literal);
        }
        Ok(Some(filled))
    }

    fn encoded(&self, name: &str) -> Result<String, Failure> {
        let field = Field::ALL.into_iter().find(|field| field.placeholder() == name);
        Ok(match (field, name) {
            (Some(field @ (Field::Instance | Field::Destination)), _) => match self.key(field)? {
                Some(key) => format!("{}/{}", encode(key.hostname()), key.port()),
                None => String::new(),
            },
            // A path is the caller's own and goes out as it is.
            (Some(Field::Path), _) => self.text(Field::Path).trim_start_matches('/').to_owned(),
            (Some(field), _) => encode(&self.text(field)).into_owned(),
            (None, "text") => encode(&self.instance).into_owned(),
            (None, "alias") => encode(given(&self.given.alias)).into_owned(),
            (None, _) => {
                return Err(Failure::Usage(format!("the command table has no value {name:?}")));
            }
        })
    }

    fn key(&self, field: Field) -> Result<Option<InstanceKey>, Failure> {
        let text = self.text(field);
        // Blanks end an instance: lists were never supported here.
        match text.split_whitespace().next() {
            None => Ok(None),
            Some(word) => InstanceKey::parse(word, self.default_port).map(Some).map_err(|error| {
                let flags = field.flags();
                Failure::Usage(format!("{flags}: {error}; give host, host:port or [ipv6]:port"))
            }),
        }
    }

    fn text(&self, field: Field) -> String {
        let given_text = match field {
            Field::Instance => &self.instance,
            Field::Cluster => match given(&self.given.alias) {
                "" => &self.instance,
                alias => alias,
            },
            Field::Owner => match &self.given.owner {
                None => return current_user(),
                Some(owner) => owner.trim(),
            },
            Field::Duration => self.given.duration.as_deref().map_or("10m", str::trim),
            Field::Destination => given(&self.given.destination),
            Field::Reason => given(&self.given.reason),
            Field::PromotionRule => given(&self.given.promotion_rule),
            Field::Tag => given(&self.given.tag),
            Field::Pool => given(&self.given.pool),
            Field::Hostname => given(&self.given.hostname),
            Field::Binlog => given(&self.given.binlog),
            Field::Seconds => given(&self.given.seconds),
            Field::Query => given(&self.given.query),
            Field::Path => given(&self.given.path),
        };
        given_text.to_owned()
    }
}

fn given(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::parse;
    use rstest::rstest;

    /// Fills a template from a command line whose words `|` separates.
    fn fill(line: &str, template: &str) -> Result<String, Failure> {
        with(line, |values| values.fill(template))
    }

    fn with<T>(line: &str, ask: impl Fn(&Values) -> T) -> T {
        let words = line.split('|').filter(|word| !word.is_empty()).map(str::to_owned);
        ask(&Values::new(&parse(words).unwrap(), &Environment::default()).unwrap())
    }

    #[rstest]
    #[case("db1", "db1/3306")]
    #[case("db1|-D|3307", "db1/3307")]
    #[case("db1:3308|-D|3307", "db1/3308")]
    #[case("[::1]:3306", "%3A%3A1/3306")]
    #[case("fe80::1", "fe80%3A%3A1/3306")]
    #[case("db1:3306 db2:3306", "db1/3306")]
    #[case(" db1:3306\n", "db1/3306")]
    #[case("DB1.Example.com", "DB1.Example.com/3306")]
    fn instance_to_path(#[case] line: &str, #[case] path: &str) {
        assert_eq!(fill(&format!("-i|{line}"), "{H}").unwrap(), path);
        assert_eq!(fill(&format!("-d|{line}"), "{D}").unwrap(), path);
    }

    #[rstest]
    #[case("-i|db1:")]
    #[case("-i|db1:x")]
    #[case("-i|db1:0")]
    #[case("-i|db1:65536")]
    #[case("-i|:3306")]
    fn a_bad_instance_is_named(#[case] line: &str) {
        let failure = fill(line, "instance/{H}").unwrap_err();
        let message = failure.to_string();
        assert!(message.starts_with("-i: ") && message.contains("give host"), "{message}");
    }

    #[rstest]
    #[case("-i|db1", "topology/db1")]
    #[case("-i|db1|-D|3307", "topology/db1")]
    #[case("-i|db1:3307", "topology/db1%3A3307")]
    #[case("-i|db1|-a|my cluster/1", "topology/my%20cluster%2F1")]
    fn cluster_hint_to_path(#[case] line: &str, #[case] path: &str) {
        assert_eq!(fill(line, "topology/{C}").unwrap(), path);
    }

    #[rstest]
    #[case("-i|h|-o|me|-r|a/b? #1|-u|30m", "h/3306/me/a%2Fb%3F%20%231/30m")]
    #[case("-i|h|-o|me|-r|x+y\n", "h/3306/me/x%2By/10m")]
    #[case("-i|h|-o|Ä|-r|~_-.", "h/3306/%C3%84/~_-./10m")]
    fn downtime_to_path(#[case] line: &str, #[case] path: &str) {
        assert_eq!(fill(line, "{H}/{owner}/{reason}/{duration}").unwrap(), path);
    }

    #[rstest]
    #[case("", "a/b")]
    #[case("-l|p", "a/p/b")]
    #[case("-l|p|-t|t", "a/p/b?tag=t")]
    fn optional_parts(#[case] line: &str, #[case] path: &str) {
        assert_eq!(fill(line, "a[/{pool}]/b[?tag={tag}]").unwrap(), path);
    }

    #[test]
    fn dots_alone_would_change_the_path() {
        let failure = fill("-i|h|-r|..", "begin/{H}/{reason}").unwrap_err();
        assert_eq!(failure.to_string(), "\"..\" cannot be sent as a value");
        assert_eq!(fill("-t|..", "tagged?tag={tag}").unwrap(), "tagged?tag=..");
    }

    #[test]
    fn a_raw_path_stays_as_it_is() {
        assert_eq!(fill("-P|/cluster/a b?y=1", "{path}").unwrap(), "cluster/a b?y=1");
    }

    #[test]
    fn the_environment_gives_the_instance_and_a_flag_overrides_it() {
        let environment = Environment { instance: "db1:3306".to_owned(), ..Environment::default() };
        let path = |words: &[&str]| {
            let arguments = parse(words.iter().map(|word| (*word).to_owned())).unwrap();
            Values::new(&arguments, &environment).unwrap().fill("{H}").unwrap()
        };
        assert_eq!(path(&[]), "db1/3306");
        assert_eq!(path(&["-i", "db2"]), "db2/3306");
    }

    #[rstest]
    #[case("", "instance must be provided (-i)")]
    #[case("-i|h", "reason must be provided (-r)")]
    #[case("-i|h|-r|x|-o| ", "owner must be provided (-o)")]
    #[case("-i|h|-r|x|-u| ", "duration must be provided (-u)")]
    fn the_first_missing_field_is_reported(#[case] line: &str, #[case] message: &str) {
        let fields = [Field::Instance, Field::Owner, Field::Reason, Field::Duration];
        let failure = with(line, |values| values.require(&fields)).unwrap_err();
        assert_eq!(failure.to_string(), message);
    }

    #[test]
    fn a_cluster_is_named_by_alias_or_instance() {
        let missing = with("", |values| values.require(&[Field::Cluster])).unwrap_err();
        assert_eq!(missing.to_string(), "instance|alias must be provided (-i|-a)");
        for line in ["-i|h", "-a|c"] {
            assert!(with(line, |values| values.require(&[Field::Cluster])).is_ok());
        }
    }

    #[test]
    fn a_bad_default_port_is_refused() {
        let arguments = parse(["-D".to_owned(), "x".to_owned()]).unwrap();
        let failure = Values::new(&arguments, &Environment::default()).unwrap_err();
        assert_eq!(failure.to_string(), "-D x: give a port between 1 and 65535");
    }
}
