//! The server's clock. Rules get their time from here, so that a demo or a test can move it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::domain::time::Time;

/// The system's time plus an offset that can be changed while running.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
}

impl Clock {
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn now(&self) -> Time {
        Time::system_now().plus_ms(self.offset_ms.load(Ordering::Relaxed))
    }

    /// Moves the clock: `offset_ms` from the system's time, negative for the past, 0 for real time.
    pub fn set_offset(&self, offset_ms: i64) {
        self.offset_ms.store(offset_ms, Ordering::Relaxed);
    }
}
