//! Quoting of values. Valid for sessions whose `sql_mode` is empty and whose character set is
//! utf8mb4, which is how every session of the live driver starts.

use std::fmt::Write as _;

/// The text as an SQL string literal.
///
/// ```
/// use orchestrator_server::mysql::dialect::literal;
/// assert_eq!(literal(r"it's a \ "), r"'it''s a \\ '");
/// ```
#[must_use]
pub fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' => quoted.push_str("''"),
            '\\' => quoted.push_str(r"\\"),
            '\0' => quoted.push_str(r"\0"),
            // Kept out of logs that are read line by line, and of Windows consoles.
            '\n' => quoted.push_str(r"\n"),
            '\r' => quoted.push_str(r"\r"),
            '\x1a' => quoted.push_str(r"\Z"),
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

/// Literals joined by commas, for `IN (…)`.
#[must_use]
pub fn literals<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for text in texts {
        let separator = if joined.is_empty() { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(joined, "{separator}{}", literal(text));
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::dialect::single_statement;
    use proptest::prelude::*;

    /// Reads a literal as the server's lexer does with an empty `sql_mode`.
    fn unquoted(literal: &str) -> Option<String> {
        let mut inner = literal.strip_prefix('\'')?.strip_suffix('\'')?.chars();
        let mut text = String::new();
        while let Some(c) = inner.next() {
            match c {
                '\'' if inner.next() == Some('\'') => text.push('\''),
                '\'' => return None,
                '\\' => text.push(match inner.next()? {
                    '0' => '\0',
                    'n' => '\n',
                    'r' => '\r',
                    'Z' => '\x1a',
                    other => other,
                }),
                c => text.push(c),
            }
        }
        Some(text)
    }

    #[test]
    fn a_list_of_literals() {
        assert_eq!(literals(["a", "b'c"]), "'a', 'b''c'");
        assert_eq!(literals([]), "");
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(text in any::<String>(), nasty in "['\\\\\"`;\0\n-]{0,12}") {
            for text in [text, nasty] {
                prop_assert_eq!(unquoted(&literal(&text)), Some(text));
            }
        }

        #[test]
        fn a_literal_never_ends_the_statement(text in "['\\\\\"`;#/*a-]{0,16}") {
            let statement = format!("select {}", literal(&text));
            prop_assert_eq!(single_statement(&statement), Ok(statement.as_str()));
        }
    }
}
