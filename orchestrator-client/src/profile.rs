//! Reading of the profile file without a shell: the part of its language that such files use.
//!
//! Understood are assignments with or without `export`, `'…'` and `"…"`, backslashes, `$NAME`,
//! `${NAME}`, and the machine's name as `hostname` or `hostname -s` in backticks or `$(…)`.
//! Whatever else a file holds is for a real shell, see `profile_shell.rs`: nothing is guessed.

use std::collections::HashMap;

/// Variables that shells set themselves, so that they are not empty where nothing is inherited.
const SET_BY_SHELLS: &[&str] = &[
    "BASHPID",
    "BASH_VERSION",
    "EUID",
    "HOSTTYPE",
    "IFS",
    "LINENO",
    "MACHTYPE",
    "OSTYPE",
    "PATH",
    "PPID",
    "PWD",
    "RANDOM",
    "SECONDS",
    "SHELL",
    "SHLVL",
    "UID",
    "_",
];

/// What a file assigns, by name.
pub(crate) type Assigned = HashMap<String, String>;

/// Reads a file. `inherited` gives variables that the file does not assign. `Err` is the number
/// of the first line that is not understood.
pub(crate) fn read(text: &[u8], inherited: impl Fn(&str) -> String) -> Result<Assigned, usize> {
    let text = std::str::from_utf8(text).map_err(|error| {
        let readable = text.get(..error.valid_up_to()).unwrap_or_default();
        1 + readable.iter().filter(|byte| **byte == b'\n').count()
    })?;
    let mut reader =
        Reader { chars: text.chars().collect(), at: 0, assigned: HashMap::new(), inherited };
    reader.file().map_err(|Other| {
        let read = &reader.chars[..reader.at.min(reader.chars.len())];
        1 + read.iter().filter(|char| **char == '\n').count()
    })?;
    Ok(reader.assigned)
}

/// Something that only a shell understands.
struct Other;

struct Reader<F> {
    chars: Vec<char>,
    at: usize,
    assigned: Assigned,
    inherited: F,
}

impl<F: Fn(&str) -> String> Reader<F> {
    fn file(&mut self) -> Result<(), Other> {
        loop {
            self.skip(|char| is_blank(char) || char == '\n');
            match self.peek() {
                None => return Ok(()),
                Some('#') => self.skip(|char| char != '\n'),
                // It ends a statement, and there is none.
                Some(';') => return Err(Other),
                Some(_) => {
                    self.statement()?;
                    self.at += usize::from(self.peek() == Some(';'));
                }
            }
        }
    }

    /// `NAME=value …` or `export NAME=value NAME …`, up to the end of the statement.
    fn statement(&mut self) -> Result<(), Other> {
        let (mut exports, mut is_first) = (false, true);
        loop {
            self.skip(is_blank);
            match self.peek() {
                None | Some('\n' | ';' | '#') => return Ok(()),
                Some(_) => {}
            }
            let name = self.name()?;
            match self.peek() {
                Some('=') => {
                    self.at += 1;
                    let value = self.value(exports)?;
                    self.assigned.insert(name, value);
                }
                next if name == "export" && is_first && next.is_some_and(is_blank) => {
                    exports = true;
                }
                // Exported by name: the value is there already.
                next if exports && next.is_none_or(ends_word) => {}
                _ => return Err(Other),
            }
            is_first = false;
        }
    }

    fn name(&mut self) -> Result<String, Other> {
        let from = self.at;
        self.skip(|char| char.is_ascii_alphanumeric() || char == '_');
        let name: String = self.chars[from..self.at].iter().collect();
        match name.chars().next() {
            Some(first) if !first.is_ascii_digit() => Ok(name),
            _ => Err(Other),
        }
    }

