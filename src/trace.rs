//! `tracing`'s macros under one target, which do nothing when the feature is off.

// Which of them are used depends on the features.
#![allow(unused_macros, unused_imports)]

#[cfg(feature = "tracing")]
macro_rules! debug {
    ($($event:tt)*) => { tracing::debug!(target: "tower_webhook", $($event)*) };
}
#[cfg(feature = "tracing")]
macro_rules! error {
    ($($event:tt)*) => { tracing::error!(target: "tower_webhook", $($event)*) };
}
#[cfg(feature = "tracing")]
macro_rules! info {
    ($($event:tt)*) => { tracing::info!(target: "tower_webhook", $($event)*) };
}
#[cfg(feature = "tracing")]
macro_rules! warning {
    ($($event:tt)*) => { tracing::warn!(target: "tower_webhook", $($event)*) };
}
#[cfg(feature = "tracing")]
pub(crate) use {debug, error, info, warning as warn};

#[cfg(not(feature = "tracing"))]
macro_rules! nothing {
    ($($field:ident = $(%)? $value:expr,)* $message:literal $(, $argument:expr)*) => {{ $(let _ = &$value;)* $(let _ = &$argument;)* }};
}
#[cfg(not(feature = "tracing"))]
pub(crate) use {nothing as debug, nothing as error, nothing as info, nothing as warn};

/// The span that a request is in, for what is told of it on another thread.
#[cfg(all(feature = "tracing", feature = "diagnose"))]
pub(crate) use tracing::Span;

#[cfg(all(not(feature = "tracing"), feature = "diagnose"))]
pub(crate) struct Span;

#[cfg(all(not(feature = "tracing"), feature = "diagnose"))]
impl Span {
    pub(crate) fn current() -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "there are no spans")]
    pub(crate) fn in_scope<T>(&self, work: impl FnOnce() -> T) -> T {
        work()
    }
}

/// Whether somebody hears events of debug level.
pub(crate) fn is_heard() -> bool {
    #[cfg(feature = "tracing")]
    return tracing::enabled!(target: "tower_webhook", tracing::Level::DEBUG);
    #[cfg(not(feature = "tracing"))]
    false
}
