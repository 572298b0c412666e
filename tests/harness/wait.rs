//! Waiting for a condition, with the last state in the failure's report.

use std::{
    future::Future,
    time::{Duration, Instant},
};

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(25);

/// Wait until `look` gives `Ok`; its last `Err` is reported when `longest` is over.
///
/// # Panics
/// When the time is over.
pub async fn until<T, F>(longest: Duration, what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Result<T, String>>,
{
    let began = Instant::now();
    loop {
        match look().await {
            Ok(value) => return value,
            Err(state) if began.elapsed() > longest => {
                panic!("not in {longest:?}: {what}\nlast seen: {state}")
            }
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Whole seconds, to read well in calls.
#[must_use]
pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
