//! Tells one statement from several. The protocol allows several in one packet, so a query of
//! the operator's is only sent when it is one.

/// Why a text is not exactly one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotOneStatement {
    /// Nothing but space, comments and semicolons.
    #[error("the query is empty")]
    Empty,
    /// Another statement follows.
    #[error("the query holds more than one statement; keep one")]
    Several,
    /// A quote or a comment has no end.
    #[error("the query ends inside a quote or a comment; close it")]
    Open,
}

/// The one statement of the text, without what follows it. Reads quotes and comments as a server
/// does whose `sql_mode` is empty; what an executable comment (`/*! … */`) holds counts as code.
///
/// # Errors
/// When the text is empty, holds several statements, or ends inside a quote or comment.
pub fn single_statement(text: &str) -> Result<&str, NotOneStatement> {
    let mut scanner = Scanner { rest: text.as_bytes(), found: false };
    let end = match scanner.past_semicolon()? {
        None => text.len(),
        Some(left) => {
            let end = text.len() - left - 1;
            let had_statement = scanner.found;
            scanner.found = false;
            while scanner.past_semicolon()?.is_some() {}
            if scanner.found {
                return Err(NotOneStatement::Several);
            }
            scanner.found = had_statement;
            end
        }
    };
    match text[..end].trim() {
        _ if !scanner.found => Err(NotOneStatement::Empty),
        // Without its semicolon this would end in a comment.
        cut if cut.ends_with("--") && end < text.len() => Ok(text[..=end].trim()),
        cut => Ok(cut),
    }
}

struct Scanner<'a> {
    rest: &'a [u8],
    /// Something that is neither space nor comment was seen.
    found: bool,
}

impl Scanner<'_> {
    /// Goes past the next semicolon outside quotes and comments; gives how many bytes are left
    /// after it.
    fn past_semicolon(&mut self) -> Result<Option<usize>, NotOneStatement> {
        while let [first, after @ ..] = self.rest {
            match (*first, after) {
                (b';', _) => {
                    self.rest = after;
                    return Ok(Some(after.len()));
                }
                (b'#', _) => self.skip_line(),
                (b'-', [b'-', third, ..]) if third.is_ascii_whitespace() || *third < b' ' => {
                    self.skip_line();
                }
                (b'-', [b'-']) => self.skip_line(),
                (b'/', [b'*', body @ ..]) => self.comment(body)?,
                (quote @ (b'\'' | b'"' | b'`'), _) => {
                    self.found = true;
                    self.quoted(quote, after)?;
                }
                (c, _) => {
                    self.found |= !c.is_ascii_whitespace();
                    self.rest = after;
                }
            }
        }
        Ok(None)
    }

    fn skip_line(&mut self) {
        let end = self.rest.iter().position(|c| *c == b'\n').unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    fn comment(&mut self, body: &[u8]) -> Result<(), NotOneStatement> {
        let executable = body.starts_with(b"!") || body.starts_with(b"M!");
        let end = body.windows(2).position(|pair| pair == b"*/").ok_or(NotOneStatement::Open)?;
        // The caller reads on inside an executable comment; its end reads as operators.
        let skipped = if executable { 2 } else { 2 + end + 2 };
        self.rest = &self.rest[skipped..];
        Ok(())
    }

    fn quoted(&mut self, quote: u8, after: &[u8]) -> Result<(), NotOneStatement> {
        let escapes = quote != b'`';
        let mut index = 0;
        while let Some(c) = after.get(index) {
            match *c {
                b'\\' if escapes => index += 1,
                // A doubled quote ends one quoted part and begins the next: same answer.
                c if c == quote => {
                    self.rest = &self.rest[index + 2..];
                    return Ok(());
                }
                _ => {}
            }
            index += 1;
        }
        Err(NotOneStatement::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("select 1", "select 1")]
    #[case("  select 1 ; \n", "select 1")]
    #[case("select 1;; -- done", "select 1")]
    #[case("select ';' -- no; end", "select ';' -- no; end")]
    #[case("select 'it''s; one'", "select 'it''s; one'")]
    #[case(r"select 'a\';b'", r"select 'a\';b'")]
    #[case(r#"select "a;b", `c;d`"#, r#"select "a;b", `c;d`"#)]
    #[case("select `a\\`; # x", "select `a\\`")]
    #[case("/* a; b */ select 1", "/* a; b */ select 1")]
    #[case("select 1 # a;b", "select 1 # a;b")]
    #[case("select 1 --", "select 1 --")]
    #[case("select 3--1", "select 3--1")]
    #[case("select 3--; ;", "select 3--;")]
    #[case("select /*!50708 sql_no_cache */ 1", "select /*!50708 sql_no_cache */ 1")]
    fn one(#[case] text: &str, #[case] statement: &str) {
        assert_eq!(single_statement(text), Ok(statement));
    }

    #[rstest]
    #[case("", NotOneStatement::Empty)]
    #[case(" ; /* x */ ; -- y", NotOneStatement::Empty)]
    #[case("select 1; drop table t", NotOneStatement::Several)]
    #[case("; select 1", NotOneStatement::Several)]
    #[case("select 1;;select 2", NotOneStatement::Several)]
    #[case("select 3--1; drop table t", NotOneStatement::Several)]
    #[case(r"select 'a\\'; drop table t; -- '", NotOneStatement::Several)]
    #[case("select /*!99999 1; drop */ 2", NotOneStatement::Several)]
    #[case("select /*M!100000 1; drop */ 2", NotOneStatement::Several)]
    #[case("select 'a", NotOneStatement::Open)]
    #[case(r"select 'a\'", NotOneStatement::Open)]
    #[case("select 1 /* a", NotOneStatement::Open)]
    #[case("select `a", NotOneStatement::Open)]
    fn not_one(#[case] text: &str, #[case] error: NotOneStatement) {
        assert_eq!(single_statement(text), Err(error));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in any::<String>(), near in "[;'\"`\\\\/*!M#\\- \na]{0,24}") {
            let _ = single_statement(&text);
            if let Ok(statement) = single_statement(&near) {
                prop_assert_eq!(single_statement(statement), Ok(statement));
            }
        }
    }
}
