//! Who may act now. A service on the embedded backend is alone, and therefore always the leader.

use crate::clock::{Moment, SharedClock};

/// The right to act. Cheap to clone.
#[derive(Clone)]
pub struct Leadership {
    since: Moment,
    clock: SharedClock,
}

impl Leadership {
    /// A service that is alone.
    #[must_use]
    pub fn alone(clock: SharedClock) -> Self {
        Self { since: clock.now(), clock }
    }

    /// This node may detect and recover.
    #[must_use]
    pub fn may_act(&self) -> bool {
        true
    }

    /// Since when it has been the leader.
    #[must_use]
    pub fn since(&self) -> Moment {
        self.since
    }

    /// When its leadership was last confirmed.
    #[must_use]
    pub fn confirmed(&self) -> Moment {
        self.clock.now()
    }
}
