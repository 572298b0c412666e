//! Regular expressions from the configuration. Existing files are written in RE2's syntax, of
//! which a few forms mean something else to our library, or nothing; those are respelled here,
//! so that no filter stops to match unnoticed.

use std::iter::Peekable;
use std::str::CharIndices;

use regex::Regex;

/// Compiles a pattern; it matches anywhere in a text unless it says otherwise.
///
/// # Errors
/// A line that says what is wrong with the pattern.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    Regex::new(&respell(pattern)).map_err(|error| {
        // The library draws the pattern with a marker, over several lines; the last one says it.
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default().trim();
        format!("is no regular expression: {}", last.trim_start_matches("error: "))
    })
}

/// The pattern in our library's syntax.
fn respell(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => escape(pattern, &mut rest, &mut out),
            '[' => class(pattern, &mut rest, &mut out),
            // A brace that begins no count is an ordinary character.
            '{' if !is_count(&pattern[at..]) => out.push_str("\\{"),
            _ => out.push(c),
        }
    }
    out
}

type Rest<'a> = Peekable<CharIndices<'a>>;

/// What follows a backslash: `\Q...\E` is taken literally; braces after `\p` and `\x` stay.
fn escape(pattern: &str, rest: &mut Rest<'_>, out: &mut String) {
    let Some((at, c)) = rest.next() else {
        out.push('\\');
        return;
    };
    if c == 'Q' {
        let text = &pattern[at + 1..];
        let end = text.find("\\E").unwrap_or(text.len());
        out.push_str(&regex::escape(&text[..end]));
        skip_to(rest, at + 1 + (end + 2).min(text.len()));
        return;
    }
    out.push('\\');
    out.push(c);
    if matches!(c, 'p' | 'P' | 'x') && matches!(rest.peek(), Some((_, '{'))) {
        for (_, c) in rest.by_ref() {
            out.push(c);
            if c == '}' {
                break;
            }
        }
    }
}

/// A bracketed class, after its `[`. A `[` within is an ordinary character unless it begins
/// `[:name:]`; there are no set operations (`&&`, `--`, `~~`).
fn class(pattern: &str, rest: &mut Rest<'_>, out: &mut String) {
    out.push('[');
    if rest.next_if(|&(_, c)| c == '^').is_some() {
        out.push('^');
    }
    // A closing bracket in first place is an ordinary character.
    if rest.next_if(|&(_, c)| c == ']').is_some() {
        out.push_str("\\]");
    }
    while let Some((at, c)) = rest.next() {
        match c {
            ']' => {
                out.push(']');
                return;
            }
            '\\' => escape(pattern, rest, out),
            '[' => match pattern[at..].strip_prefix("[:").and_then(|text| text.find(":]")) {
                Some(length) => {
                    let end = at + "[:".len() + length + ":]".len();
                    out.push_str(&pattern[at..end]);
                    skip_to(rest, end);
                }
                None => out.push_str("\\["),
            },
            '&' | '~' => {
                out.push('\\');
                out.push(c);
            }
            // `+--` is a range up to `-`, whose second dash must be escaped for us.
            '-' if matches!(rest.peek(), Some((_, '-'))) => {
                rest.next();
                out.push_str("-\\-");
            }
            _ => out.push(c),
        }
    }
}

fn skip_to(rest: &mut Rest<'_>, end: usize) {
    while rest.next_if(|&(at, _)| at < end).is_some() {}
}

/// Whether a text begins with `{n}`, `{n,}` or `{n,m}`.
fn is_count(text: &str) -> bool {
    let Some((inside, _)) = text[1..].split_once('}') else { return false };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    !least.is_empty() && digits(least) && digits(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_meant() {
        #[rustfmt::skip]
        let cases: &[(&str, &str, bool)] = &[
            ("", "anything", true),
            ("b", "abc", true),
            ("^b", "abc", false),
            ("db-[0-9]{2}", "db-12", true),
            ("db-[0-9]{2}", "db-1", false),
            ("a{", "a{", true),
            ("a{,2}", "a{,2}", true),
            ("a{1,x}", "a{1,x}", true),
            ("a{1,2}$", "aa", true),
            ("\\Qa.b\\E.c", "a.bxc", true),
            ("\\Qa.b\\E.c", "axbxc", false),
            ("\\Qa.b", "a.b", true),
            ("\\Q", "", true),
            ("[[a]x", "[x", true),
            ("[]a]", "]", true),
            ("[^]a]", "]", false),
            ("[a&&b]", "&", true),
            ("[a&&b]", "a", true),
            ("[+--]", ",", true),
            ("[~~a]", "~", true),
            ("[[:digit:]x]", "7", true),
            ("\\x{41}", "A", true),
            ("\\p{Greek}", "\u{3b1}", true),
            ("(?i)ABC", "abc", true),
            ("(?P<dc>..)-", "xx-", true),
            ("[.]example[.]com$", "a.example.com", true),
            ("a\\.b", "a.b", true),
        ];
        for (pattern, text, expected) in cases {
            let regex = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
            assert_eq!(regex.is_match(text), *expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        for pattern in ["(", "*", "[a", "\\", "a{2,1}", "(?<n"] {
            let error = compile(pattern).unwrap_err();
            assert!(error.starts_with("is no regular expression: "), "{pattern}: {error}");
            assert!(!error.contains('\n'), "{pattern}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_patterns_never_panic(pattern in "\\PC{0,20}|[\\[\\]\\\\QE{}:,0-9&~^-]{0,20}") {
            let _ = compile(&pattern);
        }
    }
}
