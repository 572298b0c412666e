//! Who may act now. A service on the embedded backend is alone, and therefore always the leader,
//! unless it was told not to act at all.

use crate::clock::{Moment, SharedClock};

/// The right to act. Cheap to clone.
#[derive(Clone)]
pub struct Leadership {
    leads: bool,
    since: Moment,
    clock: SharedClock,
}

impl Leadership {
    /// A service that is alone. One that does not act (`--discovery=false`) never leads, so that
    /// neither load balancers nor clients take it for the one that does.
    #[must_use]
    pub fn alone(clock: SharedClock, leads: bool) -> Self {
        Self { leads, since: clock.now(), clock }
    }

    /// This node may detect and recover.
    #[must_use]
    pub fn may_act(&self) -> bool {
        self.leads
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
