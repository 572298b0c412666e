//! Passwords from outside the configuration files: credentials files in the manner of git's
//! configuration (one section, `[client]`, with `user` and `password`), and the environment.

use std::iter::Peekable;
use std::str::Chars;

/// What a credentials file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
}

/// Reads a credentials file. `Err` has a line for each thing that is wrong.
pub(super) fn parse(bytes: &[u8]) -> Result<Credentials, Vec<String>> {
    let text = std::str::from_utf8(bytes).map_err(|_| vec!["is not UTF-8".to_owned()])?;
    if text.contains('\0') {
        return Err(vec!["contains a NUL byte".to_owned()]);
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        rest: text.chars().peekable(),
        line: 1,
        section: Section::Missing,
        found: Credentials::default(),
        errors: Vec::new(),
    };
    reader.run();
    if reader.errors.is_empty() { Ok(reader.found) } else { Err(reader.errors) }
}

#[derive(Clone, Copy, PartialEq)]
enum Section {
    Missing,
    Client,
    /// Already complained about: so are not its variables.
    Refused,
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    line: usize,
    section: Section,
    found: Credentials,
    errors: Vec<String>,
}

impl Reader<'_> {
    fn run(&mut self) {
        while let Some(&c) = self.rest.peek() {
            let line = self.line;
            let outcome = match c {
                c if c.is_whitespace() => {
                    self.take();
                    continue;
                }
                '#' | ';' => {
                    self.skip_line();
                    continue;
                }
                '[' => self.header(),
                _ => self.variable(),
            };
            if let Err(error) = outcome {
                self.errors.push(format!("line {line}: {error}"));
                self.skip_line();
            }
        }
    }

    fn header(&mut self) -> Result<(), String> {
        self.take();
        self.section = Section::Refused;
        self.skip_blanks();
        let name = self.name()?;
        self.skip_blanks();
        match self.rest.peek() {
            Some(']') => self.take(),
            Some('"') => {
                return Err(format!("section [{name} \"...\"]: sub-sections are not allowed"));
            }
            _ => return Err(format!("section [{name} has no closing bracket")),
        };
        self.rest_is_blank()?;
        if !name.eq_ignore_ascii_case("client") {
            return Err(format!("section [{name}] is not allowed; the only one is [client]"));
        }
        self.section = Section::Client;
        Ok(())
    }

    fn variable(&mut self) -> Result<(), String> {
        let name = self.name()?;
        self.skip_blanks();
        if self.rest.peek() != Some(&'=') {
            self.rest_is_blank()?;
            return match self.section {
                Section::Refused => Ok(()),
                _ => Err(format!("{name} has no value; an empty one is written `{name} =`")),
            };
        }
        self.take();
        let value = self.value()?;
        let target = match (self.section, name.to_ascii_lowercase().as_str()) {
            (Section::Refused, _) => return Ok(()),
            (Section::Missing, _) => return Err(format!("{name} stands before [client]")),
            (Section::Client, "user") => &mut self.found.user,
            (Section::Client, "password") => &mut self.found.password,
            (Section::Client, _) => {
                return Err(format!(
                    "{name} is not allowed in [client]; only user and password are"
                ));
            }
        };
        *target = Some(value);
        Ok(())
    }

    /// A letter, then letters, digits and `-`.
    fn name(&mut self) -> Result<String, String> {
        let mut name = String::new();
        while let Some(&c) = self.rest.peek() {
            let fits = c.is_alphabetic() || (!name.is_empty() && (c.is_ascii_digit() || c == '-'));
            if !fits {
                break;
            }
            name.push(c);
            self.take();
        }
        match self.rest.peek() {
            Some(c) if name.is_empty() => Err(format!("{c:?} is not allowed here")),
            Some('_') => Err(format!("'_' is not allowed in a name (after {name:?})")),
            None if name.is_empty() => Err("the file ends where a name is expected".to_owned()),
            _ => Ok(name),
        }
    }

    /// The text up to the end of the line: blanks around it trimmed, quotes resolved.
    fn value(&mut self) -> Result<String, String> {
        self.skip_blanks();
        let mut value = String::new();
        // Up to here the value stays when blanks are trimmed from its end.
        let mut keep = 0;
        let mut quoted = false;
        while let Some(&c) = self.rest.peek() {
            if c == '\n' && !quoted {
                break;
            }
            if matches!(c, '#' | ';') && !quoted {
                self.skip_line();
                break;
            }
            if c == '\n' {
                return Err("a quoted value must end on its line".to_owned());
            }
            self.take();
            match c {
                '"' => {
                    quoted = !quoted;
                    keep = value.len();
                    continue;
                }
                '\\' => match self.escape(quoted)? {
                    Some(c) => value.push(c),
                    None => continue,
                },
                c => value.push(c),
            }
            if quoted || c == '\\' || !c.is_whitespace() {
                keep = value.len();
            }
        }
        if quoted {
            return Err("a quoted value must end on its line".to_owned());
        }
        value.truncate(keep);
        Ok(value)
    }

    /// What follows a backslash; None for a line that goes on.
    fn escape(&mut self, quoted: bool) -> Result<Option<char>, String> {
        let next = self.take();
        match (next, quoted) {
            (Some('"'), _) => Ok(Some('"')),
            (Some('\\'), true) => Ok(Some('\\')),
            (Some('n'), true) => Ok(Some('\n')),
            (Some('t'), true) => Ok(Some('\t')),
            (Some('\n'), false) => Ok(None),
            (Some('\r'), false) if self.rest.peek() == Some(&'\n') => {
                self.take();
                Ok(None)
            }
            (_, true) => Err("in quotes a backslash must stand before \\, \", n or t".to_owned()),
            (_, false) => Err("a backslash must be in double quotes, and doubled".to_owned()),
        }
    }

    fn rest_is_blank(&mut self) -> Result<(), String> {
        self.skip_blanks();
        match self.rest.peek() {
            None | Some('\n' | '#' | ';') => {
                self.skip_line();
                Ok(())
            }
            Some(c) => Err(format!("{c:?} is not allowed here")),
        }
    }

    fn skip_blanks(&mut self) {
        while self.rest.peek().is_some_and(|&c| c != '\n' && c.is_whitespace()) {
            self.take();
        }
    }

    /// To the end of the line, which itself stays.
    fn skip_line(&mut self) {
        while self.rest.peek().is_some_and(|&c| c != '\n') {
            self.take();
        }
    }

    fn take(&mut self) -> Option<char> {
        let next = self.rest.next();
        self.line += usize::from(next == Some('\n'));
        next
    }
}

