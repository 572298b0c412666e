//! Durations, summed up as median, least and greatest.

use std::time::Duration;

/// Measured durations of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures(Vec<Duration>);

impl Figures {
    pub(crate) fn push(&mut self, figure: Duration) {
        let at = self.0.partition_point(|other| *other < figure);
        self.0.insert(at, figure);
    }

    /// The upper one of two middle values, so that it was really measured.
    pub(crate) fn median(&self) -> Duration {
        self.0.get(self.0.len() / 2).copied().unwrap_or_default()
    }

    /// `median / least / greatest`, in milliseconds.
    pub(crate) fn summary(&self) -> String {
        let (Some(least), Some(greatest)) = (self.0.first(), self.0.last()) else {
            return "none".to_owned();
        };
        let [median, least, greatest] =
            [self.median(), *least, *greatest].map(|figure| figure.as_millis());
        format!("{median} / {least} / {greatest}")
    }
}
