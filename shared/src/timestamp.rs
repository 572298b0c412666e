//! Texts of points in time, always UTC. Nothing here asks what time it is.
//!
//! The API knows three forms: the two that backends give (a timestamp read straight from a
//! column, and one that went through an expression), and RFC 3339 with nanoseconds.

use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

/// First and last second that the forms can carry (years 0 to 9999).
const RANGE: (i64, i64) = (-62_167_219_200, 253_402_300_799);

/// `YYYY-MM-DDTHH:MM:SSZ`, as timestamp columns read. Times beyond years 0 to 9999 are cut.
///
/// ```
/// assert_eq!(shared::timestamp::column_text(1_795_407_535), "2026-11-23T04:18:55Z");
/// ```
pub fn column_text(unix_seconds: i64) -> String {
    let at = utc(unix_seconds);
    format!("{}T{}Z", at.date(), clock(at))
}

/// `YYYY-MM-DD HH:MM:SS`, as expressions read. Times beyond years 0 to 9999 are cut.
pub fn expression_text(unix_seconds: i64) -> String {
    let at = utc(unix_seconds);
    format!("{} {}", at.date(), clock(at))
}

/// RFC 3339 with as many fractional digits as needed, up to nine.
pub fn rfc3339_text(unix_nanoseconds: i128) -> String {
    let seconds = unix_nanoseconds.div_euclid(1_000_000_000);
    let nanoseconds = unix_nanoseconds.rem_euclid(1_000_000_000);
    let clamped = seconds.clamp(RANGE.0.into(), RANGE.1.into());
    let at = utc(i64::try_from(clamped).unwrap_or(RANGE.1));
    if nanoseconds == 0 {
        return format!("{}T{}Z", at.date(), clock(at));
    }
    let fraction = format!("{nanoseconds:09}");
    format!("{}T{}.{}Z", at.date(), clock(at), fraction.trim_end_matches('0'))
}

/// Reads either backend form as seconds since 1970; `None` for anything else.
pub fn parse(text: &str) -> Option<i64> {
    let column = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    let expression = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let at = PrimitiveDateTime::parse(text, column)
        .or_else(|_| PrimitiveDateTime::parse(text, expression))
        .ok()?;
    Some(at.assume_utc().unix_timestamp())
}

fn utc(unix_seconds: i64) -> OffsetDateTime {
    let clamped = unix_seconds.clamp(RANGE.0, RANGE.1);
    OffsetDateTime::from_unix_timestamp(clamped).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn clock(at: OffsetDateTime) -> String {
    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "1970-01-01T00:00:00Z", "1970-01-01 00:00:00")]
    #[case(951_782_400, "2000-02-29T00:00:00Z", "2000-02-29 00:00:00")]
    #[case(1_795_407_535, "2026-11-23T04:18:55Z", "2026-11-23 04:18:55")]
    #[case(-1, "1969-12-31T23:59:59Z", "1969-12-31 23:59:59")]
    #[case(i64::MAX, "9999-12-31T23:59:59Z", "9999-12-31 23:59:59")]
    #[case(i64::MIN, "0000-01-01T00:00:00Z", "0000-01-01 00:00:00")]
    fn both_forms(#[case] seconds: i64, #[case] column: &str, #[case] expression: &str) {
        assert_eq!(column_text(seconds), column);
        assert_eq!(expression_text(seconds), expression);
    }

    #[rstest]
    #[case(0, "1970-01-01T00:00:00Z")]
    #[case(1_795_407_535_978_506_382, "2026-11-23T04:18:55.978506382Z")]
    #[case(1_795_407_535_657_661_800, "2026-11-23T04:18:55.6576618Z")]
    #[case(-1, "1969-12-31T23:59:59.999999999Z")]
    #[case(253_402_300_800_000_000_000, "9999-12-31T23:59:59Z")]
    fn with_nanoseconds(#[case] nanoseconds: i128, #[case] text: &str) {
        assert_eq!(rfc3339_text(nanoseconds), text);
    }

    #[rstest]
    #[case("")]
    #[case("2026-11-23")]
    #[case("2026-11-23T04:18:55")]
    #[case("2026-11-23 04:18:55Z")]
    #[case("2026-02-30 04:18:55")]
    #[case("2026-11-23 24:18:55")]
    fn no_timestamps(#[case] text: &str) {
        assert_eq!(parse(text), None);
    }

    proptest! {
        #[test]
        fn both_forms_are_read_back(seconds in RANGE.0..=RANGE.1) {
            prop_assert_eq!(parse(&column_text(seconds)), Some(seconds));
            prop_assert_eq!(parse(&expression_text(seconds)), Some(seconds));
        }

        #[test]
        fn parse_never_panics(text in "[0-9TZ: -]{0,24}") {
            let _ = parse(&text);
        }
    }
}
