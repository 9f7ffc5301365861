//! A clock that does not need the feature `testing`.

use std::{
    sync::{Arc, Mutex},
    time::SystemTime,
};

use tower_webhook::clock::Clock;

use super::{NOW, at};

/// A clock that shows the same time until it is set. Clones are the same clock.
#[derive(Clone, Debug)]
pub(crate) struct TestClock(Arc<Mutex<SystemTime>>);

impl TestClock {
    pub(crate) fn at(time: SystemTime) -> Self {
        Self(Arc::new(Mutex::new(time)))
    }

    pub(crate) fn set(&self, time: SystemTime) {
        *self.0.lock().unwrap() = time;
    }
}

impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

/// A clock that shows [`NOW`] until it is set.
pub(crate) fn test_clock() -> TestClock {
    TestClock::at(at(NOW))
}
