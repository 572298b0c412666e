//! Quoted literals as the fields `LastSQLError` and `LastIOError` carry them.
//!
//! ASCII only: control characters and everything beyond ASCII is escaped, and so are bytes
//! that are no text, since servers do not promise UTF-8 in their messages.

use std::fmt::Write;

/// Quotes a text; the empty text gives `""`.
///
/// ```
/// assert_eq!(shared::go_quote::quote("a \"b\"\n"), r#""a \"b\"\n""#);
/// ```
pub fn quote(text: impl AsRef<[u8]>) -> String {
    let bytes = text.as_ref();
    let mut literal = String::with_capacity(bytes.len() + 2);
    literal.push('"');
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_escaped(&mut literal, character);
        }
        for byte in chunk.invalid() {
            push_hex(&mut literal, format_args!("\\x{byte:02x}"));
        }
    }
    literal.push('"');
    literal
}

/// Quotes a server's error text; no error stays the empty text.
pub fn quote_error(text: impl AsRef<[u8]>) -> String {
    if text.as_ref().is_empty() { String::new() } else { quote(text) }
}

fn push_escaped(literal: &mut String, character: char) {
    let short = match character {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\u{07}' => "\\a",
        '\u{08}' => "\\b",
        '\u{0c}' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\u{0b}' => "\\v",
        ' '..='~' => return literal.push(character),
        _ => {
            let code = u32::from(character);
            return match code {
                0..=0x7f => push_hex(literal, format_args!("\\x{code:02x}")),
                0x80..=0xffff => push_hex(literal, format_args!("\\u{code:04x}")),
                _ => push_hex(literal, format_args!("\\U{code:08x}")),
            };
        }
    };
    literal.push_str(short);
}

fn push_hex(literal: &mut String, escape: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = literal.write_fmt(escape);
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("", r#""""#)]
    #[case("Error 'Duplicate entry' on query", r#""Error 'Duplicate entry' on query""#)]
    #[case("say \"hi\" \\ there", r#""say \"hi\" \\ there""#)]
    #[case("\u{07}\u{08}\u{0c}\n\r\t\u{0b}", r#""\a\b\f\n\r\t\v""#)]
    #[case("\0\u{1}\u{1b}\u{7f}", r#""\x00\x01\x1b\x7f""#)]
    #[case("~ <&>", r#""~ <&>""#)]
    #[case("é\u{80}世\u{2028}\u{feff}\u{fffd}", r#""\u00e9\u0080\u4e16\u2028\ufeff\ufffd""#)]
    #[case("🙂", r#""\U0001f642""#)]
    fn texts(#[case] text: &str, #[case] literal: &str) {
        assert_eq!(quote(text), literal);
    }

    #[rstest]
    #[case(b"a\xff\xfeb", r#""a\xff\xfeb""#)]
    #[case(b"\xe4\xb8", r#""\xe4\xb8""#)]
    #[case(b"\xc3(", r#""\xc3(""#)]
    fn bytes_that_are_no_text(#[case] bytes: &[u8], #[case] literal: &str) {
        assert_eq!(quote(bytes), literal);
    }

    #[test]
    fn no_error_stays_empty() {
        assert_eq!(quote_error(""), "");
        assert_eq!(quote_error("x"), "\"x\"");
    }

    proptest::proptest! {
        #[test]
        fn literals_are_printable_ascii(bytes in proptest::prelude::any::<Vec<u8>>()) {
            let literal = quote(&bytes);
            proptest::prop_assert!(literal.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        }
    }
}
