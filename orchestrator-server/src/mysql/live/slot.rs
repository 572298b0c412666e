//! A place for one idle connection. Who uses it takes it out, and puts it back only after its
//! call ended well; so a call that was dropped or timed out leaves nothing behind.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Holds at most one idle connection.
#[derive(Debug)]
pub(super) struct Slot<T>(Mutex<Option<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<T> Slot<T> {
    /// Takes the idle connection out, if there is one.
    pub(super) fn take(&self) -> Option<T> {
        self.lock().take()
    }

    /// Puts an idle connection in. Another one that came first is dropped.
    pub(super) fn put(&self, connection: T) {
        // The old value is dropped after the lock is free.
        let _replaced = self.lock().replace(connection);
    }

    fn lock(&self) -> MutexGuard<'_, Option<T>> {
        // No call can leave half a change behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_is_in_use_is_not_in_the_slot() {
        let slot = Slot::default();
        slot.put("a");
        assert_eq!(slot.take(), Some("a"));
        assert_eq!(slot.take(), None);
        slot.put("a");
        slot.put("b");
        assert_eq!(slot.take(), Some("b"));
    }

    #[tokio::test]
    async fn a_dropped_call_leaves_nothing_behind() {
        let slot = Slot::default();
        let connection = Arc::new(());
        slot.put(Arc::clone(&connection));
        let call = async {
            let leased = slot.take();
            std::future::pending::<()>().await;
            slot.put(leased.unwrap());
        };
        let mut call = Box::pin(call);
        assert!(futures_util::poll!(&mut call).is_pending());
        drop(call);
        assert_eq!(slot.take(), None);
        assert_eq!(Arc::strong_count(&connection), 1);
    }
}
