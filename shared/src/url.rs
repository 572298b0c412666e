//! Percent-encoding of the parts of API addresses, the same for client and router.
//!
//! Parts are encoded and decoded one by one: a `/` within a part is never a separator.
//! A part that is `.` or `..` cannot be carried, because URLs treat even `%2E` as a dot.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Everything but `A-Z a-z 0-9 - _ . ~`.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Why a part of an address cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A percent sign without two hexadecimal digits.
    #[error("Invalid percent-encoding in {0:?}")]
    Escape(String),
    /// The decoded bytes are no text.
    #[error("Not UTF-8 after percent-decoding: {0:?}")]
    Utf8(String),
}

/// Encodes one segment of a path, or one name or value of a query.
///
/// ```
/// assert_eq!(shared::url::encode("a/b c"), "a%2Fb%20c");
/// ```
pub fn encode(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, RESERVED).into()
}

/// Decodes one segment of a path; a plus sign is a plus sign.
pub fn decode_segment(text: &str) -> Result<Cow<'_, str>, DecodeError> {
    let mut parts = text.split('%');
    parts.next();
    let is_hex_pair =
        |part: &str| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    if !parts.all(is_hex_pair) {
        return Err(DecodeError::Escape(text.to_owned()));
    }
    percent_decode_str(text).decode_utf8().map_err(|_| DecodeError::Utf8(text.to_owned()))
}

/// Decodes one name or value of a query; a plus sign is a space.
pub fn decode_query(text: &str) -> Result<Cow<'_, str>, DecodeError> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return decode_segment(&spaced).map(|decoded| Cow::Owned(decoded.into_owned()));
    }
    decode_segment(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("", "")]
    #[case("aZ09-_.~", "aZ09-_.~")]
    #[case("a b+c", "a%20b%2Bc")]
    #[case("a/b?c#d&e=f%", "a%2Fb%3Fc%23d%26e%3Df%25")]
    #[case("fe80::1", "fe80%3A%3A1")]
    #[case("é\n", "%C3%A9%0A")]
    fn encoded(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(encode(text), expected);
    }

    #[test]
    fn plus_signs_differ_between_path_and_query() {
        assert_eq!(decode_segment("a+b%20c").unwrap(), "a+b c");
        assert_eq!(decode_query("a+b%20c%2B").unwrap(), "a b c+");
    }

    #[rstest]
    #[case("%", "Invalid percent-encoding in \"%\"")]
    #[case("a%2", "Invalid percent-encoding in \"a%2\"")]
    #[case("%zz", "Invalid percent-encoding in \"%zz\"")]
    #[case("%2é", "Invalid percent-encoding in \"%2é\"")]
    #[case("%ff", "Not UTF-8 after percent-decoding: \"%ff\"")]
    fn refused(#[case] text: &str, #[case] message: &str) {
        assert_eq!(decode_segment(text).unwrap_err().to_string(), message);
        assert_eq!(decode_query(text).unwrap_err().to_string(), message);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in any::<String>()) {
            let encoded = encode(&text);
            prop_assert_eq!(decode_segment(&encoded).unwrap(), text.as_str());
            prop_assert_eq!(decode_query(&encoded).unwrap(), text.as_str());
            prop_assert!(!encoded.contains(['/', '?', '#', '&', '+', ' ', '=']));
        }

        #[test]
        fn decode_never_panics(text in any::<String>(), escapes in "[%+0-9a-fé]{0,12}") {
            let _ = (decode_segment(&text), decode_query(&escapes));
        }
    }
}
