//! Reads a shell text just far enough to know how a value must be written at each place of it, so
//! that the shell sees the value and nothing else. Nothing here knows placeholders.
//!
//! Known: `'…'`, `"…"`, `$'…'`, backslashes, comments, `$(…)`, backquotes, `${…}`, `$((…))` and
//! here-documents, nested as they like. Not known: backquotes within backquotes, and `case`
//! patterns without their opening parenthesis within `$(…)`. A value is safe for one shell: text
//! handed on to another one (`ssh`, `eval`, `sh -c`) has to be quoted for that one by its author.

/// Follows a shell text and writes it down, values included.
#[derive(Debug)]
pub(super) struct ShellText {
    written: String,
    /// What the present place stands in, the innermost last; never empty.
    nesting: Vec<Context>,
    /// The next character begins a word.
    word_start: bool,
    /// Here-documents that begin after this line.
    announced: Vec<HereDocument>,
    /// The text ends with a `\` or `$` that acts upon what follows.
    active: Option<char>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Context {
    /// Words, up to the closing character of a substitution, if that is what they stand in.
    Words { closer: Option<char>, open: u32 },
    /// `'…'`
    Single,
    /// `$'…'`
    DollarSingle,
    /// `"…"`
    Double,
    /// `${…}`; within double quotes, single ones mean nothing.
    Parameter { in_double: bool },
    /// `$((…))`, with the number of parentheses that are open.
    Arithmetic { open: u32 },
    /// `#…`
    Comment,
    /// The lines of a here-document.
    Document { lines: HereDocument, line_start: bool },
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct HereDocument {
    delimiter: String,
    strip_tabs: bool,
    expands: bool,
}

impl ShellText {
    pub(super) fn new() -> Self {
        Self {
            written: String::new(),
            nesting: vec![Context::Words { closer: None, open: 0 }],
            word_start: true,
            announced: Vec::new(),
            active: None,
        }
    }

    /// The text so far.
    pub(super) fn finish(self) -> String {
        self.written
    }

    /// Writes a value so that the shell takes it as it is.
    pub(super) fn value(&mut self, value: &str) {
        if value.chars().all(is_harmless) {
            self.written.push_str(value);
        } else {
            // What stands right before must not act upon the way in which the value is written.
            if let Some(active) = self.active {
                self.written.pop();
                let literal = self.in_backquotes(format!("\\{active}"));
                self.written.push_str(&literal);
            }
            let in_document = |c: &Context| matches!(c, Context::Document { .. });
            let written = if self.nesting.iter().any(in_document) {
                // A value of several lines could hold the document's last line.
                written(&one_line(value), self.here())
            } else {
                written(value, self.here())
            };
            let written = self.in_backquotes(written);
            self.written.push_str(&written);
        }
        self.active = None;
        self.word_start = false;
        if let Some(Context::Document { line_start, .. }) = self.nesting.last_mut() {
            *line_start = false;
        }
    }

    /// Writes the beginning of `rest` as it stands, at least one character, and returns what
    /// remains. `before_value` tells that a value follows the first character.
    pub(super) fn text<'a>(&mut self, rest: &'a str, before_value: bool) -> &'a str {
        let Some(first) = rest.chars().next() else { return rest };
        let taken = if before_value && matches!(first, '\\' | '$') && self.is_active(first) {
            self.active = Some(first);
            self.word_start = false;
            1
        } else {
            self.active = None;
            self.follow(first, rest)
        };
        let (text, rest) = rest.split_at(taken);
        self.written.push_str(text);
        rest
    }

    fn here(&self) -> &Context {
        // The outermost context is never left.
        self.nesting.last().unwrap_or(&Context::Single)
    }

    /// A backslash, or a dollar sign, means something here.
    fn is_active(&self, sign: char) -> bool {
        match self.here() {
            Context::Single | Context::Comment => false,
            Context::DollarSingle => sign == '\\',
            Context::Document { lines, .. } => lines.expands,
            _ => true,
        }
    }

    /// Changes the context according to what `rest` begins with; returns that beginning's length.
    fn follow(&mut self, first: char, rest: &str) -> usize {
        if let Context::Document { lines, line_start: true } = self.here()
            && let Some(line) = last_line(lines, rest)
        {
            self.nesting.pop();
            self.begin_document();
            return line;
        }
        let word_start = std::mem::replace(&mut self.word_start, begins_word(first));
        if let Some(Context::Document { line_start, .. }) = self.nesting.last_mut() {
            *line_start = first == '\n';
        }
        if first == '\\' && self.is_active('\\') {
            self.word_start = false;
            return 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
        }
        if let Some(taken) = self.enter_substitution(rest) {
            return taken;
        }
        match self.here().clone() {
            Context::Words { closer, open } => {
                return self.words(first, rest, closer, open, word_start);
            }
            Context::Single | Context::DollarSingle if first == '\'' => self.leave(),
            Context::Double if first == '"' => self.leave(),
            Context::Parameter { .. } if first == '}' => self.leave(),
            Context::Parameter { .. } if first == '"' => self.nesting.push(Context::Double),
            Context::Parameter { in_double: false } if first == '\'' => {
                self.nesting.push(Context::Single);
            }
            Context::Arithmetic { open } => self.parenthesis(first, open),
            Context::Comment if first == '\n' => {
                self.leave();
                self.begin_document();
            }
            _ => {}
        }
        first.len_utf8()
    }

