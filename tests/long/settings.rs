//! What the environment may change: how long a part lasts, and its random choices.

use std::time::Duration;

use rand::{SeedableRng, rngs::StdRng};

/// `LONG_MINUTES`, or so many.
pub(crate) fn minutes(usual: u64) -> Duration {
    Duration::from_secs(60 * number("LONG_MINUTES").unwrap_or(usual))
}

/// `LONG_RUNS`, or so many.
pub(crate) fn runs(usual: u64) -> u64 {
    number("LONG_RUNS").unwrap_or(usual)
}

/// `LONG_SEED`, or a new one.
pub(crate) fn seed() -> u64 {
    // Short enough to be copied by hand.
    number("LONG_SEED").unwrap_or_else(|| u64::from(rand::random::<u16>()))
}

/// Random choices that the seed fixes, apart from those of other users of the seed.
pub(crate) fn choices(seed: u64, user: &str) -> StdRng {
    let salt = user.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
    StdRng::seed_from_u64(seed ^ salt)
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}: not a number")))
}