    /// The right side of an assignment: pieces without blanks between them. As an argument of
    /// `export`, shells may expand more of it.
    fn value(&mut self, is_argument: bool) -> Result<String, Other> {
        let mut value = String::new();
        while let Some(char) = self.peek().filter(|char| !ends_word(*char)) {
            match char {
                '\'' => self.single_quoted(&mut value)?,
                '"' => self.double_quoted(&mut value)?,
                '$' | '`' => self.expansion(&mut value)?,
                '\\' => {
                    self.at += 1;
                    match self.next()? {
                        '\n' => {}
                        char => value.push(char),
                    }
                }
                '&' | '|' | '<' | '>' | '(' | ')' => return Err(Other),
                '{' if is_argument => return Err(Other),
                // A shell may expand it to a home directory there.
                '~' if value.is_empty() || value.ends_with([':', '=']) => return Err(Other),
                char => {
                    self.at += 1;
                    value.push(char);
                }
            }
        }
        Ok(value)
    }

    fn single_quoted(&mut self, value: &mut String) -> Result<(), Other> {
        self.at += 1;
        loop {
            match self.next()? {
                '\'' => return Ok(()),
                char => value.push(char),
            }
        }
    }

    fn double_quoted(&mut self, value: &mut String) -> Result<(), Other> {
        self.at += 1;
        loop {
            match self.peek().ok_or(Other)? {
                '"' => {
                    self.at += 1;
                    return Ok(());
                }
                '$' | '`' => self.expansion(value)?,
                '\\' => {
                    self.at += 1;
                    match self.next()? {
                        '\n' => {}
                        char @ ('$' | '`' | '"' | '\\') => value.push(char),
                        char => value.extend(['\\', char]),
                    }
                }
                char => {
                    self.at += 1;
                    value.push(char);
                }
            }
        }
    }

    /// `$NAME`, `${NAME}`, or the machine's name by a command.
    fn expansion(&mut self, value: &mut String) -> Result<(), Other> {
        let rest: String = self.chars[self.at..].iter().take(40).collect();
        for (open, close) in [("`", "`"), ("$(", ")")] {
            let Some(command) = rest.strip_prefix(open) else { continue };
            let (command, _) = command.split_once(close).ok_or(Other)?;
            let name = host_name();
            match command.split_ascii_whitespace().collect::<Vec<_>>()[..] {
                ["hostname"] => value.push_str(&name),
                ["hostname", "-s"] => value.push_str(name.split('.').next().unwrap_or_default()),
                _ => return Err(Other),
            }
            self.at += open.len() + command.chars().count() + close.len();
            return Ok(());
        }
        self.at += 1;
        let braces = self.peek() == Some('{');
        self.at += usize::from(braces);
        let name = self.name()?;
        if braces && self.next()? != '}' {
            return Err(Other);
        }
        match self.assigned.get(&name) {
            Some(assigned) => value.push_str(assigned),
            None => match (self.inherited)(&name) {
                inherited if !inherited.is_empty() => value.push_str(&inherited),
                _ if name == "HOSTNAME" => value.push_str(&host_name()),
                // Others that a shell sets, whose values are not known here.
                _ if SET_BY_SHELLS.contains(&name.as_str()) => return Err(Other),
                _ => {}
            },
        }
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Result<char, Other> {
        let char = self.peek().ok_or(Other)?;
        self.at += 1;
        Ok(char)
    }

    fn skip(&mut self, test: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&test) {
            self.at += 1;
        }
    }
}

/// The name of the machine, as `hostname` prints it and bash has it in `$HOSTNAME`.
pub(crate) fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\r')
}

