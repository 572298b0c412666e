//! Writes JSON byte for byte as existing clients know it.
//!
//! Compact; `<`, `>`, `&` and the two Unicode line separators escaped; floating-point
//! numbers in their shortest form, whole ones without a fraction.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Writes a value as the API does. Fails only for maps whose keys are no texts.
///
/// ```
/// let json = shared::wire::to_wire_json(&["a<b", "c"])?;
/// assert_eq!(json, br#"["a\u003cb","c"]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn to_wire_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::with_capacity(256);
    value.serialize(&mut Serializer::with_formatter(&mut bytes, WireFormatter))?;
    Ok(bytes)
}

/// Differs from the compact formatter in escapes and in floating-point numbers.
struct WireFormatter;

impl Formatter for WireFormatter {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut written = 0;
        for (start, character) in fragment.char_indices() {
            if let Some(escape) = escape(character) {
                writer.write_all(&fragment.as_bytes()[written..start])?;
                writer.write_all(escape)?;
                written = start + character.len_utf8();
            }
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }

    fn write_f32<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        self.write_f64(writer, f64::from(value))
    }

    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        let size = value.abs();
        if size == 0.0 || (1e-6..1e21).contains(&size) {
            return write!(writer, "{value}");
        }
        let text = format!("{value:e}");
        match text.split_once('e') {
            // Large exponents carry a plus sign.
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                write!(writer, "{digits}e+{exponent}")
            }
            _ => writer.write_all(text.as_bytes()),
        }
    }
}

fn escape(character: char) -> Option<&'static [u8]> {
    match character {
        '<' => Some(b"\\u003c"),
        '>' => Some(b"\\u003e"),
        '&' => Some(b"\\u0026"),
        '\u{2028}' => Some(b"\\u2028"),
        '\u{2029}' => Some(b"\\u2029"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn json<T: Serialize>(value: T) -> String {
        String::from_utf8(to_wire_json(&value).unwrap()).unwrap()
    }

    #[rstest]
    #[case("", r#""""#)]
    #[case("plain", r#""plain""#)]
    #[case("<nil>", r#""\u003cnil\u003e""#)]
    #[case("a&&b", r#""a\u0026\u0026b""#)]
    #[case("é\u{2028}x\u{2029}", r#""é\u2028x\u2029""#)]
    #[case("\"q\"\\\n\t\r\u{1}/", r#""\"q\"\\\n\t\r\u0001/""#)]
    fn texts(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(json(text), expected);
    }

    #[rstest]
    #[case(0.0, "0")]
    #[case(1.0, "1")]
    #[case(0.5, "0.5")]
    #[case(-2.25, "-2.25")]
    #[case(0.038080749, "0.038080749")]
    #[case(0.000001, "0.000001")]
    #[case(8.83e-7, "8.83e-7")]
    #[case(1e-10, "1e-10")]
    #[case(1e20, "100000000000000000000")]
    #[case(1e21, "1e+21")]
    #[case(-1.5e300, "-1.5e+300")]
    #[case(f64::NAN, "null")]
    fn numbers(#[case] number: f64, #[case] expected: &str) {
        assert_eq!(json(number), expected);
    }

    #[test]
    fn object_keys_are_escaped_too() {
        assert_eq!(
            json(serde_json::json!({"a<b": [1, null, true]})),
            r#"{"a\u003cb":[1,null,true]}"#
        );
    }

    proptest! {
        #[test]
        fn any_parser_reads_the_text_back(text in any::<String>()) {
            let bytes = to_wire_json(&text).unwrap();
            prop_assert_eq!(serde_json::from_slice::<String>(&bytes).unwrap(), text);
            prop_assert!(!bytes.iter().any(|byte| b"<>&".contains(byte)));
        }
    }
}