/// The name in a `${NAME}` that stands for the whole value: all between the first `${` and the
/// last `}` of the first line that has both.
pub(super) fn variable_name(value: &str) -> Option<&str> {
    value.split('\n').find_map(|line| {
        let (_, name) = line.split_once("${")?;
        Some(name.rsplit_once('}')?.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credentials_file_gives_user_and_password() {
        #[rustfmt::skip]
        let cases: &[(&str, &str, &str)] = &[
            ("[client]\nuser = u\npassword = p\n", "u", "p"),
            ("[CLIENT]\nUser=u\nPASSWORD=p", "u", "p"),
            ("\u{feff}[client]\r\nuser=u\r\npassword=p\r\n", "u", "p"),
            ("# c\n; c\n\n[ client ] # c\n user =  u \t\npassword= p q  ", "u", "p q"),
            ("[client]\nuser=a\nuser=b\npassword=p", "b", "p"),
            ("[client]\nuser=u\n[client]\npassword=p", "u", "p"),
            ("[client]\nuser=u\npassword=a#b", "u", "a"),
            ("[client]\nuser=u\npassword=a ;b", "u", "a"),
            ("[client]\nuser=u\npassword=\" a#;b \"", "u", " a#;b "),
            ("[client]\nuser=u\npassword=a\"b c\"d", "u", "ab cd"),
            ("[client]\nuser=u\npassword=\"\\\\ \\\" \\n \\t\"", "u", "\\ \" \n \t"),
            ("[client]\nuser=u\npassword='p'", "u", "'p'"),
            ("[client]\nuser=u\npassword=a\\\nb", "u", "ab"),
            ("[client]\nuser=u\npassword=a\\\"b", "u", "a\"b"),
            ("[client]\nuser=u\npassword=", "u", ""),
            ("[client]\nuser=u\npassword=a=b", "u", "a=b"),
            ("[client]\nuser=u\npassword=\u{e9}", "u", "\u{e9}"),
        ];
        for (text, user, password) in cases {
            let expected = Credentials {
                user: Some((*user).to_owned()),
                password: Some((*password).to_owned()),
            };
            assert_eq!(parse(text.as_bytes()), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn a_missing_variable_is_known_to_be_missing() {
        for text in ["", "\n", "# c", "[client]"] {
            assert_eq!(parse(text.as_bytes()), Ok(Credentials::default()), "{text:?}");
        }
        let only_user = Credentials { user: Some("u".to_owned()), password: None };
        assert_eq!(parse(b"[client]\nuser=u"), Ok(only_user));
    }

    #[test]
    fn anything_else_is_refused() {
        #[rustfmt::skip]
        let cases: &[(&[u8], &str)] = &[
            (b"[mysqld]\nport=3\nx", "line 1: section [mysqld] is not allowed; the only one is [client]"),
            (b"[client \"a\"]", "line 1: section [client \"...\"]: sub-sections are not allowed"),
            (b"[client", "line 1: section [client has no closing bracket"),
            (b"[client] user=u", "line 1: 'u' is not allowed here"),
            (b"[]", "line 1: ']' is not allowed here"),
            (b"[", "line 1: the file ends where a name is expected"),
            (b"\nuser=u", "line 2: user stands before [client]"),
            (b"[client]\nhost=h", "line 2: host is not allowed in [client]; only user and password are"),
            (b"[client]\npassword", "line 2: password has no value; an empty one is written `password =`"),
            (b"[client]\npass_word=p", "line 2: '_' is not allowed in a name (after \"pass\")"),
            (b"[client]\n1user=u", "line 2: '1' is not allowed here"),
            (b"!include x", "line 1: '!' is not allowed here"),
            (b"[client]\nuser=a\\b", "line 2: a backslash must be in double quotes, and doubled"),
            (b"[client]\nuser=a\\", "line 2: a backslash must be in double quotes, and doubled"),
            (b"[client]\nuser=\"a\\x\"", "line 2: in quotes a backslash must stand before \\, \", n or t"),
            (b"[client]\nuser=\"a\nb\"", "line 2: a quoted value must end on its line"),
            (b"[client]\nuser=\"a", "line 2: a quoted value must end on its line"),
            (b"[client]\nuser=\xff", "is not UTF-8"),
            (b"[client]\nuser=\0", "contains a NUL byte"),
        ];
        for (text, expected) in cases {
            let errors = parse(text).unwrap_err();
            assert_eq!(errors[0], *expected, "{:?}", String::from_utf8_lossy(text));
        }
    }

    #[test]
    fn all_that_is_wrong_is_said() {
        let errors = parse(b"x=1\n[client]\nhost=h\nuser=u\n[mysqld]\nport=3\n").unwrap_err();
        assert_eq!(errors.len(), 3, "{errors:?}");
    }

    #[test]
    fn the_variable_is_all_between_the_outermost_braces() {
        let cases: &[(&str, Option<&str>)] = &[
            ("p", None),
            ("", None),
            ("${A}", Some("A")),
            ("x${A}y", Some("A")),
            ("${A}${B}", Some("A}${B")),
            ("${}", Some("")),
            ("$A", None),
            ("}${A", None),
            ("${A\n}", None),
            ("${A\n${B}", Some("B")),
        ];
        for (value, name) in cases {
            assert_eq!(variable_name(value), *name, "{value:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn arbitrary_text_never_panics(text in "[\\[\\]a-c=\"\\\\#\n ]{0,40}") {
            let _ = parse(text.as_bytes());
        }
    }
}
