//! Rows as text, the way the text protocol carries them, apart from the client library.

use std::sync::Arc;

/// The rows of one answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// Column names.
    pub(super) columns: Arc<[String]>,
    /// Values; `None` is NULL.
    pub(super) rows: Vec<Vec<Option<String>>>,
}

/// One row of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    columns: &'a [String],
    values: &'a [Option<String>],
}

impl Answer {
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|values| Row { columns: &self.columns, values })
    }

    pub(super) fn first(&self) -> Option<Row<'_>> {
        self.rows().next()
    }

    /// First column of the first row: where a query gives one value. NULL is `None`, too.
    pub(super) fn scalar(&self) -> Option<&str> {
        self.rows.first()?.first()?.as_deref()
    }

    /// The answer of `SHOW VARIABLES` or `SHOW STATUS` turned into one row.
    pub(super) fn transposed(&self) -> Self {
        let pairs = self.rows.iter().filter_map(|row| Some((row.first()?.clone()?, row.get(1)?)));
        let (columns, values): (Vec<_>, Vec<_>) =
            pairs.map(|(name, value)| (name, value.clone())).unzip();
        Self { columns: columns.into(), rows: vec![values] }
    }
}

impl<'a> Row<'a> {
    /// A value by column name, case aside; `None` for NULL and for a column that is not there.
    pub(super) fn get(&self, column: &str) -> Option<&'a str> {
        let index = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column))?;
        self.values.get(index)?.as_deref()
    }

    /// A value as text, empty where there is none.
    pub(super) fn text(&self, column: &str) -> String {
        self.get(column).unwrap_or_default().to_owned()
    }

    /// A value as a number; `None` where there is none.
    pub(super) fn number<N: std::str::FromStr>(&self, column: &str) -> Option<N> {
        self.get(column)?.trim().parse().ok()
    }

    /// A switch: `1`, `ON`, `Yes` and `TRUE` are on. MariaDB 12 also knows stricter values of
    /// `read_only`, all of which are on.
    pub(super) fn switch(&self, column: &str) -> bool {
        self.get(column).is_some_and(is_on)
    }

    /// A value by its position.
    pub(super) fn at(&self, index: usize) -> Option<&'a str> {
        self.values.get(index)?.as_deref()
    }

    /// Whether there is such a column at all.
    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name.eq_ignore_ascii_case(column))
    }
}

fn is_on(value: &str) -> bool {
    !["", "0", "OFF", "NO", "FALSE"].iter().any(|off| off.eq_ignore_ascii_case(value))
}

#[cfg(test)]
pub(super) mod fixtures {
    use super::Answer;

    /// An answer of one row, from `name: value` lines as `\G` prints them.
    pub(crate) fn vertical(text: &str) -> Answer {
        let pairs = text.lines().filter_map(|line| line.trim().split_once(':'));
        let (columns, values): (Vec<String>, Vec<Option<String>>) = pairs
            .map(|(name, value)| {
                let value = value.trim();
                (name.trim().to_owned(), (value != "NULL").then(|| value.to_owned()))
            })
            .unzip();
        Answer { columns: columns.into(), rows: vec![values] }
    }

    /// An answer of several rows; the first line names the columns, `|` separates.
    pub(crate) fn table(text: &str) -> Answer {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let cells = |line: &str| -> Vec<String> {
            line.split('|').map(|cell| cell.trim().to_owned()).collect()
        };
        let columns = lines.next().map(cells).unwrap_or_default();
        let rows =
            lines.map(|line| cells(line).into_iter().map(|c| (c != "NULL").then_some(c)).collect());
        Answer { columns: columns.into(), rows: rows.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::{fixtures::table, *};
    use rstest::rstest;

    #[test]
    fn columns_are_found_whatever_their_case() {
        let answer = table("Host | Port\n db1 | NULL");
        let row = answer.first().unwrap();
        assert_eq!((row.get("HOST"), row.get("port"), row.get("x")), (Some("db1"), None, None));
        assert!(row.has("PORT") && !row.has("x"));
        assert_eq!(answer.scalar(), Some("db1"));
    }

    #[test]
    fn pairs_become_one_row() {
        let answer = table("Variable_name | Value\n Uptime | 77\n Rpl | ON").transposed();
        let row = answer.first().unwrap();
        assert_eq!((row.number::<u64>("uptime"), row.switch("rpl")), (Some(77), true));
    }

    #[rstest]
    #[case("1", true)]
    #[case("ON", true)]
    #[case("Yes", true)]
    #[case("NO_LOCK_NO_ADMIN", true)]
    #[case("0", false)]
    #[case("off", false)]
    #[case("No", false)]
    #[case("", false)]
    fn switches(#[case] value: &str, #[case] on: bool) {
        assert_eq!(is_on(value), on);
    }
}
