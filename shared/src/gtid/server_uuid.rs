//! The UUID that names the origin of Oracle GTIDs: a server's, or a replication group's.

use std::fmt;
use std::str::FromStr;

/// A server UUID (or group name); compared by value, so case does not matter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerUuid(u128);

/// The text is not a UUID of the form `8-4-4-4-12` hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Unexpected UUID: {0}")]
pub struct ServerUuidError(pub String);

/// Where the dashes stand in the text.
const DASHES: [usize; 4] = [8, 13, 18, 23];
const TEXT_LENGTH: usize = 36;

impl FromStr for ServerUuid {
    type Err = ServerUuidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || ServerUuidError(text.to_owned());
        if text.len() != TEXT_LENGTH {
            return Err(invalid());
        }
        let mut value: u128 = 0;
        for (index, character) in text.chars().enumerate() {
            if DASHES.contains(&index) {
                if character != '-' {
                    return Err(invalid());
                }
            } else {
                let digit = character.to_digit(16).ok_or_else(invalid)?;
                value = value << 4 | u128::from(digit);
            }
        }
        Ok(Self(value))
    }
}

/// Writes lower-case digits with dashes, as servers do.
impl fmt::Display for ServerUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = |shift: u32, digits: u32| (self.0 >> shift) & ((1 << (digits * 4)) - 1);
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            group(96, 8),
            group(80, 4),
            group(64, 4),
            group(48, 4),
            group(0, 12)
        )
    }
}

impl fmt::Debug for ServerUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn case_does_not_matter() {
        let upper = "00020111-AbCd-1111-1111-0123456789EF".parse::<ServerUuid>().unwrap();
        let lower = "00020111-abcd-1111-1111-0123456789ef".parse::<ServerUuid>().unwrap();
        assert_eq!(upper, lower);
        assert_eq!(upper.to_string(), "00020111-abcd-1111-1111-0123456789ef");
    }

    #[rstest]
    #[case("")]
    #[case("00020111-1111-1111-1111-11111111111")]
    #[case("00020111-1111-1111-1111-1111111111111")]
    #[case("00020111-1111-1111-11111-11111111111")]
    #[case("00020111-1111-1111-1111-11111111111g")]
    #[case("+0020111-1111-1111-1111-111111111111")]
    fn refused(#[case] text: &str) {
        let error = text.parse::<ServerUuid>().unwrap_err();
        assert_eq!(error.to_string(), format!("Unexpected UUID: {text}"));
    }

    proptest::proptest! {
        #[test]
        fn what_display_writes_is_read_back(value in proptest::prelude::any::<u128>()) {
            let uuid = ServerUuid(value);
            proptest::prop_assert_eq!(uuid.to_string().parse(), Ok(uuid));
        }

        #[test]
        fn parse_never_panics(text in ".{30,40}") {
            let _ = text.parse::<ServerUuid>();
        }
    }
}
