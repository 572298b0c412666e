//! Rows of another program's tables as texts, and what the columns of a row say. A column that
//! is missing says what an empty one says.

use shared::{InstanceKey, timestamp};

use crate::clock::Moment;

/// A table as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Its rows: a text for each column, none for NULL.
    pub rows: Vec<Vec<Option<String>>>,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    columns: &'a [String],
    values: &'a [Option<String>],
}

impl Table {
    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row { columns: &self.columns, values })
    }
}

impl<'a> Row<'a> {
    /// The text, if there is such a column and it is not NULL.
    #[must_use]
    pub fn find(&self, column: &str) -> Option<&'a str> {
        let at = self.columns.iter().position(|name| name == column)?;
        self.values.get(at)?.as_deref()
    }

    /// The text; empty if there is none.
    #[must_use]
    pub fn text(&self, column: &str) -> String {
        self.find(column).unwrap_or_default().to_owned()
    }

    /// The text, unless it is empty.
    #[must_use]
    pub fn some_text(&self, column: &str) -> Option<String> {
        self.find(column).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The number; 0 if there is none.
    #[must_use]
    pub fn number(&self, column: &str) -> u64 {
        self.find(column).and_then(|text| text.trim().parse().ok()).unwrap_or(0)
    }

    /// The number, if there is one.
    #[must_use]
    pub fn some_number(&self, column: &str) -> Option<i64> {
        self.find(column)?.trim().parse().ok()
    }

    /// A smaller number; 0 if there is none, or none that fits.
    #[must_use]
    pub fn small<T: TryFrom<u64> + Default>(&self, column: &str) -> T {
        T::try_from(self.number(column)).unwrap_or_default()
    }

    /// Yes, if the number is not 0.
    #[must_use]
    pub fn flag(&self, column: &str) -> bool {
        self.some_number(column).is_some_and(|number| number != 0)
    }

    /// The time; none where it says "never".
    #[must_use]
    pub fn time(&self, column: &str) -> Option<Moment> {
        let text = self.find(column)?.trim();
        // Fractions of seconds are cut, and so is a zone: all times are UTC.
        let (seconds, rest) = text.split_at_checked(19)?;
        let known = rest.is_empty() || rest.starts_with('.') || matches!(rest, "Z" | "+00:00");
        let seconds = timestamp::parse(&seconds.replacen('T', " ", 1)).filter(|_| known)?;
        (seconds > YEAR).then(|| Moment::from_unix_seconds(seconds))
    }

    /// The server that two columns name.
    ///
    /// # Errors
    /// They name none.
    pub fn key(&self, hostname: &str, port: &str) -> Result<InstanceKey, String> {
        let (hostname, port) = (self.text(hostname), self.text(port));
        InstanceKey::from_texts(&hostname, &port)
            .map_err(|error| format!("{hostname:?} port {port:?}: {error}"))
    }

    /// Servers, `host:port` with commas between them, or as JSON; what is none is left out.
    #[must_use]
    pub fn keys(&self, column: &str) -> Vec<InstanceKey> {
        let text = self.find(column).unwrap_or_default();
        if let Ok(keys) = serde_json::from_str::<shared::wire::KeySet>(text) {
            return keys.0.iter().filter_map(|key| InstanceKey::try_from(key).ok()).collect();
        }
        let parts = text.split(',').filter_map(|part| part.trim().rsplit_once(':'));
        parts.filter_map(|(host, port)| InstanceKey::from_texts(host, port).ok()).collect()
    }
}

/// "Never" is written as the beginning of 1971.
const YEAR: i64 = 366 * 24 * 3600;

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn with<T>(value: Option<&str>, read: impl Fn(Row<'_>) -> T) -> T {
        let table = Table {
            name: "t".to_owned(),
            columns: vec!["a".to_owned()],
            rows: vec![vec![value.map(str::to_owned)]],
        };
        let row = table.rows().next().unwrap();
        read(row)
    }

    #[rstest]
    #[case(Some("2026-11-23 04:18:55"), Some(1_795_407_535))]
    #[case(Some("2026-11-23T04:18:55Z"), Some(1_795_407_535))]
    #[case(Some("2026-11-23 04:18:55.123456"), Some(1_795_407_535))]
    #[case(Some("2026-11-23 04:18:55+00:00"), Some(1_795_407_535))]
    #[case(Some("2026-11-23 04:18:55+02:00"), None)]
    #[case(Some("1971-01-01 00:00:00"), None)]
    #[case(Some("0000-00-00 00:00:00"), None)]
    #[case(Some(""), None)]
    #[case(Some("soon"), None)]
    #[case(None, None)]
    fn times(#[case] text: Option<&str>, #[case] seconds: Option<i64>) {
        assert_eq!(with(text, |row| row.time("a")), seconds.map(Moment::from_unix_seconds));
    }

    #[rstest]
    #[case(Some("1"), 1, true)]
    #[case(Some("0"), 0, false)]
    #[case(Some("-1"), 0, true)]
    #[case(Some("x"), 0, false)]
    #[case(None, 0, false)]
    fn numbers(#[case] text: Option<&str>, #[case] number: u64, #[case] flag: bool) {
        assert_eq!(with(text, |row| (row.number("a"), row.flag("a"))), (number, flag));
    }

    #[rstest]
    #[case(r#"[{"Hostname":"a","Port":1},{"Hostname":"","Port":0}]"#, &["a:1"])]
    #[case("b:2,a:1,,nonsense,:3", &["b:2", "a:1"])]
    #[case("fe80::1:3306", &["fe80::1:3306"])]
    #[case("", &[])]
    fn servers(#[case] text: &str, #[case] expected: &[&str]) {
        let keys = with(Some(text), |row| row.keys("a"));
        let texts: Vec<String> = keys.iter().map(ToString::to_string).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn a_missing_column_is_an_empty_one() {
        with(Some("x"), |row| {
            assert_eq!((row.text("b").as_str(), row.number("b"), row.flag("b")), ("", 0, false));
            assert!(row.time("b").is_none() && row.keys("b").is_empty());
            assert!(row.key("b", "c").is_err());
        });
    }
}