fn ends_word(char: char) -> bool {
    is_blank(char) || matches!(char, '\n' | ';')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn inherited(name: &str) -> String {
        if name == "OUTER" { "out er".to_owned() } else { String::new() }
    }

    /// The value of `A` after the file.
    fn value(text: &str) -> Result<Option<String>, usize> {
        read(text.as_bytes(), inherited).map(|assigned| assigned.get("A").cloned())
    }

    #[rstest]
    #[case("A=x", "x")]
    #[case("A=", "")]
    #[case("export A=x\n", "x")]
    #[case("A=x; export A", "x")]
    #[case("A=x ;B=y;", "x")]
    #[case("A=x\nexport A B\n", "x")]
    #[case("  A=x # why\n#A=y\n\n", "x")]
    #[case("B=1 A=x C=3", "x")]
    #[case("A=x\nA=y", "y")]
    #[case("A=x\r\nB=y\r\n", "x")]
    #[case("A=\"http://h1:3000/api http://h2:3000/api\"", "http://h1:3000/api http://h2:3000/api")]
    #[case("A='p $B \"w\" \\'", "p $B \"w\" \\")]
    #[case("A=a'b'\"c\"d", "abcd")]
    #[case("A=\"a\\\"b\\$c\\x\\\\\"", "a\"b$c\\x\\")]
    #[case("A=a\\ b\\$c", "a b$c")]
    #[case("A=\"a\nb\"", "a\nb")]
    #[case("A=\"a\\\nb\"", "ab")]
    #[case("A=a#b", "a#b")]
    #[case("A=http://h/?a=b", "http://h/?a=b")]
    #[case("B=x\nA=$B:1", "x:1")]
    #[case("B=x\nA=\"${B}y\"", "xy")]
    #[case("A=$OUTER", "out er")]
    #[case("A=$NOSUCH-", "-")]
    #[case("HOSTNAME=in\nA=$HOSTNAME", "in")]
    #[case("export=1 A=$export", "1")]
    #[case("A={x,y}", "{x,y}")]
    #[case("OUTER=in\nA=$OUTER", "in")]
    #[case("A='é'", "é")]
    fn understood(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(value(text), Ok(Some(expected.to_owned())));
    }

    #[rstest]
    #[case("export A=`hostname`")]
    #[case("A=$(hostname)")]
    #[case("A=\"$( hostname )\"")]
    #[case("A=$HOSTNAME")]
    #[case("A=\"${HOSTNAME}\"")]
    fn the_name_of_the_machine(#[case] text: &str) {
        assert_eq!(value(text), Ok(Some(host_name())));
        assert_eq!(value(&format!("{text}:12345")), Ok(Some(format!("{}:12345", host_name()))));
    }

    #[test]
    fn the_short_name_of_the_machine() {
        let short = host_name().split('.').next().unwrap().to_owned();
        assert_eq!(value("A=`hostname -s`"), Ok(Some(short)));
    }

    #[rstest]
    #[case("if true; then A=x; fi", 1)]
    #[case("A=x\n. /etc/other", 2)]
    #[case("A=x\necho hello", 2)]
    #[case("A=x\n\n[ -f x ] && A=y", 3)]
    #[case("A=x command", 1)]
    #[case("A=x B", 1)]
    #[case("A=x & B=y", 1)]
    #[case("A=x>file", 1)]
    #[case("A=(x y)", 1)]
    #[case("A+=x", 1)]
    #[case("A =x", 1)]
    #[case("1A=x", 1)]
    #[case("export -n A", 1)]
    #[case("B=1 export A=x", 1)]
    #[case("export A={x,y}", 1)]
    #[case("A=$UID", 1)]
    #[case("export", 1)]
    #[case("A=~/x", 1)]
    #[case("A=\\\n~/x", 2)]
    #[case("A=x;;B=y", 1)]
    #[case("A=x\n;B=y", 2)]
    #[case("A=x:~/y", 1)]
    #[case("A=`hostname -f`", 1)]
    #[case("A=`cat /etc/hostname`", 1)]
    #[case("A=$(hostname", 1)]
    #[case("A=${B:-x}", 1)]
    #[case("A=$1", 1)]
    #[case("A=$$", 1)]
    #[case("B=1\nA=\"open", 2)]
    #[case("A='open", 1)]
    #[case("A=x\\", 1)]
    fn left_to_a_shell(#[case] text: &str, #[case] line: usize) {
        assert_eq!(value(text), Err(line));
    }

    #[test]
    fn other_bytes_are_left_to_a_shell() {
        assert_eq!(read(b"B=1\nA=\xff\n", inherited), Err(2));
    }
}
