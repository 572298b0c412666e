//! What the flags, the environment and the defaults come to, and filling them into a path.
//!
//! Paths are templates of the command table. Nothing here knows a command.

use std::borrow::Cow;

use shared::InstanceKey;
use shared::commands::{Field, template};
use shared::flags::FlagId;
use shared::url::encode;

use crate::arguments::Arguments;
use crate::environment::{Environment, INSTANCE};
use crate::failure::Failure;

/// The longest path; an HTTP library takes a little more for the whole address.
const LONGEST: usize = 60_000;

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
        let instance = given.get(FlagId::Instance).unwrap_or(environment.get(INSTANCE));
        let default_port = match given.get(FlagId::DefaultPort) {
            None => 3306,
            Some(text) => text.parse().ok().filter(|port| *port > 0).ok_or_else(|| {
                Failure::Usage(format!("-D {text}: give a port between 1 and 65535"))
            })?,
        };
        Ok(Self { given, instance: instance.trim().to_owned(), default_port })
    }

    /// Fails for the first of the fields that has no value.
    pub(crate) fn require(&self, fields: &[Field]) -> Result<(), Failure> {
        match fields.iter().find(|field| self.text(**field).is_empty()) {
            None => Ok(()),
            Some(field) => Err(Failure::Usage(format!(
                "{} must be provided ({})",
                field.label(),
                field.hint()
            ))),
        }
    }

    /// `host:port` of `-i`; empty if it is absent or no instance.
    pub(crate) fn instance_text(&self) -> String {
        let key = self.key(Field::Instance).ok().flatten();
        key.map(|key| key.to_string()).unwrap_or_default()
    }

    /// Fills a template.
    pub(crate) fn fill(&self, path: &str) -> Result<String, Failure> {
        let path = template::fill(path, |field| self.encoded(field))?;
        if path.len() > LONGEST {
            return Err(Failure::Usage(format!(
                "the values are too long: {} bytes, of which an address can hold {LONGEST}",
                path.len()
            )));
        }
        let dots = |segment: &&str| matches!(*segment, "." | "..");
        match path.split(['?', '#']).next().and_then(|path| path.split('/').find(dots)) {
            Some(segment) => Err(Failure::Usage(format!("{segment:?} cannot be sent as a value"))),
            None => Ok(path),
        }
    }

    fn encoded(&self, field: Field) -> Result<String, Failure> {
        Ok(match field {
            Field::Instance | Field::Destination => match self.key(field)? {
                Some(key) => format!("{}/{}", encode(key.hostname()), key.port()),
                None => String::new(),
            },
            // A path is the caller's own and goes out as it is.
            Field::Path => self.text(field).trim_start_matches('/').to_owned(),
            field => encode(&self.text(field)).into_owned(),
        })
    }

    fn key(&self, field: Field) -> Result<Option<InstanceKey>, Failure> {
        let text = self.text(field);
        // Blanks end an instance: lists were never supported here.
        match text.split_whitespace().next() {
            None => Ok(None),
            Some(word) => InstanceKey::parse(word, self.default_port).map(Some).map_err(|error| {
                let flag = field.hint();
                Failure::Usage(format!("{flag}: {error}; give host, host:port or [ipv6]:port"))
            }),
        }
    }

    fn text(&self, field: Field) -> Cow<'_, str> {
        let given = |id| self.given.get(id).map(str::trim);
        match field {
            Field::Instance | Field::Text => self.instance.as_str().into(),
            Field::Cluster => match given(FlagId::Alias) {
                None | Some("") => self.instance.as_str().into(),
                Some(alias) => alias.into(),
            },
            Field::Owner => {
                given(FlagId::Owner).map_or_else(|| shared::user::current().into(), Cow::from)
            }
            Field::Duration => given(FlagId::Duration).unwrap_or("10m").into(),
            other => other.flags().iter().find_map(|id| given(*id)).unwrap_or_default().into(),
        }
    }
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
        let environment = Environment::of([(INSTANCE, "db1:3306")]);
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