    /// Substitutions begin alike wherever a dollar sign means something.
    fn enter_substitution(&mut self, rest: &str) -> Option<usize> {
        if !self.is_active('$') {
            // A backquote ends what it stands in, comment or not.
            let [.., Context::Words { closer: Some('`'), .. }, Context::Comment] = &*self.nesting
            else {
                return None;
            };
            if !rest.starts_with('`') {
                return None;
            }
            self.leave();
        }
        let quoted = matches!(
            self.here(),
            Context::Double | Context::Parameter { in_double: true } | Context::Document { .. }
        );
        let (context, taken) = if rest.starts_with("$((") {
            (Context::Arithmetic { open: 2 }, 3)
        } else if rest.starts_with("$(") {
            self.word_start = true;
            (Context::Words { closer: Some(')'), open: 0 }, 2)
        } else if rest.starts_with("${") {
            (Context::Parameter { in_double: quoted }, 2)
        } else if rest.starts_with("$'") && !quoted {
            (Context::DollarSingle, 2)
        } else if rest.starts_with('`') {
            let ends = matches!(self.here(), Context::Words { closer: Some('`'), .. });
            if ends {
                self.leave();
                return Some(1);
            }
            self.word_start = true;
            (Context::Words { closer: Some('`'), open: 0 }, 1)
        } else {
            return None;
        };
        self.nesting.push(context);
        Some(taken)
    }

    fn words(
        &mut self,
        first: char,
        rest: &str,
        closer: Option<char>,
        open: u32,
        word_start: bool,
    ) -> usize {
        match first {
            '\'' => self.nesting.push(Context::Single),
            '"' => self.nesting.push(Context::Double),
            '#' if word_start => self.nesting.push(Context::Comment),
            '\n' => self.begin_document(),
            ')' if closer == Some(')') && open == 0 => self.leave(),
            '(' | ')' => {
                let open = if first == '(' { open + 1 } else { open.saturating_sub(1) };
                self.nesting.pop();
                self.nesting.push(Context::Words { closer, open });
            }
            '<' if rest.starts_with("<<<") => return 3,
            '<' if rest.starts_with("<<") => {
                self.announced.extend(announced(&rest[2..]));
                return 2;
            }
            _ => {}
        }
        first.len_utf8()
    }

    fn parenthesis(&mut self, first: char, open: u32) {
        let open = match first {
            '(' => open + 1,
            ')' => open.saturating_sub(1),
            _ => return,
        };
        self.nesting.pop();
        if open > 0 {
            self.nesting.push(Context::Arithmetic { open });
        }
    }

    fn leave(&mut self) {
        self.nesting.pop();
        self.word_start = false;
    }

    fn begin_document(&mut self) {
        self.word_start = true;
        if !self.announced.is_empty() {
            let lines = self.announced.remove(0);
            self.nesting.push(Context::Document { lines, line_start: true });
        }
    }

    /// Between backquotes a first pass takes one backslash away before each `\`, `$` and backquote;
    /// between those within double quotes, also before a `"`. One that is left alone there would
    /// be taken for the end of the double quotes when bash expands braces.
    fn in_backquotes(&self, mut text: String) -> String {
        for pair in self.nesting.windows(2).rev() {
            if let [around, Context::Words { closer: Some('`'), .. }] = pair {
                let quoted =
                    matches!(around, Context::Double | Context::Parameter { in_double: true });
                text = escaped(&text, |c| matches!(c, '\\' | '`' | '$') || quoted && c == '"');
            }
        }
        text
    }
}

/// These mean themselves wherever they stand.
fn is_harmless(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_@%+=:,./-".contains(c)
}

fn begins_word(after: char) -> bool {
    after.is_ascii_whitespace() || ";&|()<>".contains(after)
}

/// A value that is not harmless, as it has to be written in a context.
fn written(value: &str, context: &Context) -> String {
    match context {
        Context::Words { .. } => format!("'{}'", value.replace('\'', r"'\''")),
        Context::Single => value.replace('\'', r"'\''"),
        // The octal form means nothing to shells that take this for plain single quotes.
        Context::DollarSingle => value.replace('\\', r"\\").replace('\'', r"\047"),
        Context::Double => escaped(value, |c| matches!(c, '\\' | '$' | '`' | '"')),
        // Shells disagree about quotes in here: nothing is left to them.
        Context::Parameter { .. } | Context::Arithmetic { .. } => {
            escaped(&one_line(value), |c| c.is_ascii() && !is_harmless(c))
        }
        // A line break would end it.
        Context::Comment => one_line(value),
        Context::Document { lines, .. } if !lines.expands => value.to_owned(),
        Context::Document { .. } => escaped(value, |c| matches!(c, '\\' | '$' | '`')),
    }
}

fn one_line(value: &str) -> String {
    value.replace(['\n', '\r'], " ")
}

fn escaped(text: &str, special: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if special(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The here-document that `WORD` or `-WORD` after `<<` announces, if it does.
fn announced(rest: &str) -> Option<HereDocument> {
    let after_dash = rest.strip_prefix('-');
    let word = after_dash.unwrap_or(rest).trim_start_matches([' ', '\t']);
    // `<<2` shifts a number.
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut delimiter = String::new();
    let mut expands = true;
    let mut quote = None;
    for c in word.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '\'' | '"') => {
                quote = Some(c);
                expands = false;
            }
            None if c == '\\' => expands = false,
            None if begins_word(c) => break,
            _ => delimiter.push(c),
        }
    }
    let strip_tabs = after_dash.is_some();
    (!delimiter.is_empty() || !expands).then_some(HereDocument { delimiter, strip_tabs, expands })
}

/// If `rest`, which begins a line, begins with the last line of the here-document: its length,
/// line break included.
fn last_line(lines: &HereDocument, rest: &str) -> Option<usize> {
    let line = rest.split('\n').next().unwrap_or(rest);
    let compared = if lines.strip_tabs { line.trim_start_matches('\t') } else { line };
    (compared == lines.delimiter).then(|| (line.len() + 1).min(rest.len()))
}
