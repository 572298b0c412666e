//! Waiting for an applier: looks again and again, and gives up only when nothing moves.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    actor::Actor,
    reading::{Progress, Reading},
};
use crate::mysql::{driver::ActionError, live::answer::Answer};

/// First and longest pause between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(100));
/// How often transactions in flight are looked at while positions stand still.
const LOOK_CLOSER_EVERY: Duration = Duration::from_secs(1);
/// An applier that says it has read everything and rests this long has no more to do.
const REST: Duration = Duration::from_millis(300);

/// What a wait makes of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// What was waited for is there.
    Reached,
    /// It will not come.
    Hopeless,
    /// Not yet.
    Wait,
}

/// Transactions in flight, rows changed, rows locked.
type Work = [u64; 3];

impl Actor<'_> {
    /// Looks again and again until the verdict is in, or nothing moved for `stall`. `judge` also
    /// gets whether the applier is at rest: it read its whole relay log and no worker is busy.
    /// Gives the last look, and whether it shows what was waited for.
    pub(super) async fn wait(
        &mut self,
        stall: Duration,
        judge: impl Fn(&Reading, bool) -> Verdict + Send,
    ) -> Result<(Reading, bool), ActionError> {
        let mut quiet = Quiet::new(Instant::now());
        let mut pause = PAUSES.0;
        loop {
            let reading = self.look().await?;
            if quiet.note(reading.progress(), Instant::now()) {
                pause = PAUSES.0;
            }
            let at_rest = quiet.lasted() >= REST && self.is_at_rest(&reading).await?;
            match judge(&reading, at_rest) {
                Verdict::Reached => return Ok((reading, true)),
                Verdict::Hopeless => return Ok((reading, false)),
                Verdict::Wait => {}
            }
            if quiet.wants_closer_look() {
                let work = self.work_in_flight().await;
                quiet.note_work(work, Instant::now());
            }
            if quiet.lasted() >= stall {
                return Ok((reading, false));
            }
            sleep(pause.min(stall.saturating_sub(quiet.lasted()))).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// The applier read its whole relay log, and as far as can be seen no worker is busy.
    async fn is_at_rest(&mut self, reading: &Reading) -> Result<bool, ActionError> {
        if !reading.has_read_all() {
            return Ok(false);
        }
        // The thread that says so may only hand out work to parallel workers.
        let statement = self.dialect.applier_threads();
        let answers = self.read(&[&statement]).await?;
        let row = answers.first().and_then(Answer::first);
        let number = |column| row.and_then(|row| row.number::<u64>(column)).unwrap_or(0);
        Ok(number("threads") > 0 && number("busy") == 0)
    }

    /// What replication threads have in flight; `None` when it cannot be seen.
    async fn work_in_flight(&mut self) -> Option<Work> {
        let statement = self.dialect.applier_work();
        let answers = self.read(&[&statement]).await.ok()?;
        let row = answers.first()?.first()?;
        Some([row.number("transactions")?, row.number("modified")?, row.number("locked")?])
    }
}

/// How long nothing has moved.
#[derive(Debug)]
struct Quiet {
    progress: Option<Progress>,
    work: Option<Work>,
    since: Instant,
    looked_closer: Instant,
}

impl Quiet {
    fn new(now: Instant) -> Self {
        Self { progress: None, work: None, since: now, looked_closer: now }
    }

    /// Notes positions; true if they moved.
    fn note(&mut self, progress: Progress, now: Instant) -> bool {
        let moved = self.progress.as_ref() != Some(&progress);
        if moved {
            self.progress = Some(progress);
            self.work = None;
            self.since = now;
        }
        moved
    }

    /// Notes transactions in flight; that they can be seen at all is no movement.
    fn note_work(&mut self, work: Option<Work>, now: Instant) {
        if self.work.is_some() && work.is_some() && self.work != work {
            self.since = now;
        }
        self.work = work;
        self.looked_closer = now;
    }

    fn lasted(&self) -> Duration {
        self.since.elapsed()
    }

    fn wants_closer_look(&self) -> bool {
        self.since.max(self.looked_closer).elapsed() >= LOOK_CLOSER_EVERY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mysql::state::Position;

    fn at(position: u64) -> Progress {
        Reading { applied: maria(position), ..Reading::default() }.progress()
    }

    fn maria(sequence: u64) -> Position {
        Position::Maria(std::sync::Arc::new(format!("0-1-{sequence}").parse().unwrap()))
    }

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn moving_positions_are_progress() {
        let mut quiet = Quiet::new(Instant::now());
        assert!(quiet.note(at(1), Instant::now()));
        pass(3).await;
        assert!(!quiet.note(at(1), Instant::now()));
        assert_eq!(quiet.lasted(), Duration::from_secs(3));
        assert!(quiet.note(at(2), Instant::now()));
        assert_eq!(quiet.lasted(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_transaction_at_work_is_progress() {
        let mut quiet = Quiet::new(Instant::now());
        quiet.note(at(1), Instant::now());
        pass(2).await;
        assert!(quiet.wants_closer_look());
        quiet.note_work(Some([1, 500, 9]), Instant::now());
        assert!(!quiet.wants_closer_look());
        assert_eq!(quiet.lasted(), Duration::from_secs(2));
        pass(1).await;
        quiet.note_work(Some([1, 500, 9]), Instant::now());
        assert_eq!(quiet.lasted(), Duration::from_secs(3));
        pass(1).await;
        quiet.note_work(Some([1, 800, 9]), Instant::now());
        assert_eq!(quiet.lasted(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_cannot_be_seen_is_none() {
        let mut quiet = Quiet::new(Instant::now());
        quiet.note(at(1), Instant::now());
        for work in [None, Some([0, 0, 0]), None] {
            pass(1).await;
            quiet.note_work(work, Instant::now());
        }
        assert_eq!(quiet.lasted(), Duration::from_secs(3));
    }
}
