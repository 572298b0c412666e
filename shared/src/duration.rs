//! The simple durations of commands and URLs: a number and one unit, such as `10m`.

use std::time::Duration;

/// The longest duration that still fits the wire's signed nanoseconds.
const MAX_SECONDS: u64 = (i64::MAX / 1_000_000_000) as u64;

/// Why a text is no simple duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Neither a number with one of the units `s m h d w`, nor empty where that is allowed.
    #[error("Cannot parse simple time: {0}")]
    Unparseable(String),
    /// More than 292 years.
    #[error("Cannot parse simple time: {0} is longer than 292 years")]
    TooLong(String),
}

/// Reads one of `<n>s`, `<n>m`, `<n>h`, `<n>d`, `<n>w`; no spaces, signs, fractions or sums.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(shared::duration::parse_simple("10m"), Ok(Duration::from_secs(600)));
/// ```
pub fn parse_simple(text: &str) -> Result<Duration, DurationError> {
    let unparseable = || DurationError::Unparseable(text.to_owned());
    let unit = text.chars().last().ok_or_else(unparseable)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return Err(unparseable()),
    };
    let number = text.strip_suffix(unit).unwrap_or_default();
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unparseable());
    }
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(seconds))
        .filter(|total| *total <= MAX_SECONDS)
        .map(Duration::from_secs)
        .ok_or_else(|| DurationError::TooLong(text.to_owned()))
}

/// Like [`parse_simple`], but an empty text and a zero duration mean `default`.
pub fn parse_simple_or(text: &str, default: Duration) -> Result<Duration, DurationError> {
    if text.is_empty() {
        return Ok(default);
    }
    let duration = parse_simple(text)?;
    Ok(if duration.is_zero() { default } else { duration })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("7s", 7)]
    #[case("10m", 600)]
    #[case("2h", 7200)]
    #[case("1d", 86_400)]
    #[case("2w", 1_209_600)]
    #[case("0s", 0)]
    #[case("007s", 7)]
    fn accepted(#[case] text: &str, #[case] seconds: u64) {
        assert_eq!(parse_simple(text), Ok(Duration::from_secs(seconds)));
    }

    #[rstest]
    #[case("")]
    #[case("10")]
    #[case("m")]
    #[case("10 m")]
    #[case("1h30m")]
    #[case("1.5h")]
    #[case("-1m")]
    #[case("+1m")]
    #[case("10M")]
    #[case("10y")]
    #[case("10µ")]
    fn refused(#[case] text: &str) {
        let error = parse_simple(text).unwrap_err();
        assert_eq!(error.to_string(), format!("Cannot parse simple time: {text}"));
    }

    #[rstest]
    #[case("9223372037s")]
    #[case("99999999999999999999w")]
    #[case("18446744073709551615w")]
    fn too_long(#[case] text: &str) {
        assert_eq!(parse_simple(text), Err(DurationError::TooLong(text.to_owned())));
        assert!(parse_simple("9223372036s").is_ok());
    }

    #[test]
    fn empty_and_zero_mean_the_default() {
        let default = Duration::from_secs(600);
        for text in ["", "0s", "0w"] {
            assert_eq!(parse_simple_or(text, default), Ok(default));
        }
        assert_eq!(parse_simple_or("1m", default), Ok(Duration::from_secs(60)));
        assert!(parse_simple_or("x", default).is_err());
    }

    proptest::proptest! {
        #[test]
        fn parse_never_panics(text in proptest::prelude::any::<String>()) {
            let _ = parse_simple(&text);
        }
    }
}
